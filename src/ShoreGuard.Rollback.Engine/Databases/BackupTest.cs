using System.Diagnostics;
using Microsoft.Data.Sqlite;
using Npgsql;
using ShoreGuard.Rollback.Engine.Databases.Postgres;
using ShoreGuard.Rollback.Engine.Databases.Sqlite;

namespace ShoreGuard.Rollback.Engine.Databases;

/// <summary>Which backup is tested, and how far.</summary>
public sealed record BackupTestRequest
{
    /// <summary>The backup, absolute.</summary>
    public required string BackupPath { get; init; }
    /// <summary>How old it may be; null when that does not matter.</summary>
    public TimeSpan? Rpo { get; init; }
    /// <summary>Whether it is restored into a scratch database.</summary>
    public bool Drill { get; init; }
    /// <summary>The folder for a scratch file, absolute.</summary>
    public required string ScratchFolder { get; init; }
    /// <summary>The database on whose server a dump's scratch database is made, and whose tools read it; null for this machine's tools, and no drill
    /// of a dump.</summary>
    public DatabaseRequest? Database { get; init; }
}

/// <summary>Proves a backup, and reports; a backup that is not good is a finding, and never an error.</summary>
public sealed class BackupTest
{
    private readonly BackupTestRequest _request;
    private readonly IReporter _reporter;
    private readonly CheckRecorder _checks;
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly Backup _backup;
    private string? _problem;
    private string? _advice;

    private BackupTest(BackupTestRequest request, Backup backup, IReporter reporter)
    {
        _request = request;
        _backup = backup;
        _reporter = reporter;
        _checks = new CheckRecorder(reporter);
    }

    /// <summary>Tests one backup. Changes nothing; what a drill makes is gone afterwards.</summary>
    /// <exception cref="ShoreGuardException"><c>BackupNotFound</c>, <c>BackupIsFolder</c>; or the database of the request cannot be reached.</exception>
    public static async Task<BackupReport> RunAsync(BackupTestRequest request, IReporter reporter, CancellationToken cancellation)
    {
        var backup = await BackupCatalog.ReadAsync(request.BackupPath, cancellation).ConfigureAwait(false);
        var activity = $"Testing {Path.GetFileName(request.BackupPath)}";
        reporter.Progress(new(activity, "Reading it"));
        try
        {
            return await new BackupTest(request, backup, reporter).RunAsync(activity, cancellation).ConfigureAwait(false);
        }
        finally
        {
            reporter.Progress(new(activity, "Done", 100, Completed: true));
        }
    }

    private async Task<BackupReport> RunAsync(string activity, CancellationToken cancellation)
    {
        if (_backup.Sha256 is null && BackupSidecar.PathFor(_backup.BackupPath) is var sidecar && File.Exists(sidecar))
            _reporter.Warning($"The backup was not held against the checksum that was written when it was made: {sidecar} has none, or cannot be read.");
        var checksum = _backup.Sha256 is null ? ProofOutcome.NotRun
            : await ProveAsync(() => BackupChecksum.VerifyAsync(_backup.BackupPath, _backup.Sha256, _checks, cancellation)).ConfigureAwait(false);
        using var access = _request.Database is { } database && _backup.Kind == DatabaseKind.Postgres
            ? await DatabaseAccess.OpenAsync(database, _reporter, cancellation).ConfigureAwait(false) : null;
        var server = (access?.Database as PostgresDatabase)?.Server;
        DatabaseContents? contents = null;
        var integrity = await ProveAsync(async () => contents = await ReadAsync(server, cancellation).ConfigureAwait(false)).ConfigureAwait(false);
        var drill = DrillResult.NotRun;
        if (_request.Drill && integrity == ProofOutcome.Passed)
        {
            _reporter.Progress(new(activity, "Restoring it into a scratch database"));
            drill = await DrillAsync(server, contents!, cancellation).ConfigureAwait(false);
        }
        return Report(checksum, integrity, contents, drill);
    }

    private BackupReport Report(ProofOutcome checksum, ProofOutcome integrity, DatabaseContents? contents, DrillResult drill)
    {
        var age = _backup.Age;
        if (_request.Drill && drill.Verified != ProofOutcome.Passed)
            _problem ??= drill.Problem ?? "the drill was not run";
        if (_request.Rpo is not null && IsOfFuture)
            _problem ??= $"it is dated {Readable.Time(_backup.CreatedAt)}, which is in the future, so its age cannot be told";
        if (age > _request.Rpo)
            _problem ??= $"it is {Readable.Age(age)} old, and the RPO is {Readable.Age(_request.Rpo.Value)}";
        return new()
        {
            BackupPath = _backup.BackupPath,
            Backup = _backup,
            Usable = _problem is null && integrity == ProofOutcome.Passed,
            Problem = _problem,
            Revision = contents?.Revision ?? _backup.Revision,
            Checksum = checksum,
            Integrity = integrity,
            Restored = drill.Restored,
            Verified = drill.Verified,
            Checks = _checks.Checks,
            Rows = contents?.Rows ?? [],
            Age = age,
            Rpo = _request.Rpo,
            RestoreDuration = drill.Restore,
            CheckDuration = drill.Check,
            CheckedAt = DateTimeOffset.UtcNow,
            Duration = _clock.Elapsed,
            Recommendation = _problem is null ? null : _advice ?? Recommendation(checksum, integrity),
        };
    }

