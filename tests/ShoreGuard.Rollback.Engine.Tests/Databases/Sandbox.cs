using System.Security.Cryptography;
using Microsoft.Data.Sqlite;
using ShoreGuard.Rollback.Engine.Databases;

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
        using var connection = new SqliteConnection($"Data Source={path};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return (T)command.ExecuteScalar()!;
    }

    public static string Revision(string path) => Scalar<string>(path, "SELECT version_num FROM alembic_version");

    /// <summary>Name, length and content of everything in the folder.</summary>
    public IReadOnlyList<string> Snapshot() =>
        [.. Directory.EnumerateFiles(Folder, "*", SearchOption.AllDirectories).Order().Select(file => $"{file} {Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(file)))} {Mode(file)}")];

    public Task<DatabaseRestore> Plan(string backup, string target) =>
        DatabaseRestore.PlanAsync(new DatabaseRequest { Url = $"sqlite:///{target}", BaseFolder = Folder }, backup, null, null, SilentReporter.Instance, CancellationToken.None);

    public async Task<RestoreResult> Restore(string backup, string target)
    {
        using var restore = await Plan(backup, target);
        return await restore.ExecuteAsync(SilentReporter.Instance, CancellationToken.None);
    }

    public async Task<Backup> BackUp(string database, string? folder = null, BackupRetention? retention = null)
    {
        using var backup = await DatabaseBackup.PlanAsync(new DatabaseRequest { Url = $"sqlite:///{database}", BaseFolder = Folder }, CancellationToken.None);
        return await backup.RunAsync(folder ?? Path("backups"), retention ?? BackupRetention.Everything, SilentReporter.Instance, CancellationToken.None);
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
