using System.Formats.Tar;
using Microsoft.Data.Sqlite;
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

    private EngineApi Engine => EngineApi.Of(_engine?.Host);

    public string Docker(params string[] arguments) => _engine?.Docker(arguments) ?? EndToEnd.Tests.Docker.Run(arguments);

    /// <summary>The deployment, piped into a command.</summary>
    public RunResult Run(string command, params object?[] arguments) => Module.Run($"{Find} | {command}", arguments);

    public string BackUp() => Run("Backup-ShoreGuardDatabase -Transport Container -Path $args[0]", Backups).ThrowIfFailed().Single().Text("BackupPath")!;

    public RunResult Restore(string path, string more = "") =>
        Run($"Restore-ShoreGuardDatabase -BackupPath $args[0] -Transport Container -Confirm:$false -Verbose {more}", path);

    /// <summary>Runs Python inside; as root, with the database's path in <c>db</c>.</summary>
    public string Python(string script) => Engine.Exec(Name, Command(script), user: "0");

    /// <summary>The same, and does not wait for its end.</summary>
    public void PythonBehind(string script) => Engine.Exec(Name, Command(script), user: "0", detach: true);

    private static string[] Command(string script) => ["python3", "-c", $"import os, sqlite3, sys, time\ndb = '{Database}'\n{script}"];

    public void Sql(string sql) => Python($"with sqlite3.connect(db) as c: c.execute(\"{sql}\")");

    /// <summary>The names of the gateways, read out of a copy of the database and its WAL, whether the container runs or not.</summary>
    public string Gateways(string? file = null) => Query(file ?? Database, "SELECT group_concat(name) FROM (SELECT name FROM gateways ORDER BY name)");

    public string Revision() => Query(Database, "SELECT version_num FROM alembic_version");

    /// <summary>The files beside the database: name, owner, group, mode; and size, where that is asked for.</summary>
    public IReadOnlyList<string> Files(bool withSizes = false)
    {
        using var archive = new TarReader(Engine.Archive(Name, Folder));
        var files = new List<string>();
        while (archive.GetNextEntry() is { } entry)
        {
            if (entry.EntryType is TarEntryType.RegularFile or TarEntryType.V7RegularFile)
                files.Add($"{Path.GetFileName(entry.Name)} {entry.Uid}/{entry.Gid} {Mode(entry.Mode)}{(withSizes ? $" {entry.Length}" : "")}");
        }
        return [.. files.Order(StringComparer.Ordinal)];
    }

    // As ls shows it.
    private static string Mode(UnixFileMode mode) =>
        "-" + string.Concat(Enumerable.Range(0, 9).Select(bit => ((int)mode & (256 >> bit)) == 0 ? '-' : "rwx"[bit % 3]));

    public void WaitUntil(string what, Func<bool> holds)
    {
        for (var until = DateTime.UtcNow.AddSeconds(60); !holds(); Thread.Sleep(100))
            Assert.True(DateTime.UtcNow < until, $"{Name} was not {what} within 60 s.");
    }

    public bool IsRunning => (bool)Engine.Inspect(Name)["State"]!["Running"]!;

    /// <summary>Another container with the same volume.</summary>
    public string StartNeighbour(string script)
    {
        var name = $"{Name}-neighbour";
        Docker("run", "--detach", "--name", name, "--volume", $"{Volume}:{Folder}", "--entrypoint", "python3", Image, "-c", script);
        return name;
    }

    /// <summary>Waits until no helper of this application is left, running or ended.</summary>
    public void AssertNoHelper() => WaitUntil("without a helper", () => HelpersOf(all: true).Count == 0);

    /// <summary>The helpers that work for this application now.</summary>
    public IReadOnlyList<string> Helpers() => HelpersOf(all: false);

    private IReadOnlyList<string> HelpersOf(bool all) =>
        [.. Engine.Containers(all, $"label=shoreguard.rollback.helper={Engine.Inspect(Name)["Id"]}").Select(container => (string)container["Id"]!)];

    private void Start(string name)
    {
        Docker(["run", "--detach", "--name", name, .. _hasVolume ? ["--volume", $"{Volume}:{Folder}"] : Array.Empty<string>(), Image]);
        Engine.WaitUntilAnswers(name, "readyz");
    }

    /// <summary>The first value that a query finds, in a copy of a file beside the database and its WAL.</summary>
    public string Query(string file, string sql)
    {
        var folder = Directory.CreateTempSubdirectory("shoreguard-test-").FullName;
        try
        {
            using (var archive = Engine.Archive(Name, Folder))
                TarFile.ExtractToDirectory(archive, folder, overwriteFiles: false);
            using var connection = new SqliteConnection($"Data Source={Path.Combine(folder, Path.GetFileName(Folder), Path.GetFileName(file))};Pooling=False");
            connection.Open();
            using var command = new SqliteCommand(sql, connection);
            return $"{command.ExecuteScalar()}";
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    public void Dispose()
    {
        Module.Dispose();
        foreach (var container in Engine.Containers(all: true, $"name={Name}"))
            Engine.Remove((string)container["Id"]!);
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
                Engine.RemoveVolume(Volume);
                return;
            }
            catch (InvalidOperationException) when (DateTime.UtcNow < until)
            {
            }
        }
    }
}
