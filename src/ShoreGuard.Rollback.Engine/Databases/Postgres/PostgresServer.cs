using System.Net.Sockets;
using Npgsql;
using ShoreGuard.Rollback.Engine.Deployments;

namespace ShoreGuard.Rollback.Engine.Databases.Postgres;

/// <summary>A PostgreSQL server and one of its databases: how to log in, by Npgsql and by PostgreSQL's own tools.</summary>
internal sealed class PostgresServer(DatabaseUrl url, PostgresRoute route)
{
    /// <summary>
    /// Takes away the limits that a role or a database may have for its statements and sessions, which suit an application and no backup, as
    /// pg_dump does: those of newer servers, and all of them where a pooler lets no log-in bring them.
    /// </summary>
    public const string NoLimits = "SELECT set_config(name, CASE vartype WHEN 'bool' THEN 'off' ELSE '0' END, false) FROM pg_settings WHERE name IN "
        + "('statement_timeout', 'lock_timeout', 'transaction_timeout', 'idle_in_transaction_session_timeout', 'idle_session_timeout', "
            + "'default_transaction_read_only');";

    // Of every server that is supported. At the log-in they count before the first statement, which a short limit would cancel.
    private const string LoginLimits = "-c statement_timeout=0 -c lock_timeout=0 -c idle_in_transaction_session_timeout=0 -c default_transaction_read_only=off";

    // Whoever alters the database or a table in a transaction left open would otherwise keep a rename, or a mere look, waiting for ever.
    private const string LockTimeout = "10s";

    private static readonly string[] Maintenance = ["postgres", "template1"];

    /// <summary>The URL as it may be shown.</summary>
    public string Name => url.Redacted;

    /// <summary>The role.</summary>
    public string User { get; } = url.User ?? Variable("PGUSER") ?? Environment.UserName;

    /// <summary>The database the URL names.</summary>
    public string Database => url.Database ?? Variable("PGDATABASE") ?? User;

    public PostgresRoute Route => route;

    /// <summary>The same server and database, logged in to as another role.</summary>
    public PostgresServer As(string user, string password) => new(url with { User = user, Password = password }, route);

    // Whether a pooler in front, such as PgBouncer, was found to take no options at the log-in.
    private bool RefusesOptions { get; set; }

    // The server's major version; 0 until it has let us in once. Its own limits can be named at the log-in from then on.
    private int KnownMajor { get; set; }

    private string Host { get; } = route.Host ?? Variable("PGHOST") ?? (Directory.Exists("/var/run/postgresql") ? "/var/run/postgresql" : "localhost");

