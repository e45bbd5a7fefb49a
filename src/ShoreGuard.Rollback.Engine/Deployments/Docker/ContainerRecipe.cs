using System.Text.Json.Nodes;

namespace ShoreGuard.Rollback.Engine.Deployments.Docker;

/// <summary>What it takes to make a container again with another image.</summary>
/// <remarks>
/// The engine merges an image's settings into a container's at its creation (moby <c>daemon/commit.go</c>), and an inspection
/// shows the merged ones. So what came from the old image is taken out again, and the new image's own values apply; without
/// that, <c>/version</c> would report the old build for ever, since ShoreGuard's identity is in such variables.
/// </remarks>
internal sealed record ContainerRecipe
{
    private const string DefaultBridge = "bridge";

    /// <summary>The body of the engine's call to create it.</summary>
    public required JsonObject Body { get; init; }

    /// <summary>The networks to connect it to before its start: an engine below API 1.44 takes only one at creation.</summary>
    public required IReadOnlyList<(string Network, JsonObject Endpoint)> FurtherNetworks { get; init; }

    /// <summary>The network that the engine connects it to by itself, although the old container was taken off it; null when there is none.</summary>
    public string? LeftNetwork { get; init; }

    /// <summary>Derives it from a container and the image that container was made from.</summary>
    /// <param name="container">The inspected container.</param>
    /// <param name="image">The inspected image it runs, by the container's image id and not by its tag, which may have moved.</param>
    /// <param name="newImage">The reference of the image to use instead.</param>
    /// <param name="userVariables">Names of variables that are known to be the user's even where they equal the image's; from the Compose file.</param>
    /// <param name="labels">Labels to set, over the container's own.</param>
    /// <param name="owners">The containers to use instead of those whose namespaces it shares, where they have been replaced.</param>
    /// <param name="macs">The MAC addresses that the user has chosen, by network.</param>
    public static ContainerRecipe From(
        ContainerView container, ImageView image, string newImage, IReadOnlySet<string> userVariables, IReadOnlyDictionary<string, string> labels,
        IReadOnlyDictionary<string, string> owners,
        IReadOnlyDictionary<string, string>? macs = null)
    {
        var imageConfig = image.Json["Config"] as JsonObject ?? [];
        var body = Part(container, "Config");
        var hostConfig = Part(container, "HostConfig");
        body["Image"] = newImage;
        TakeOutScalars(body, imageConfig);
        TakeOutCommand(body, imageConfig);
        TakeOutEnvironment(body, imageConfig, userVariables);
        TakeOutPairs(body, imageConfig, "Labels", ComposeLabels.IsBaked);
        TakeOutPairs(body, imageConfig, "Volumes");
        TakeOutPairs(body, imageConfig, "ExposedPorts");
        TakeOutHealthcheck(body, imageConfig);
        ClearOwnHostname(body, hostConfig, container.Id);
        SetLabels(body, labels);
        RewriteLinks(hostConfig);
        KeepAnonymousVolumes(hostConfig, container);
        PublishedPorts.Keep(hostConfig, container);
        ExposePublishedPorts(body, hostConfig);
        SharedNamespaces.Redirect(hostConfig, owners);
        body["HostConfig"] = hostConfig;
        var networks = Networks(container, macs);
        // A MAC address is only taken at creation (tried on Engine 28.5), and by engines that take several networks there.
        var first = networks.Where(network => network.IsMode).Take(1).Union(networks.Where(network => network.Endpoint.ContainsKey("MacAddress"))).ToList();
        if (first.Count > 0)
            body["NetworkingConfig"] = new JsonObject { ["EndpointsConfig"] = new JsonObject(
                first.Select(each => KeyValuePair.Create(each.Network, (JsonNode?)each.Endpoint))) };
        return new()
        {
            Body = body,
            FurtherNetworks = [.. networks.Except(first).Select(further => (further.Network, further.Endpoint))],
            LeftNetwork = LeftNetworkOf(container),
        };
    }

    // Without one of them, the new container would have none of what the user asked for.
    private static JsonObject Part(ContainerView container, string name) =>
        container.Json.At(name) is JsonObject part ? (JsonObject)part.DeepClone() : throw Errors.ContainerUndescribed(container.Name, name);

    /// <summary>Sets variables and labels over those of the old container, or takes them away.</summary>
    /// <param name="environment">The variables; null for one that goes.</param>
    /// <param name="labels">The labels; null for one that goes.</param>
    public void Amend(IReadOnlyDictionary<string, string?> environment, IReadOnlyDictionary<string, string?> labels)
    {
        var kept = Body.Texts("Env").Where(line => !environment.ContainsKey(line.Split('=')[0]));
        var set = environment.Where(variable => variable.Value is not null).Select(variable => $"{variable.Key}={variable.Value}");
        Body["Env"] = new JsonArray([.. kept.Concat(set).Select(line => JsonValue.Create(line))]);
        foreach (var (name, value) in labels)
        {
            if (value is not null)
                SetLabels(Body, new Dictionary<string, string> { [name] = value });
            else
                (Body["Labels"] as JsonObject)?.Remove(name);
        }
    }

