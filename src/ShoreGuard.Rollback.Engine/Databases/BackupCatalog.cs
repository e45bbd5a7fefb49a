using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Microsoft.Data.Sqlite;
using ShoreGuard.Rollback.Engine.Databases.Postgres;
using ShoreGuard.Rollback.Engine.Databases.Sqlite;
using ShoreGuard.Rollback.Engine.Files;

namespace ShoreGuard.Rollback.Engine.Databases;

/// <summary>Finds backups in folders, and reads what they are without restoring them.</summary>
public static partial class BackupCatalog
{
    /// <summary>The backups of folders and files, newest first, each read as it is reached.</summary>
    /// <param name="paths">Folders, of which the files with a backup's name count, and files, which all count; absolute.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="ShoreGuardException"><c>BackupNotFound</c>, <c>BackupDenied</c>.</exception>
    public static async IAsyncEnumerable<Backup> FindAsync(IReadOnlyList<string> paths, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var found = paths.SelectMany(Files).Distinct(StringComparer.Ordinal)
            .Select(path => (Path: path, Sidecar: BackupSidecar.TryRead(path)))
            .Select(file => (file.Path, file.Sidecar, Time: TimeOf(file.Path, file.Sidecar)))
            .OrderBy(file => IsOfFuture(file.Time)).ThenByDescending(file => file.Time).ThenBy(file => file.Path, StringComparer.Ordinal).ToList();
        foreach (var (path, sidecar, time) in found)
        {
            cancellation.ThrowIfCancellationRequested();
            if (await ReadAsync(path, sidecar, time, cancellation).ConfigureAwait(false) is { } backup)
                yield return backup;
        }
    }

    /// <summary>Reads one backup.</summary>
    /// <exception cref="ShoreGuardException"><c>BackupNotFound</c>, <c>BackupIsFolder</c>, <c>BackupIsSidecar</c>, <c>BackupForeign</c>.</exception>
    internal static async Task<Backup> ReadAsync(string path, CancellationToken cancellation)
    {
        if (Directory.Exists(path))
            throw Errors.BackupIsFolder(path);
        if (!File.Exists(path))
            throw Errors.BackupNotFound(path);
        NotASidecar(path);
        var sidecar = BackupSidecar.TryRead(path);
        return await ReadAsync(path, sidecar, TimeOf(path, sidecar), cancellation).ConfigureAwait(false) ?? throw Errors.BackupNotFound(path);
    }

    /// <summary>Whether a file is the sidecar of a backup that is there: of a whole folder's files it is passed over.</summary>
    public static bool IsSidecar(string path) => BackupSidecar.BackupOf(path) is not null;

    /// <summary>Refuses the sidecar of a backup that is there, where the backup itself is meant.</summary>
    /// <exception cref="ShoreGuardException"><c>BackupIsSidecar</c>.</exception>
    public static void NotASidecar(string path)
    {
        if (BackupSidecar.BackupOf(path) is { } backup)
            throw Errors.BackupIsSidecar(path, backup);
    }

    private static IEnumerable<string> Files(string path)
    {
        if (File.Exists(path))
            return [path];
        if (!Directory.Exists(path))
            throw Errors.BackupNotFound(path);
        try
        {
            return Names(path);
        }
        catch (UnauthorizedAccessException error)
        {
            throw Errors.BackupDenied(path, error);
        }
    }

    /// <summary>The files of a folder that are called as backups are; none where there is no folder.</summary>
    internal static IReadOnlyList<string> Names(string folder) =>
        Directory.Exists(folder) ? [.. Directory.EnumerateFiles(folder).Where(file => BackupName().IsMatch(Path.GetFileName(file)))] : [];

    // How far the clocks of two machines may be apart.
    private static readonly TimeSpan ClocksApart = TimeSpan.FromMinutes(5);

    /// <summary>Whether a time is none at which a backup can have been made: a clock was wrong, and nobody knows how old it is. It is never the
    /// newest.</summary>
    internal static bool IsOfFuture(DateTimeOffset time) => time - DateTimeOffset.UtcNow > ClocksApart;

