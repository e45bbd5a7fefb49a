using System.Diagnostics;
using System.Management.Automation;
using System.Net;
using System.Net.Sockets;
using ShoreGuard.Rollback.Tests;

namespace ShoreGuard.Rollback.EndToEnd.Tests.Databases;

/// <summary>Backup and restore of a Compose project's own database, with the application around it.</summary>
public sealed class DeploymentTests : IDisposable
{
    private const string Password = "s3cret-of-the-test";

    private readonly string _folder = Directory.CreateTempSubdirectory("shoreguard-test-").FullName;
    private readonly string _project = $"sgdb{Guid.NewGuid().ToString("n")[..8]}";
    private readonly int _port = FreePort();
    private readonly ModuleHost _module = new();

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    public async Task An_application_is_started_again_only_on_the_schema_its_image_leaves_alone(string database)
    {
        Stack.Require("SHOREGUARD_TEST_REPOSITORY");
        File.Copy(Path.Combine(Repository.Root, "tests", "stand-in", "compose", $"{database}.yml"), Path.Combine(_folder, "docker-compose.yml"));
        await UpAsync("0.27.0");
        var backup = Only(Run("Backup-ShoreGuardDatabase -Path $args[1]"));
        Assert.Equal("016", Text(backup, "Revision"));
        Assert.Equal("0.27.0", Text(backup.Properties["Identity"].Value, "Version"));
        var path = Text(backup, "BackupPath");

        var same = Only(Run("Restore-ShoreGuardDatabase -BackupPath $args[2] -Confirm:$false -Verbose", path));
        Assert.Equal(("Restarted", "016"), (Text(same, "Application"), Text(same, "Revision")));
        await ReadyAsync();

        await UpAsync("0.28.0");
        var before = Only(Run(""));
        Assert.Empty(Run("Restore-ShoreGuardDatabase -BackupPath $args[2] -WhatIf", path).ThrowIfFailed().Output);
        Assert.Equal(Text(before, "StartedAt"), Text(Only(Run("")), "StartedAt"));

        var older = Only(Run("Restore-ShoreGuardDatabase -BackupPath $args[2] -Confirm:$false -Verbose", path));
        Assert.Equal(("LeftStopped", "017", "016"), (Text(older, "Application"), Text(older, "RevisionBefore"), Text(older, "Revision")));
        Assert.Contains("Invoke-ShoreGuardImageRollback", Text(older, "Recommendation"), StringComparison.Ordinal);
        Assert.Equal("exited", Text(older.Properties["Deployment"].Value, "State"));
        Assert.Equal("016", Text(Only(Run("Backup-ShoreGuardDatabase -Path $args[1]")), "Revision"));

        var again = Only(Run("Restore-ShoreGuardDatabase -BackupPath $args[2] -Confirm:$false", path));
        Assert.Equal("StayedStopped", Text(again, "Application"));
        Assert.DoesNotContain("shoreguard-probe-", Docker("ps", "--all"), StringComparison.Ordinal);

        await UpAsync("0.27.0");
    }

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    public async Task A_restore_that_fails_leaves_the_application_running(string database)
    {
        Stack.Require("SHOREGUARD_TEST_REPOSITORY");
        File.Copy(Path.Combine(Repository.Root, "tests", "stand-in", "compose", $"{database}.yml"), Path.Combine(_folder, "docker-compose.yml"));
        await UpAsync("0.27.0");
        var other = database == "sqlite" ? "shoreguard-pg15-012.pgdump" : "shoreguard-sqlite-012.sqlite";
        var run = Run("Restore-ShoreGuardDatabase -BackupPath $args[2] -Confirm:$false", Path.Combine(AppContext.BaseDirectory, "Data", "backups", other));
        Assert.StartsWith("BackupKindMismatch,", Assert.Single(run.Errors).FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Equal("running", Text(Only(Run("")), "State"));
        await ReadyAsync();
    }

    public void Dispose()
    {
        _module.Dispose();
        Compose("down", "--volumes", "--timeout", "2");
        Directory.Delete(_folder, recursive: true);
    }

    private RunResult Run(string command, string? path = null)
    {
        var run = _module.Run($"Get-ShoreGuardDeployment -Project $args[0]{(command.Length > 0 ? " | " : "")}{command}", _project, _folder, path);
        Assert.DoesNotContain(run.Verbose.Concat(run.Warnings).Concat(run.Errors.Select(error => error.ToString())), text => text.Contains(Password, StringComparison.Ordinal));
        return run;
    }

    private static PSObject Only(RunResult run) => Assert.Single(run.ThrowIfFailed().Output);

    private static string? Text(object? value, string property) => PSObject.AsPSObject(value!).Properties[property]?.Value?.ToString();

    private async Task UpAsync(string version)
    {
        File.WriteAllText(Path.Combine(_folder, ".env"),
            $"SHOREGUARD_VERSION={version}\nSHOREGUARD_IMAGE_REPOSITORY={Stack.Require("SHOREGUARD_TEST_REPOSITORY")}\nSHOREGUARD_PORT={_port}\nPOSTGRES_PASSWORD={Password}\n");
        Compose("up", "--detach");
        await ReadyAsync();
    }

    private async Task ReadyAsync()
    {
        using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{_port}"), Timeout = TimeSpan.FromSeconds(5) };
        var clock = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                if ((await client.GetAsync(new Uri("/readyz", UriKind.Relative), TestContext.Current.CancellationToken)).IsSuccessStatusCode)
                    return;
            }
            catch (Exception error) when (error is HttpRequestException or TaskCanceledException && clock.Elapsed < TimeSpan.FromSeconds(90))
            {
            }
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(90), "The application does not become ready.");
            await Task.Delay(200, TestContext.Current.CancellationToken);
        }
    }

    private string Compose(params string[] arguments) =>
        Docker(["compose", "--project-name", _project, "--project-directory", _folder, "--file", Path.Combine(_folder, "docker-compose.yml"), .. arguments]);

    private static string Docker(params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("docker", arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"docker {string.Join(' ', arguments)}: {errors.Result}");
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
