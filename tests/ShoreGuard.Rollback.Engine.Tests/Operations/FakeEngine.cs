using System.Collections.Concurrent;
using System.Text;
using System.Text.Json.Nodes;
using ShoreGuard.Rollback.Engine.Tests.Probing;

namespace ShoreGuard.Rollback.Engine.Tests.Operations;

/// <summary>An engine on loopback that can be read; of what would change it, it makes and removes containers where it is told to, and all else is an error.
/// All is remembered.</summary>
internal sealed class FakeEngine : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, JsonObject> _made = [];
    private readonly LocalServer _server;
    private readonly Dictionary<string, JsonObject> _answers = [];

    public FakeEngine()
    {
        this["/info"] = new() { ["Name"] = Environment.MachineName };
        _server = LocalServer.Exchanging(Answer);
    }

    public string Host => $"tcp://{_server.Uri.Authority}";

    /// <summary>Whether containers can be made and removed.</summary>
    public bool MakesContainers { get; set; }

    /// <summary>The name of which it says that there is a container already.</summary>
    public string? Refuses { get; set; }

    /// <summary>The containers that were made and are there, by name.</summary>
    public IReadOnlyDictionary<string, JsonObject> Made => _made;

    /// <summary>What it was asked to change.</summary>
    public ConcurrentQueue<string> Changes { get; } = [];

    /// <summary>What it answers to a question; 404 where nothing is set.</summary>
    public JsonObject this[string path]
    {
        set => _answers[path] = value;
    }

    private byte[] Answer(HttpExchange exchange)
    {
        var path = Uri.UnescapeDataString(exchange.Path);
        // /v1.44/images/… without the version.
        if (path.StartsWith("/v1.", StringComparison.Ordinal))
            path = path[path.IndexOf('/', 1)..];
        if (exchange.Method is not ("GET" or "HEAD"))
            Changes.Enqueue($"{exchange.Method} {path}");
        exchange.AddHeader("Api-Version", "1.44");
        exchange.AddHeader("Content-Type", "application/json");
        (exchange.Status, var answer) = MakesContainers && exchange.Method is "POST" or "PUT" or "DELETE" ? Change(exchange, path) : Read(path);
        return Encoding.UTF8.GetBytes(answer ?? """{"message":"not found"}""");
    }

    private (int Status, string? Answer) Read(string path)
    {
        var answer = path switch
        {
            "/_ping" => "OK",
            "/containers/json" or "/images/json" or "/networks" => "[]",
            _ => _answers.GetValueOrDefault(path)?.ToJsonString()
                ?? (path.Split('/') is [_, "containers", var name, "json"] ? _made.GetValueOrDefault(name)?.ToJsonString() : null),
        };
        return (answer is null ? 404 : 200, answer);
    }

    private (int Status, string? Answer) Change(HttpExchange exchange, string path)
    {
        if (exchange.Method == "DELETE" && path.Split('/') is [_, "containers", var id])
            return _made.FirstOrDefault(each => (string?)each.Value["Id"] == id) is { Key: { } found } && _made.TryRemove(found, out _)
                ? (204, "")
                : (404, null);
        // What is recorded is not looked at again.
        if (exchange.Method == "PUT" && path.EndsWith("/archive", StringComparison.Ordinal))
            return (200, "");
        if (path != "/containers/create")
            return (404, null);
        var body = JsonNode.Parse(Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(exchange.Body)))!;
        var name = exchange.Parameter("name")!;
        return name != Refuses && Make(name, (JsonObject)body["Labels"]!.DeepClone()) is { } made
            ? (201, $$"""{"Id":"{{made}}"}""")
            : (409, $$"""{"message":"Conflict. The container name \"/{{name}}\" is already in use"}""");
    }

    /// <summary>Takes a container away, as somebody's hand does.</summary>
    public void Remove(string name) => _made.TryRemove(name, out _);

    /// <summary>Makes a container; null where there is one of that name.</summary>
    public string? Make(string name, JsonObject labels)
    {
        var id = Guid.NewGuid().ToString("n");
        return _made.TryAdd(name, new() { ["Id"] = id, ["Name"] = $"/{name}", ["Config"] = new JsonObject { ["Labels"] = labels } }) ? id : null;
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();
}
