using System.Text.Json;
using ShoreGuard.Rollback.Engine.Files;

namespace ShoreGuard.Rollback.Engine.Databases;

/// <summary>What is written down of a backup beside it, in a file of its name with <c>.json</c> behind it. Holds no secret.</summary>
internal sealed record BackupSidecar
{
    private const string Extension = ".json";

    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        WriteIndented = true,
        // For people, who would not know postgresql\u002Bpsycopg again; it never gets into a web page.
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>The version of this format.</summary>
    public int Format { get; init; } = 1;
    /// <inheritdoc cref="Backup.Kind"/>
    public string? Kind { get; init; }
    /// <inheritdoc cref="Backup.Database"/>
    public string? Database { get; init; }
    /// <inheritdoc cref="Backup.DeploymentName"/>
    public string? Deployment { get; init; }
    /// <summary>Which database it was, told apart from those of the same URL on other machines and in other deployments and folders.</summary>
    public string? Origin { get; init; }
    /// <inheritdoc cref="Backup.Revision"/>
    public string? Revision { get; init; }
    /// <inheritdoc cref="Backup.Release"/>
    public string? Release { get; init; }
    /// <summary>The running build's commit.</summary>
    public string? GitSha { get; init; }
    /// <summary>When the running build was built.</summary>
    public DateTimeOffset? BuildTime { get; init; }
    /// <inheritdoc cref="Backup.Size"/>
    public long Size { get; init; }
    /// <inheritdoc cref="Backup.TextSize"/>
    public long? TextSize { get; init; }
    /// <inheritdoc cref="Backup.Sha256"/>
    public string? Sha256 { get; init; }
    /// <inheritdoc cref="Backup.CreatedAt"/>
    public DateTimeOffset CreatedAt { get; init; }
    /// <summary>Whether every proof held when it was made.</summary>
    public bool Proven { get; init; }
    /// <inheritdoc cref="Backup.Rows"/>
    public IReadOnlyDictionary<string, long> Rows { get; init; } = new Dictionary<string, long>();

    /// <summary>Where it is.</summary>
    public static string PathFor(string backupPath) => backupPath + Extension;

    /// <summary>The backup whose sidecar a file is; null where it is none, or its backup is gone.</summary>
    public static string? BackupOf(string path) =>
        path.EndsWith(Extension, StringComparison.OrdinalIgnoreCase) && path[..^Extension.Length] is var backup && File.Exists(backup) ? backup : null;

    /// <summary>Writes it, readable by its owner alone, in one step.</summary>
    /// <exception cref="IOException">It cannot be written. The backup is good without it.</exception>
    public static void Write(Backup backup, string origin)
    {
        var sidecar = new BackupSidecar
        {
            Kind = backup.Kind.ToString(),
            Database = backup.Database,
            Deployment = backup.DeploymentName,
            Origin = origin,
            Revision = backup.Revision,
            Release = backup.Release,
            GitSha = backup.Identity?.GitSha,
            BuildTime = backup.Identity?.BuildTime,
            Size = backup.Size,
            TextSize = backup.TextSize,
            Sha256 = backup.Sha256,
            CreatedAt = backup.CreatedAt,
            Proven = backup.Checks.Count > 0 && backup.Checks.All(check => check.Passed),
            Rows = backup.Rows.ToDictionary(table => table.Table, table => table.Rows),
        };
        using var file = AtomicFile.Prepare(PathFor(backup.BackupPath), JsonSerializer.SerializeToUtf8Bytes(sidecar, Json));
        file.Commit();
    }

    /// <summary>Reads it; null when there is none, or none that can be read.</summary>
    public static BackupSidecar? TryRead(string backupPath)
    {
        var path = PathFor(backupPath);
        try
        {
            return ForeignFile.TryRead(path) is { } content ? JsonSerializer.Deserialize<BackupSidecar>(content, Json) : null;
        }
        catch (Exception error) when (error is JsonException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>The rows, in the order in which they are counted.</summary>
    public IReadOnlyList<TableRows> Tables() =>
        [.. (Rows ?? new Dictionary<string, long>())
            .OrderBy(table => table.Key, StringComparer.Ordinal).Select(table => new TableRows { Table = table.Key, Rows = table.Value })];

    /// <summary>The build that was running; null when nobody knows.</summary>
    public BuildIdentity? Identity(string backupPath) =>
        Release is null && GitSha is null
            ? null : new BuildIdentity { Version = Release, GitSha = GitSha, BuildTime = BuildTime, Source = PathFor(backupPath) };
}