    private string Recommendation(ProofOutcome checksum, ProofOutcome integrity) => (checksum, integrity) switch
    {
        (ProofOutcome.Failed, _) or (_, ProofOutcome.Failed) => "Do not rely on this backup. Make a new one with Backup-ShoreGuardDatabase now, and find "
            + "out what happened to this one.",
        _ when _request.Rpo is not null && IsOfFuture => "Check the clock of the machine that made it, then make a new one with Backup-ShoreGuardDatabase.",
        _ when _backup.Age > _request.Rpo => "Make a new one with Backup-ShoreGuardDatabase now, and back up more often.",
        _ => "Fix what the problem names, then run the drill again.",
    };

    private bool IsOfFuture => BackupCatalog.IsOfFuture(_backup.CreatedAt);

    // A proof that fails is a finding. What is found first is what is told; the checks have the rest.
    private async Task<ProofOutcome> ProveAsync(Func<Task> proof)
    {
        try
        {
            await proof().ConfigureAwait(false);
            return ProofOutcome.Passed;
        }
        // A server that is away, a tool that is missing, a file that may not be read: that says nothing of what is in the backup.
        catch (ShoreGuardException error) when (error.Target as string != _backup.BackupPath
            || error.Kind is FailureKind.PermissionDenied or FailureKind.ResourceBusy)
        {
            _problem ??= Errors.Finding(error);
            _advice ??= error.Recommendation;
            return ProofOutcome.NotRun;
        }
        catch (Exception error) when (IsFinding(error))
        {
            _problem ??= Errors.Finding(error);
            // A new one would have the same rows in it, or is none the better.
            if (error is ShoreGuardException { Id: nameof(Errors.BackupDangling) or nameof(Errors.BackupTooNew) } whole)
                _advice ??= whole.Recommendation;
            return ProofOutcome.Failed;
        }
    }

    private static bool IsFinding(Exception error) =>
        error is ShoreGuardException or SqliteException or NpgsqlException or IOException or UnauthorizedAccessException;

    private async Task<DatabaseContents> ReadAsync(PostgresServer? server, CancellationToken cancellation)
    {
        BackupSource.CheckFile(_backup.BackupPath, _backup.Kind);
        var contents = _backup.Kind == DatabaseKind.Sqlite
            ? await Task.Run(
                () => SqliteProof.Prove(_backup.BackupPath, "backup", SqliteRestoreChecks.SourceVerdicts(_backup.BackupPath), _checks, danglingAllowed: false,
                cancellation), cancellation).ConfigureAwait(false)
            : await ReadDumpAsync(server, cancellation).ConfigureAwait(false);
        if (_backup.Rows.Count > 0)
            _checks.Run("backup: the rows of its sidecar", () => Same(contents.Rows, _backup.Rows)
                ? (true, (string?)null) : throw Errors.BackupDamaged(_backup.BackupPath, "it does not hold the rows that it had when it was made"));
        return contents;
    }

    private async Task<DatabaseContents> ReadDumpAsync(PostgresServer? server, CancellationToken cancellation)
    {
        if (server is null)
        {
            var header = PostgresDumpHeader.TryRead(_backup.BackupPath)
                ?? throw Errors.BackupDamaged(_backup.BackupPath, "its header is cut off or not of the custom format");
            var reader = await PostgresTools.FindReaderAsync(header, cancellation).ConfigureAwait(false);
            return (await PostgresDumpProof.ProveAsync(_backup.BackupPath, int.MaxValue, reader, _checks, cancellation, version: new(null, _backup.Revision))
                .ConfigureAwait(false)).Contents;
        }
        await using var connection = await server.OpenAsync(server.Database, cancellation).ConfigureAwait(false);
        var major = PostgresCatalog.Major(connection);
        var tools = await PostgresTools.FindAsync(server, major, cancellation).ConfigureAwait(false);
        var version = new VersionPlace(await PostgresCatalog.VersionSchemaAsync(connection, cancellation).ConfigureAwait(false), _backup.Revision);
        var dump = await PostgresDumpProof.ProveAsync(_backup.BackupPath, major, tools, _checks, cancellation, version: version).ConfigureAwait(false);
        if ((await PostgresCatalog.RevisionsAsync(connection, cancellation).ConfigureAwait(false)) is [var present] && present == dump.Contents.Revision)
            await _checks.RunAsync(PostgresWhole.CheckName, async () =>
                await PostgresWhole.FindMissingAsync(connection, dump.List, cancellation).ConfigureAwait(false) is { } missing
                ? throw Errors.BackupIncomplete(_backup.BackupPath, $"it lacks what the database has at the same revision: {missing}")
                : (true, (string?)null)).ConfigureAwait(false);
        return dump.Contents;
    }

    private async Task<DrillResult> DrillAsync(PostgresServer? server, DatabaseContents contents, CancellationToken cancellation)
    {
        var drill = new DrillRecorder();
        try
        {
            if (_backup.Kind == DatabaseKind.Sqlite)
                await SqliteDrill.RunAsync(_backup.BackupPath, _request.ScratchFolder, contents, drill, _checks, _reporter, cancellation).ConfigureAwait(false);
            else if (server is null)
                return DrillResult.NotRun with { Problem = "a drill of a dump needs a PostgreSQL server for the scratch database: give -Deployment or "
                    + "-DatabaseUrl" };
            else
                await PostgresDrill.RunAsync(server, _backup.BackupPath, drill, _checks, _reporter, cancellation).ConfigureAwait(false);
        }
        catch (Exception error) when (IsFinding(error))
        {
            drill.Fail(Errors.Finding(error));
        }
        return drill.Result;
    }

    private static bool Same(IReadOnlyList<TableRows> one, IReadOnlyList<TableRows> other) =>
        one.OrderBy(table => table.Table, StringComparer.Ordinal).SequenceEqual(other.OrderBy(table => table.Table, StringComparer.Ordinal));
}
