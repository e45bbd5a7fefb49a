using CsCheck;
using ShoreGuard.Rollback.Engine.Alerts;

namespace ShoreGuard.Rollback.Engine.Tests.Alerts;

/// <summary>How alerts are named: label matchers, as PromQL has them.</summary>
public sealed class AlertSelectorTests
{
    [Theory]
    [InlineData("""job="shoreguard" """, """job="shoreguard" """)]
    [InlineData("""{job="shoreguard",severity=~"page|warn",}""", """job="shoreguard",severity=~"page|warn" """)]
    [InlineData(""" a != 'it"s' , b!~`\d+` """, """a!="it\"s",b!~"\\d+" """)]
    [InlineData("""a="x\\y\n" """, """a="x\\y\n" """)]
    [InlineData(""" "my.label"="x" """, """ "my.label"="x" """)]
    public void Matchers_are_read_and_written(string text, string written) => Assert.Equal(written.Trim(), AlertSelector.Of(text).ToString());

    [Theory]
    [InlineData("", "it has no matcher")]
    [InlineData("{}", "it has no matcher")]
    [InlineData("job=shoreguard", "is no matcher")]
    [InlineData("job", "is no matcher")]
    [InlineData("""job="a" severity="b" """, "is no matcher")]
    [InlineData("""job="a"} or vector(1) or up{job="a" """, "is no matcher")]
    [InlineData("""__name__="up" """, "no label of an alert")]
    [InlineData("""alertstate="firing" """, "no label of an alert")]
    [InlineData("""job=~"\d" """, "write the backslash twice")]
    public void What_selects_nothing_is_refused(string text, string said)
    {
        var error = Assert.Throws<ShoreGuardException>(() => AlertSelector.Of(text));
        Assert.Equal(("SelectorInvalid", FailureKind.InvalidArgument), (error.Id, error.Kind));
        Assert.Contains(said, error.Message, StringComparison.Ordinal);
    }

    // Whatever a label is, what selects it is read as that again, and leaves nothing beside it.
    [Fact]
    public void Any_value_comes_back()
    {
        var label = Gen.Select(Gen.String[Gen.Char["abc_9"], 1, 8].Select(name => "l" + name), Gen.String);
        label.Array[1, 4].Sample(labels =>
        {
            var all = labels.Select(each => KeyValuePair.Create(each.Item1, each.Item2)).ToList();
            var again = AlertSelector.Of(AlertSelector.Of(all).ToString());
            return again.Matchers.Select(matcher => (matcher.Name, matcher.Operator, matcher.Value))
                .SequenceEqual(all.Select(each => (each.Key, "=", each.Value)));
        });
    }

    [Fact]
    public void The_default_is_the_scrape_job_or_the_alerts_of_the_documentation() => Assert.Equal(
        """ALERTS{job="shoreguard"} or ALERTS{alertname=~"ShoreGuardDown|GatewayUnhealthy|HighErrorRate|WebhookDeliveryFailures"}""",
        AlertSelector.Query("ALERTS", AlertSelector.Defaults));
}
