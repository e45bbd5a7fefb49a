using System.Management.Automation;
using ShoreGuard.Rollback.Tests;

namespace ShoreGuard.Rollback.EndToEnd.Tests.Rollbacks;

/// <summary>A deployment is changed by one at a time.</summary>
public sealed class OneAtATimeTests : IDisposable
{
    private readonly ModuleHost _first = new();
    private readonly ModuleHost _second = new();

    [Fact]
    public async Task A_second_rollback_of_the_same_deployment_is_refused_and_names_the_first()
    {
        using var project = StandInProject.Start("0.32.0");
        var container = Docker.Inspect(project.Container);

        // Its gate takes as long as it may: the target never becomes ready.
        var underWay = Task.Run(() => _first.RollBack(project, "-Version 0.30.0"), TestContext.Current.CancellationToken);
        project.WaitUntil("being switched", () =>
            Docker.Names($"name={project.Name}").Any(name => name.Contains("-shoreguard-old-", StringComparison.Ordinal)));
        var refused = _second.RollBack(project, "-Version 0.27.0").Error("RollbackInProgress", ErrorCategory.ResourceBusy);
        Assert.Contains($"process {_first.ProcessId}, since ", refused.ToString(), StringComparison.Ordinal);

        (await underWay).Error("GateRefused", ErrorCategory.InvalidResult);
        Assert.Equal((string?)container["Id"], (string?)Docker.Inspect(project.Container)["Id"]);
        project.WaitUntil("ready", () => project.Answers("readyz"));

        // Nothing of the two stands in the way of a third.
        Assert.Equal("0.27.0", _second.RollBack(project, "-Version 0.27.0").Single().Text("After.Version"));
    }

    public void Dispose()
    {
        _first.Dispose();
        _second.Dispose();
    }
}
