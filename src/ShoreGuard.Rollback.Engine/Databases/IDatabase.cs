using System.Globalization;
using System.Net;

namespace ShoreGuard.Rollback.Engine.Databases;

/// <summary>A ShoreGuard database that can be reached from here.</summary>
internal interface IDatabase
{
    /// <summary>SQLite or PostgreSQL.</summary>
    DatabaseKind Kind { get; }

    /// <summary>The URL as it may be shown.</summary>
    string Name { get; }

    /// <summary>Where it is: the file's absolute path, or the URL of a server's database as it may be shown.</summary>
    string Location { get; }

    /// <summary>How it is reached: directly or through a container.</summary>
    DatabaseTransport Transport { get; }

    /// <summary>Whether a restore begins by copying the backup, byte by byte, so that the SHA-256 of that copy does for the backup's.</summary>
    bool CopiesBackups => false;

    /// <summary>Takes what nobody else can have at the same time, from whatever user, state folder or machine; held while the database is replaced.</summary>
    /// <param name="who">Who takes it, for whoever comes second.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <returns>Null where there is none: inside a container, where that of the deployment does, and where this role may make none.</returns>
    /// <exception cref="ShoreGuardException"><c>RollbackInProgress</c>; <c>LockFileForeign</c>; <c>DatabaseUnreachable</c>.</exception>
    Task<IAsyncDisposable?> LockAsync(string who, CancellationToken cancellation);

    /// <summary>Looks at it. Changes nothing.</summary>
    /// <exception cref="ShoreGuardException">It cannot be reached or read, or is not ShoreGuard's.</exception>
    Task<DatabaseReport> DescribeAsync(CancellationToken cancellation);

    /// <summary>What its <c>alembic_version</c> names: any number of revisions. Changes nothing.</summary>
    /// <exception cref="ShoreGuardException">As of <see cref="DescribeAsync"/>; it is ShoreGuard's if it has that table.</exception>
    Task<IReadOnlyList<string>> ReadRevisionsAsync(CancellationToken cancellation);

    /// <summary>Its revisions, the rows of every table, and how many rows have a value in these columns. Changes nothing.</summary>
    /// <exception cref="ShoreGuardException">As of <see cref="ReadRevisionsAsync"/>.</exception>
    Task<SchemaContents> ReadSchemaAsync(IReadOnlyList<TableColumn> columns, CancellationToken cancellation);

    /// <summary>What <see cref="FindChangedAsync"/> compares with later; of use to this kind of database alone.</summary>
    /// <exception cref="ShoreGuardException">As of <see cref="ReadSchemaAsync"/>.</exception>
    Task<string> ReadMarkAsync(CancellationToken cancellation);

    /// <summary>The mark, where one can be taken while nobody is served: what it is for must not fail by it, and nobody wait for it.</summary>
    /// <param name="rows">The rows of every table; of a SQLite database with more than 200,000, which takes over a second to read, none is taken.</param>
    /// <param name="cancellation">Stops it.</param>
    async Task<string?> TryReadMarkAsync(IReadOnlyList<TableRows> rows, CancellationToken cancellation)
    {
        const long MostRows = 200_000;
        try
        {
            return Kind == DatabaseKind.Sqlite && rows.Sum(table => table.Rows) > MostRows ? null : await ReadMarkAsync(cancellation).ConfigureAwait(false);
        }
        catch (ShoreGuardException)
        {
            return null;
        }
    }

    /// <summary>The tables that hold rows which were written since a mark, be it that there are as many as then.</summary>
    /// <param name="mark">What <see cref="ReadMarkAsync"/> gave then.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="ShoreGuardException">As of <see cref="ReadSchemaAsync"/>.</exception>
    Task<IReadOnlySet<string>> FindChangedAsync(string mark, CancellationToken cancellation);

    /// <summary>Ends what a client that was killed has left running, and waits until it has ended. On a file nothing is left.</summary>
    /// <param name="client">The client's name for its sessions, PostgreSQL's <c>application_name</c>.</param>
    /// <param name="cancellation">Stops waiting.</param>
    Task EndSessionsAsync(string client, CancellationToken cancellation) => Task.CompletedTask;

