using System.Security.Cryptography;
using System.Text;

namespace ShoreGuard.Rollback.Engine.Deployments.Docker;

/// <summary>A named engine of the docker command.</summary>
/// <remarks>
/// Kept below <c>$DOCKER_CONFIG</c> (else <c>~/.docker</c>) as <c>contexts/meta/HASH/meta.json</c> and <c>contexts/tls/HASH/docker/</c>,
/// where the hash is the SHA-256 of the name (docker/cli, <c>cli/context/store</c>).
/// </remarks>
/// <param name="Name">As <c>docker context ls</c> shows it.</param>
/// <param name="Host">The engine's address.</param>
/// <param name="Tls">Its certificates; null when it has none.</param>
internal sealed record DockerContext(string Name, string Host, DockerTls? Tls)
{
    // The name stands for DOCKER_HOST or the platform's default, and has no file.
    private const string Default = "default";

    /// <summary>The context that <c>DOCKER_CONTEXT</c> or <c>docker context use</c> has chosen; null for the default one.</summary>
    /// <exception cref="ShoreGuardException"><c>DockerHostInvalid</c>: it does not exist.</exception>
    public static DockerContext? Current()
    {
        var name = Environment.GetEnvironmentVariable("DOCKER_CONTEXT") is { Length: > 0 } set
            ? set
            : DockerConfig.ReadMain().Text("currentContext");
        return name is null or "" or Default ? null : Find(name) ?? throw Errors.DockerHostInvalid(name);
    }

    /// <summary>The context of a name; null when there is none.</summary>
    public static DockerContext? Find(string name)
    {
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)));
        return ReadFrom(Path.Combine(DockerConfig.Folder, "contexts", "meta", hash));
    }

    /// <summary>A context whose engine is at this very address; null when there is none.</summary>
    public static DockerContext? At(string host)
    {
        var folder = Path.Combine(DockerConfig.Folder, "contexts", "meta");
        return Directory.Exists(folder)
            ? Directory.EnumerateDirectories(folder).Order(StringComparer.Ordinal).Select(ReadFrom).FirstOrDefault(context => context?.Host == host)
            : null;
    }

    private static DockerContext? ReadFrom(string folder)
    {
        var meta = DockerConfig.Read(Path.Combine(folder, "meta.json"));
        var endpoint = meta.At("Endpoints", "docker");
        if (meta.Text("Name") is not { } name || endpoint.Text("Host") is not { Length: > 0 } host)
            return null;
        var certificates = Path.Combine(DockerConfig.Folder, "contexts", "tls", Path.GetFileName(folder), "docker");
        var skip = endpoint.Flag("SkipTLSVerify");
        return new(name, host, Directory.Exists(certificates) ? new(certificates, Verify: !skip) : null);
    }
}
