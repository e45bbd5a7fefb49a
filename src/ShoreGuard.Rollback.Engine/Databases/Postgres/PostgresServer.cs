using System.Net.Sockets;
using Npgsql;

namespace ShoreGuard.Rollback.Engine.Databases.Postgres;

/// <summary>A PostgreSQL server and one of its databases: how to log in, by Npgsql and by PostgreSQL's own tools.</summary>
internal sealed class PostgresServer(DatabaseUrl url, PostgresRoute route)
{
    private static readonly string[] Maintenance = ["postgres", "template1"];

    /// <summary>The URL as it may be shown.</summary>
    public string Name => url.Redacted;

    /// <summary>The role.</summary>
    public string User { get; } = url.User ?? Variable("PGUSER") ?? Environment.UserName;

    /// <summary>The database the URL names.</summary>
    public string Database => url.Database ?? Variable("PGDATABASE") ?? User;

    public PostgresRoute Route => route;

    private string Host { get; } = route.Host ?? Variable("PGHOST") ?? (Directory.Exists("/var/run/postgresql") ? "/var/run/postgresql" : "localhost");

    /// <summary>Logs in to one database.</summary>
    /// <exception cref="ShoreGuardException"><c>DatabaseUnreachable</c>, <c>DatabaseLoginFailed</c>, <c>DatabaseMissing</c>.</exception>
    public async Task<NpgsqlConnection> OpenAsync(string database, CancellationToken cancellation)
    {
        var connection = new NpgsqlConnection(ConnectionString(database));
        try
        {
            await connection.OpenAsync(cancellation).ConfigureAwait(false);
            return connection;
        }
        catch (Exception error) when (error is NpgsqlException or SocketException or TimeoutException or IOException)
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw Errors.FromLogin(Name, User, database, error);
        }
    }

    /// <summary>Logs in to a database other than the one the URL names, from which that one can be renamed.</summary>
    public async Task<NpgsqlConnection> OpenMaintenanceAsync(CancellationToken cancellation)
    {
        ShoreGuardException? failure = null;
        foreach (var database in Maintenance.Where(name => name != Database))
        {
            try
            {
                return await OpenAsync(database, cancellation).ConfigureAwait(false);
            }
            catch (ShoreGuardException error)
            {
                failure ??= error;
            }
        }
        throw Errors.NoMaintenanceDatabase(Name, failure!);
    }

    /// <summary>The environment in which PostgreSQL's tools log in. The only place a password goes to.</summary>
    /// <param name="database">The database.</param>
    /// <param name="inside">Whether the tools run in the server's own container.</param>
    public IReadOnlyDictionary<string, string> ToolEnvironment(string database, bool inside)
    {
        var environment = new Dictionary<string, string>
        {
            ["PGHOST"] = inside ? "127.0.0.1" : Host,
            ["PGUSER"] = User,
            ["PGDATABASE"] = database,
            ["PGAPPNAME"] = "ShoreGuard.Rollback",
            ["LC_ALL"] = "C",
        };
        if ((inside ? route.Container!.Port : route.Port) is { } port)
            environment["PGPORT"] = $"{port}";
        if (url.Password is { } password)
            environment["PGPASSWORD"] = password;
        else if (inside && Variable("PGPASSWORD") is { } inherited)
            environment["PGPASSWORD"] = inherited;
        foreach (var (option, variable) in OptionVariables)
        {
            // Certificates are files of this machine, and inside its container the server is next door.
            if (url.Options.TryGetValue(option, out var value) && !(inside && option.StartsWith("ssl", StringComparison.Ordinal)))
                environment[variable] = value;
        }
        return environment;
    }

    /// <summary>Takes the password out of what a tool wrote.</summary>
    public string Scrub(string text)
    {
        foreach (var secret in new[] { url.Password, Variable("PGPASSWORD") }.Where(secret => secret is { Length: > 0 }))
            text = text.Replace(secret!, "***", StringComparison.Ordinal);
        return text;
    }

    private static readonly Dictionary<string, string> OptionVariables = new()
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

    private string ConnectionString(string database)
    {
        var settings = new NpgsqlConnectionStringBuilder
        {
            Host = Host,
            Port = route.Port ?? (int.TryParse(Variable("PGPORT"), out var port) ? port : 5432),
            Username = User,
            Password = url.Password,
            Database = database,
            ApplicationName = "ShoreGuard.Rollback",
            // A pooled session would keep the database from being renamed.
            Pooling = false,
            // Counting rows takes as long as it takes; cancelling ends it.
            CommandTimeout = 0,
            Timeout = Number("connect_timeout") ?? 15,
            GssEncryptionMode = GssEncryptionMode.Disable,
        };
        if (Option("sslmode") is { } mode)
            settings.SslMode = SslModeOf(mode);
        if (Option("sslrootcert") is { } root)
            settings.RootCertificate = root;
        if (Option("sslcert") is { } certificate)
            settings.SslCertificate = certificate;
        if (Option("sslkey") is { } key)
            settings.SslKey = key;
        if (Option("passfile") is { } passfile)
            settings.Passfile = passfile;
        if (Option("options") is { } options)
            settings.Options = options;
        return settings.ToString();
    }

    private SslMode SslModeOf(string mode) =>
        Enum.TryParse<SslMode>(mode.Replace("-", "", StringComparison.Ordinal), ignoreCase: true, out var known)
            ? known
            : throw Errors.DatabaseUrlInvalid(Name, $"'{mode}' is no sslmode");

    private string? Option(string name) => url.Options.TryGetValue(name, out var value) ? value : null;

    private int? Number(string name) => int.TryParse(Option(name), out var value) ? value : null;

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
