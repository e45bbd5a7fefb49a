using System.Formats.Tar;
using System.Text.Json.Nodes;
using ShoreGuard.Rollback.Engine.Deployments.Docker;

namespace ShoreGuard.Rollback.Engine.Databases.Postgres;

/// <summary>What libpq adds to a URL: the variables of the process, and its password file.</summary>
/// <remarks>
/// What the URL says counts before a variable (https://www.postgresql.org/docs/current/libpq-envars.html), and a password in either
/// before the file. With a password in its URL ShoreGuard does not start, so that operators give it by one of these.
/// </remarks>
internal static class LibpqVariables
{
    // More than any has; what is longer is no password file.
    private const int LongestFile = 1 << 20;
    private const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

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

    /// <summary>The whole of how the application in a container logs in. Its password is not shown by anything that shows the URL.</summary>
    /// <param name="url">As its <c>SHOREGUARD_DATABASE_URL</c> has it.</param>
    /// <param name="engine">The container's engine.</param>
    /// <param name="container">The engine's description of the container.</param>
    /// <param name="cancellation">Stops it.</param>
    public static async Task<DatabaseUrl> CompleteAsync(DatabaseUrl url, DockerEngine engine, JsonObject container, CancellationToken cancellation)
    {
        if (url.Kind != DatabaseKind.Postgres)
            return url;
        var whole = Complete(url, name => container.EnvironmentVariable(name) is { Length: > 0 } value ? value : null);
        var options = new Dictionary<string, string>(whole.Options, StringComparer.Ordinal);
        // A path inside the container.
        _ = options.Remove("passfile", out var file);
        whole = whole with { Options = options };
        if (whole.Password is not null)
            return whole;
        file ??= $"{container.EnvironmentVariable("HOME") ?? DeploymentDatabase.DefaultHome}/.pgpass";
        var text = await ReadAsync(engine, container.Text("Id")!, file, cancellation).ConfigureAwait(false);
        return text is null ? whole : whole with { Password = PasswordFile.Find(text, Host(whole), $"{whole.Port ?? DefaultPort}", whole.Database ?? whole.User ?? "", whole.User ?? "") };
    }

    /// <summary>The URL and what it leaves open, from variables.</summary>
    /// <param name="url">The URL.</param>
    /// <param name="variable">A variable's value by its name; null where it is not set, or empty.</param>
    internal static DatabaseUrl Complete(DatabaseUrl url, Func<string, string?> variable)
    {
        var options = new Dictionary<string, string>(url.Options, StringComparer.Ordinal);
        foreach (var (option, name) in OfOptions)
        {
            if (variable(name) is { } value)
                options.TryAdd(option, value);
        }
        return url with
        {
            Host = url.Host ?? variable("PGHOST"),
            Port = url.Port ?? (int.TryParse(variable("PGPORT"), out var port) ? port : null),
            User = url.User ?? variable("PGUSER"),
            Password = url.Password ?? variable("PGPASSWORD"),
            Database = url.Database ?? variable("PGDATABASE"),
            Options = options,
        };
    }

    private const int DefaultPort = 5432;

    // A socket counts as this.
    private static string Host(DatabaseUrl url) => url.Host is null || url.Host.StartsWith('/') ? "localhost" : url.Host;

    // Null where there is none, or none that libpq would read: it passes over one that others may read.
    private static async Task<string?> ReadAsync(DockerEngine engine, string container, string path, CancellationToken cancellation)
    {
        try
        {
            await using var archive = await engine.GetArchiveAsync(container, path, cancellation).ConfigureAwait(false);
            await using var reader = new TarReader(archive);
            var entry = await reader.GetNextEntryAsync(copyData: false, cancellation).ConfigureAwait(false);
            if (entry is not { DataStream: not null, Length: <= LongestFile } || (entry.Mode & Others) != 0)
                return null;
            using var text = new StreamReader(entry.DataStream);
            return await text.ReadToEndAsync(cancellation).ConfigureAwait(false);
        }
        catch (ShoreGuardException error) when (error.Kind == FailureKind.ObjectNotFound)
        {
            return null;
        }
    }
}
