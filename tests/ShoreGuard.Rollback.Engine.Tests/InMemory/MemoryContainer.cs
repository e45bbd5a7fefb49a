using System.Text.Json.Nodes;

namespace ShoreGuard.Rollback.Engine.Tests.InMemory;

/// <summary>A container of the engine that is in memory.</summary>
internal sealed class MemoryContainer
{
    public required string Id { get; init; }
    public required string Name { get; set; }
    public required JsonObject Image { get; init; }
    public required JsonObject Config { get; init; }
    public required JsonObject HostConfig { get; init; }
    public required JsonArray Mounts { get; init; }
    public required DateTimeOffset Created { get; init; }
    /// <summary>What it is attached to, each with the endpoint's settings.</summary>
    public Dictionary<string, JsonObject> Networks { get; } = new(StringComparer.Ordinal);
    /// <summary>The files in its own layer, by path.</summary>
    public Dictionary<string, byte[]> Files { get; } = new(StringComparer.Ordinal);
    public List<string> Log { get; } = [];
    public MemoryApplication? Application { get; set; }
    public string Status { get; set; } = "created";
    public int ExitCode { get; set; }
    public DateTimeOffset? StartedAt { get; set; }
    public DateTimeOffset? FinishedAt { get; set; }
    /// <summary>Completed while it does not run.</summary>
    public TaskCompletionSource Ended { get; set; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public bool IsRunning => Status is "running" or "paused";

    /// <summary>The port of the host that it is to be published on; null for none.</summary>
    public int? WantedPort =>
        (HostConfig["PortBindings"] as JsonObject)?.Select(binding => (string?)binding.Value?[0]?["HostPort"]).FirstOrDefault() is { } port
        ? int.Parse(port, System.Globalization.CultureInfo.InvariantCulture) : null;

    public IReadOnlyDictionary<string, string> Labels =>
        ((JsonObject?)Config["Labels"] ?? []).ToDictionary(label => label.Key, label => (string?)label.Value ?? "", StringComparer.Ordinal);

    public string[] Command => [.. ((JsonArray?)Config["Entrypoint"] ?? []).Concat((JsonArray?)Config["Cmd"] ?? []).Select(part => (string)part!)];

    public string? Variable(string name) => ((JsonArray?)Config["Env"] ?? []).Select(line => (string)line!)
        .LastOrDefault(line => line.StartsWith(name + "=", StringComparison.Ordinal))?[(name.Length + 1)..];

    /// <summary>Where on this machine a path of it is; null where it is in its own layer.</summary>
    public string? HostPath(string path) => Mounts.OfType<JsonObject>()
        .Where(mount => path == (string)mount["Destination"]! || path.StartsWith((string)mount["Destination"]! + "/", StringComparison.Ordinal))
        .Select(mount => (string)mount["Source"]! + path[((string)mount["Destination"]!).Length..]).FirstOrDefault();

    /// <summary>As the engine describes it.</summary>
    /// <param name="networks">The ids and addresses that it has on its networks, by name.</param>
    /// <param name="port">Where it is published now; null where it is not.</param>
    public JsonObject Describe(IReadOnlyDictionary<string, (string Id, string? Address)> networks, int? port) => new()
    {
        ["Id"] = Id,
        ["Name"] = "/" + Name,
        ["Created"] = Time(Created),
        ["Image"] = (string)Image["Id"]!,
        ["RestartCount"] = 0,
        ["State"] = new JsonObject
        {
            ["Status"] = Status,
            ["Running"] = IsRunning,
            ["Paused"] = Status == "paused",
            ["Restarting"] = false,
            ["ExitCode"] = ExitCode,
            ["StartedAt"] = Time(StartedAt),
            ["FinishedAt"] = Time(FinishedAt),
        },
        ["Config"] = Config.DeepClone(),
        ["HostConfig"] = HostConfig.DeepClone(),
        ["Mounts"] = Mounts.DeepClone(),
        ["NetworkSettings"] = new JsonObject
        {
            ["Networks"] = new JsonObject(networks.Select(network => KeyValuePair.Create(network.Key, (JsonNode?)Endpoint(network.Key, network.Value)))),
            ["Ports"] = port is null
                ? new JsonObject() : new JsonObject { ["8888/tcp"] = new JsonArray(new JsonObject { ["HostIp"] = "127.0.0.1", ["HostPort"] = $"{port}" }) },
        },
    };

    private JsonObject Endpoint(string network, (string Id, string? Address) attached)
    {
        var endpoint = (JsonObject)Networks[network].DeepClone();
        endpoint["NetworkID"] = attached.Id;
        endpoint["IPAddress"] = attached.Address ?? "";
        return endpoint;
    }

    // Go's zero time, as the engine writes it.
    private static string Time(DateTimeOffset? time) =>
        time?.UtcDateTime.ToString("O", System.Globalization.CultureInfo.InvariantCulture) ?? "0001-01-01T00:00:00Z";
}
