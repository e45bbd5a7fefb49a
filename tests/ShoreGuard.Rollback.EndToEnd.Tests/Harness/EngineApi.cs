using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;

namespace ShoreGuard.Rollback.EndToEnd.Tests;

/// <summary>An engine's API, asked without a process of the docker command: that takes a tenth of a second of a processor, and tests ask thousands of
/// times.</summary>
internal sealed class EngineApi(HttpClient http)
{
    private static readonly ConcurrentDictionary<string, EngineApi> Engines = new(StringComparer.Ordinal);

    /// <summary>The engine of an address; the stack's without one.</summary>
    public static EngineApi Of(string? host = null) => Engines.GetOrAdd(host ?? Stack.Require("DOCKER_HOST"), address => new(Client(new Uri(address))));

    private static HttpClient Client(Uri address)
    {
        var isLocal = address.Scheme == "unix";
        EndPoint engine = isLocal ? new UnixDomainSocketEndPoint(address.AbsolutePath) : new DnsEndPoint(address.Host, address.Port);
        var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            ConnectCallback = async (_, cancellation) =>
            {
                var socket = isLocal
                    ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) : new Socket(SocketType.Stream, ProtocolType.Tcp);
                await socket.ConnectAsync(engine, cancellation);
                return new NetworkStream(socket, ownsSocket: true);
            },
        };
        return new(handler) { BaseAddress = new("http://engine/"), Timeout = TimeSpan.FromMinutes(5) };
    }

    public string ServerVersion => (string)Get("version")["Version"]!;

    /// <summary>The engine's description of a container, as <c>docker container inspect</c> shows it.</summary>
    public JsonObject Inspect(string container) => Get($"containers/{container}/json").AsObject();

    /// <summary>The containers that filters such as <c>name=…</c> and <c>label=…</c> leave, as the engine lists them.</summary>
    public IReadOnlyList<JsonNode> Containers(bool all, params string[] filters) =>
        [.. Get($"containers/json?all={all}{Filters(filters)}").AsArray().OfType<JsonNode>()];

    public IReadOnlyList<string> Volumes(params string[] filters) =>
        [.. (Get($"volumes?{Filters(filters)}")["Volumes"]?.AsArray() ?? []).Select(volume => (string)volume!["Name"]!)];

    /// <summary>Where on the engine's machine a volume is.</summary>
    public string MountPoint(string volume) => (string)Get($"volumes/{volume}")["Mountpoint"]!;

    public IReadOnlyList<string> Networks(params string[] filters) =>
        [.. Get($"networks?{Filters(filters)}").AsArray().Select(network => (string)network!["Name"]!)];

    /// <summary>Creates a container and does not start it.</summary>
    public void Create(string name, JsonObject configuration) => Send(HttpMethod.Post, $"containers/create?name={name}", configuration);

    /// <summary>Removes a container, running or not, with its anonymous volumes; one that is gone, or just going, too.</summary>
    public void Remove(string container) =>
        Send(HttpMethod.Delete, $"containers/{container}?force=true&v=true", null, HttpStatusCode.NotFound, HttpStatusCode.Conflict);

    public void RemoveVolume(string volume) => Send(HttpMethod.Delete, $"volumes/{volume}?force=true");

    public void RemoveNetwork(string network) => Send(HttpMethod.Delete, $"networks/{network}", null, HttpStatusCode.NotFound);

    /// <summary>Removes all containers, volumes and networks; images stay.</summary>
    public void RemoveEverything()
    {
        foreach (var container in Containers(all: true))
            Remove((string)container["Id"]!);
        foreach (var volume in Volumes())
            RemoveVolume(volume);
        foreach (var network in Networks().Except(["bridge", "host", "none"]))
            RemoveNetwork(network);
    }

    /// <summary>Runs a program in a container, and gives what it printed; its failure is one of the test.</summary>
    /// <param name="container">The container.</param>
    /// <param name="command">The program and its arguments.</param>
    /// <param name="user">As whom; null for the image's user.</param>
    /// <param name="detach">Whether to leave it running behind.</param>
    public string Exec(string container, IReadOnlyList<string> command, string? user = null, bool detach = false)
    {
        var configuration = new JsonObject
        {
            ["Cmd"] = new JsonArray([.. command.Select(part => (JsonNode)part)]),
            ["AttachStdout"] = !detach,
            ["AttachStderr"] = !detach,
            ["User"] = user ?? "",
        };
        using var created = Send(HttpMethod.Post, $"containers/{container}/exec", configuration);
        var id = (string)JsonNode.Parse(created.Content.ReadAsStream())!["Id"]!;
        using var started = Send(HttpMethod.Post, $"exec/{id}/start", new JsonObject { ["Detach"] = detach, ["Tty"] = false });
        if (detach)
            return "";
        var output = Demultiplexed(started.Content.ReadAsByteArrayAsync().Result);
        var code = (int)Get($"exec/{id}/json")["ExitCode"]!;
        return code == 0 ? output : throw new InvalidOperationException($"{string.Join(' ', command)} in {container} exited with {code}: {output}");
    }

    /// <summary>Waits until the application in a container answers there; stopped before, it would leave its migrations half-way.</summary>
    public void WaitUntilAnswers(string container, string path) => Exec(container, ["python3", "-c", $"""
        import os, time, urllib.request
        for attempt in range(300):
            try:
                urllib.request.urlopen("http://localhost:" + os.environ.get("SHOREGUARD_PORT", "8888") + "/{path}")
                break
            except OSError:
                time.sleep(0.1)
        else:
            raise SystemExit("it does not answer")
        """]);

    /// <summary>A file or folder of a container, running or not, as a tar archive.</summary>
    public Stream Archive(string container, string path) =>
        Send(HttpMethod.Get, $"containers/{container}/archive?path={Uri.EscapeDataString(path)}").Content.ReadAsStream();

    /// <summary>Everything the engine did between two moments, one JSON object each.</summary>
    public IReadOnlyList<JsonNode> Events(string since, string until) =>
        [.. http.GetStringAsync(new Uri($"events?since={since}&until={until}", UriKind.Relative)).Result.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => JsonNode.Parse(line)!)];

    private JsonNode Get(string path)
    {
        using var answer = Send(HttpMethod.Get, path);
        return JsonNode.Parse(answer.Content.ReadAsStream())!;
    }

    private HttpResponseMessage Send(HttpMethod method, string path, JsonObject? body = null, params HttpStatusCode[] alsoFine)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        var answer = http.Send(request);
        return answer.IsSuccessStatusCode || alsoFine.Contains(answer.StatusCode)
            ? answer
            : throw new InvalidOperationException($"{method} {path}: {answer.StatusCode}: {answer.Content.ReadAsStringAsync().Result}");
    }

    private static string Filters(string[] filters)
    {
        var named = filters.Select(filter => filter.Split('=', 2)).GroupBy(pair => pair[0], pair => (JsonNode)pair[1]);
        var text = new JsonObject(named.Select(group => KeyValuePair.Create<string, JsonNode?>(group.Key, new JsonArray([.. group])))).ToJsonString();
        return $"&filters={Uri.EscapeDataString(text)}";
    }

    // Each frame has a head of eight bytes: which stream, three zeros, how many bytes. https://docs.docker.com/reference/api/engine/ (ContainerAttach)
    private static string Demultiplexed(byte[] stream)
    {
        var text = new MemoryStream();
        for (var at = 0; at + 8 <= stream.Length;)
        {
            var length = BinaryPrimitives.ReadInt32BigEndian(stream.AsSpan(at + 4));
            text.Write(stream, at + 8, Math.Min(length, stream.Length - at - 8));
            at += 8 + length;
        }
        return Encoding.UTF8.GetString(text.ToArray());
    }
}