    /// <summary>Refuses a database that others have open, who will still have it when the application is stopped. Who has a file open is seen then
    /// alone.</summary>
    /// <param name="application">From where the application's sessions come; none where that is not known, and then nothing is refused.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="ShoreGuardException"><c>DatabaseBusy</c>.</exception>
    Task RequireNobodyElseAsync(IReadOnlyList<IPAddress> application, CancellationToken cancellation) => Task.CompletedTask;

    /// <summary>Puts in order what restores of it have left whose processes were killed, as the next restore would.</summary>
    Task ClearLeftOversAsync(IReporter reporter, CancellationToken cancellation) => Task.CompletedTask;

    /// <summary>Refuses what a backup would refuse first: a database that is missing or none of ShoreGuard's, a folder that cannot be written.
    /// Changes nothing.</summary>
    /// <exception cref="ShoreGuardException">As of <see cref="ReadRevisionsAsync"/>; <c>DatabaseForeign</c>, <c>BackupFolderInvalid</c>,
    /// <c>BackupNotWritable</c>, <c>PostgresToolsMissing</c>.</exception>
    async Task CheckBackupAsync(string folder, CancellationToken cancellation)
    {
        if ((await ReadRevisionsAsync(cancellation).ConfigureAwait(false)).Count != 1)
            throw Errors.DatabaseForeign(Location, "it has no table alembic_version with one revision in it");
        BackupFile.RequireWritable(folder);
        await RequireToolsAsync(cancellation).ConfigureAwait(false);
    }

    /// <summary>Refuses a database for which the tools are missing that back it up. None are needed for a file.</summary>
    /// <exception cref="ShoreGuardException"><c>PostgresToolsMissing</c>.</exception>
    Task RequireToolsAsync(CancellationToken cancellation) => Task.CompletedTask;

    /// <summary>Finds a database that a restore has kept.</summary>
    /// <param name="kept">Its <see cref="IRestore.Kept"/>.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <returns>Null when it is not there any more.</returns>
    Task<KeptDatabase?> FindKeptAsync(string kept, CancellationToken cancellation);

    /// <summary>Deletes a database that a restore has kept, for good. Nothing happens when it is not there any more.</summary>
    /// <param name="kept">Its <see cref="IRestore.Kept"/>.</param>
    /// <param name="cancellation">Stops it.</param>
    Task RemoveKeptAsync(string kept, CancellationToken cancellation);

    /// <summary>Makes a backup in a folder, and proves it. Leaves nothing behind when it fails.</summary>
    Task<Backup> BackupAsync(string folder, BuildIdentity? identity, IReporter reporter, CancellationToken cancellation);

    /// <summary>Reads everything a restore needs to know, and proves the source. Changes nothing.</summary>
    Task<IRestore> PlanRestoreAsync(string backupPath, RestoreOptions options, IReporter reporter, CancellationToken cancellation);

    /// <summary>Reads everything that putting a kept database back needs to know, and proves that one. Changes nothing.</summary>
    /// <param name="kept">What an earlier restore, or the undo of one, kept: its <see cref="IRestore.Kept"/>.</param>
    /// <param name="options">How it is to go.</param>
    /// <param name="reporter">Where is said how it goes.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="ShoreGuardException"><c>KeptMissing</c>, <c>KeptDamaged</c>, <c>DatabaseBusy</c>, and those of a restore.</exception>
    Task<IRestore> PlanUndoAsync(string kept, RestoreOptions options, IReporter reporter, CancellationToken cancellation);
}

/// <summary>A database that a restore has kept.</summary>
/// <param name="Name">Its name, as the result of the restore has it.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Removal">How an operator removes it.</param>
internal sealed record KeptDatabase(string Name, long Size, string Removal)
{
    /// <summary>A file on this machine.</summary>
    public static KeptDatabase? File(string path) =>
        new FileInfo(path) is { Exists: true } file ? new(path, file.Length, $"Remove-Item '{path}*'") : null;

    /// <summary>For people.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Name} ({Size / 1e6:0.0} MB); to remove it: {Removal}");
}

