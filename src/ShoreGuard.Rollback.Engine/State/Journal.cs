using Microsoft.Data.Sqlite;
using ShoreGuard.Rollback.Engine.Files;

namespace ShoreGuard.Rollback.Engine.State;

/// <summary>The module's memory between runs: a SQLite database in the state folder, in WAL mode, for any number of processes.</summary>
internal sealed class Journal : IDisposable
{
    // One for each version; those that are released are never changed.
    private static readonly string[] Migrations =
    [
        "CREATE TABLE blocked_image (id INTEGER PRIMARY KEY, image TEXT, digest TEXT, git_sha TEXT, version TEXT, reason TEXT NOT NULL, blocked_at TEXT NOT "
            + "NULL, blocked_by TEXT NOT NULL)",
        """
        ALTER TABLE blocked_image RENAME COLUMN blocked_at TO at;
        ALTER TABLE blocked_image RENAME COLUMN blocked_by TO by;
        CREATE TABLE known_good (id INTEGER PRIMARY KEY, image TEXT, digest TEXT, git_sha TEXT, version TEXT, reason TEXT NOT NULL, at TEXT NOT NULL, by TEXT NOT NULL);
        """,
        "CREATE TABLE outage (id INTEGER PRIMARY KEY, docker_host TEXT NOT NULL, deployment TEXT NOT NULL, strategy TEXT NOT NULL, milliseconds REAL NOT NULL, "
        + "at TEXT NOT NULL)",
        """
        CREATE TABLE deployment (docker_host TEXT NOT NULL, name TEXT NOT NULL, image TEXT NOT NULL, image_id TEXT NOT NULL, digest TEXT, version TEXT, git_sha TEXT, first_seen TEXT NOT NULL, last_seen TEXT NOT NULL,
            PRIMARY KEY (docker_host, name, image_id));
        CREATE TABLE backup (path TEXT PRIMARY KEY, docker_host TEXT NOT NULL, deployment TEXT NOT NULL, revision TEXT, made_at TEXT NOT NULL);
        CREATE TABLE rollback (id TEXT PRIMARY KEY, docker_host TEXT NOT NULL, deployment TEXT NOT NULL, state TEXT NOT NULL, strategy TEXT NOT NULL, image_before TEXT NOT NULL, image TEXT NOT NULL,
            version_before TEXT, version TEXT, revisions_before TEXT NOT NULL, revisions TEXT NOT NULL, options TEXT NOT NULL, note TEXT NOT NULL, reason TEXT, outage_ms REAL, reverts TEXT,
            process INTEGER NOT NULL, machine TEXT NOT NULL, started_at TEXT NOT NULL, ended_at TEXT);
        CREATE TABLE rollback_step (rollback TEXT NOT NULL REFERENCES rollback (id), number INTEGER NOT NULL, name TEXT NOT NULL, outcome TEXT, started_at TEXT NOT NULL, ended_at TEXT, detail TEXT,
            PRIMARY KEY (rollback, number));
        """,
        """
        ALTER TABLE known_good ADD COLUMN database TEXT;
        ALTER TABLE blocked_image ADD COLUMN database TEXT;
        """,
        """
        ALTER TABLE rollback ADD COLUMN kind TEXT NOT NULL DEFAULT 'Rollback';
        ALTER TABLE rollback ADD COLUMN on_engine INTEGER NOT NULL DEFAULT 0;
        """,
        """
        CREATE TABLE incident (id TEXT PRIMARY KEY, beginning TEXT, ending TEXT, observation TEXT);
        CREATE TABLE incident_note (id INTEGER PRIMARY KEY, incident TEXT NOT NULL, at TEXT NOT NULL, by TEXT NOT NULL, text TEXT NOT NULL);
        """,
    ];

    // Codes of SQLite: SQLITE_READONLY, SQLITE_FULL, SQLITE_CANTOPEN.
    private const int ReadOnly = 8, Full = 13, CannotOpen = 14;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly SqliteConnection _connection;
    private readonly string _folder;
    private readonly bool _reads;

    private Journal(SqliteConnection connection, string folder, bool reads = false) => (_connection, _folder, _reads) = (connection, folder, reads);

    /// <summary>Where it is.</summary>
    public static string FileIn(string folder) => Path.Combine(folder, "journal.db");