    private static DateTimeOffset TimeOf(string path, BackupSidecar? sidecar)
    {
        if (sidecar is { CreatedAt.Year: > 1 })
            return sidecar.CreatedAt.ToUniversalTime();
        var stamp = BackupName().Match(Path.GetFileName(path)).Groups["stamp"].Value;
        return DateTimeOffset.TryParseExact(stamp, "yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var named)
            ? named
            : new DateTimeOffset(File.GetLastWriteTimeUtc(path));
    }

    // Null for a file that is gone since it was listed: retention in another process may have taken it.
    private static async Task<Backup?> ReadAsync(string path, BackupSidecar? sidecar, DateTimeOffset time, CancellationToken cancellation)
    {
        try
        {
            var size = new FileInfo(path).Length;
            var (kind, revision, problem, unread) = await LookIntoAsync(path, size, sidecar, cancellation).ConfigureAwait(false);
            return new Backup
            {
                BackupPath = path,
                Kind = kind,
                Database = sidecar?.Database,
                DeploymentName = sidecar?.Deployment,
                Revision = revision,
                Size = size,
                TextSize = sidecar?.TextSize,
                Sha256 = sidecar?.Sha256,
                Rows = sidecar?.Tables() ?? [],
                Identity = sidecar?.Identity(path),
                CreatedAt = time,
                Problem = problem,
                IsUnread = unread,
            };
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    private static async Task<(DatabaseKind Kind, string? Revision, string? Problem, bool IsUnread)> LookIntoAsync(
        string path, long size, BackupSidecar? sidecar, CancellationToken cancellation)
    {
        var kind = path.EndsWith(".pgdump", StringComparison.OrdinalIgnoreCase) ? DatabaseKind.Postgres : DatabaseKind.Sqlite;
        try
        {
            if (size == 0)
                return (kind, null, "it is empty: the program that wrote it failed", false);
            if (sidecar?.Size is > 0 and var written && written != size)
                return (kind, null, $"it has {size} bytes, and had {written} when it was made", false);
            if (SqliteHeader.IsPostgresDump(path))
                return await LookIntoDumpAsync(path, sidecar, cancellation).ConfigureAwait(false);
            return SqliteHeader.TryRead(path) switch
            {
                null => (kind, null, "it begins neither as a SQLite file nor as a dump of pg_dump --format=custom does", false),
                { IsTruncated: true } => (DatabaseKind.Sqlite, null, "it is cut off", false),
                _ => (DatabaseKind.Sqlite, SqliteProof.ReadRevision(path), null, false),
            };
        }
        catch (IOException error) when (FileConflict.IsOthers(error))
        {
            return Unread(kind, sidecar, "another program has it open and lets nobody else read it");
        }
        catch (Exception error) when (error is ShoreGuardException or SqliteException or PostgresToolException or IOException or UnauthorizedAccessException)
        {
            return (kind, null, error is UnauthorizedAccessException ? "you cannot read it" : Errors.Finding(error), false);
        }
    }

    // Without tools that can read it, its sidecar is all there is, and that is said.
    private static async Task<(DatabaseKind Kind, string? Revision, string? Problem, bool IsUnread)> LookIntoDumpAsync(
        string path, BackupSidecar? sidecar, CancellationToken cancellation)
    {
        try
        {
            return (DatabaseKind.Postgres, await DumpRevisionAsync(path, sidecar, cancellation).ConfigureAwait(false), null, false);
        }
        catch (ShoreGuardException error) when (error.Id == nameof(Errors.DumpReaderMissing))
        {
            return Unread(DatabaseKind.Postgres, sidecar, Errors.Finding(error));
        }
    }

    private static (DatabaseKind Kind, string? Revision, string? Problem, bool IsUnread) Unread(DatabaseKind kind, BackupSidecar? sidecar, string why) =>
        (kind, sidecar?.Revision, $"it was not looked into: {why}{(sidecar?.Revision is null ? "" : "; the revision is its sidecar's")}", true);

    private static async Task<string> DumpRevisionAsync(string path, BackupSidecar? sidecar, CancellationToken cancellation)
    {
        var header = PostgresDumpHeader.TryRead(path) ?? throw Errors.BackupDamaged(path, "its header is cut off or not of the custom format");
        var tools = await PostgresTools.FindReaderAsync(header, cancellation).ConfigureAwait(false);
        await PostgresDumpProof.RequireWholeAsync(path, tools, cancellation).ConfigureAwait(false);
        await using var scanner = new DumpScanner { KnownRevision = sidecar?.Revision };
        await tools.RunAsync("pg_restore", ["--data-only", "--table=alembic_version", "--file=-"], "", path, scanner, cancellation).ConfigureAwait(false);
        return PostgresDumpProof.Revision(path, scanner);
    }

    [GeneratedRegex(@"\Ashoreguard-(?<stamp>\d{8}T\d{6}Z)\.(?:sqlite|pgdump)\z", RegexOptions.ExplicitCapture)]
    private static partial Regex BackupName();
}
