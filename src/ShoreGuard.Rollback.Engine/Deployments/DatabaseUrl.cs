using System.Net;
using System.Text.RegularExpressions;

namespace ShoreGuard.Rollback.Engine.Deployments;

/// <summary>A database URL in SQLAlchemy's grammar, which is what <c>SHOREGUARD_DATABASE_URL</c> holds.</summary>
/// <remarks>
/// As SQLAlchemy does, user and password are percent-decoded, host and database are taken as written. <c>sqlite:///x</c> is relative,
/// <c>sqlite:////x</c> absolute.
/// </remarks>
internal sealed partial record DatabaseUrl
{
    /// <summary>SQLite or PostgreSQL.</summary>
    public required DatabaseKind Kind { get; init; }
    /// <summary>The URL as it may be shown: every password replaced by <c>***</c>.</summary>
    public required string Redacted { get; init; }
    /// <summary>SQLite: the path as written, relative or absolute. PostgreSQL: the database's name; null when the URL leaves it to the user's name.</summary>
    public string? Database { get; init; }
    /// <summary>PostgreSQL: host name, address, or folder of a Unix socket; null when the URL names none.</summary>
    public string? Host { get; init; }
    /// <summary>PostgreSQL: the port; null when the URL names none.</summary>
    public int? Port { get; init; }
    /// <summary>PostgreSQL: the role.</summary>
    public string? User { get; init; }
    /// <summary>PostgreSQL: the password. Never shown.</summary>
    public string? Password { get; init; }
    /// <summary>PostgreSQL: libpq's options, such as <c>sslmode</c>, without <c>host</c>, <c>port</c>, <c>user</c>, <c>password</c> and
    /// <c>dbname</c>.</summary>
    public IReadOnlyDictionary<string, string> Options { get; init; } = new Dictionary<string, string>();

    /// <summary>Reads a URL.</summary>
    /// <exception cref="ShoreGuardException"><c>DatabaseUrlInvalid</c>, <c>DatabaseUrlForeign</c>.</exception>
    public static DatabaseUrl Parse(string text)
    {
        var match = Grammar().Match(text.Trim());
        if (!match.Success)
            throw Errors.DatabaseUrlInvalid(Redact(text), "it does not begin with sqlite:/// or postgresql://");
        return match.Groups["name"].Value.ToLowerInvariant() switch
        {
            "sqlite" or "sqlite+pysqlite" => Sqlite(match),
            "postgresql" or "postgresql+psycopg" or "postgresql+psycopg2" => Postgres(match),
            var name => throw Errors.DatabaseUrlForeign(Redact(text), name),
        };
    }

    /// <summary>A text that may be a URL as it may be shown: made of the parts that it has. Of what is no URL, the scheme alone.</summary>
    public static string Redact(string text)
    {
        var match = Grammar().Match(text.Trim());
        if (!match.Success)
            return $"{Scheme().Match(text.Trim()).Value}***";
        var (name, user) = (match.Groups["name"].Value, match.Groups["user"]);
        var login = !user.Success ? "" : match.Groups["password"].Success ? $"{user.Value}:***@" : $"{user.Value}@";
        var rest = match.Value[(name.Length + "://".Length + LoginLength(match))..].Split('?', 2);
        // A path may have the sign in it. Elsewhere, what is before it belongs to a login that the grammar sees ended earlier than whoever wrote it.
        if (!name.StartsWith("sqlite", StringComparison.OrdinalIgnoreCase))
        {
            if (rest[^1].Contains('@', StringComparison.Ordinal) && rest.Length > 1)
                return $"{name}://***";
            if (rest[0].LastIndexOf('@') is >= 0 and var at)
                (login, rest[0]) = (login.Length > 0 ? login : "***@", rest[0][(at + 1)..]);
        }
        return $"{name}://{login}{rest[0]}{(rest.Length < 2 ? "" : $"?{SecretOption().Replace(rest[1], "${key}=***")}")}";
    }

    private static int LoginLength(Match match) => match.Groups["user"] is { Success: true } user
        ? user.Length + (match.Groups["password"] is { Success: true } password ? password.Length + ":".Length : 0) + "@".Length
        : 0;