    /// <summary>Opens it for writing; made, readable by its owner alone, where it is missing.</summary>
    /// <param name="folder">The state folder; made where it is missing.</param>
    /// <exception cref="ShoreGuardException"><c>StateNotWritable</c>, <c>JournalTooNew</c>, <c>JournalUnreadable</c>.</exception>
    public static Journal Open(string folder) => Translate(folder, () =>
    {
        Directory.CreateDirectory(folder);
        var file = FileIn(folder);
        if (!IsThere(file))
            Create(folder);
        RequireOwn(file);
        var journal = new Journal(SqliteFile.Open(file, SqliteOpenMode.ReadWrite, Patience), folder);
        try
        {
            SqliteFile.Execute(journal._connection, "PRAGMA journal_mode = WAL");
            // In WAL mode alone this makes every write outlast a power cut, and not only the journal whole after it.
            SqliteFile.Execute(journal._connection, "PRAGMA synchronous = FULL");
            journal.RequireOurs();
            journal.Migrate();
            return journal;
        }
        catch
        {
            journal.Dispose();
            throw;
        }
    });

    /// <summary>Opens it for reading; null where there is none yet. Makes no file; one of an older format is brought up to date first.</summary>
    /// <param name="folder">The state folder.</param>
    /// <exception cref="ShoreGuardException"><c>JournalTooNew</c>, <c>JournalUnreadable</c>.</exception>
    public static Journal? TryOpenForReading(string folder) => Translate(folder, () =>
    {
        var file = FileIn(folder);
        if (!IsThere(file))
            return null;
        RequireOwn(file);
        var journal = new Journal(SqliteFile.Open(file, SqliteOpenMode.ReadOnly, Patience), folder, reads: true);
        try
        {
            var version = journal.Version();
            if (version == Migrations.Length)
                return journal;
            journal.RequireOurs();
            journal.Dispose();
            return Open(folder);
        }
        catch
        {
            journal.Dispose();
            throw;
        }
    }, reads: true);

    /// <summary>The rows of a query.</summary>
    public List<T> Query<T>(string sql, Func<SqliteDataReader, T> read, params (string Name, object? Value)[] parameters) => Translate(_folder, () =>
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
    }, _reads);

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
        return version <= Migrations.Length ? version : throw Errors.JournalTooNew(FileIn(_folder), version, Migrations.Length);
    }

    private void RequireOurs()
    {
        if (Version() == 0)
            throw Errors.JournalUnreadable(FileIn(_folder), new InvalidDataException("it is no journal of this module"));
    }

    // A folder that may not be looked into says so, and is not taken for one without a journal.
    private static bool IsThere(string file)
    {
        try
        {
            _ = File.GetAttributes(file);
            return true;
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            return false;
        }
    }

    // It gets its name when it is whole: one that is empty has lost what was in it, and is not taken for a new one.
    private static void RequireOwn(string file)
    {
        if (new FileInfo(file) is { Length: 0 })
            throw Errors.JournalUnreadable(file, new InvalidDataException("it is empty, so what was in it is lost"));
    }

    private static void Create(string folder)
    {
        var file = FileIn(folder);
        var made = $"{file}.{Guid.NewGuid():n}.tmp";
        try
        {
            PrivateFile.Create(made).Dispose();
            using (var journal = new Journal(SqliteFile.Open(made, SqliteOpenMode.ReadWrite, Patience), folder))
                journal.Migrate();
            NativeFile.MoveToFreeName(made, file);
            NativeFile.SyncFolder(folder);
            AtomicFile.RemoveLeftOvers(file, olderThan: TimeSpan.FromHours(1));
        }
        catch (IOException) when (File.Exists(file))
        {
            // Another process was first.
        }
        finally
        {
            File.Delete(made);
        }
    }

    private static T Translate<T>(string folder, Func<T> work, bool reads = false)
    {
        try
        {
            return work();
        }
        catch (SqliteException error) when (error.SqliteErrorCode == CannotOpen && FileConflict.IsHeld(FileIn(folder)))
        {
            throw Errors.JournalBusy(FileIn(folder), FileHolders.Program(FileIn(folder)), error);
        }
        catch (Exception error) when (reads
            && (error is IOException or UnauthorizedAccessException or SqliteException { SqliteErrorCode: ReadOnly or CannotOpen }))
        {
            throw Errors.JournalNotReadable(FileIn(folder), error);
        }
        catch (SqliteException error) when (error.SqliteErrorCode is ReadOnly or Full or CannotOpen)
        {
            throw Errors.StateNotWritable(folder, error);
        }
        // What is in a row by somebody's hand, too.
        catch (Exception error)
            when (error is SqliteException or System.Text.Json.JsonException or FormatException or InvalidCastException or ArgumentException)
        {
            throw Errors.JournalUnreadable(FileIn(folder), error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw Errors.StateNotWritable(folder, error);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _connection.Dispose();
}
