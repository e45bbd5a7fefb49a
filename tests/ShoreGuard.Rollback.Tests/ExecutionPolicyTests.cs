namespace ShoreGuard.Rollback.Tests;

/// <summary>What PowerShell's execution policy, which is one of Windows, lets of the module in. Its views and types are scripts to it.</summary>
public sealed class ExecutionPolicyTests
{
    public ExecutionPolicyTests() => Assert.SkipUnless(OperatingSystem.IsWindows(), "There are execution policies on Windows alone.");

    [Theory]
    [InlineData("RemoteSigned")]
    [InlineData("Unrestricted")]
    [InlineData("Bypass")]
    public async Task It_is_imported(string policy)
    {
        var (output, code) = await ImportAsync(policy);
        Assert.True(code == 0, output);
        Assert.Contains("ShoreGuard.Rollback is here", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Restricted", "running scripts is disabled on this system")]
    [InlineData("AllSigned", "cannot be loaded")]
    public async Task It_is_refused_whole_and_PowerShell_says_by_what(string policy, string reason)
    {
        var (output, _) = await ImportAsync(policy);
        Assert.Contains(reason, output.ReplaceLineEndings(" "), StringComparison.Ordinal);
        Assert.Contains("ShoreGuard.Rollback.Types.ps1xml", output, StringComparison.Ordinal);
        Assert.DoesNotContain("ShoreGuard.Rollback is here", output, StringComparison.Ordinal);
    }

    private static Task<(string Output, int ExitCode)> ImportAsync(string policy)
    {
        var start = Pwsh.Start("-NonInteractive", "-ExecutionPolicy", policy, "-Command",
            $"Import-Module '{Repository.Manifest}' -ErrorAction Stop; \"$((Get-Command Test-ShoreGuardHealth).Source) is here\"");
        start.Environment["NO_COLOR"] = "1";
        return Pwsh.Run(start);
    }
}
