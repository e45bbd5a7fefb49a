namespace ShoreGuard.Rollback.Tests;

/// <summary>What is not written as it has to be is refused in words, not by a regular expression.</summary>
public sealed class ParameterFormTests : IDisposable
{
    private readonly ModuleHost _host = new();

    public void Dispose() => _host.Dispose();

    [Theory]
    [InlineData("Get-ShoreGuardRelease -GitSha 2", "'2' is not a commit: give 4 to 40 hexadecimal digits")]
    [InlineData("Get-ShoreGuardRelease -GitSha abcd, xyz*", "'xyz*' is not a commit")]
    [InlineData("Test-ShoreGuardHealth -ExpectedGitSha abc", "'abc' is not a commit")]
    [InlineData("Test-ShoreGuardIdentity -ExpectedGitSha ''", "'' is not a commit")]
    [InlineData("Invoke-ShoreGuardImageRollback -Version 'a b'", "'a b' is not a release: give a tag, such as 0.27.0")]
    [InlineData("Get-ShoreGuardRollbackPlan -Version 'a b'", "'a b' is not a release")]
    [InlineData("Block-ShoreGuardImage -Digest sha256:1", "'sha256:1' is not a digest")]
    [InlineData("Block-ShoreGuardImage -GitSha abcd", "'abcd' is not a commit to know an image by: give 7 to 40 hexadecimal digits")]
    [InlineData("Get-ShoreGuardRollback xyz", "'xyz' is not the id of a rollback")]
    [InlineData("Resume-ShoreGuardRollback abc", "'abc' is not the id of a rollback")]
    [InlineData("Undo-ShoreGuardRollback abc", "'abc' is not the id of a rollback")]
    [InlineData("Close-ShoreGuardRollback abc", "'abc' is not the id of a rollback")]
    public void It_is_said_how_it_is_written(string script, string says)
    {
        var error = Assert.Single(_host.Run(script).Errors);
        Assert.StartsWith("ParameterArgumentValidationError", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Contains(says, error.ToString(), StringComparison.Ordinal);
    }
}
