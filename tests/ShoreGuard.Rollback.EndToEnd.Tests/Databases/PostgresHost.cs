using System.Diagnostics;
using Npgsql;
using ShoreGuard.Rollback.Tests;

[assembly: AssemblyFixture(typeof(ShoreGuard.Rollback.EndToEnd.Tests.Databases.SharedPostgres))]

namespace ShoreGuard.Rollback.EndToEnd.Tests.Databases;

/// <summary>A PostgreSQL server that tests make databases on.</summary>
public abstract class PostgresHost : IDisposable
{
    /// <summary>The one of a major version that all tests share: 15 is the stack's, whose tools are on this machine; 17 is in a container, and its
    /// tools only there.</summary>
    public static PostgresHost Of(int major) => major == 17 ? SharedPostgres.Seventeen.Value : StackPostgres.Instance;

    /// <summary>How a superuser gets in.</summary>
    public abstract Uri Superuser { get; }

    /// <summary>The Docker network it is on, under the name <c>db</c>; null when it is not in a container.</summary>
    public virtual string? Network => null;

    /// <summary>Its container.</summary>
    public virtual string? Container => null;

    public NpgsqlConnection Open(string database, string user, string password, string application)
    {
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder
        {
            Host = Superuser.Host,
            Port = Superuser.Port,
            Username = user,
            Password = password,
            Database = database,
            ApplicationName = application,
            Pooling = false,
            CommandTimeout = 0,
        }.ToString());
        connection.Open();
        return connection;
    }

    /// <summary>A session of the superuser.</summary>
    public NpgsqlConnection Open(string database = "postgres")
    {
        var user = Superuser.UserInfo.Split(':');
        return Open(database, user[0], Uri.UnescapeDataString(user[1]), "a test");
    }

    public abstract void Dispose();

    protected void WaitUntilItAnswers()
    {
        for (var until = DateTime.UtcNow.AddSeconds(60); ; Thread.Sleep(50))
        {
            try
            {
                Open().Dispose();
                return;
            }
            catch (NpgsqlException) when (DateTime.UtcNow < until)
            {
            }
        }
    }

    private sealed class StackPostgres : PostgresHost
    {
        public static StackPostgres Instance { get; } = new();

        public override Uri Superuser { get; } = new(Stack.Require("SHOREGUARD_TEST_POSTGRES"));

        public override void Dispose()
        {
        }
    }
}

/// <summary>A server of a test's own, which it may kill.</summary>
public abstract class OwnPostgres : PostgresHost
{
    protected static string Password { get; } = Guid.NewGuid().ToString("n");

    protected static int Port() => StandInProject.FreePort();

    /// <summary>As a power cut does: without a word to anybody.</summary>
    public abstract void Kill();

    /// <summary>Starts it again, with what it has on its disk.</summary>
    public abstract void Start();

    /// <summary>Stops and starts it properly; its sessions are told, and ended.</summary>
    public abstract void Restart();
}

/// <summary>PostgreSQL 17 in a container, as in the Compose files.</summary>
public sealed class PostgresContainer : OwnPostgres
{
    // The container stays, and the server comes and goes in it: an engine whose container dies while a command is started in it may lose track
    // of it, and of the command, for ever (seen with Engine 28.5: it "runs" without a process, and its exit is never told).
    private const string Keeper = """while :; do [ -e /tmp/down ] || docker-entrypoint.sh "$@"; sleep 0.1; done""";

    // The server first, which would start others; and with it the tools, as if the container had gone.
    private const string Killer = """
        touch /tmp/down
        for round in 1 2; do
            for process in /proc/[0-9]*; do
                case $(cat "$process/comm" 2>/dev/null) in postgres|psql|pg_dump|pg_restore) kill -9 "${process#/proc/}" ;; esac
            done
        done
        true
        """;

    private const string Restarter = """
        server=$(head -n 1 "$PGDATA/postmaster.pid")
        kill -INT "$server"
        while kill -0 "$server" 2>/dev/null; do sleep 0.05; done
        """;

