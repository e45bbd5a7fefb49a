using System.Text;

namespace ShoreGuard.Rollback.Engine.Databases.Postgres;

/// <summary>A password file of libpq: lines of <c>host:port:database:user:password</c>, of which the first that fits counts.</summary>
/// <remarks>As https://www.postgresql.org/docs/current/libpq-pgpass.html says: <c>*</c> fits everything, and a backslash before <c>:</c> and <c>\</c>
/// takes their meaning away.</remarks>
internal static class PasswordFile
{
    private const int Fields = 5;

    /// <summary>The password of a login; null where no line fits.</summary>
    /// <param name="text">The file.</param>
    /// <param name="login">Host, port, database and user, as the client names them.</param>
    public static string? Find(string text, params IReadOnlyList<string> login)
    {
        foreach (var line in text.Split('\n'))
        {
            if (line.StartsWith('#') || Split(line.TrimEnd('\r')) is not { Count: Fields } fields)
                continue;
            if (login.Select((value, at) => fields[at].Written == "*" || fields[at].Value == value).All(fits => fits))
                return fields[^1].Value;
        }
        return null;
    }

    // The password is the rest of the line.
    private static List<(string Written, string Value)> Split(string line)
    {
        var fields = new List<(string, string)>();
        var (written, value) = (new StringBuilder(), new StringBuilder());
        for (var at = 0; at < line.Length; at++)
        {
            if (line[at] == ':' && fields.Count < Fields - 1)
            {
                fields.Add(($"{written}", $"{value}"));
                written.Clear();
                value.Clear();
                continue;
            }
            written.Append(line[at]);
            if (line[at] == '\\' && at + 1 < line.Length)
                written.Append(line[++at]);
            value.Append(line[at]);
        }
        fields.Add(($"{written}", $"{value}"));
        return fields;
    }
}
