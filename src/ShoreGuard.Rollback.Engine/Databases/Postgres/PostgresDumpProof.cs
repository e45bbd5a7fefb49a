namespace ShoreGuard.Rollback.Engine.Databases.Postgres;

/// <summary>What a proven dump holds.</summary>
/// <param name="Contents">Revision and rows.</param>
/// <param name="Roles">The roles it names.</param>
internal sealed record DumpContents(DatabaseContents Contents, IReadOnlyCollection<string> Roles);

/// <summary>Proves a dump by PostgreSQL's own tool: it lists it, and reads it to the last byte.</summary>
internal static class PostgresDumpProof
{
    /// <summary>Makes every proof. Restores nothing.</summary>
    /// <exception cref="ShoreGuardException"><c>BackupDamaged</c>, <c>BackupForeign</c>, <c>BackupTooNew</c>.</exception>
    public static async Task<DumpContents> ProveAsync(string path, int serverMajor, PostgresTools tools, CheckRecorder checks, CancellationToken cancellation)
    {
        var scan = await ReadAsync(path, serverMajor, tools, checks, cancellation).ConfigureAwait(false);
        var revision = checks.Run("backup: revision", () => (Revision(path, scan), Revision(path, scan)));
        return new(new(revision, scan.Rows), scan.Roles);
    }

    /// <summary>Makes every proof but that it is ShoreGuard's.</summary>
    /// <exception cref="ShoreGuardException"><c>BackupDamaged</c>, <c>BackupTooNew</c>.</exception>
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
            throw Errors.BackupDamaged(path, error.Message, error);
        }
    }

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
        await tools.RunAsync("pg_restore", ["--file=-"], "", path, scanner, cancellation).ConfigureAwait(false);
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
