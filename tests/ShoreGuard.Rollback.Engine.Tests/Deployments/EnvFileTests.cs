using System.Text;
using CsCheck;
using ShoreGuard.Rollback.Engine.Deployments.Compose;

namespace ShoreGuard.Rollback.Engine.Tests.Deployments;

public sealed class EnvFileTests
{
    private const string Pin = "0.27.0@sha256:0000000000000000000000000000000000000000000000000000000000000000";

    private static readonly string[] SampleLines = ["A=1", "# comment", "", "V=x", "V='x y'", "export V=\"x\" # c", "B=\"#\"", "junk"];

    [Theory]
    [InlineData("", "V=NEW\n")]
    [InlineData("V=old\n", "V=NEW\n")]
    [InlineData("V=old", "V=NEW")]
    [InlineData("A=1", "A=1\nV=NEW\n")]
    [InlineData("A=1\r\n", "A=1\r\nV=NEW\r\n")]
    [InlineData("# V=old\nV=old # why\nB=2\n", "# V=old\nV=NEW # why\nB=2\n")]
    [InlineData("V=\"old\"\r\nB=2\r\n", "V=\"NEW\"\r\nB=2\r\n")]
    [InlineData("export V='old'\n", "export V='NEW'\n")]
    [InlineData("  V = old  \nB=2", "  V = NEW  \nB=2")]
    [InlineData("V=\n", "V=NEW\n")]
    [InlineData("V=first\nV=second\n", "V=first\nV=NEW\n")]
    [InlineData("VV=1\nXV=2\n", "VV=1\nXV=2\nV=NEW\n")]
    [InlineData("\uFEFFV=old\n", "\uFEFFV=NEW\n")]
    [InlineData("V= # none yet\n", "V=NEW # none yet\n")]
    [InlineData("A='two\nV=not this\n'\nV=old\n", "A='two\nV=not this\n'\nV=NEW\n")]
    [InlineData("V\nA=1\n", "V\nA=1\nV=NEW\n")]
    [InlineData("V: old\n", "V: NEW\n")]
    [InlineData("V=\"ol\\\"d\" # c\n", "V=\"NEW\" # c\n")]
    [InlineData("B=grün\nV=alt\n", "B=grün\nV=NEW\n")]
    public void Setting_a_value_changes_nothing_else(string before, string after)
    {
        var bytes = Encoding.UTF8.GetBytes(before);
        Assert.Equal(after.Replace("NEW", Pin, StringComparison.Ordinal), Encoding.UTF8.GetString(EnvFile.Read(bytes).With("V", Pin).ToBytes()));
    }

    [Theory]
    [InlineData("")]
    [InlineData("A=1\n")]
    [InlineData("# V=old\r\nA=1\r\n")]
    [InlineData("V\nA='two\nlines'\n")]
    public void A_line_that_was_added_can_be_taken_away(string before)
    {
        var added = EnvFile.Read(Encoding.UTF8.GetBytes(before)).With("V", Pin);
        Assert.Equal(before, Encoding.UTF8.GetString(EnvFile.Read(added.ToBytes()).Without("V").ToBytes()));
        Assert.Equal(before, Encoding.UTF8.GetString(EnvFile.Read(Encoding.UTF8.GetBytes(before)).Without("V").ToBytes()));
    }

    [Theory]
    [InlineData("V=a", "a")]
    [InlineData("V = a b  # c", "a b")]
    [InlineData("V=a#b", "a#b")]
    [InlineData("V='a ${X}' # c", "a ${X}")]
    [InlineData("V=\"a\\tb ${X}\"", "a\tb x")]
    [InlineData("V=\"\\$X\"", "$X")]
    [InlineData("V=${X}-${Y:-y}", "x-y")]
    [InlineData("V=1\nV=$V-2", "1-2")]
    [InlineData("A=1\nexport V=\"${A}\"", "1")]
    [InlineData("X", null)]
    [InlineData("V=grün", "grün")]
    public void Values_are_read_as_Compose_reads_them(string text, string? value) =>
        Assert.Equal(value, EnvFile.Read(Encoding.UTF8.GetBytes(text)).Values(name => name == "X" ? "x" : null).GetValueOrDefault("V"));

    [Fact]
    public void A_file_that_does_not_exist_gets_the_one_line() =>
        Assert.Equal($"V={Pin}\n", Encoding.UTF8.GetString(EnvFile.Read(null).With("V", Pin).ToBytes()));

    [Fact]
    public void Reading_and_writing_any_bytes_gives_them_back() =>
        Gen.Byte.Array[0, 200].Sample(bytes => Assert.Equal(bytes, EnvFile.Read(bytes).ToBytes()));

    [Fact]
    public void What_was_set_is_read_back_and_every_other_line_stays() =>
        Gen.Select(Gen.Int[0, SampleLines.Length - 1].Array[0, 8], Gen.Bool)
            .Sample((chosen, windows) =>
            {
                var (lines, end) = (chosen.Select(index => SampleLines[index]), windows ? "\r\n" : "\n");
                var before = EnvFile.Read(Encoding.UTF8.GetBytes(string.Join(end, lines)));
                var after = before.With("V", Pin);
                Assert.Equal(Pin, after["V"]);
                Assert.Equal(before["A"], after["A"]);
                Assert.Equal(before["B"], after["B"]);
                Assert.Equal(after.ToBytes(), after.With("V", Pin).ToBytes());
                var kept = Encoding.UTF8.GetString(after.ToBytes()).Split(end).Where(line => !line.Contains(Pin, StringComparison.Ordinal));
                Assert.Subset(lines.Append("").ToHashSet(), kept.ToHashSet());
            });
}
