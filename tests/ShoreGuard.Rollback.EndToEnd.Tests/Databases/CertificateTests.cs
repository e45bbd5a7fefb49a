using System.Management.Automation;
using ShoreGuard.Rollback.Tests;

namespace ShoreGuard.Rollback.EndToEnd.Tests.Databases;

/// <summary>A server that takes nobody without a certificate, and an application whose certificates are in its container alone.</summary>
public sealed class CertificateTests : IDisposable
{
    private const string Home = "/home/shoreguard";
    private const string Data = "/var/lib/postgresql/data";

    private readonly ModuleHost _module = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("sgtest-certificates-").FullName;

    [Theory]
    [InlineData("", "DatabaseLoginFailed", ErrorCategory.AuthenticationError)]
    [InlineData("PGSSLMODE: verify-ca", "DatabaseUnreachable", ErrorCategory.ConnectionError)]
    [InlineData($"PGSSLMODE: verify-ca\n      PGSSLROOTCERT: {Home}/own/ca.pem\n      PGSSLCERT: {Home}/own/me.pem\n      PGSSLKEY: {Home}/own/me.key",
        "DatabaseUnreachable", ErrorCategory.ConnectionError)]
    public void They_are_read_where_they_are_and_nothing_of_them_is_left_here(string variables, string without, ErrorCategory category)
    {
        MakeCertificates();
        using var project = StandInProject.Start("0.28.0", "postgres");
        DemandCertificates(project);
        // Made anew without a start: what it has been given is in the container as its operator made it.
        if (variables.Length > 0)
            project.Configure(variables);
        project.Compose("up", "--no-start");
        Run(project, "Get-ShoreGuardDatabase").Error(without, category);

        var (folder, names) = variables.Contains("own", StringComparison.Ordinal)
            ? ($"{Home}/own", new[] { "ca.pem", "me.pem", "me.key" }) : ($"{Home}/.postgresql", ["root.crt", "postgresql.crt", "postgresql.key"]);
        var here = Directory.CreateDirectory(Path.Combine(_folder, "given")).FullName;
        foreach (var (from, to) in new[] { "ca.crt", "client.crt", "client.key" }.Zip(names))
            File.Copy(Path.Combine(_folder, from), Path.Combine(here, to));
        Docker.Run("cp", here, $"{project.Container}:{folder}");

        Assert.Equal("017", Run(project, "Get-ShoreGuardDatabase").ThrowIfFailed().Single().Text("Revision"));
        var made = Run(project, "Backup-ShoreGuardDatabase -Path $args[0] -Verbose", _folder);
        Assert.Equal("017", made.ThrowIfFailed().Single().Text("Revision"));
        Assert.DoesNotContain(made.Verbose, line => line.Contains("PRIVATE KEY", StringComparison.Ordinal));
        Assert.Empty(Directory.GetDirectories(Path.GetTempPath(), "shoreguard-certificates-*"));
    }

    // One authority for both sides; the server is asked for by its address, as the engine gives it.
    private void MakeCertificates()
    {
        OpenSsl("req", "-new", "-x509", "-nodes", "-days", "2", "-newkey", "rsa:2048", "-subj", "/CN=authority", "-keyout", "ca.key", "-out", "ca.crt");
        foreach (var (name, subject) in new[] { ("server", "db"), ("client", "shoreguard") })
        {
            OpenSsl("req", "-new", "-nodes", "-newkey", "rsa:2048", "-subj", $"/CN={subject}", "-keyout", $"{name}.key", "-out", $"{name}.csr");
            OpenSsl("x509", "-req", "-in", $"{name}.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-out", $"{name}.crt");
        }
    }

    private void OpenSsl(params string[] arguments) =>
        Docker.RunProgram("sh", ["-c", $"cd '{_folder}' && openssl {string.Join(' ', arguments)} 2>&1"]);

    private void DemandCertificates(StandInProject project)
    {
        var database = $"{project.Name}-db-1";
        foreach (var name in (string[])["ca.crt", "server.crt", "server.key"])
            Docker.Run("cp", Path.Combine(_folder, name), $"{database}:{Data}/{name}");
        Docker.Exec(database, "sh", "-c", $"chown postgres {Data}/ca.crt {Data}/server.* && chmod 600 {Data}/server.key && printf '%s\\n' "
            + $"'local all all trust' 'host all all 127.0.0.1/32 scram-sha-256' 'hostssl all all all scram-sha-256 clientcert=verify-ca' > {Data}/pg_hba.conf");
        foreach (var setting in (string[])["ssl = on", "ssl_ca_file = 'ca.crt'", "ssl_cert_file = 'server.crt'", "ssl_key_file = 'server.key'"])
            Docker.Exec(database, "psql", "--username=shoreguard", $"--command=ALTER SYSTEM SET {setting}", "shoreguard");
        Docker.Exec(database, "psql", "--username=shoreguard", "--command=SELECT pg_reload_conf()", "shoreguard");
    }

    private RunResult Run(StandInProject project, string command, params object[] arguments) =>
        _module.Run($"Get-ShoreGuardDeployment -Project {project.Name} | {command}", arguments);

    public void Dispose()
    {
        _module.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
