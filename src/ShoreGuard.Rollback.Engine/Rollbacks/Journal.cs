using Microsoft.Data.Sqlite;
using ShoreGuard.Rollback.Engine.Databases;
using ShoreGuard.Rollback.Engine.Databases.Sqlite;

namespace ShoreGuard.Rollback.Engine.Rollbacks;

/// <summary>The module's memory between runs: a SQLite database in the state folder, in WAL mode, for any number of processes.</summary>
internal sealed class Journal : IDisposable
{
    // One for each version; those that are released are never changed.
    private static readonly string[] Migrations =
    [
        "CREATE TABLE blocked_image (id INTEGER PRIMARY KEY, image TEXT, digest TEXT, git_sha TEXT, version TEXT, reason TEXT NOT NULL, blocked_at TEXT NOT NULL, blocked_by TEXT NOT NULL)",
    ];

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly SqliteConnection _connection;

    private Journal(SqliteConnection connection) => _connection = connection;

    /// <summary>Where it is.</summary>
    public static string FilePath => Path.Combine(StateFolder.Path, "journal.db");

    /// <summary>Opens it for writing; made, readable by its owner alone, where it is missing.</summary>
    /// <exception cref="ShoreGuardException"><c>StateNotWritable</c>, <c>JournalTooNew</c>, <c>JournalUnreadable</c>.</exception>
    public static Journal Open() => Translate(() =>
    {
        Directory.CreateDirectory(StateFolder.Path);
        if (!File.Exists(FilePath))
            CreateEmpty();
        var journal = new Journal(SqliteFile.Open(FilePath, SqliteOpenMode.ReadWrite, Patience));
        try
        {
            SqliteFile.Execute(journal._connection, "PRAGMA journal_mode = WAL");
            journal.Migrate();
            return journal;
        }
        catch
        {
            journal.Dispose();
            throw;
        }
    });

    /// <summary>Opens it for reading; null where there is none yet. Makes no file.</summary>
    /// <exception cref="ShoreGuardException"><c>JournalTooNew</c>, <c>JournalUnreadable</c>.</exception>
    public static Journal? TryOpenForReading() => !File.Exists(FilePath) ? null : Translate(() =>
    {
        var journal = new Journal(SqliteFile.Open(FilePath, SqliteOpenMode.ReadOnly, Patience));
        try
        {
            // One that is older was never written to by a version that knows more; there is nothing in it then.
            if (journal.Version() == Migrations.Length)
                return journal;
        }
        catch
        {
            journal.Dispose();
            throw;
        }
        journal.Dispose();
        return null;
    });

    /// <summary>The rows of a query.</summary>
    public List<T> Query<T>(string sql, Func<SqliteDataReader, T> read, params (string Name, object? Value)[] parameters) => Translate(() =>
    {
        using var command = _connection.CreateCommand();
        command.CommandText = sql;
        foreach (var (name, value) in parameters)
            command.Parameters.AddWithValue(name, value ?? DBNull.Value);
        using var reader = command.ExecuteReader();
        var rows = new List<T>();
        while (reader.Read())
            rows.Add(read(reader));
        return rows;
    });

    private void Migrate()
    {
        if (Version() == Migrations.Length)
            return;
        SqliteFile.Execute(_connection, "BEGIN IMMEDIATE");
        // Another process may have been first.
        for (var version = Version(); version < Migrations.Length; version++)
            SqliteFile.Execute(_connection, Migrations[version]);
        SqliteFile.Execute(_connection, $"PRAGMA user_version = {Migrations.Length}");
        SqliteFile.Execute(_connection, "COMMIT");
    }

    private int Version()
    {
        var version = SqliteFile.Query(_connection, "PRAGMA user_version", row => row.GetInt32(0))[0];
        return version <= Migrations.Length ? version : throw Errors.JournalTooNew(FilePath, version, Migrations.Length);
    }

    private static void CreateEmpty()
    {
        try
        {
            BackupFile.CreatePrivate(FilePath).Dispose();
        }
        catch (IOException) when (File.Exists(FilePath))
        {
            // Another process was first.
        }
    }

    private static T Translate<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch (SqliteException error)
        {
            throw Errors.JournalUnreadable(FilePath, error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw Errors.StateNotWritable(StateFolder.Path, error);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _connection.Dispose();
}
