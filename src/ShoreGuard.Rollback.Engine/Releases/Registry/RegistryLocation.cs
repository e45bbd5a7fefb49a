using System.Text.Json.Nodes;

namespace ShoreGuard.Rollback.Engine.Releases.Registry;

/// <summary>Where a repository is kept.</summary>
/// <param name="Repository">As images name it, for example <c>ghcr.io/flohofstetter/shoreguard</c>.</param>
/// <param name="Address">Of the registry.</param>
/// <param name="Name">Of the repository in it.</param>
/// <param name="Server">How Docker's <c>config.json</c> names the registry.</param>
internal sealed record RegistryLocation(string Repository, Uri Address, string Name, string Server)
{
    /// <summary>Whether the engine has to be asked where the registry is, or how it may be talked to.</summary>
    public static bool NeedsTheEngine(string repository) => ImageReference.SplitRepository(repository).Host is not { } host || !IsLoopback(host);

    /// <summary>From the name of a repository.</summary>
    /// <param name="repository">Without tag and digest.</param>
    /// <param name="engine">The engine's <c>/info</c>, which knows the index for names without a host, and the registries it trusts without TLS.</param>
    /// <returns>Null when the name has no host and no engine says what that means.</returns>
    public static RegistryLocation? Of(string repository, JsonNode? engine)
    {
        var (host, name) = ImageReference.SplitRepository(repository);
        var index = engine.Text("IndexServerAddress") is { } text && Uri.TryCreate(text, UriKind.Absolute, out var uri) ? uri : null;
        // The index for names without a host may be named, too: by the domain that its own host is in.
        if (index is not null && (host is null || index.Host == host || index.Host.EndsWith("." + host, StringComparison.OrdinalIgnoreCase)))
            return new(repository, new Uri(index.GetLeftPart(UriPartial.Authority)), name.Contains('/', StringComparison.Ordinal)
                ? name : $"library/{name}", index.OriginalString);
        if (host is null)
            return null;
        var scheme = IsLoopback(host) || IsInsecure(engine, host) ? "http" : "https";
        return new(repository, new Uri($"{scheme}://{host}"), name, host);
    }

    // The engine, too, needs no TLS there.
    private static bool IsLoopback(string host) => Uri.TryCreate($"http://{host}", UriKind.Absolute, out var uri) && uri.IsLoopback;

    // insecure-registries of the engine's settings; ranges of addresses beside the loopback are not looked at.
    private static bool IsInsecure(JsonNode? engine, string host) =>
        engine.At("RegistryConfig", "IndexConfigs", host, "Secure") is JsonValue value && value.TryGetValue<bool>(out var secure) && !secure;
}