    /// <summary>Whether two locations are the same database. Of a server's, who logs in to it, and how, is no matter.</summary>
    /// <param name="one">A path, or a URL with or without its password.</param>
    /// <param name="other">Another.</param>
    public static bool AreSame(string one, string other) =>
        one == other || (Server(one) is { } here && Server(other) is { } there && here == there);

    private static (string? Host, int Port, string? Database)? Server(string location) =>
        Grammar().IsMatch(location) && Parse(location) is { Kind: DatabaseKind.Postgres } url
            ? (url.Host?.ToLowerInvariant(), url.Port ?? 5432, url.Database ?? url.User)
            : null;

    // A record's own ToString would print the password.
    /// <summary>The URL as it may be shown.</summary>
    public override string ToString() => Redacted;

    private static DatabaseUrl Sqlite(Match match)
    {
        var shown = Redact(match.Value);
        var path = match.Groups["database"].Value;
        if (match.Groups["host"].Success || match.Groups["user"].Success)
            throw Errors.DatabaseUrlInvalid(shown, "a SQLite URL has no host: write sqlite:///relative.db or sqlite:////absolute.db");
        if (path.Length == 0 || path == ":memory:")
            throw Errors.DatabaseUrlInvalid(shown, "it names a database in memory, of which there is no file");
        if (path.StartsWith("file:", StringComparison.Ordinal))
            throw Errors.DatabaseUrlInvalid(shown, "SQLite's own file: URIs are not read; write sqlite:///relative.db or sqlite:////absolute.db");
        return new() { Kind = DatabaseKind.Sqlite, Redacted = shown, Database = path };
    }

    private static DatabaseUrl Postgres(Match match)
    {
        var shown = Redact(match.Value);
        var options = Query(match.Groups["query"].Value);
        var port = Text(match.Groups["port"]) ?? Take(options, "port");
        if (port is not null && (!int.TryParse(port, out var number) || number is < 1 or > 65535))
            throw Errors.DatabaseUrlInvalid(shown, "its port is no number from 1 to 65535");
        var url = new DatabaseUrl
        {
            Kind = DatabaseKind.Postgres,
            Redacted = shown,
            Host = Text(match.Groups["host"]) is { } host ? host.Trim('[', ']') : null,
            Port = port is null ? null : int.Parse(port),
            User = Decode(Text(match.Groups["user"])),
            Password = match.Groups["password"].Success ? Decode(match.Groups["password"].Value) : null,
            Database = Text(match.Groups["database"]),
        };
        return url with
        {
            Host = Take(options, "host") ?? url.Host,
            User = Take(options, "user") ?? url.User,
            Password = Take(options, "password") ?? url.Password,
            Database = Take(options, "dbname") ?? url.Database,
            Options = options,
        };
    }

    private static string? Text(Group group) => group is { Success: true, Length: > 0 } ? group.Value : null;

    private static string? Decode(string? text) => text is null ? null : Uri.UnescapeDataString(text);

    private static string? Take(Dictionary<string, string> options, string key) => options.Remove(key, out var value) ? value : null;

    private static Dictionary<string, string> Query(string query)
    {
        var options = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var pair in query.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = pair.Split('=', 2);
            options.TryAdd(WebUtility.UrlDecode(parts[0]), parts.Length > 1 ? WebUtility.UrlDecode(parts[1]) : "");
        }
        return options;
    }

    [GeneratedRegex(@"\A(?<name>[\w+]+)://(?:(?<user>[^:/@]*)(?::(?<password>[^@]*))?@)?(?<host>\[[^\]/?]+\]|[^/:?]+)?(?::(?<port>[^/?]*))?(?:/(?<database>[^?]*))?(?:\?(?<query>.*))?\z", RegexOptions.ExplicitCapture | RegexOptions.Singleline)]
    private static partial Regex Grammar();

    [GeneratedRegex(@"\A[a-z][\w+.-]*:(//)?", RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase)]
    private static partial Regex Scheme();

    [GeneratedRegex(@"(?<key>(?<=\A|&)(?:password|sslpassword))=[^&]*", RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase)]
    private static partial Regex SecretOption();
}
