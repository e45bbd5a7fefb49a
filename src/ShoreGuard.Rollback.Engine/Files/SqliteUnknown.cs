using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Microsoft.Data.Sqlite;
using ShoreGuard.Rollback.Engine.Files;

namespace ShoreGuard.Rollback.Engine.Files;

/// <summary>Collations and functions that an application registers itself, and that are in no file.</summary>
/// <remarks>
/// SQLite does not even count the rows of a table whose index needs one. A stand-in lets it read; what depends on the order or the result
/// is not checked then, and that is said.
/// </remarks>
internal static partial class SqliteUnknown
{
    private static readonly ConditionalWeakTable<SqliteConnection, HashSet<string>> Found = [];

    /// <summary>Those that a connection has stand-ins for.</summary>
    public static IReadOnlyCollection<string> Of(SqliteConnection connection) => Found.TryGetValue(connection, out var names) ? names : [];

    /// <summary>Makes a stand-in for what an error says is missing.</summary>
    /// <returns>Whether there is one now, and was none before.</returns>
    public static bool TryStandIn(SqliteConnection connection, SqliteException error)
    {
        var match = Missing().Match(error.Message);
        if (!match.Success || !Found.GetOrCreateValue(connection).Add(match.Groups["name"].Value))
            return false;
        if (match.Groups["collation"].Success)
            connection.CreateCollation(match.Groups["name"].Value, string.CompareOrdinal);
        else
            connection.CreateFunction(match.Groups["name"].Value, (object?[] _) => (object?)null, isDeterministic: true);
        return true;
    }

    /// <summary>Finds those that a check of a whole database needs, and makes stand-ins for them.</summary>
    public static IReadOnlyCollection<string> Find(SqliteConnection connection, CancellationToken cancellation)
    {
        SqliteFile.Query(connection, "EXPLAIN PRAGMA quick_check(1)", _ => true, cancellation);
        SqliteFile.Query(connection, "EXPLAIN PRAGMA foreign_key_check", _ => true, cancellation);
        return Of(connection);
    }

    /// <summary>The tables that name one of them, in their own definition or in that of an index.</summary>
    public static HashSet<string> TablesThatUse(SqliteConnection connection, IReadOnlyCollection<string> names, CancellationToken cancellation) =>
        [.. SqliteFile.Query(
            connection, "SELECT tbl_name, sql FROM sqlite_schema WHERE type IN ('table', 'index') AND sql IS NOT NULL",
            row => (Table: row.GetString(0), Sql: row.GetString(1)), cancellation)
            .Where(each => names.Any(name => each.Sql.Contains(name, StringComparison.OrdinalIgnoreCase))).Select(each => each.Table)];

    // src/callback.c, src/resolve.c and src/expr.c of SQLite.
    [GeneratedRegex(
        @"(?:no such (?<collation>collation sequence)|no such function|unknown function): (?<name>.+?)(?:\(\))?'?\.?\z", RegexOptions.ExplicitCapture)]
    private static partial Regex Missing();
}