/// <summary>How a restore is to go.</summary>
/// <param name="Jobs">How many connections restore at the same time; null for a number that suits the machine.</param>
/// <param name="SafetyFolder">The folder in which the present database is backed up where it cannot be kept otherwise, absolute.</param>
/// <param name="ApplicationIsManaged">Whether the application is stopped for the swap, so that its holding the database now is no obstacle.</param>
/// <param name="Purpose">A word in the name of a database that is made for it.</param>
/// <param name="Proven">What is known of the backup from when it was made; null when nothing is.</param>
/// <param name="Force">Whether what would be refused for the operator's own good is done all the same.</param>
/// <param name="Proof">Where that rests on a proof that may have to be made yet; null when it has been made.</param>
internal sealed record RestoreOptions(int? Jobs, string SafetyFolder, bool ApplicationIsManaged, string Purpose = "restore", bool Force = false,
    ProvenBackup? Proven = null, BackupProof? Proof = null)
{
    /// <summary>From where the sessions of the application come that is stopped for the swap; none where that is not known.</summary>
    public IReadOnlyList<IPAddress> ApplicationAddresses { get; init; } = [];

    /// <summary>Whether the present database is replaced, and not only its server used.</summary>
    public bool Replaces => Purpose == "restore";
}

/// <summary>A restore that has been planned.</summary>
internal interface IRestore
{
    /// <summary>The database it replaces; null when there is none, or when it cannot be read.</summary>
    DatabaseContents? Before { get; }

    /// <summary>What comes into its place; null when that cannot be told, because a damaged database is put back.</summary>
    DatabaseContents? Contents { get; }

    /// <summary>In which way it is restored and what becomes of the present database, as the end of a sentence.</summary>
    string How { get; }

    /// <summary>Everything slow, while the application still serves.</summary>
    Task PrepareAsync(StepRecorder steps, IReporter reporter, CancellationToken cancellation);

    /// <summary>The swap, during which nobody is served.</summary>
    Task SwapAsync(StepRecorder steps, CancellationToken cancellation);

    /// <summary>Lets others at the database that is in its place now. It can still be undone.</summary>
    void LetIn()
    {
    }

    /// <summary>Lets go of what was held and removes what is not needed any more, after success as after failure.</summary>
    Task CleanUpAsync();

    /// <summary>The database that was replaced: a path, a database on the same server, or the path of a backup of it; null when nothing was replaced.</summary>
    string? Kept { get; }

    /// <summary>Whether it failed, and left a part of what it was to restore in the database's place: nothing may be started on that.</summary>
    bool IsBroken => false;

    /// <summary>The name under which the database before will be kept, before it is; null when it is not known yet, or when it is backed up instead.</summary>
    string? KeptName => null;

    /// <summary>What there is to do when it is in its place, for people; null when nothing is.</summary>
    string? Afterwards => null;

    /// <summary>Bytes of the restored database.</summary>
    long Size { get; }

    /// <summary>What was proven so far.</summary>
    IReadOnlyList<DatabaseCheck> Checks { get; }
}

/// <summary>A column of a table.</summary>
internal sealed record TableColumn(string Table, string Column);

/// <summary>What is in a database at any number of revisions.</summary>
/// <param name="Revisions">What <c>alembic_version</c> names.</param>
/// <param name="Rows">The rows of every table.</param>
/// <param name="Values">How many rows have a value in the columns that were asked for; those that there are not are left out.</param>
internal sealed record SchemaContents(IReadOnlyList<string> Revisions, IReadOnlyList<TableRows> Rows, IReadOnlyDictionary<TableColumn, long> Values);

/// <summary>What is in a database: its schema's revision, and how many rows every table has.</summary>
/// <param name="Revision">Null in another application's database, which has none.</param>
/// <param name="Rows">The rows of every table.</param>
internal sealed record DatabaseContents(string? Revision, IReadOnlyList<TableRows> Rows)
{
    /// <summary>For people.</summary>
    public string Describe() => $"{(Revision is null ? "no revision" : $"revision {Revision}")}, {Rows.Sum(table => table.Rows)} rows";

    /// <summary>Which tables have other rows now than they had, for people; null when there is none.</summary>
    /// <param name="then">The rows of every table then.</param>
    public string? ChangesSince(IReadOnlyList<TableRows> then) => WrittenRows.Since(then, Rows)?.ByTable;
}
