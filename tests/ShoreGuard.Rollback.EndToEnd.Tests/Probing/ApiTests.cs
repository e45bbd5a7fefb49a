using System.Management.Automation;
using ShoreGuard.Rollback.Tests;

namespace ShoreGuard.Rollback.EndToEnd.Tests.Probing;

/// <summary>The smoke test of an API, against an application that answers it.</summary>
public sealed class ApiTests : IDisposable
{
    private readonly ModuleHost _host = new();

    [Fact]
    public void Gateways_and_sandboxes_are_listed_with_a_key_and_without_one_nothing_is_said_of_the_build()
    {
        using var project = StandInProject.Start("0.32.0");
        project.AddGateway("one");
        project.AddGateway("two");

        var report = Ask(project, StandInProject.Key);
        Assert.Equal("Working", report.Text("Status"));
        Assert.Equal(
            ["/api/gateway/list", "/api/gateways/one/sandboxes", "/api/gateways/two/sandboxes"], report.List("Calls").Select(call => call.Text("Path")));

        Assert.Equal("Inconclusive", Ask(project, key: null).Text("Status"));
        var wrong = Ask(project, "sg_wrong");
        Assert.Equal("Inconclusive", wrong.Text("Status"));
        Assert.Contains("does not accept the key", wrong.Text("Explanation"), StringComparison.Ordinal);
    }

    // It lives, and answers every call with an error.
    [Fact]
    public void A_build_whose_calls_fail_is_found_out()
    {
        using var project = StandInProject.Start("0.29.0", waitUntilReady: false);
        project.WaitUntil("live", () => project.Answers("healthz"));
        var report = Ask(project, StandInProject.Key);
        Assert.Equal("Failing", report.Text("Status"));
        Assert.Contains("HTTP 500", report.Text("Explanation"), StringComparison.Ordinal);
        Assert.Equal(["False"],
            _host.Run("$env:SHOREGUARD_TOKEN = $args[1]; try { Get-ShoreGuardDeployment -Name $args[0] | Test-ShoreGuardApi -Quiet } finally { "
            + "$env:SHOREGUARD_TOKEN = $null }", project.Container, StandInProject.Key).ThrowIfFailed().Texts);
    }

    private PSObject Ask(StandInProject project, string? key) => key is null
        ? _host.Run("Get-ShoreGuardDeployment -Name $args[0] | Test-ShoreGuardApi", project.Container).ThrowIfFailed().Single()
        : _host.Run("Get-ShoreGuardDeployment -Name $args[0] | Test-ShoreGuardApi -Token (ConvertTo-SecureString $args[1] -AsPlainText -Force)",
            project.Container, key).ThrowIfFailed().Single();

    public void Dispose() => _host.Dispose();
}
