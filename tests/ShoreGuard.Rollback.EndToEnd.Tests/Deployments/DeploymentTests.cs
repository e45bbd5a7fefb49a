using ShoreGuard.Rollback.Tests;

namespace ShoreGuard.Rollback.EndToEnd.Tests.Deployments;

public sealed class DeploymentTests : IDisposable
{
    private readonly ModuleHost _host = new();

    [Fact]
    public void A_deployment_is_described_whole()
    {
        using var project = StandInProject.Borrow("0.27.0");
        var deployment = _host.Run($"Get-ShoreGuardDeployment -Project {project.Name}").ThrowIfFailed().Single();

        Assert.Equal(project.Container, deployment.Text("Name"));
        Assert.Equal((project.Name, "shoreguard"), (deployment.Text("Project"), deployment.Text("Service")));
        Assert.Equal($"{Stack.Repository}:0.27.0", deployment.Text("Image"));
        Assert.Equal(("0.27.0", "27d0c5a"), (deployment.Text("Identity.Version"), deployment.Text("Identity.ShortSha")));
        Assert.StartsWith("sha256:", deployment.Text("Digest"), StringComparison.Ordinal);
        Assert.Equal("running", deployment.Text("State"));
        Assert.Equal(project.Uri, deployment.At("Uri"));
        Assert.Equal("Sqlite", deployment.Text("Database.Kind"));
        Assert.True(File.Exists(deployment.Text("Database.HostPath")));
        Assert.Equal([project.ComposeFile], deployment.Texts("ComposeFiles"));
    }

    [Fact]
    public void A_database_password_is_never_shown()
    {
        using var project = StandInProject.Borrow("0.27.0", "postgres");
        var run = _host.Run(
            $"Get-ShoreGuardDeployment -Project {project.Name} -Verbose | ForEach-Object {{ $_; $_ | Out-String -Width 300 -ErrorAction Ignore; "
            + $"[Text.Json.JsonSerializer]::Serialize($_.Database.Url) }}");
        Assert.Equal(project.Server == "uvicorn"
            ? "postgresql+psycopg://db/shoreguard" : "postgresql+psycopg://shoreguard:***@db:5432/shoreguard", run.Output[0].Text("Database.Url"));
        Assert.DoesNotContain(run.Texts.Concat(run.Verbose), text => text.Contains(StandInProject.Password, StringComparison.Ordinal));
    }

    [Fact]
    public void Wildcards_choose_projects_and_health_takes_what_comes()
    {
        using var project = StandInProject.Borrow("0.27.0");
        var report = _host.Run($"Get-ShoreGuardDeployment -Project {project.Name[..^2]}* | Test-ShoreGuardHealth").ThrowIfFailed().Single();
        Assert.Equal(project.Uri, report.At("Uri"));
        Assert.Equal("0.27.0", report.Text("Identity.Version"));
        Assert.Empty(_host.Run($"Get-ShoreGuardDeployment -Project {project.Name}x*").ThrowIfFailed().Output);
        foreach (var named in new[] { $"Get-ShoreGuardDeployment {project.Container}", $"Get-ShoreGuardDeployment {project.Name}-*",
            $"'{project.Container}' | Get-ShoreGuardDeployment" })
            Assert.Equal(project.Container, _host.Run(named).ThrowIfFailed().Single().Text("Name"));
        // By the names of properties: an object's project is that of its deployments, a name alone is one's own.
        Assert.Equal(project.Container, _host.Run($"Get-ShoreGuardDeployment {project.Container} | "
            + "Get-ShoreGuardDeployment").ThrowIfFailed().Single().Text("Name"));
        Assert.Equal(project.Container, _host.Run($"[pscustomobject]@{{ Name = '{project.Container}' }} | "
            + "Get-ShoreGuardDeployment").ThrowIfFailed().Single().Text("Name"));
        Assert.Empty(_host.Run($"Get-ShoreGuardDeployment {project.Name}x*").ThrowIfFailed().Output);
    }

    [Fact]
    public void A_stopped_one_is_found_too()
    {
        using var project = StandInProject.Start("0.27.0");
        project.Compose("stop");
        var deployment = _host.Run($"Get-ShoreGuardDeployment -Project {project.Name}").ThrowIfFailed().Single();
        Assert.Equal("exited", deployment.Text("State"));
        Assert.Equal(project.Uri, deployment.At("Uri"));
    }

    public void Dispose() => _host.Dispose();
}
