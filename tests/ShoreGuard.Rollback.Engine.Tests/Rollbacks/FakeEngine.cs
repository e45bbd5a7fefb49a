using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;

namespace ShoreGuard.Rollback.Engine.Tests.Rollbacks;

/// <summary>An engine on loopback that can be read; of what would change it, it makes and removes containers where it is told to, and all else is an error.
/// All is remembered.</summary>
internal sealed class FakeEngine : IDisposable
{
    private readonly ConcurrentDictionary<string, JsonObject> _made = [];
    private readonly HttpListener _listener = new();
    private readonly Dictionary<string, JsonObject> _answers = [];

    public FakeEngine()
    {
        using var free = new TcpListener(IPAddress.Loopback, 0);
        free.Start();
        var address = $"127.0.0.1:{((IPEndPoint)free.LocalEndpoint).Port}";
        free.Stop();
        Host = $"tcp://{address}";
        _listener.Prefixes.Add($"http://{address}/");
        _listener.Start();
        this["/info"] = new() { ["Name"] = Environment.MachineName };
        _ = AcceptAsync();
    }

    public string Host { get; }

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

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var context = await _listener.GetContextAsync();
                _ = Task.Run(() => AnswerAsync(context));
            }
        }
        catch (Exception error) when (error is HttpListenerException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task AnswerAsync(HttpListenerContext context)
    {
        var path = Uri.UnescapeDataString(context.Request.Url!.AbsolutePath);
        // /v1.44/images/… without the version.
        if (path.StartsWith("/v1.", StringComparison.Ordinal))
            path = path[path.IndexOf('/', 1)..];
        if (context.Request.HttpMethod is not ("GET" or "HEAD"))
            Changes.Enqueue($"{context.Request.HttpMethod} {path}");
        context.Response.AddHeader("Api-Version", "1.44");
        context.Response.ContentType = "application/json";
        var (status, answer) = MakesContainers && context.Request.HttpMethod is "POST" or "PUT" or "DELETE" ? await ChangeAsync(context.Request, path) : Read(path);
        context.Response.StatusCode = status;
        await context.Response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes(answer ?? """{"message":"not found"}"""));
        context.Response.Close();
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

    private async Task<(int Status, string? Answer)> ChangeAsync(HttpListenerRequest request, string path)
    {
        if (request.HttpMethod == "DELETE" && path.Split('/') is [_, "containers", var id])
            return _made.FirstOrDefault(each => (string?)each.Value["Id"] == id) is { Key: { } found } && _made.TryRemove(found, out _)
                ? (204, "")
                : (404, null);
        // What is recorded is not looked at again.
        if (request.HttpMethod == "PUT" && path.EndsWith("/archive", StringComparison.Ordinal))
            return (200, "");
        if (path != "/containers/create")
            return (404, null);
        using var reader = new StreamReader(request.InputStream);
        var body = JsonNode.Parse(await reader.ReadToEndAsync())!;
        var name = request.QueryString["name"]!;
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

    public void Dispose() => _listener.Close();
}
