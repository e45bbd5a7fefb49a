namespace ShoreGuard.Rollback.Engine.Databases.Postgres;

/// <summary>What a proven dump holds.</summary>
/// <param name="Contents">Revision and rows.</param>
/// <param name="Owners">The roles that own something in it.</param>
/// <param name="Rights">What it grants and revokes.</param>
/// <param name="Privileged">What only a superuser can make of it: see <see cref="DumpScanner.Privileged"/>.</param>
/// <param name="Extensions">The extensions that it needs.</param>
/// <param name="List">Its list of contents.</param>
/// <param name="TextSize">Bytes of it as SQL.</param>
internal sealed record DumpContents(
    DatabaseContents Contents, IReadOnlyCollection<string> Owners, IReadOnlyList<DumpRight> Rights, IReadOnlyList<string> Privileged,
    IReadOnlyList<string> Extensions, DumpList List, long TextSize)
{
    /// <summary>The subscriptions among it, which are not restored: they would follow the publisher at once.</summary>
    public IReadOnlyList<string> Subscriptions => [.. Privileged.Where(each => each.StartsWith("subscription ", StringComparison.Ordinal))];

    /// <summary>What was found as a dump's script flowed by.</summary>
    public static DumpContents Of(DumpScanner scan, DumpList list, DatabaseContents contents, long textSize) =>
        new(contents, scan.Owners, scan.Rights, scan.Privileged, scan.Extensions, list, textSize);
}

/// <summary>A dump that was read to its last byte.</summary>
/// <param name="Scan">What flowed by.</param>
/// <param name="List">Its list of contents.</param>
internal sealed record DumpReading(DumpScanner Scan, DumpList List);

/// <summary>What tells the application's <c>alembic_version</c> from those of others in the same database.</summary>
/// <param name="Schema">The schema that it is in; null where that is not known.</param>
/// <param name="Known">The revision that it should have; null where none is known.</param>
internal sealed record VersionPlace(string? Schema, string? Known = null);

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
    /// <param name="version">Where the application's revision is, or what it should be; null where that is not known.</param>
    /// <exception cref="ShoreGuardException"><c>BackupDamaged</c>, <c>BackupForeign</c>, <c>BackupUnsafe</c>, <c>BackupTooNew</c>,
    /// <c>DumpReaderEnded</c>.</exception>
    public static async Task<DumpContents> ProveAsync(string path, int serverMajor, PostgresTools tools, CheckRecorder checks, CancellationToken cancellation,
        bool foreignAllowed = false, VersionPlace? version = null)
    {
        var (scan, list) = await ReadAsync(path, serverMajor, tools, checks, cancellation, version).ConfigureAwait(false);
        if (!foreignAllowed)
            RequireWhole(path, list);
        var revision = foreignAllowed && scan.Revisions.Count != 1 ? null : checks.Run("backup: revision", () => (Revision(path, scan), Revision(path, scan)));
        return DumpContents.Of(scan, list, new(revision, scan.Rows), scan.Size);
    }

    /// <summary>Tells what is in a dump that was proven when it was made, without reading its rows once more: pg_restore does, before anything
    /// depends on them.</summary>
    /// <exception cref="ShoreGuardException"><c>BackupDamaged</c>, <c>BackupUnsafe</c>, <c>BackupTooNew</c>, <c>DumpReaderEnded</c>.</exception>
    public static async Task<DumpContents> DeriveAsync(
        string path, int serverMajor, PostgresTools tools, BackupSidecar sidecar, CheckRecorder checks, CancellationToken cancellation)
    {
        if (sidecar is not { TextSize: { } size, Revision: { } revision })
            return await ProveAsync(path, serverMajor, tools, checks, cancellation).ConfigureAwait(false);
        checks.Run("backup: header", () => (true, ReadHeader(path, serverMajor)));
        await using var scanner = new DumpScanner();
        DumpList list;
        try
        {
            list = await checks.RunAsync("backup: table of contents", () => ListAsync(path, tools, cancellation)).ConfigureAwait(false);
            await tools.RunAsync("pg_restore", ["--section=pre-data", "--section=post-data", "--file=-"], "", path, scanner, cancellation)
                .ConfigureAwait(false);
        }
        catch (PostgresToolException error)
        {
            throw WhyUnread(path, error);
        }
        RequireSafe(path, scanner);
        RequireWhole(path, list);
        checks.Add("backup: readable to the last byte, revision", true, "derived: it was when it was made, and its SHA-256 says that it is that file",
            TimeSpan.Zero);
        return DumpContents.Of(scanner, list, new(revision, sidecar.Tables()), size);
    }

    /// <summary>Makes every proof but that it is ShoreGuard's.</summary>
    /// <exception cref="ShoreGuardException"><c>BackupDamaged</c>, <c>BackupUnsafe</c>, <c>BackupTooNew</c>, <c>DumpReaderEnded</c>.</exception>
    public static async Task<DumpReading> ReadAsync(
        string path, int serverMajor, PostgresTools tools, CheckRecorder checks, CancellationToken cancellation, VersionPlace? version = null)
    {
        checks.Run("backup: header", () => (true, ReadHeader(path, serverMajor)));
        try
        {
            var list = await checks.RunAsync("backup: table of contents", () => ListAsync(path, tools, cancellation)).ConfigureAwait(false);
            var scan = await checks.RunAsync("backup: readable to the last byte", () => ScanAsync(path, tools, version, cancellation)).ConfigureAwait(false);
            return new(scan, list);
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

    private static async Task<(DumpList, string?)> ListAsync(string path, PostgresTools tools, CancellationToken cancellation)
    {
        using var output = new MemoryStream();
        await tools.RunAsync("pg_restore", ["--list"], "", path, output, cancellation).ConfigureAwait(false);
        var list = DumpList.Parse(System.Text.Encoding.UTF8.GetString(output.ToArray()));
        return (list, $"{list.Count} entries");
    }

    private static async Task<(DumpScanner, string?)> ScanAsync(string path, PostgresTools tools, VersionPlace? version, CancellationToken cancellation)
    {
        await using var scanner = new DumpScanner { VersionSchema = version?.Schema, KnownRevision = version?.Known };
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
        RequireSafe(path, scanner);
        return (scanner, $"{scanner.Rows.Sum(table => table.Rows)} rows in {scanner.Rows.Count} tables");
    }

    /// <summary>Refuses a dump whose list of contents says that it is a part of one.</summary>
    /// <exception cref="ShoreGuardException"><c>BackupIncomplete</c>.</exception>
    public static void RequireWhole(string path, DumpList list)
    {
        if (list.Fault is { } fault)
            throw Errors.BackupIncomplete(path, fault);
    }

    /// <summary>Refuses, cheaply, a dump whose list of contents says that it is a part of one.</summary>
    /// <inheritdoc cref="RequireWhole(string, DumpList)" path="/exception"/>
    public static async Task RequireWholeAsync(string path, PostgresTools tools, CancellationToken cancellation) =>
        RequireWhole(path, (await ListAsync(path, tools, cancellation).ConfigureAwait(false)).Item1);

    // A dump can hold any text as a statement, and is run as it is.
    private static void RequireSafe(string path, DumpScanner scanner)
    {
        if (scanner.Foreign is { } foreign)
            throw Errors.BackupUnsafe(path, foreign);
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
