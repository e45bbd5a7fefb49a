using System.Globalization;

namespace ShoreGuard.Rollback.Engine.Tests;

/// <summary>Durations and times read the same wherever they stand, and in whatever culture.</summary>
public sealed class ReadableTests
{
    [Fact]
    public void What_is_read_does_not_depend_on_the_culture()
    {
        var before = CultureInfo.CurrentCulture;
        // As in Germany or Denmark; made here, since a machine may know no cultures at all.
        var other = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        (other.NumberFormat.NumberDecimalSeparator, other.DateTimeFormat.TimeSeparator) = (",", ".");
        CultureInfo.CurrentCulture = other;
        try
        {
            Assert.Equal("8.3 s", new Outage { Duration = TimeSpan.FromSeconds(8.34), Probes = 9, Failed = 1 }.ToString());
            Assert.Equal("refused after 16.3 s: why", new GateResult { Passed = false, Duration = TimeSpan.FromSeconds(16.3), Reason = "why" }.ToString());
            Assert.Equal("2026-11-22 03:12:14 UTC", Readable.Time(new DateTimeOffset(2026, 11, 22, 4, 12, 14, TimeSpan.FromHours(1))));
            Assert.Equal("1 d 2 h", Readable.Age(TimeSpan.FromHours(26.4)));
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Theory]
    [InlineData(0, "0 ms")]
    [InlineData(0.23, "230 ms")]
    [InlineData(0.996, "1 s")]
    [InlineData(5, "5 s")]
    [InlineData(59.96, "1 min")]
    [InlineData(61.4, "1 min 1 s")]
    [InlineData(7260, "2 h 1 min")]
    public void A_duration_has_the_digits_that_matter(double seconds, string text) => Assert.Equal(text, Readable.Duration(TimeSpan.FromSeconds(seconds)));

    [Fact]
    public void A_sentence_names_what_it_is_about_once()
    {
        Assert.Equal("prod: The image is old.", Readable.About("prod", "The image is old."));
        Assert.Equal("The image of prod is old.", Readable.About("prod", "The image of prod is old."));
        Assert.Equal("The image is old.", Readable.About(null, "The image is old."));
    }
}
