using System.Management.Automation;

namespace ShoreGuard.Rollback.Tests;

/// <summary>The gate of a deploy, as a user types it; what it finds is tested where there is something to find.</summary>
public sealed class ReleaseCommandTests : IDisposable
{
    private const string Away = "$away = [ShoreGuard.Rollback.Deployment]@{ Name = 'prod'; ContainerId = 'c'; Image = 'x:2'; State = 'running'; "
        + "DockerHost = 'tcp://127.0.0.1:1'; Database = [ShoreGuard.Rollback.DatabaseLocation]@{ Url = 'sqlite:////x.db' } }; ";

    private readonly ModuleHost _host = new();

    public void Dispose() => _host.Dispose();

    [Theory]
    [InlineData("$away | Test-ShoreGuardRelease", "TargetMissing", ErrorCategory.InvalidArgument)]
    [InlineData("$away | Test-ShoreGuardRelease 0.28.0 -Image x:3", "ParametersConflict", ErrorCategory.InvalidArgument)]
    [InlineData("$away | Test-ShoreGuardRelease 0.28.0", "EngineUnreachable", ErrorCategory.ConnectionError)]
    [InlineData("Test-ShoreGuardRelease -Image x:3 -DockerHost tcp://127.0.0.1:1", "EngineUnreachable", ErrorCategory.ConnectionError)]
    public void What_cannot_be_asked_is_an_error_and_quiet_says_no(string script, string id, ErrorCategory category)
    {
        var run = _host.Run(Away + script);
        var error = Assert.Single(run.Errors);
        Assert.Equal((id, category), (error.FullyQualifiedErrorId.Split(',')[0], error.CategoryInfo.Category));
        Assert.NotEmpty(error.ErrorDetails.RecommendedAction);
        Assert.Empty(run.Output);
        Assert.Equal(false, Assert.Single(_host.Run($"{Away}{script} -Quiet").Output).BaseObject);
    }

    [Theory]
    [InlineData("-Version 0.28.0 -Rpo 0")]
    [InlineData("-Version 'a b'")]
    public void What_cannot_be_meant_is_refused(string parameters) =>
        Assert.StartsWith("ParameterArgumentValidationError",
            Assert.Single(_host.Run($"{Away}$away | Test-ShoreGuardRelease {parameters}").Errors).FullyQualifiedErrorId, StringComparison.Ordinal);
}
