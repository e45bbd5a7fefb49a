using System.Text.Json.Nodes;

namespace ShoreGuard.Rollback.Engine.Deployments.Docker;

/// <summary>The namespaces that a container has in common with another one: the network, the processes, the shared memory.</summary>
/// <remarks>The engine writes the other one down by its id, which a replaced container no longer has.</remarks>
internal static class SharedNamespaces
{
    private const string Prefix = "container:";
    private const string Network = "NetworkMode";
    private static readonly (string Field, string ComposeKey)[] Kinds = [(Network, "network_mode"), ("PidMode", "pid"), ("IpcMode", "ipc")];

    /// <summary>Which it uses, under Compose's names for them, and the containers they belong to, by id or by name.</summary>
    public static IReadOnlyList<(string ComposeKey, string Owner)> Of(ContainerView container) =>
        [.. Kinds.Select(kind => (kind.ComposeKey, Owner: OwnerOf(container.Json.Text("HostConfig", kind.Field))))
            .Where(kind => kind.Owner is not null).Select(kind => (kind.ComposeKey, kind.Owner!))];

    /// <summary>Whose network a container uses; null when it has one of its own.</summary>
    public static string? NetworkOwner(ContainerView container) => OwnerOf(container.Json.Text("HostConfig", Network));

    /// <summary>Puts other containers in the place of those whose namespaces are used.</summary>
    /// <param name="hostConfig">Where it says whose are used.</param>
    /// <param name="owners">The id to use instead, for each that is to be replaced.</param>
    public static void Redirect(JsonObject hostConfig, IReadOnlyDictionary<string, string> owners)
    {
        foreach (var (field, _) in Kinds)
        {
            if (OwnerOf(hostConfig.Text(field)) is { } owner && owners.TryGetValue(owner, out var instead))
                hostConfig[field] = Prefix + instead;
        }
    }

    /// <summary>As Compose sees a container's namespaces once it knows whose they are.</summary>
    public static IReadOnlyDictionary<string, string> Resolved(ContainerView container, IReadOnlyDictionary<string, string> owners) =>
        Of(container)
            .ToDictionary(shared => shared.ComposeKey, shared => Prefix + owners.GetValueOrDefault(shared.Owner, shared.Owner), StringComparer.Ordinal);

    private static string? OwnerOf(string? mode) => mode?.StartsWith(Prefix, StringComparison.Ordinal) == true ? mode[Prefix.Length..] : null;
}
