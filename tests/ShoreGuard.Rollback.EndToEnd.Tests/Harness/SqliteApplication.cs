using ShoreGuard.Rollback.Tests;

namespace ShoreGuard.Rollback.EndToEnd.Tests;

/// <summary>A container of the stand-in with its SQLite database in a named volume, or in its own layer; and a session with the module.</summary>
internal sealed class SqliteApplication : IDisposable
{
    public const string Database = "/home/shoreguard/.config/shoreguard/shoreguard.db";
    private const string Folder = "/home/shoreguard/.config/shoreguard";

    private readonly OlderEngine? _engine;
    private readonly bool _hasVolume;

    public SqliteApplication(bool volume, OlderEngine? engine = null, string release = "0.27.0")
    {
        _ = Stack.Repository;
        (_engine, _hasVolume) = (engine, volume);
        Name = $"sgtest-{Guid.NewGuid().ToString("n")[..10]}";
        Image = $"{Stack.Repository}:{release}";
        Start(Name);
        Add("first");
    }

    public string Name { get; }

    public string Image { get; }

    public string Volume => $"{Name}-data";

    public ModuleHost Module { get; } = new();

    /// <summary>For backups.</summary>
    public string Backups { get; } = Directory.CreateTempSubdirectory("shoreguard-test-").FullName;

    /// <summary>The way to the engine, where it is not the usual one.</summary>
    public string? Host { get; set; }

    /// <summary>Finds it, through the module.</summary>
    public string Find => $"Get-ShoreGuardDeployment -Name {Name}{((Host ?? _engine?.Host) is { } host ? $" -DockerHost {host}" : "")}";

    /// <summary>Adds a gateway.</summary>
    public void Add(string gateway) => Sql($"INSERT INTO gateways (name, endpoint, scheme, registered_at) VALUES ('{gateway}', 'e', 'http', '2026-01-01')");

    /// <summary>Makes the database so big that every step with it takes a while.</summary>
    public void Grow(int megabytes) => Python($"""
        with sqlite3.connect(db) as c:
            c.execute("CREATE TABLE big (x BLOB)")
            c.executemany("INSERT INTO big VALUES (?)", ((os.urandom(1 << 20),) for _ in range({megabytes})))
        """);

    public string Docker(params string[] arguments) => _engine?.Docker(arguments) ?? EndToEnd.Tests.Docker.Run(arguments);

    /// <summary>The deployment, piped into a command.</summary>
    public RunResult Run(string command, params object?[] arguments) => Module.Run($"{Find} | {command}", arguments);

    public string BackUp() => Run("Backup-ShoreGuardDatabase -Transport Container -Path $args[0]", Backups).ThrowIfFailed().Single().Text("BackupPath")!;

    public RunResult Restore(string path, string more = "") => Run($"Restore-ShoreGuardDatabase -BackupPath $args[0] -Transport Container -Confirm:$false -Verbose {more}", path);

    /// <summary>Runs Python inside; as root, with the database's path in <c>db</c>.</summary>
    public string Python(string script) => Docker("exec", "--user", "0", Name, "python3", "-c", $"import os, sqlite3, sys, time\ndb = '{Database}'\n{script}");

    /// <summary>The same, and does not wait for its end.</summary>
    public void PythonBehind(string script) => Docker("exec", "--detach", "--user", "0", Name, "python3", "-c", $"import os, sqlite3, sys, time\ndb = '{Database}'\n{script}");

    public void Sql(string sql) => Python($"with sqlite3.connect(db) as c: c.execute(\"{sql}\")");

    /// <summary>The names of the gateways, read out of a copy of the database and its WAL, whether the container runs or not.</summary>
    public string Gateways(string? file = null) => Query(file ?? Database, "SELECT group_concat(name) FROM (SELECT name FROM gateways ORDER BY name)");

    public string Revision() => Query(Database, "SELECT version_num FROM alembic_version");

    /// <summary>The files beside the database: name, owner, group, mode; and size, where that is asked for.</summary>
    public IReadOnlyList<string> Files(bool withSizes = false)
    {
        using var copy = CopyOut();
        return [.. EndToEnd.Tests.Docker.RunProgram("tar", ["--list", "--verbose", "--numeric-owner", "--file", copy.Archive])
            .Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(line => line[0] == '-').Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Select(part => $"{Path.GetFileName(part[^1])} {part[1]} {part[0]}{(withSizes ? $" {part[2]}" : "")}").Order(StringComparer.Ordinal)];
    }

