using System.Diagnostics;
using Npgsql;

namespace ShoreGuard.Rollback.EndToEnd.Tests;

/// <summary>A PostgreSQL server of a test's own that lets nobody in without TLS but over its Unix socket, and asks for the password there, too.</summary>
internal sealed class SecureServer : IDisposable
{
    public const string Password = "s3cure/p@ss:w%rd";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("sgtest-pg-");
    private readonly Process _process;

    public SecureServer()
    {
        var bin = Stack.Require("SHOREGUARD_TEST_POSTGRES_BIN");
        Port = StandInProject.FreePort();
        // The server refuses to be root.
        Run("chown", "postgres", _folder.FullName);
        File.WriteAllText(PasswordFile, Password);
        Run("chown", "postgres", PasswordFile);
        AsPostgres($"{bin}/initdb", "--no-sync", "--username=shoreguard", $"--pwfile={PasswordFile}", "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C",
            Data);
        Run("openssl", "req", "-new", "-x509", "-nodes", "-days", "2", "-newkey", "rsa:2048", "-subj", "/CN=localhost", "-addext",
            "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", $"{Data}/server.key", "-out", $"{Data}/server.crt");
        Run("chown", "postgres", $"{Data}/server.key", $"{Data}/server.crt");
        Run("cp", $"{Data}/server.crt", Certificate);
        File.WriteAllText($"{Data}/pg_hba.conf", "local all all scram-sha-256\nhostssl all all 127.0.0.1/32 scram-sha-256\n");
        _process = Process.Start(
            new ProcessStartInfo("setpriv",
            ["--reuid=postgres", "--regid=postgres", "--init-groups", $"{bin}/postgres", "-D", Data, "-p", $"{Port}", "-k", Sockets, "-c",
            "listen_addresses=127.0.0.1", "-c", "ssl=on", "-c", "fsync=off"])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        })!;
        _process.BeginErrorReadLine();
        _process.BeginOutputReadLine();
        WaitUntilUp();
    }

    public int Port { get; }
    /// <summary>The folder of its Unix socket.</summary>
    public string Sockets => _folder.FullName;
    /// <summary>Its certificate, which is its own authority.</summary>
    public string Certificate => Path.Combine(_folder.FullName, "root.crt");

    private string Data => Path.Combine(_folder.FullName, "data");
    private string PasswordFile => Path.Combine(_folder.FullName, "password");

    private void WaitUntilUp()
    {
        for (var until = DateTime.UtcNow.AddSeconds(60); ; Thread.Sleep(100))
        {
            try
            {
                using var connection = new NpgsqlConnection(
                    new NpgsqlConnectionStringBuilder { Host = Sockets, Port = Port, Username = "shoreguard", Password = Password, Database = "postgres",
                    Pooling = false }.ToString());
                connection.Open();
                using var command = new NpgsqlCommand("CREATE DATABASE shoreguard", connection);
                command.ExecuteNonQuery();
                return;
            }
            catch (NpgsqlException) when (DateTime.UtcNow < until)
            {
                continue;
            }
        }
    }

    private static void AsPostgres(params string[] command) => Run("setpriv", ["--reuid=postgres", "--regid=postgres", "--init-groups", .. command]);

    private static void Run(string program, params string[] arguments) => Docker.RunProgram(program, arguments);

    public void Dispose()
    {
        // SIGQUIT: at once.
        Run("kill", "-QUIT", File.ReadLines($"{Data}/postmaster.pid").First());
        _process.WaitForExit();
        _process.Dispose();
        _folder.Delete(recursive: true);
    }
}
