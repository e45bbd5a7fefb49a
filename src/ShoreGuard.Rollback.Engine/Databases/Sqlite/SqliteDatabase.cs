using Microsoft.Data.Sqlite;
using ShoreGuard.Rollback.Engine.Files;

namespace ShoreGuard.Rollback.Engine.Databases.Sqlite;

/// <summary>A SQLite file that can be reached from here.</summary>
internal sealed class SqliteDatabase(string path, string name) : IDatabase
{
    public bool CopiesBackups => true;
    public DatabaseKind Kind => DatabaseKind.Sqlite;

    public DatabaseTransport Transport => DatabaseTransport.Direct;

    public string Name => name;

    public string Location => FilePath;

    /// <summary>The file, absolute; a symbolic link is followed, so that a restore replaces the file and not the link.</summary>
    public string FilePath { get; } = FollowLink(Path.GetFullPath(path));

    public Task<IAsyncDisposable?> LockAsync(string who, CancellationToken cancellation) => Task.FromResult<IAsyncDisposable?>(SqliteFileLock.Take(FilePath));

    public Task<DatabaseReport> DescribeAsync(CancellationToken cancellation)
    {
        SqliteBackup.CheckSource(FilePath);
        var contents = SqliteInspection.Describe(FilePath, cancellation);
        return Task.FromResult(new DatabaseReport
        {
            Kind = Kind,
            Transport = Transport,
            Database = Name,
            Location = Location,
            ServerVersion = $"SQLite {SQLitePCL.raw.sqlite3_libversion().utf8_to_string()}, in this process",
            Size = SqliteFile.Companions(FilePath).Prepend(FilePath).Where(File.Exists).Sum(file => new FileInfo(file).Length),
            Revision = contents.Revision!,
            Rows = contents.Rows,
        });
    }

    public Task<IReadOnlyList<string>> ReadRevisionsAsync(CancellationToken cancellation)
    {
        SqliteBackup.CheckSource(FilePath);
        return Task.FromResult(SqliteInspection.ReadRevisions(FilePath));
    }

    public Task<SchemaContents> ReadSchemaAsync(IReadOnlyList<TableColumn> columns, CancellationToken cancellation)
    {
        SqliteBackup.CheckSource(FilePath);
        return Task.FromResult(SqliteInspection.ReadSchema(FilePath, columns, cancellation));
    }

    public Task<string> ReadMarkAsync(CancellationToken cancellation)
    {
        SqliteBackup.CheckSource(FilePath);
        return Task.FromResult(SqliteInspection.ReadMark(FilePath, cancellation));
    }

    public async Task<IReadOnlySet<string>> FindChangedAsync(string mark, CancellationToken cancellation) =>
        SqliteMark.Differences(mark, await ReadMarkAsync(cancellation).ConfigureAwait(false));

    public Task ClearLeftOversAsync(IReporter reporter, CancellationToken cancellation)
    {
        foreach (var interrupted in InterruptedRestore.Find(FilePath))
            reporter.Verbose(interrupted.Mend());
        return Task.CompletedTask;
    }

    public Task<KeptDatabase?> FindKeptAsync(string kept, CancellationToken cancellation) => Task.FromResult(KeptDatabase.File(kept));

    public Task RemoveKeptAsync(string kept, CancellationToken cancellation)
    {
        SqliteFile.Delete(kept);
        NativeFile.SyncFolder(Path.GetDirectoryName(kept)!);
        return Task.CompletedTask;
    }

    public Task<Backup> BackupAsync(string folder, BuildIdentity? identity, IReporter reporter, CancellationToken cancellation) =>
        new SqliteBackup(this).RunAsync(folder, identity, reporter, cancellation);

    public Task<IRestore> PlanRestoreAsync(string backupPath, RestoreOptions options, IReporter reporter, CancellationToken cancellation) =>
        Task.FromResult<IRestore>(SqliteRestore.Plan(this, backupPath, options, reporter, cancellation));

    public Task<IRestore> PlanUndoAsync(string kept, RestoreOptions options, IReporter reporter, CancellationToken cancellation) =>
        Task.FromResult<IRestore>(SqliteUndo.Plan(this, kept, options, reporter, cancellation));

    /// <summary>Opens the database for reading while the application may be writing it.</summary>
    /// <remarks>
    /// Opened for reading only, a database in WAL mode that nobody else has open would leave a <c>-shm</c> behind, and one in rollback mode
    /// could not recover from a crash; both are then opened as the application itself would.
    /// </remarks>
    public SqliteConnection OpenForBackup()
    {
        var shared = SqliteHeader.TryRead(FilePath) is { IsWal: false } ? !File.Exists(FilePath + "-journal") : File.Exists(FilePath + "-shm");
        var mode = shared || !NativeFile.IsWritableFolder(Path.GetDirectoryName(FilePath)!) ? SqliteOpenMode.ReadOnly : SqliteOpenMode.ReadWrite;
        return SqliteFile.Open(FilePath, mode, TimeSpan.FromSeconds(10));
    }

    private static string FollowLink(string path)
    {
        try
        {
            return new FileInfo(path).LinkTarget is null ? path : File.ResolveLinkTarget(path, returnFinalTarget: true)!.FullName;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw ReadFailure.OfDatabase(path, error);
        }
    }
}
