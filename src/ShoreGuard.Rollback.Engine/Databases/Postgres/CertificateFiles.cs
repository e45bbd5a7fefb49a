using ShoreGuard.Rollback.Engine.Deployments;
using ShoreGuard.Rollback.Engine.Deployments.Docker;
using ShoreGuard.Rollback.Engine.Files;

namespace ShoreGuard.Rollback.Engine.Databases.Postgres;

/// <summary>The certificates and the key with which the application in a container logs in, as files of this machine while we do.</summary>
/// <remarks>
/// What is mounted from this machine is read where it is. What only the container has is brought into a folder that the user alone gets
/// into, and taken away from there afterwards. Where nothing names them, libpq has names of its own
/// (https://www.postgresql.org/docs/current/libpq-ssl.html); those of this user are not the application's.
/// </remarks>
internal sealed class CertificateFiles : IDisposable
{
    /// <summary>The value of <c>sslrootcert</c> that means the machine's own list, and no file.</summary>
    public const string OfTheSystem = "system";

    private const string Prefix = "shoreguard-certificates-";

    private static readonly IReadOnlyDictionary<string, string> DefaultNames = new Dictionary<string, string>
    {
        ["sslrootcert"] = "root.crt",
        ["sslcrl"] = "root.crl",
        ["sslcert"] = "postgresql.crt",
        ["sslkey"] = "postgresql.key",
    };

    private PrivateFolder? _folder;

    private CertificateFiles(DatabaseUrl url) => Url = url;

    /// <summary>The URL, whose options name files of this machine.</summary>
    public DatabaseUrl Url { get; private set; }

    /// <summary>Finds them, and brings those that only the container has.</summary>
    /// <param name="url">As <see cref="LibpqVariables.CompleteAsync"/> gives it.</param>
    /// <param name="engine">The container's engine.</param>
    /// <param name="container">The engine's description of the container.</param>
    /// <param name="cancellation">Stops it.</param>
    public static async Task<CertificateFiles> BringAsync(DatabaseUrl url, IContainerEngine engine, ContainerView container, CancellationToken cancellation)
    {
        var files = new CertificateFiles(url);
        if (url.Kind != DatabaseKind.Postgres || url.Options.GetValueOrDefault("sslmode") is "disable")
            return files;
        var options = new Dictionary<string, string>(url.Options, StringComparer.Ordinal);
        Task<LoginFile?> ReadAsync(string path, bool isNamed) => LoginFile.ReadAsync(engine, container.Id, path, isNamed, cancellation);
        try
        {
            foreach (var (option, name) in DefaultNames)
            {
                var given = options.GetValueOrDefault(option);
                if (given == OfTheSystem)
                    continue;
                var path = given ?? $"{DeploymentDatabase.Home(container)}/.postgresql/{name}";
                if (DeploymentDatabase.HostPath(container, path) is { } here && File.Exists(here))
                    options[option] = here;
                else if (await ReadAsync(path, isNamed: given is not null).ConfigureAwait(false) is { } file)
                    options[option] = (files._folder ??= new(Prefix, [.. DefaultNames.Values])).Write(name, file.Content);
            }
        }
        catch
        {
            files.Dispose();
            throw;
        }
        files.Url = url with { Options = options };
        return files;
    }

    /// <inheritdoc/>
    public void Dispose() => _folder?.Dispose();
}
