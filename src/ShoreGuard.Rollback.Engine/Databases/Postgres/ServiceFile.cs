namespace ShoreGuard.Rollback.Engine.Databases.Postgres;

/// <summary>A connection service file of libpq: sections of <c>[name]</c> with lines of <c>parameter=value</c>, the first of a parameter counting.</summary>
/// <remarks>As https://www.postgresql.org/docs/current/libpq-pgservice.html says. What it says of LDAP is not followed.</remarks>
internal static class ServiceFile
{
    /// <summary>The parameters of a service; null where it is not described.</summary>
    /// <param name="text">The file; null where there is none.</param>
    /// <param name="service">Its name.</param>
    public static IReadOnlyDictionary<string, string>? Find(string? text, string service)
    {
        Dictionary<string, string>? found = null;
        foreach (var line in (text ?? "").Split('\n').Select(line => line.Trim()))
        {
            if (line.StartsWith('['))
            {
                if (found is not null)
                    break;
                found = line == $"[{service}]" ? new(StringComparer.Ordinal) : null;
            }
            else if (found is not null && line.Length > 0 && line[0] != '#' && line.IndexOf('=', StringComparison.Ordinal) is > 0 and var at)
            {
                found.TryAdd(line[..at].Trim(), line[(at + 1)..].Trim());
            }
        }
        return found;
    }
}