    /// <summary>Logs in to one database.</summary>
    /// <exception cref="ShoreGuardException"><c>DatabaseUnreachable</c>, <c>DatabaseLoginFailed</c>, <c>DatabaseMissing</c>.</exception>
    public async Task<NpgsqlConnection> OpenAsync(string database, CancellationToken cancellation)
    {
        var connection = new NpgsqlConnection(ConnectionString(database));
        var isFirst = KnownMajor == 0;
        try
        {
            await connection.OpenAsync(cancellation).ConfigureAwait(false);
            KnownMajor = PostgresCatalog.Major(connection);
            await PostgresCatalog.ExecuteAsync(connection, $"{NoLimits} SET lock_timeout = '{LockTimeout}'", cancellation).ConfigureAwait(false);
            return connection;
        }
        // https://www.pgbouncer.org/config.html, ignore_startup_parameters.
        catch (PostgresException error) when (!RefusesOptions && error.MessageText.Contains("unsupported startup parameter", StringComparison.Ordinal))
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            RefusesOptions = true;
            return await OpenAsync(database, cancellation).ConfigureAwait(false);
        }
        // Between the log-in and its first statement a session is idle.
        catch (PostgresException error) when (isFirst && KnownMajor > 0 && error.SqlState == PostgresErrorCodes.IdleSessionTimeout)
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            return await OpenAsync(database, cancellation).ConfigureAwait(false);
        }
        catch (Exception error) when (error is NpgsqlException or SocketException or TimeoutException or IOException)
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw Errors.FromLogin(Name, User, database, error);
        }
    }

    /// <summary>Logs in to a database other than the one the URL names, from which that one can be renamed.</summary>
    /// <exception cref="ShoreGuardException"><c>DatabaseUnreachable</c>, <c>MaintenanceDatabaseDenied</c>.</exception>
    public async Task<NpgsqlConnection> OpenMaintenanceAsync(CancellationToken cancellation)
    {
        ShoreGuardException? failure = null;
        foreach (var database in Maintenance.Where(name => name != Database))
        {
            try
            {
                return await OpenAsync(database, cancellation).ConfigureAwait(false);
            }
            catch (ShoreGuardException error) when (error.Id != Errors.DatabaseUnreachable)
            {
                failure ??= error;
            }
        }
        throw Errors.NoMaintenanceDatabase(Name, failure!);
    }

    /// <summary>Proves what is in the database's place now.</summary>
    /// <param name="revision">The revision it should be at; null when it is put back although it cannot be read.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="ShoreGuardException"><c>RestoreDisturbed</c>.</exception>
    public async Task<string?> ProveInPlaceAsync(string? revision, CancellationToken cancellation)
    {
        if (revision is null)
            return "not proven: it has no revision by which it could be";
        await using var connection = await OpenAsync(Database, cancellation).ConfigureAwait(false);
        var found = await PostgresCatalog.TryDescribeAsync(connection, cancellation).ConfigureAwait(false);
        return found?.Revision == revision ? $"revision {revision}" : throw Errors.RestoreDisturbed(Name, $"it is at revision {found?.Revision}");
    }

    /// <summary>The environment in which PostgreSQL's tools log in. The only place a password goes to.</summary>
    /// <param name="database">The database.</param>
    /// <param name="inside">Whether the tools run in the server's own container.</param>
    /// <param name="major">The major version of the server and the tools; 0 where nobody knows it.</param>
    public IReadOnlyDictionary<string, string> ToolEnvironment(string database, bool inside, int major = 0)
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
        foreach (var (option, variable) in LibpqVariables.OfOptions)
        {
            // Certificates are files of this machine, and inside its container the server is next door.
            if (url.Options.TryGetValue(option, out var value) && !(inside && option.StartsWith("ssl", StringComparison.Ordinal)))
                environment[variable] = value;
        }
        if (major > 0 && !RefusesOptions)
            environment["PGOPTIONS"] = WithoutLimits(environment.GetValueOrDefault("PGOPTIONS") ?? (inside ? null : Variable("PGOPTIONS")), major);
        return environment;
    }

    // idle_session_timeout is new in PostgreSQL 14, transaction_timeout in 17; a server refuses what it does not know.
    private static string WithoutLimits(string? options, int major) =>
        string.Join(' ',
            new[] { options, LoginLimits, major >= 14 ? "-c idle_session_timeout=0" : null, major >= 17 ? "-c transaction_timeout=0" : null }.Where(part =>
            part is { Length: > 0 }));

    /// <summary>Takes the password out of what a tool wrote.</summary>
    public string Scrub(string text)
    {
        foreach (var secret in new[] { url.Password, Variable("PGPASSWORD") }.Where(secret => secret is { Length: > 0 }))
            text = text.Replace(secret!, "***", StringComparison.Ordinal);
        return text;
    }

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
        var options = Option("options") ?? Variable("PGOPTIONS");
        if ((RefusesOptions ? options : WithoutLimits(options, KnownMajor)) is { } all)
            settings.Options = all;
        if (Option("passfile") is { } passfile)
            settings.Passfile = passfile;
        // The engine's own connection leads into the server's network: whom the certificates name is not who answers there.
        if (route.Transport == DatabaseTransport.Container)
            return settings.ToString();
        if (Option("sslmode") is { } mode)
            settings.SslMode = SslModeOf(mode);
        if (Option("sslrootcert") is { } root and not CertificateFiles.OfTheSystem)
            settings.RootCertificate = root;
        if (Option("sslcert") is { } certificate)
            settings.SslCertificate = certificate;
        if (Option("sslkey") is { } key)
            settings.SslKey = key;
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