    /// <summary>The networks of the user's that a container is on, that of its network mode first, each with what the user asked for there.</summary>
    public static IReadOnlyList<(string Network, JsonObject Endpoint)> NetworksOf(ContainerView container) =>
        [.. Networks(container, macs: null).Select(network => (network.Network, network.Endpoint))];

    private static void TakeOutScalars(JsonObject body, JsonObject imageConfig)
    {
        foreach (var name in (ReadOnlySpan<string>)["WorkingDir", "User", "StopSignal", "Shell", "OnBuild", "ArgsEscaped"])
        {
            if (JsonNode.DeepEquals(body[name], imageConfig[name]))
                body.Remove(name);
        }
    }

    // A command goes with its entry point: an image's Cmd applies only under the image's own Entrypoint, or under an empty one.
    private static void TakeOutCommand(JsonObject body, JsonObject imageConfig)
    {
        var (entrypoint, baked) = (body["Entrypoint"], imageConfig["Entrypoint"]);
        if (entrypoint is null && baked is not null)
        {
            // The user has reset it. Said as an empty text; without one, the new image's would apply.
            body["Entrypoint"] = new JsonArray("");
            return;
        }
        // Under the image's entry point there would be the image's command as well: without one, both are the user's.
        var isImages = JsonNode.DeepEquals(entrypoint, baked) && (body["Cmd"] is not null || imageConfig["Cmd"] is null);
        if (isImages)
            body.Remove("Entrypoint");
        if ((isImages || entrypoint is JsonArray { Count: 0 }) && JsonNode.DeepEquals(body["Cmd"], imageConfig["Cmd"]))
            body.Remove("Cmd");
    }

    private static void TakeOutEnvironment(JsonObject body, JsonObject imageConfig, IReadOnlySet<string> userVariables)
    {
        var baked = imageConfig.Texts("Env").ToHashSet(StringComparer.Ordinal);
        var kept = body.Texts("Env").Where(line => !baked.Contains(line) || userVariables.Contains(line.Split('=')[0]));
        body["Env"] = new JsonArray([.. kept.Select(line => JsonValue.Create(line))]);
    }

    private static void TakeOutPairs(JsonObject body, JsonObject imageConfig, string name, Func<string, JsonObject, JsonObject, bool>? isBaked = null)
    {
        if (body[name] is not JsonObject own || imageConfig[name] is not JsonObject baked)
            return;
        foreach (var key in baked.Select(pair => pair.Key).Where(key => own.ContainsKey(key) && JsonNode.DeepEquals(own[key], baked[key])).ToList())
        {
            if (isBaked?.Invoke(key, own, baked) != false)
                own.Remove(key);
        }
    }

    // The engine fills each field of a health check that the user left out, so each is compared by itself.
    private static void TakeOutHealthcheck(JsonObject body, JsonObject imageConfig)
    {
        if (body["Healthcheck"] is not JsonObject own || imageConfig["Healthcheck"] is not JsonObject baked)
            return;
        foreach (var (field, value) in baked)
        {
            if (JsonNode.DeepEquals(own[field], value))
                own.Remove(field);
        }
        if (own.Count == 0)
            body.Remove("Healthcheck");
    }

    private static void ExposePublishedPorts(JsonObject body, JsonObject hostConfig)
    {
        if (hostConfig["PortBindings"] is not JsonObject bindings || bindings.Count == 0)
            return;
        var exposed = body["ExposedPorts"] as JsonObject;
        if (exposed is null)
            body["ExposedPorts"] = exposed = [];
        foreach (var (port, _) in bindings)
            exposed[port] = new JsonObject();
    }

    // The default host name is the container's own short id; in a borrowed namespace the engine refuses any.
    private static void ClearOwnHostname(JsonObject body, JsonObject hostConfig, string id)
    {
        var borrowed = hostConfig.Text("NetworkMode")?.StartsWith("container:", StringComparison.Ordinal) == true || hostConfig.Text("UTSMode") == "host";
        if (borrowed || body.Text("Hostname") == id[..12])
            body.Remove("Hostname");
        if (borrowed)
            body.Remove("Domainname");
    }

    private static void SetLabels(JsonObject body, IReadOnlyDictionary<string, string> labels)
    {
        if (labels.Count == 0)
            return;
        var own = body["Labels"] as JsonObject;
        if (own is null)
            body["Labels"] = own = [];
        foreach (var (name, value) in labels)
            own[name] = value;
    }

