using System.Security.Cryptography;
using Microsoft.Data.Sqlite;
using ShoreGuard.Rollback.Engine.Databases;
using ShoreGuard.Rollback.Engine.Operations.Restoring;
using ShoreGuard.Rollback.Engine.State;

namespace ShoreGuard.Rollback.Engine.Tests.Databases;

/// <summary>A folder of a test's own, with copies of the real backups in it.</summary>
public sealed class Sandbox : IDisposable
{
    public string Folder { get; } = Directory.CreateTempSubdirectory("shoreguard-test-").FullName;

    public string Path(string name) => System.IO.Path.Combine(Folder, name);

    /// <summary>A real backup, by revision, as a file of this test's own.</summary>
    public string Real(string revision, string name)
    {
        File.Copy(System.IO.Path.Combine(AppContext.BaseDirectory, "Data", "backups", $"shoreguard-sqlite-{revision}.sqlite"), Path(name));
        return Path(name);
    }

    /// <summary>Opens a database as an application does: in WAL mode, and keeps it open.</summary>
    public static SqliteConnection OpenAsApplication(string path)
    {
        var connection = new SqliteConnection($"Data Source={path};Pooling=False");
        connection.Open();
        Execute(connection, "PRAGMA journal_mode = WAL");
        return connection;
    }

    public static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    public static T Scalar<T>(string path, string sql)
    {
        using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString());
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return (T)command.ExecuteScalar()!;
    }

    /// <summary>Every row of every table, as one hash, read from a copy: the database and what SQLite keeps beside it stay as they are.</summary>
    public string Content(string path)
    {
        var folder = Directory.CreateDirectory(Path($"content-{Guid.NewGuid():n}"));
        try
        {
            var copy = System.IO.Path.Combine(folder.FullName, "copy.db");
            foreach (var suffix in (string[])["", "-wal", "-journal"])
                if (File.Exists(path + suffix))
                    File.Copy(path + suffix, copy + suffix);
            using var connection = new SqliteConnection($"Data Source={copy};Pooling=False");
            connection.Open();
            return Convert.ToHexString(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(string.Join('\n', Rows(connection)))));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static IEnumerable<string> Rows(SqliteConnection connection)
    {
        foreach (var table in Query(connection, "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").ToList())
            foreach (var row in Query(connection, $"SELECT * FROM \"{table.Replace("\"", "\"\"", StringComparison.Ordinal)}\""))
                yield return $"{table}: {row}";
    }

    private static IEnumerable<string> Query(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        using var reader = command.ExecuteReader();
        while (reader.Read())
            yield return string.Join('|',
                Enumerable.Range(0, reader.FieldCount)
                .Select(i => reader.IsDBNull(i) ? "NULL" : reader.GetValue(i) is byte[] bytes
                ? Convert.ToHexString(bytes) : Convert.ToString(reader.GetValue(i), System.Globalization.CultureInfo.InvariantCulture)));
    }

    public static string Revision(string path) => Scalar<string>(path, "SELECT version_num FROM alembic_version");

    /// <summary>Name, length and content of everything in the folder.</summary>
    public IReadOnlyList<string> Snapshot() =>
        [.. Directory.EnumerateFiles(Folder, "*", SearchOption.AllDirectories)
            .Order().Select(file => $"{file} {Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(file)))} {Mode(file)}")];

    /// <summary>A database as a killed application leaves it: a row is in the WAL alone.</summary>
    public string Killed(string revision, string name = "shoreguard.db")
    {
        var live = Real(revision, "live.db");
        using (var application = OpenAsApplication(live))
        {
            Execute(application, "CREATE TABLE late (x); INSERT INTO late VALUES (1)");
            File.Copy(live, Path(name));
            File.Copy(live + "-wal", Path(name) + "-wal");
        }
        File.Delete(live);
        return Path(name);
    }

    public StateStore State => new(Path("state"));

    public Task<DatabaseRestore> Plan(string backup, string target, bool force = false, IReporter? reporter = null) =>
        DatabaseRestore.PlanAsync(new DatabaseRequest { Url = $"sqlite:///{target}", BaseFolder = Folder }, State, backup, null, null, force, reporter
            ?? SilentReporter.Instance, CancellationToken.None);

    public async Task<RestoreResult> Restore(string backup, string target, bool force = false)
    {
        using var restore = await Plan(backup, target, force);
        return await restore.ExecuteAsync(SilentReporter.Instance, CancellationToken.None);
    }

    public async Task<Backup> BackUp(string database, string? folder = null, BackupRetention? retention = null, IReporter? reporter = null)
    {
        using var backup = await DatabaseBackup.PlanAsync(
            new DatabaseRequest { Url = $"sqlite:///{database}", BaseFolder = Folder }, State, CancellationToken.None);
        return await backup.RunAsync(
            folder ?? Path("backups"), retention ?? BackupRetention.Everything, reporter ?? SilentReporter.Instance, CancellationToken.None);
    }

    private static string Mode(string file) => OperatingSystem.IsWindows() ? "" : File.GetUnixFileMode(file).ToString();

    public void Dispose()
    {
        // A test may have taken rights away.
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(Folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Directory.Delete(Folder, recursive: true);
    }
}
