using System.Text.RegularExpressions;

namespace ShoreGuard.Rollback.Engine.Databases.Postgres;

/// <summary>A statement of a dump's script that grants or revokes something.</summary>
/// <param name="Statement">It, one line of <c>pg_restore</c>'s.</param>
/// <param name="Grantee">The role that gets or loses it; null for everybody.</param>
/// <param name="ActsFor">The role of whose default privileges it is one, or that grants what it got itself; null where the object's owner grants it.</param>
/// <param name="Impersonates">Whether it is run as <paramref name="ActsFor"/>, which only a superuser may.</param>
internal sealed record DumpRight(string Statement, string? Grantee, string? ActsFor, bool Impersonates)
{
    /// <summary>The roles it names, without which it cannot be run.</summary>
    public IEnumerable<string> Roles => new[] { Grantee, ActsFor }.OfType<string>();
}

/// <summary>Finds the statements that grant or revoke something among the lines of a dump's script.</summary>
internal sealed partial class DumpRights
{
    private string? _grantor;

    /// <summary>What a line grants or revokes; null for any other statement.</summary>
    public DumpRight? Read(string line)
    {
        if (Impersonation().Match(line) is { Success: true } session)
            return new(line, null, _grantor = Unquote(session.Groups["role"].Value), true);
        if (line == "RESET SESSION AUTHORIZATION;" && _grantor is { } ended)
        {
            _grantor = null;
            return new(line, null, ended, true);
        }
        if (Right().Match(line) is not { Success: true } match)
            return null;
        var (grantee, defaults) = (Role(match, "grantee"), Role(match, "defaults"));
        return new(line, grantee, _grantor ?? defaults, _grantor is not null);
    }

    private static string? Role(Match match, string group) =>
        match.Groups[group] is { Success: true, Value: not ("PUBLIC" or "CURRENT_USER") } role ? Unquote(role.Value) : null;

    /// <summary>A name without the quotes that SQL may need.</summary>
    public static string Unquote(string name) => name.StartsWith('"') ? name[1..^1].Replace("\"\"", "\"", StringComparison.Ordinal) : name;

    [GeneratedRegex("""\A(?:ALTER DEFAULT PRIVILEGES (?:FOR ROLE (?<defaults>"(?:[^"]|"")+"|[^\s"]+) )?.*?)?(?:GRANT .* TO|REVOKE .* FROM) (?<grantee>"(?:[^"]|"")+"|[^\s;"]+)(?: WITH GRANT OPTION)?;\z""", RegexOptions.ExplicitCapture)]
    private static partial Regex Right();

    [GeneratedRegex("""\ASET SESSION AUTHORIZATION (?<role>"(?:[^"]|"")+"|[^\s;"']+);\z""", RegexOptions.ExplicitCapture)]
    private static partial Regex Impersonation();
}

/// <summary>What of a dump's owners and grants can be restored by the role that restores it.</summary>
/// <param name="Arguments">How <c>pg_restore</c> is told whose everything is to be.</param>
/// <param name="Lost">The statements that cannot be run: they name a role that the server does not have, or for which the role may not act.</param>
/// <param name="Kept">The others.</param>
internal sealed record RestoreRights(IReadOnlyList<string> Arguments, IReadOnlySet<string> Lost, IReadOnlyList<string> Kept);
