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

    /// <summary>Looks at it. Changes nothing.</summary>
    /// <exception cref="ShoreGuardException">It cannot be reached or read, or is not ShoreGuard's.</exception>
    Task<DatabaseReport> DescribeAsync(CancellationToken cancellation);

    /// <summary>Makes a backup in a folder, and proves it. Leaves nothing behind when it fails.</summary>
    Task<Backup> BackupAsync(string folder, BuildIdentity? identity, IReporter reporter, CancellationToken cancellation);

    /// <summary>Reads everything a restore needs to know, and proves the source. Changes nothing.</summary>
    Task<IRestore> PlanRestoreAsync(string backupPath, RestoreOptions options, IReporter reporter, CancellationToken cancellation);
}

/// <summary>How a restore is to go.</summary>
/// <param name="Jobs">How many connections restore at the same time; null for a number that suits the machine.</param>
/// <param name="SafetyFolder">The folder in which the present database is backed up where it cannot be kept otherwise, absolute.</param>
/// <param name="ApplicationIsManaged">Whether the application is stopped for the swap, so that its holding the database now is no obstacle.</param>
/// <param name="Purpose">A word in the name of a database that is made for it.</param>
internal sealed record RestoreOptions(int? Jobs, string SafetyFolder, bool ApplicationIsManaged, string Purpose = "restore");

/// <summary>A restore that has been planned.</summary>
internal interface IRestore
{
    /// <summary>The database it replaces; null when there is none, or when it cannot be read.</summary>
    DatabaseContents? Before { get; }

    /// <summary>What the backup holds.</summary>
    DatabaseContents Contents { get; }

    /// <summary>In which way it is restored and what becomes of the present database, as the end of a sentence.</summary>
    string How { get; }

    /// <summary>Everything slow, while the application still serves.</summary>
    Task PrepareAsync(StepRecorder steps, IReporter reporter, CancellationToken cancellation);

    /// <summary>The swap, during which nobody is served.</summary>
    Task SwapAsync(StepRecorder steps, CancellationToken cancellation);

    /// <summary>Lets go of what was held and removes what is not needed any more, after success as after failure.</summary>
    Task CleanUpAsync();

    /// <summary>The database that was replaced: a path, a database on the same server, or the path of a backup of it; null when nothing was replaced.</summary>
    string? Kept { get; }

    /// <summary>Bytes of the restored database.</summary>
    long Size { get; }

    /// <summary>What was proven so far.</summary>
    IReadOnlyList<DatabaseCheck> Checks { get; }
}

/// <summary>What is in a database: its schema's revision, and how many rows every table has.</summary>
internal sealed record DatabaseContents(string Revision, IReadOnlyList<TableRows> Rows)
{
    /// <summary>For people.</summary>
    public string Describe() => $"revision {Revision}, {Rows.Sum(table => table.Rows)} rows";
}
