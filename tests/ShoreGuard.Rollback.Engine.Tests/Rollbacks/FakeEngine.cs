using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;

namespace ShoreGuard.Rollback.Engine.Tests.Rollbacks;

/// <summary>An engine on loopback that can be read and not changed: whatever would change it is an error, and is remembered.</summary>
internal sealed class FakeEngine : IDisposable
{
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
        var answer = path switch
        {
            "/_ping" => "OK",
            "/containers/json" or "/images/json" => "[]",
            _ => _answers.GetValueOrDefault(path)?.ToJsonString(),
        };
        context.Response.StatusCode = answer is null ? 404 : 200;
        await context.Response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes(answer ?? """{"message":"not found"}"""));
        context.Response.Close();
    }

    public void Dispose() => _listener.Close();
}
