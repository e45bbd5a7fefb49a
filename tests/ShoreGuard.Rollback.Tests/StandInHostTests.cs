namespace ShoreGuard.Rollback.Tests;

/// <summary>What build.sh and the demo rely on where there is no pwsh.</summary>
public class StandInHostTests
{
    [Theory]
    [InlineData("'fine'", 0)]
    [InlineData("exit 7", 7)]
    [InlineData("throw 'no'", 1)]
    [InlineData("1/0", 1)]
    [InlineData("if (1", 1)]
    public async Task Exit_code_is_that_of_pwsh(string command, int expected) =>
        Assert.Equal(expected, (await Repository.RunInFreshProcess(command)).ExitCode);

    [Fact]
    public async Task Redirected_output_is_plain_text()
    {
        var (output, _) = await Repository.RunInFreshProcess("Get-Command Import-Module; Import-Module not-there");
        Assert.Contains("Cmdlet          Import-Module", output);
        Assert.DoesNotContain('\e', output);
    }

    [Fact]
    public async Task Recommended_action_is_printed_with_the_error()
    {
        var (output, _) = await Repository.RunInFreshProcess(
            "$e = [System.Management.Automation.ErrorRecord]::new([Exception]::new('It broke.'), 'Broken', 'NotSpecified', $null); $e.ErrorDetails = [System.Management.Automation.ErrorDetails]::new('It broke.'); $e.ErrorDetails.RecommendedAction = 'mend it'; & { [CmdletBinding()]param() $PSCmdlet.WriteError($e) }");
        Assert.Contains("It broke.", output);
        Assert.Contains("mend it", output);
    }
}
