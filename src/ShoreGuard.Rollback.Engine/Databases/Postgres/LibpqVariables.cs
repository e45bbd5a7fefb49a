using System.Text;
using ShoreGuard.Rollback.Engine.Deployments;
using ShoreGuard.Rollback.Engine.Deployments.Docker;

namespace ShoreGuard.Rollback.Engine.Databases.Postgres;

/// <summary>What libpq adds to a URL: the variables of the process, and its password file.</summary>
/// <remarks>
/// What the URL says counts before a variable (https://www.postgresql.org/docs/current/libpq-envars.html), and a password in either
/// before the file. With a password in its URL ShoreGuard does not start, so that operators give it by one of these.
/// </remarks>
internal static class LibpqVariables
{
    /// <summary>The variable of each option that a URL can have.</summary>
    public static IReadOnlyDictionary<string, string> OfOptions { get; } = new Dictionary<string, string>
    {
        ["sslmode"] = "PGSSLMODE",
        ["sslrootcert"] = "PGSSLROOTCERT",
        ["sslcert"] = "PGSSLCERT",
        ["sslkey"] = "PGSSLKEY",
        ["sslcrl"] = "PGSSLCRL",
        ["passfile"] = "PGPASSFILE",
        ["options"] = "PGOPTIONS",
        ["connect_timeout"] = "PGCONNECT_TIMEOUT",
        ["channel_binding"] = "PGCHANNELBINDING",
        ["target_session_attrs"] = "PGTARGETSESSIONATTRS",
        ["gssencmode"] = "PGGSSENCMODE",
    };

    // Those that a URL has in places of its own.
    private static readonly Dictionary<string, string> OfPlaces = new()
    {
        ["host"] = "PGHOST",
        ["hostaddr"] = "PGHOSTADDR",
        ["port"] = "PGPORT",
        ["user"] = "PGUSER",
        ["password"] = "PGPASSWORD",
        ["dbname"] = "PGDATABASE",
        ["service"] = "PGSERVICE",
    };

    /// <summary>How the application in a container logs in, by its URL and everything that libpq adds to it.</summary>
    /// <exception cref="ShoreGuardException"><c>DatabaseUrlInvalid</c>, <c>DatabaseUrlForeign</c>.</exception>
    public static Task<DatabaseUrl> ReadAsync(IContainerEngine engine, ContainerView container, CancellationToken cancellation) =>
        CompleteAsync(DatabaseUrl.Parse(DeploymentDatabase.UrlText(container)), engine, container, cancellation);

    /// <summary>The whole of how the application in a container logs in. Its password is not shown by anything that shows the URL.</summary>
    /// <param name="url">As its <c>SHOREGUARD_DATABASE_URL</c> has it.</param>
    /// <param name="engine">The container's engine.</param>
    /// <param name="container">The engine's description of the container.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="ShoreGuardException"><c>DatabaseServiceUnknown</c>: it names a service that no file in the container describes.</exception>
    public static async Task<DatabaseUrl> CompleteAsync(DatabaseUrl url, IContainerEngine engine, ContainerView container, CancellationToken cancellation)
    {
        if (url.Kind != DatabaseKind.Postgres)
            return url;
        string? Variable(string name) => container.Variable(name) is { Length: > 0 } value ? value : null;
        var home = DeploymentDatabase.Home(container);
        async Task<string?> Read(string? path, bool secret, bool isNamed) =>
            path is null ? null : await ReadAsync(engine, container.Id, path, secret, isNamed, cancellation).ConfigureAwait(false);

        var service = url.Options.GetValueOrDefault("service") ?? Variable("PGSERVICE");
        IReadOnlyDictionary<string, string> described = new Dictionary<string, string>();
        if (service is not null)
        {
            // https://www.postgresql.org/docs/current/libpq-pgservice.html: the user's file, then the system's.
            string?[] files = [Variable("PGSERVICEFILE") ?? $"{home}/.pg_service.conf", Variable("PGSYSCONFDIR") is { } folder
                ? $"{folder}/pg_service.conf" : null];
            described = ServiceFile.Find(await Read(files[0], secret: false, isNamed: true).ConfigureAwait(false), service)
                ?? ServiceFile.Find(await Read(files[1], secret: false, isNamed: true).ConfigureAwait(false), service)
                ?? throw Errors.DatabaseServiceUnknown(url.Redacted, service, files.OfType<string>());
        }
        var whole = Complete(url, Variable, described);
        var options = new Dictionary<string, string>(whole.Options, StringComparer.Ordinal);
        // A path inside the container, which nobody here can use.
        _ = options.Remove("passfile", out var file);
        whole = whole with { Options = options };
        if (whole.Password is not null || await Read(file ?? $"{home}/.pgpass", secret: true, isNamed: file is not null).ConfigureAwait(false) is not { } text)
            return whole;
        return whole with { Password = PasswordFile.Find(text, Host(whole), $"{whole.Port ?? DefaultPort}", whole.Database
            ?? whole.User ?? "", whole.User ?? "") };
    }

    /// <summary>The URL and what it leaves open: from the service that is named, then from variables.</summary>
    /// <param name="url">The URL.</param>
    /// <param name="variable">A variable's value by its name; null where it is not set, or empty.</param>
    /// <param name="service">What the service file says, by the names of libpq's parameters; null for nothing.</param>
    internal static DatabaseUrl Complete(DatabaseUrl url, Func<string, string?> variable, IReadOnlyDictionary<string, string>? service = null)
    {
        string? Open(string parameter, string name) => service?.GetValueOrDefault(parameter) ?? variable(name);
        string? Place(string parameter) => Open(parameter, OfPlaces[parameter]);

        var options = new Dictionary<string, string>(url.Options, StringComparer.Ordinal);
        _ = options.Remove("service");
        foreach (var (option, name) in OfOptions)
        {
            if (Open(option, name) is { } value)
                options.TryAdd(option, value);
        }
        // The address is where the server is; the name is what its certificate is held against.
        var address = options.Remove("hostaddr", out var given) ? given : Place("hostaddr");
        var host = url.Host ?? Place("host");
        return url with
        {
            Host = host is null || options.GetValueOrDefault("sslmode") != "verify-full" ? address ?? host : host,
            Port = url.Port ?? (int.TryParse(Place("port"), out var port) ? port : null),
            User = url.User ?? Place("user"),
            Password = url.Password ?? Place("password"),
            Database = url.Database ?? Place("dbname"),
            Options = options,
        };
    }

    private const int DefaultPort = 5432;

    // A socket counts as this.
    private static string Host(DatabaseUrl url) => url.Host is null || url.Host.StartsWith('/') ? "localhost" : url.Host;

    // Null where there is none, or none that libpq would read: it passes over a password file that others may read.
    private static async Task<string?> ReadAsync(
        IContainerEngine engine, string container, string path, bool secret, bool isNamed, CancellationToken cancellation) =>
        await LoginFile.ReadAsync(engine, container, path, isNamed, cancellation).ConfigureAwait(false) is { } file && (file.IsPrivate || !secret)
            ? Encoding.UTF8.GetString(file.Content) : null;
}
