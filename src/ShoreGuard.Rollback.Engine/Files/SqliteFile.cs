using Microsoft.Data.Sqlite;
using SQLitePCL;
using ShoreGuard.Rollback.Engine.Databases.Sqlite;

namespace ShoreGuard.Rollback.Engine.Files;

/// <summary>Opens SQLite files.</summary>
internal static class SqliteFile
{
    /// <summary>SQLITE_BUSY and SQLITE_LOCKED: somebody else holds the database.</summary>
    public static bool IsBusy(SqliteException error) => error.SqliteErrorCode is 5 or 6;

    /// <summary>SQLITE_CORRUPT and SQLITE_NOTADB: the file is damaged.</summary>
    public static bool IsDamage(SqliteException error) => error.SqliteErrorCode is 11 or 26;

    /// <summary>The files that SQLite keeps beside a database.</summary>
    public static IEnumerable<string> Companions(string path) => [path + "-wal", path + "-shm", path + "-journal"];

    /// <summary>Deletes a database with the files beside it.</summary>
    public static void Delete(string path)
    {
        foreach (var file in Companions(path).Prepend(path))
            File.Delete(file);
    }

    /// <summary>Whether a file beside a database holds what belongs to it: a WAL with frames, or a journal that would be played back.</summary>
    /// <remarks>A journal that begins with a zero is spent (https://www.sqlite.org/fileformat.html#the_rollback_journal).</remarks>
    public static bool IsPending(string companion)
    {
        if (!File.Exists(companion) || companion.EndsWith("-shm", StringComparison.Ordinal))
            return false;
        using var file = SharedFile.OpenRead(companion);
        return file.ReadByte() is not -1 and var first && (first != 0 || companion.EndsWith("-wal", StringComparison.Ordinal));
    }

    /// <summary>Refuses a database beside which somebody has put a link: SQLite would write through it, or follow it to what is no part of the
    /// database.</summary>
    /// <remarks>SQLite makes none: what it keeps beside a database is named after the file that a link leads to
    /// (https://www.sqlite.org/howtocorrupt.html, 2.5).</remarks>
    /// <exception cref="ShoreGuardException"><c>DatabaseCompanionIsLink</c>.</exception>
    public static void RequireNoLinks(string path)
    {
        if (Companions(path).FirstOrDefault(NativeFile.IsLink) is { } link)
            throw Errors.DatabaseCompanionIsLink(path, link);
    }

    /// <summary>Opens a database that nobody writes: without locks, and without making files beside it.</summary>
    public static SqliteConnection OpenImmutable(string path)
    {
        return OpenSource($"{UriOf(path)}?immutable=1", SqliteOpenMode.ReadOnly, TimeSpan.Zero);
    }

    // Always with an empty authority: of a share, //SERVER/SHARE is the beginning of the path (https://www.sqlite.org/uri.html, 3.1).
    private static string UriOf(string path)
    {
        // A backslash is a letter of a name elsewhere.
        var slashed = OperatingSystem.IsWindows() ? path.Replace('\\', '/') : path;
        var escaped = string.Join('/', slashed.Split('/').Select(Uri.EscapeDataString)).Replace("%3A", ":");
        return $"file://{(escaped.StartsWith('/') ? "" : "/")}{escaped}";
    }

    /// <summary>Opens a database.</summary>
    /// <param name="path">The file.</param>
    /// <param name="mode">For reading, or for writing; never makes a file.</param>
    /// <param name="patience">How long to wait for a lock of somebody else.</param>
    /// <exception cref="ShoreGuardException"><c>DatabaseCompanionIsLink</c>.</exception>
    public static SqliteConnection Open(string path, SqliteOpenMode mode, TimeSpan patience)
    {
        RequireNoLinks(path);
        return OpenSource(path, mode, patience);
    }

    /// <summary>Opens a database that we make ourselves, in a folder where somebody else may exchange it: SQLite knows files by their names alone.</summary>
    /// <exception cref="IOException">What SQLite has opened is not that file. It has not been read or written.</exception>
    /// <exception cref="ShoreGuardException"><c>DatabaseCompanionIsLink</c>.</exception>
    public static SqliteConnection OpenHeld(HeldFile file)
    {
        file.RequireAt(file.Path);
        var before = NativeFile.CountOpen(file.Handle);
        var connection = Open(file.Path, SqliteOpenMode.ReadWrite, TimeSpan.Zero);
        if (NativeFile.CountOpen(file.Handle) is not { } now || now > before)
            return connection;
        connection.Dispose();
        throw NativeFile.Exchanged(file.Path);
    }

    private static SqliteConnection OpenSource(string source, SqliteOpenMode mode, TimeSpan patience)
    {
        var settings = new SqliteConnectionStringBuilder { DataSource = source, Mode = mode, Pooling = false };
        var connection = new SqliteConnection(settings.ToString());
        try
        {
            connection.Open();
            raw.sqlite3_busy_timeout(connection.Handle, (int)patience.TotalMilliseconds);
            // The driver has a retry loop of its own around every command; SQLite's, set above, is enough. Zero would mean for ever.
            connection.DefaultTimeout = 1;
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Runs a statement, and ends it when the operator cancels.</summary>
    public static void Execute(SqliteConnection connection, string sql, CancellationToken cancellation = default) =>
        Query(connection, sql, _ => true, cancellation);

    /// <summary>The rows of a query, and ends it when the operator cancels.</summary>
    public static List<T> Query<T>(SqliteConnection connection, string sql, Func<SqliteDataReader, T> read, CancellationToken cancellation = default)
    {
        cancellation.ThrowIfCancellationRequested();
        using var interrupt = cancellation.Register(() => raw.sqlite3_interrupt(connection.Handle));
        while (true)
        {
            try
            {
                return Query(connection, sql, read);
            }
            catch (SqliteException error) when (error.SqliteErrorCode == raw.SQLITE_INTERRUPT)
            {
                throw new OperationCanceledException(error.Message, error, cancellation);
            }
            catch (SqliteException error) when (SqliteUnknown.TryStandIn(connection, error))
            {
                // Once more, with the stand-in.
            }
        }
    }

    private static List<T> Query<T>(SqliteConnection connection, string sql, Func<SqliteDataReader, T> read)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        using var reader = command.ExecuteReader();
        var rows = new List<T>();
        while (reader.Read())
            rows.Add(read(reader));
        return rows;
    }

    /// <summary>A name as SQL writes it.</summary>
    public static string Quote(string name) => $"\"{name.Replace("\"", "\"\"")}\"";
}
