using System.Management.Automation;
using System.Net;
using ShoreGuard.Rollback.Tests;

namespace ShoreGuard.Rollback.EndToEnd.Tests.Databases;

/// <summary>Every way in which a URL says how a PostgreSQL server is reached holds for our own sessions and for PostgreSQL's tools alike.</summary>
[Collection(nameof(Alone))]
public sealed class PostgresUrlTests : IDisposable
{
    private readonly ModuleHost _module = new();
    private readonly SecureServer _server = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("shoreguard-test-").FullName;

    [Fact]
    public void A_server_is_reached_by_every_way_that_its_url_can_name()
    {
        var encoded = Uri.EscapeDataString(SecureServer.Password);
        var passfile = PassFile($"*:*:*:shoreguard:{SecureServer.Password.Replace(":", "\\:", StringComparison.Ordinal)}");
        var wrong = PassFile("*:*:*:shoreguard:wrong");
        var tcp = $"127.0.0.1:{_server.Port}/shoreguard";
        Restore($"postgresql://shoreguard:{encoded}@{tcp}?sslmode=require");

        Reached($"postgresql+psycopg://shoreguard:{encoded}@{tcp}");
        Reached($"postgresql+psycopg2://shoreguard:{encoded}@{tcp}?sslmode=require");
        Reached($"postgresql://shoreguard:{encoded}@{tcp}?sslmode=verify-full&sslrootcert={_server.Certificate}");
        Reached($"postgresql://shoreguard:{encoded}@localhost:{_server.Port}/shoreguard?sslmode=verify-ca&sslrootcert={_server.Certificate}&connect_timeout=5&application_name=x");
        Reached($"postgresql://shoreguard:{encoded}@{tcp}?options=-c%20statement_timeout%3D60000");
        Reached($"postgresql://shoreguard:{encoded}@/shoreguard?host={_server.Sockets}&port={_server.Port}");
        Reached($"postgresql:///shoreguard?user=shoreguard&password={WebUtility.UrlEncode(SecureServer.Password)}&host={_server.Sockets}&port={_server.Port}");
        Reached($"postgresql://shoreguard@{tcp}?passfile={passfile}");
        using (new Variables(("PGPASSFILE", passfile)))
        {
            Reached($"postgresql://shoreguard@{tcp}");
            Reached($"postgresql://shoreguard@/shoreguard?host={_server.Sockets}&port={_server.Port}");
        }
        using (new Variables(("SHOREGUARD_DATABASE_URL", $"postgresql+psycopg://shoreguard:{encoded}@{tcp}")))
            Assert.Equal("012", _module.Run("Get-ShoreGuardDatabase").ThrowIfFailed().Single().Text("Revision"));

        Refused($"postgresql://shoreguard:{encoded}@{tcp}?sslmode=disable", "DatabaseLoginFailed", ErrorCategory.AuthenticationError);
        Refused($"postgresql://shoreguard:{encoded}@{tcp}?sslmode=verify-full", "DatabaseUnreachable", ErrorCategory.ConnectionError);
        Refused($"postgresql://shoreguard:{encoded}@{tcp}?sslmode=nonsense", "DatabaseUrlInvalid", ErrorCategory.InvalidArgument);
        Refused($"postgresql://shoreguard@{tcp}?passfile={wrong}", "DatabaseLoginFailed", ErrorCategory.AuthenticationError);
        Refused($"postgresql://shoreguard:{encoded}@/shoreguard?host={_folder}&port={_server.Port}", "DatabaseUnreachable", ErrorCategory.ConnectionError);
    }

    private void Restore(string url) =>
        _module.Run("Restore-ShoreGuardDatabase -BackupPath $args[0] -DatabaseUrl $args[1] -Transport Direct -Confirm:$false", PostgresSandbox.Real("012"), url)
            .ThrowIfFailed();

    // A look is by our own session, a backup by the tools as well.
    private void Reached(string url)
    {
        var report = _module.Run("Get-ShoreGuardDatabase -DatabaseUrl $args[0] -Transport Direct", url).ThrowIfFailed().Single();
        Assert.Equal(("Direct", "012"), (report.Text("Transport"), report.Text("Revision")));
        var backup = Shown(_module.Run("Backup-ShoreGuardDatabase -DatabaseUrl $args[0] -Path $args[1] -Verbose", url, _folder)).ThrowIfFailed().Single();
        Assert.Equal("012", backup.Text("Revision"));
        foreach (var file in Directory.GetFiles(_folder, "shoreguard-*"))
            File.Delete(file);
    }

    private void Refused(string url, string id, ErrorCategory category)
    {
        Shown(_module.Run("Get-ShoreGuardDatabase -DatabaseUrl $args[0]", url)).Error(id, category);
        Shown(_module.Run("Backup-ShoreGuardDatabase -DatabaseUrl $args[0] -Path $args[1] -Verbose", url, _folder)).Error(id, category);
        Assert.Empty(Directory.GetFiles(_folder, "shoreguard-*"));
    }

    private static RunResult Shown(RunResult run)
    {
        foreach (var secret in (string[])[SecureServer.Password, Uri.EscapeDataString(SecureServer.Password)])
            Assert.DoesNotContain(run.Verbose.Concat(run.Warnings).Concat(run.Errors.Select(error => $"{error} {error.TargetObject}"))
                .Concat(run.Output.Select(value => value.Text("Database"))), text => text?.Contains(secret, StringComparison.Ordinal) == true);
        return run;
    }

    private string PassFile(string line)
    {
        var path = Path.Combine(_folder, $"pass-{Guid.NewGuid():n}");
        File.WriteAllText(path, line + "\n");
        // libpq leaves one that others may read alone.
        Docker.RunProgram("chmod", ["600", path]);
        return path;
    }

    public void Dispose()
    {
        _module.Dispose();
        _server.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