    private readonly string _name = $"sgtest-{Guid.NewGuid().ToString("n")[..10]}";

    public PostgresContainer()
    {
        var port = Port();
        Superuser = new($"postgresql://postgres:{Password}@127.0.0.1:{port}/postgres");
        Docker.Run("network", "create", _name);
        Docker.Run(
            "run", "--detach", "--init", "--entrypoint", "sh", "--name", _name, "--network", _name, "--network-alias", "db", "--publish",
            $"127.0.0.1:{port}:5432", "--env", $"POSTGRES_PASSWORD={Password}",
            Stack.DatabaseImage, "-c", Keeper, "sh", "postgres", "-c", "fsync=off", "-c", "max_connections=200", "-c", "max_prepared_transactions=5");
        WaitUntilItAnswers();
    }

    public override Uri Superuser { get; }
    public override string? Network => _name;
    public override string? Container => _name;

    public override void Kill() => Docker.Exec(_name, "sh", "-c", Killer);

    public override void Start()
    {
        Docker.Exec(_name, "rm", "--force", "/tmp/down");
        WaitUntilItAnswers();
    }

    public override void Restart()
    {
        Docker.Exec(_name, "sh", "-c", Restarter);
        WaitUntilItAnswers();
    }

    public override void Dispose()
    {
        Docker.Remove(_name);
        Docker.Run("network", "rm", _name);
    }
}

/// <summary>A cluster of its own, of the version whose tools are on this machine.</summary>
public sealed class PostgresCluster : OwnPostgres
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("sgtest-cluster-");
    private readonly string _tools = Stack.Require("SHOREGUARD_TEST_POSTGRES_BIN");
    private readonly int _port = Port();
    private Process _server;

    public PostgresCluster()
    {
        // PostgreSQL refuses to run as root.
        if (IsRoot)
            Docker.RunProgram("chown", ["postgres:", _folder.FullName]);
        var secret = Path.Combine(_folder.FullName, "password");
        File.WriteAllText(secret, Password);
        var initdb = As("initdb", $"--pgdata={Data}", "--username=postgres", "--encoding=UTF8", "--locale=C.UTF-8", "--auth=scram-sha-256",
            $"--pwfile={secret}", "--no-sync");
        Docker.RunProgram(initdb[0], initdb[1..]);
        Superuser = new($"postgresql://postgres:{Password}@127.0.0.1:{_port}/postgres");
        _server = Run();
    }

    public override Uri Superuser { get; }

    private static bool IsRoot => Environment.UserName == "root";

    private string Data => Path.Combine(_folder.FullName, "data");

    public override void Kill()
    {
        _server.Kill(entireProcessTree: true);
        _server.WaitForExit();
        _server.Dispose();
    }

    public override void Start() => _server = Run();

    public override void Restart()
    {
        Docker.RunProgram("kill", ["-INT", $"{_server.Id}"]);
        _server.WaitForExit();
        _server.Dispose();
        Start();
    }

    public override void Dispose()
    {
        Kill();
        _folder.Delete(recursive: true);
    }

    private Process Run()
    {
        var command = As("postgres", "-D", Data, "-p", $"{_port}", "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "fsync=off",
            "-c", "max_prepared_transactions=5");
        var start = new ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true, RedirectStandardError = true };
        var server = Process.Start(start)!;
        server.BeginOutputReadLine();
        server.BeginErrorReadLine();
        WaitUntilItAnswers();
        return server;
    }

    private string[] As(string tool, params string[] arguments)
    {
        string[] command = [Path.Combine(_tools, tool), .. arguments];
        return IsRoot ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", .. command] : command;
    }
}

/// <summary>The PostgreSQL 17 that tests share; started by the first that needs it, gone after the last.</summary>
public sealed class SharedPostgres : IDisposable
{
    internal static Lazy<PostgresContainer> Seventeen { get; } = new(() => new PostgresContainer());

    public void Dispose()
    {
        if (Seventeen.IsValueCreated)
            Seventeen.Value.Dispose();
    }
}
