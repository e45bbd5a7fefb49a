using ShoreGuard.Rollback.Engine.Deployments.Compose;

namespace ShoreGuard.Rollback.Engine.Tests.Deployments;

public sealed class InterpolationTests
{
    private static readonly Dictionary<string, string> Variables = new() { ["SET"] = "s", ["EMPTY"] = "", ["_1"] = "one" };

    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("$SET-${SET}", "s-s")]
    [InlineData("$_1/$SETx", "one/")]
    [InlineData("a$$b$${SET}", "a$b${SET}")]
    [InlineData("$ and $1 and 5$", "$ and $1 and 5$")]
    [InlineData("${SET:-d}${EMPTY:-d}${UNSET:-d}", "sdd")]
    [InlineData("${SET-d}${EMPTY-d}${UNSET-d}", "sd")]
    [InlineData("${SET:+a}${EMPTY:+a}${UNSET:+a}", "a")]
    [InlineData("${SET+a}${EMPTY+a}${UNSET+a}", "aa")]
    [InlineData("${SET:?e}${SET?e}${EMPTY?e}", "ss")]
    [InlineData("${UNSET:-${EMPTY:-${SET}}}", "s")]
    [InlineData("${UNSET:-a:-b?c}", "a:-b?c")]
    [InlineData("${UNSET:-}", "")]
    public void Variables_are_put_in(string text, string expected) => Assert.Equal(expected, Interpolation.Expand(text, Variables.GetValueOrDefault));

    [Theory]
    [InlineData("${UNSET:?set it}", "UNSET has to be set: set it")]
    [InlineData("${EMPTY:?}", "EMPTY has to be set")]
    [InlineData("${UNSET?set it}", "set it")]
    [InlineData("${SET:-${UNSET:?not needed, but looked at}}", "not needed")]
    [InlineData("${UNSET+${UNSET:?not needed, but looked at}}", "not needed")]
    [InlineData("${SET", "'${SET' is not a variable")]
    [InlineData("${}", "is not a variable")]
    [InlineData("${1}", "is not a variable")]
    [InlineData("${SET!}", "is not a variable")]
    public void What_Compose_refuses_is_refused(string text, string message) =>
        Assert.Contains(
            message, Assert.Throws<FormatException>(() => Interpolation.Expand(text, Variables.GetValueOrDefault)).Message, StringComparison.Ordinal);
}
