using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using Npgsql;

namespace ShoreGuard.Rollback.Engine.Databases.Postgres;

/// <summary>The comment on a database in the making: who makes it, so that a later call can tell one in use from one that a killed process has left.</summary>
/// <param name="Database">The database it is to replace, or is a drill for.</param>
/// <param name="Maker">The process that makes it.</param>
/// <param name="Made">When the database was made, UTC.</param>
internal sealed partial record PostgresMark(
    [property: JsonPropertyName("database")] string Database,
    [property: JsonPropertyName("maker")] ProcessIdentity Maker,
    [property: JsonPropertyName("made")] DateTimeOffset Made)
{
    private const string Prefix = "ShoreGuard.Rollback, in the making: ";
    private static readonly TimeSpan LongestRun = TimeSpan.FromDays(1);

    /// <summary>The mark of this process.</summary>
    public static PostgresMark Mine(string database) => new(database, ProcessIdentity.Own(), DateTimeOffset.UtcNow);

    /// <summary>The statement that puts it on a database.</summary>
    public string Statement(string name) =>
        $"COMMENT ON DATABASE {PostgresCatalog.Quote(name)} IS {PostgresCatalog.Literal(Prefix + JsonSerializer.Serialize(this))}";

    /// <summary>Drops what killed processes have left of a database's restores and drills. What may be in use stays.</summary>
    /// <returns>The names of what was dropped.</returns>
    public static async Task<IReadOnlyList<string>> DropLeftOversAsync(
        PostgresServer server, NpgsqlConnection connection, IReporter reporter, CancellationToken cancellation)
    {
        var idle = await PostgresCatalog.QueryAsync(connection, """
            SELECT datname, coalesce(shobj_description(oid, 'pg_database'), '') FROM pg_database d
            WHERE datallowconn AND NOT datistemplate AND datname <> $1 AND NOT EXISTS (SELECT FROM pg_stat_activity a WHERE a.datid = d.oid)
            """, row => (Name: row.GetString(0), Comment: row.GetString(1)), cancellation, server.Database).ConfigureAwait(false);
        var dropped = new List<string>();
        foreach (var (name, comment) in idle)
        {
            if (TryParse(comment) is { } mark ? mark.Database == server.Database && mark.IsLeftOver()
                : comment.Length == 0 && IsOldName(name, server.Database) && await IsEmptyAsync(server, name, cancellation).ConfigureAwait(false))
                await DropAsync(connection, name, dropped, reporter, cancellation).ConfigureAwait(false);
        }
        return dropped;
    }

    // Without FORCE: who has logged in meanwhile keeps it.
    private static async Task DropAsync(NpgsqlConnection connection, string name, List<string> dropped, IReporter reporter, CancellationToken cancellation)
    {
        try
        {
            await PostgresCatalog.ExecuteAsync(connection, $"DROP DATABASE {PostgresCatalog.Quote(name)}", cancellation).ConfigureAwait(false);
            dropped.Add(name);
        }
        catch (PostgresException error)
        {
            reporter.Warning($"{name}, which a killed restore or drill has left, could not be dropped: {error.MessageText}. Drop it by hand.");
        }
    }

    // Killed while the server still made it, a process had no time to mark it: it has a name of ours and nothing in it.
    private static bool IsOldName(string name, string database)
    {
        var match = MadeName().Match(name);
        return match.Success
            && match.Groups["database"].Value == PostgresCatalog.Cut(database, 63 - (name.Length - match.Groups["database"].Length))
            && DateTimeOffset.TryParseExact(match.Groups["stamp"].Value.ToUpperInvariant(), "yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture,
                DateTimeStyles.AssumeUniversal, out var made)
            && made < DateTimeOffset.UtcNow - LongestRun;
    }

    private static async Task<bool> IsEmptyAsync(PostgresServer server, string name, CancellationToken cancellation)
    {
        try
        {
            await using var inside = await server.OpenAsync(name, cancellation).ConfigureAwait(false);
            return (await PostgresCatalog.QueryAsync(inside, "SELECT count(*) FROM pg_class WHERE oid >= 16384", row => row.GetInt64(0), cancellation)
                .ConfigureAwait(false))[0] == 0;
        }
        catch (ShoreGuardException)
        {
            return false; // Not ours to look into.
        }
    }

    [GeneratedRegex(@"\A(?<database>.+)_(restore|drill)_(?<stamp>20\d{2}[01]\d[0-3]\dt[0-2]\d[0-5]\d[0-5]\dz)(_\d+)?\z",
        RegexOptions.ExplicitCapture | RegexOptions.Singleline)]
    private static partial Regex MadeName();

    /// <summary>Reads a comment; null when it is no mark.</summary>
    internal static PostgresMark? TryParse(string comment)
    {
        try
        {
            return comment.StartsWith(Prefix, StringComparison.Ordinal)
                && JsonSerializer.Deserialize<PostgresMark>(comment[Prefix.Length..]) is { Maker: not null } mark ? mark : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Whether its process is surely gone: it ran here and does not any more, or has taken longer than any restore does.</summary>
    internal bool IsLeftOver() => Made < DateTimeOffset.UtcNow - LongestRun || Maker.IsGone();
}
