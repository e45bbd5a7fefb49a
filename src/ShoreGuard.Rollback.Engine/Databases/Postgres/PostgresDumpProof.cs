namespace ShoreGuard.Rollback.Engine.Databases.Postgres;

/// <summary>What a proven dump holds.</summary>
/// <param name="Contents">Revision and rows.</param>
/// <param name="Roles">The roles it names.</param>
/// <param name="TextSize">Bytes of it as SQL.</param>
internal sealed record DumpContents(DatabaseContents Contents, IReadOnlyCollection<string> Roles, long TextSize);

/// <summary>Proves a dump by PostgreSQL's own tool: it lists it, and reads it to the last byte.</summary>
internal static class PostgresDumpProof
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    /// <summary>Makes every proof. Restores nothing.</summary>
    /// <param name="path">The dump.</param>
    /// <param name="serverMajor">The major version of the server that it is for.</param>
    /// <param name="tools">PostgreSQL's own tools.</param>
    /// <param name="checks">Where each proof is noted.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <param name="foreignAllowed">Whether one without a revision, another application's, is taken as it is.</param>
    /// <exception cref="ShoreGuardException"><c>BackupDamaged</c>, <c>BackupForeign</c>, <c>BackupTooNew</c>, <c>DumpReaderEnded</c>.</exception>
    public static async Task<DumpContents> ProveAsync(string path, int serverMajor, PostgresTools tools, CheckRecorder checks, CancellationToken cancellation, bool foreignAllowed = false)
    {
        var scan = await ReadAsync(path, serverMajor, tools, checks, cancellation).ConfigureAwait(false);
        var revision = foreignAllowed && scan.Revisions.Count != 1 ? null : checks.Run("backup: revision", () => (Revision(path, scan), Revision(path, scan)));
        return new(new(revision, scan.Rows), scan.Roles, scan.Size);
    }

    /// <summary>Tells what is in a dump that was proven when it was made, without reading its rows once more: pg_restore does, before anything depends on them.</summary>
    /// <exception cref="ShoreGuardException"><c>BackupDamaged</c>, <c>BackupTooNew</c>, <c>DumpReaderEnded</c>.</exception>
    public static async Task<DumpContents> DeriveAsync(string path, int serverMajor, PostgresTools tools, BackupSidecar sidecar, CheckRecorder checks, CancellationToken cancellation)
    {
        if (sidecar is not { TextSize: { } size, Revision: { } revision })
            return await ProveAsync(path, serverMajor, tools, checks, cancellation).ConfigureAwait(false);
        checks.Run("backup: header", () => (true, ReadHeader(path, serverMajor)));
        await using var scanner = new DumpScanner();
        try
        {
            await checks.RunAsync("backup: table of contents", () => ListAsync(path, tools, cancellation)).ConfigureAwait(false);
            await tools.RunAsync("pg_restore", ["--section=pre-data", "--section=post-data", "--file=-"], "", path, scanner, cancellation).ConfigureAwait(false);
        }
        catch (PostgresToolException error)
        {
            throw WhyUnread(path, error);
        }
        checks.Add("backup: readable to the last byte, revision", true, "derived: it was when it was made, and its SHA-256 says that it is that file", TimeSpan.Zero);
        return new(new(revision, sidecar.Tables()), scanner.Roles, size);
    }

    /// <summary>Makes every proof but that it is ShoreGuard's.</summary>
    /// <exception cref="ShoreGuardException"><c>BackupDamaged</c>, <c>BackupTooNew</c>, <c>DumpReaderEnded</c>.</exception>
    public static async Task<DumpScanner> ReadAsync(string path, int serverMajor, PostgresTools tools, CheckRecorder checks, CancellationToken cancellation)
    {
        checks.Run("backup: header", () => (true, ReadHeader(path, serverMajor)));
        try
        {
            await checks.RunAsync("backup: table of contents", () => ListAsync(path, tools, cancellation)).ConfigureAwait(false);
            return await checks.RunAsync("backup: readable to the last byte", () => ScanAsync(path, tools, cancellation)).ConfigureAwait(false);
        }
        catch (PostgresToolException error)
        {
            throw WhyUnread(path, error);
        }
    }

    private static ShoreGuardException WhyUnread(string path, PostgresToolException error) =>
        error.WasEnded ? Errors.DumpReaderEnded(error.Tool, path, error) : Errors.BackupDamaged(path, error.Message, error);

    private static string ReadHeader(string path, int serverMajor)
    {
        var header = PostgresDumpHeader.TryRead(path) ?? throw Errors.BackupDamaged(path, "its header is cut off or not of the custom format");
        if (header.ToolMajor > serverMajor)
            throw Errors.BackupTooNew(path, header.ToolMajor.Value, serverMajor);
        return $"format {header.ArchiveVersion}, by pg_dump {header.ToolVersion}";
    }

    private static async Task<(bool, string?)> ListAsync(string path, PostgresTools tools, CancellationToken cancellation)
    {
        using var output = new MemoryStream();
        await tools.RunAsync("pg_restore", ["--list"], "", path, output, cancellation).ConfigureAwait(false);
        var entries = System.Text.Encoding.UTF8.GetString(output.ToArray()).Split('\n').Count(line => line.Length > 0 && line[0] != ';');
        return (true, $"{entries} entries");
    }

    private static async Task<(DumpScanner, string?)> ScanAsync(string path, PostgresTools tools, CancellationToken cancellation)
    {
        await using var scanner = new DumpScanner();
        await using var guard = new StallGuard(scanner, Patience, cancellation);
        try
        {
            await tools.RunAsync("pg_restore", ["--file=-"], "", path, guard, guard.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (guard.HasStalled)
        {
            throw Errors.BackupDamaged(path, $"pg_restore makes no progress: no output for {Readable.Duration(Patience)}");
        }
        if (scanner.IsInsideTable)
            throw Errors.BackupDamaged(path, "it ends in the middle of a table");
        return (scanner, $"{scanner.Rows.Sum(table => table.Rows)} rows in {scanner.Rows.Count} tables");
    }

    /// <summary>The revision that a dump holds.</summary>
    /// <exception cref="ShoreGuardException"><c>BackupForeign</c>.</exception>
    public static string Revision(string path, DumpScanner scan) => scan.Revisions switch
    {
        [var revision] => revision,
        [] => throw Errors.BackupForeign(path, "it has no table alembic_version with a revision in it, so it is another application's"),
        var several => throw Errors.BackupForeign(path, $"its table alembic_version names {several.Count} revisions"),
    };
}
