using System.Management.Automation;
using ShoreGuard.Rollback.Tests;

namespace ShoreGuard.Rollback.EndToEnd.Tests.Rollbacks;

/// <summary>Each mistake has its own clear error, and changes nothing.</summary>
public sealed class BadInputTests : IDisposable
{
    private readonly ModuleHost _host = new();

    [Fact]
    public void A_tag_that_does_not_exist()
    {
        using var project = StandInProject.Borrow("0.32.0");
        var error = Refused(project, "-Version 0.26.9", "ImageNotFound", ErrorCategory.ObjectNotFound);
        Assert.Matches(@"Nearest on this engine: \d", error.ToString());
        Assert.Contains("Get-ShoreGuardRelease", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
        Refused(project, "-GitSha deadbeef", "ImageNotFound", ErrorCategory.ObjectNotFound);
    }

    [Fact]
    public void A_registry_that_is_down()
    {
        using var project = StandInProject.Borrow("0.27.0");
        Refused(project, "-Image localhost:1/shoreguard:0.27.0", "RegistryUnreachable", ErrorCategory.ConnectionError);
    }

    [Fact]
    public void A_text_that_is_no_image_reference()
    {
        using var project = StandInProject.Borrow("0.27.0");
        Refused(project, "-Image 'Not A Reference'", "ImageReferenceInvalid", ErrorCategory.InvalidArgument);
    }

    [Fact]
    public void The_image_that_runs_already()
    {
        using var project = StandInProject.Borrow("0.27.0");
        Refused(project, "-Version 0.27.0", "TargetIsRunning", ErrorCategory.InvalidOperation);
    }

    [Fact]
    public void A_compose_file_that_is_gone_or_broken_or_another_one()
    {
        using var project = StandInProject.Borrow("0.32.0");
        var content = File.ReadAllText(project.ComposeFile);
        File.WriteAllText(project.ComposeFile, "services: [not, : yaml");
        Refused(project, "-Version 0.27.0", "ComposeFileUnreadable", ErrorCategory.InvalidData);
        File.WriteAllText(project.ComposeFile, "just a text");
        Refused(project, "-Version 0.27.0", "ComposeFileUnreadable", ErrorCategory.InvalidData);
        File.WriteAllText(project.ComposeFile, "services: { other: { image: x } }");
        Refused(project, "-Version 0.27.0", "ComposeServiceMissing", ErrorCategory.ObjectNotFound);
        File.Delete(project.ComposeFile);
        Refused(project, "-Version 0.27.0", "ComposeFileMissing", ErrorCategory.ObjectNotFound);
        File.WriteAllText(project.ComposeFile, content);
    }

    [Fact]
    public void A_pin_that_cannot_be_written()
    {
        using var project = StandInProject.Start("0.32.0");
        File.Delete(project.EnvFile);
        Directory.CreateDirectory(project.EnvFile);
        Refused(project, "-Version 0.27.0", "PinNotWritable", ErrorCategory.WriteError);
    }

    [Fact]
    public void A_container_that_went_away_meanwhile()
    {
        using var project = StandInProject.Start("0.27.0");
        var run = _host.Run("""
            $deployment = Get-ShoreGuardDeployment -Project $args[0]
            docker rm --force $deployment.ContainerId | ForEach-Object { }
            $deployment | Invoke-ShoreGuardImageRollback -Version 0.26.0 -Confirm:$false
            """, project.Name);
        run.Error("DeploymentGone", ErrorCategory.ObjectNotFound);
    }

    [Fact]
    public void A_container_that_would_be_deleted_when_it_stops()
    {
        _ = Stack.Repository;
        var name = $"sgtest-rm-{Guid.NewGuid().ToString("n")[..8]}";
        Docker.Run("run", "--detach", "--rm", "--name", name, $"{Stack.Repository}:0.32.0");
        try
        {
            _host.Run("Get-ShoreGuardDeployment -Name $args[0] | Invoke-ShoreGuardImageRollback -Version 0.27.0 -Confirm:$false", name)
                .Error("AutoRemoveContainer", ErrorCategory.InvalidOperation);
            Assert.Equal("running", (string?)Docker.Inspect(name)["State"]!["Status"]);
        }
        finally
        {
            Docker.Remove(name);
        }
    }

    [Fact]
    public void Names_and_engines_that_do_not_exist()
    {
        _ = Stack.Repository;
        _host.Run("Get-ShoreGuardDeployment -Name no-such-container").Error("DeploymentNotFound", ErrorCategory.ObjectNotFound);
        _host.Run("Get-ShoreGuardDeployment -Project no-such-project").Error("DeploymentNotFound", ErrorCategory.ObjectNotFound);
        Assert.Contains("there is no such socket",
            _host.Run("Get-ShoreGuardDeployment -DockerHost unix:///nonexistent/docker.sock")
            .Error("EngineUnreachable", ErrorCategory.ConnectionError).ToString(), StringComparison.Ordinal);
        _host.Run("Get-ShoreGuardDeployment -DockerHost tcp://127.0.0.1:1").Error("EngineUnreachable", ErrorCategory.ConnectionError);
        var tunnel = _host.Run("Get-ShoreGuardDeployment -DockerHost ssh://root:secret@example.org:2222")
            .Error("DockerHostInvalid", ErrorCategory.InvalidArgument);
        Assert.Contains(
            "ssh -nNT -p 2222 -L /tmp/docker.sock:/var/run/docker.sock root@example.org,", tunnel.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", $"{tunnel} {tunnel.TargetObject}", StringComparison.Ordinal);
        _host.Run("Get-ShoreGuardDeployment -DockerHost nonsense").Error("DockerHostInvalid", ErrorCategory.InvalidArgument);
    }

    private ErrorRecord Refused(StandInProject project, string arguments, string id, ErrorCategory category)
    {
        var before = Docker.Inspect(project.Container);
        var run = _host.RollBack(project, arguments);
        Assert.Empty(run.Output);
        var after = Docker.Inspect(project.Container);
        Assert.Equal((string?)before["Id"], (string?)after["Id"]);
        Assert.Equal((string?)before["State"]!["StartedAt"], (string?)after["State"]!["StartedAt"]);
        Assert.Equal([project.Container], Docker.Names($"name={project.Name}"));
        return run.Error(id, category);
    }

    public void Dispose() => _host.Dispose();
}