    public void WaitUntil(string what, Func<bool> holds)
    {
        for (var until = DateTime.UtcNow.AddSeconds(60); !holds(); Thread.Sleep(100))
            Assert.True(DateTime.UtcNow < until, $"{Name} was not {what} within 60 s.");
    }

    public bool IsRunning => Docker("container", "inspect", Name, "--format", "{{.State.Running}}").Trim() == "true";

    /// <summary>Another container with the same volume.</summary>
    public string StartNeighbour(string script)
    {
        var name = $"{Name}-neighbour";
        Docker("run", "--detach", "--name", name, "--volume", $"{Volume}:{Folder}", "--entrypoint", "python3", Image, "-c", script);
        return name;
    }

    /// <summary>Waits until no helper of this application is left, running or ended.</summary>
    public void AssertNoHelper() => WaitUntil("without a helper", () => HelpersOf("--all").Length == 0);

    /// <summary>The helpers that work for this application now.</summary>
    public IReadOnlyList<string> Helpers() => HelpersOf();

    private string[] HelpersOf(params string[] more)
    {
        var id = Docker("container", "inspect", Name, "--format", "{{.Id}}").Trim();
        return Docker(["ps", .. more, "--filter", $"label=shoreguard.rollback.helper={id}", "--format", "{{.ID}}"]).Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    private void Start(string name)
    {
        Docker(["run", "--detach", "--name", name, .. _hasVolume ? ["--volume", $"{Volume}:{Folder}"] : Array.Empty<string>(), Image]);
        WaitUntil("live", () =>
        {
            try
            {
                Docker("exec", name, "python3", "-c", "import urllib.request; urllib.request.urlopen('http://localhost:8888/readyz')");
                return true;
            }
            catch (InvalidOperationException)
            {
                return false;
            }
        });
    }

    /// <summary>The first value that a query finds, in a copy of a file beside the database and its WAL.</summary>
    public string Query(string file, string sql)
    {
        using var copy = CopyOut();
        EndToEnd.Tests.Docker.RunProgram("tar", ["--extract", "--file", copy.Archive, "--directory", copy.Folder, "--strip-components=1"]);
        return EndToEnd.Tests.Docker.RunProgram("python3", ["-c", "import sqlite3, sys; print(sqlite3.connect(sys.argv[1]).execute(sys.argv[2]).fetchone()[0])", Path.Combine(copy.Folder, Path.GetFileName(file)), sql]).Trim();
    }

    private CopiedFolder CopyOut()
    {
        var copy = new CopiedFolder();
        // As an archive, since the owners are to be seen.
        EndToEnd.Tests.Docker.RunProgram("bash", ["-c", $"docker cp '{Name}:{Folder}' - >'{copy.Archive}'"], _engine is null ? [] : new() { ["DOCKER_HOST"] = _engine.Host });
        return copy;
    }

    public void Dispose()
    {
        Module.Dispose();
        foreach (var id in Docker("ps", "--all", "--quiet", "--filter", $"name={Name}").Split('\n', StringSplitOptions.RemoveEmptyEntries))
            Docker("rm", "--force", id);
        if (_hasVolume)
            RemoveVolume();
        Directory.Delete(Backups, recursive: true);
    }

    // A helper that the engine is just removing by itself has it for a moment longer.
    private void RemoveVolume()
    {
        for (var until = DateTime.UtcNow.AddSeconds(20); ; Thread.Sleep(200))
        {
            try
            {
                Docker("volume", "rm", "--force", Volume);
                return;
            }
            catch (InvalidOperationException) when (DateTime.UtcNow < until)
            {
            }
        }
    }

    private sealed class CopiedFolder : IDisposable
    {
        private readonly string _root = Directory.CreateTempSubdirectory("shoreguard-test-").FullName;

        public CopiedFolder() => Directory.CreateDirectory(Folder);

        public string Folder => Path.Combine(_root, "folder");
        public string Archive => Path.Combine(_root, "folder.tar");

        public void Dispose() => Directory.Delete(_root, recursive: true);
    }
}