    // Inspected as "/db:/app/alias", wanted as "db:alias".
    private static void RewriteLinks(JsonObject hostConfig)
    {
        var links = hostConfig.Texts("Links");
        if (links.Count == 0)
            return;
        var wanted = links.Select(link => link.Split(':')).Select(parts => $"{parts[0].TrimStart('/')}:{parts[^1].Split('/')[^1]}");
        hostConfig["Links"] = new JsonArray([.. wanted.Select(link => JsonValue.Create(link))]);
    }

    // An anonymous volume is only in the container's list of mounts; without its name the new container would get an empty one.
    private static void KeepAnonymousVolumes(JsonObject hostConfig, ContainerView container)
    {
        var bound = hostConfig.Texts("Binds")
            .Select(bind => bind.Split(':')).Where(parts => parts.Length > 1).Select(parts => ContainerPath.Clean(parts[1])).ToHashSet(StringComparer.Ordinal);
        var mounts = (hostConfig["Mounts"] as JsonArray ?? []).OfType<JsonObject>()
            .GroupBy(mount => ContainerPath.Clean(mount.Text("Target") ?? ""), StringComparer.Ordinal)
                .ToDictionary(same => same.Key, same => same.First(), StringComparer.Ordinal);
        foreach (var volume in (container.Json["Mounts"] as JsonArray ?? []).OfType<JsonObject>().Where(mount => mount.Text("Type") == "volume"))
        {
            if (volume.Text("Name") is not { } name || volume.Text("Destination") is not { } destination)
                continue;
            if (mounts.TryGetValue(ContainerPath.Clean(destination), out var mount))
                mount["Source"] = name;
            else if (!bound.Contains(ContainerPath.Clean(destination)))
                AddBind(hostConfig,
                    $"{name}:{destination}{(volume.At("RW") is JsonValue writable && writable.TryGetValue<bool>(out var set) && !set ? ":ro" : "")}");
        }
    }

    private static void AddBind(JsonObject hostConfig, string bind)
    {
        var binds = hostConfig["Binds"] as JsonArray;
        if (binds is null)
            hostConfig["Binds"] = binds = [];
        binds.Add(JsonValue.Create(bind));
    }

    // The network of the network mode is given at creation, so that the result keeps it over restarts. The default bridge needs
    // none, and takes no aliases.
    private static List<(string Network, JsonObject Endpoint, bool IsMode)> Networks(ContainerView container, IReadOnlyDictionary<string, string>? macs)
    {
        var mode = ModeOf(container);
        if (mode is "host" or "none" || SharedNamespaces.NetworkOwner(container) is not null)
            return [];
        var attached = container.Json.At("NetworkSettings", "Networks") as JsonObject ?? [];
        return [.. attached
            .Where(network => network.Key is not DefaultBridge || mode is not ("default" or DefaultBridge))
            .Select(network => (network.Key,
                Endpoint: Endpoint(network.Key, network.Value, container.Id, macs?.GetValueOrDefault(network.Key)),
                IsMode: network.Key == mode || network.Value.Text("NetworkID") == mode))
            .OrderByDescending(network => network.IsMode).ThenBy(network => network.Key, StringComparer.Ordinal)];
    }

    private static string ModeOf(ContainerView container) => container.NetworkMode ?? "default";

    // A mode stays what it was when somebody takes the container off that network with docker network disconnect.
    private static string? LeftNetworkOf(ContainerView container)
    {
        var mode = ModeOf(container);
        if (mode is "host" or "none"
            || SharedNamespaces.NetworkOwner(container) is not null || container.Json.At("NetworkSettings", "Networks") is not JsonObject attached)
            return null;
        var network = mode is "default" ? DefaultBridge : mode;
        return attached.Any(each => each.Key == network || each.Value.Text("NetworkID") == network) ? null : network;
    }

    // What the user asked for; addresses and ids are the engine's and belong to the old container.
    private static JsonObject Endpoint(string network, JsonNode? inspected, string containerId, string? mac)
    {
        var endpoint = new JsonObject();
        // The engine refuses aliases and addresses on its own bridge.
        if (network is DefaultBridge)
            return endpoint;
        foreach (var name in (ReadOnlySpan<string>)["IPAMConfig", "Links", "DriverOpts", "GwPriority"])
        {
            if (inspected.At(name) is { } value)
                endpoint[name] = value.DeepClone();
        }
        var aliases = inspected.Texts("Aliases").Where(alias => alias != containerId[..12]).ToArray();
        if (mac is not null)
            endpoint["MacAddress"] = mac;
        if (aliases.Length > 0)
            endpoint["Aliases"] = new JsonArray([.. aliases.Select(alias => JsonValue.Create(alias))]);
        return endpoint;
    }
}
