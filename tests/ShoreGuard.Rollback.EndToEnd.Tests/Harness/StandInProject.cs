using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;
using ShoreGuard.Rollback.Tests;

namespace ShoreGuard.Rollback.EndToEnd.Tests;

/// <summary>A Compose project of its own with the stand-in ShoreGuard, in a folder of its own; gone at the end of the test.</summary>
internal sealed class StandInProject : IDisposable
{
    public const string Key = "test-key";
    public const string Password = "t3st-p4ssword";

    private static readonly ConcurrentDictionary<int, bool> GivenPorts = [];

    // Each request is a new client's: a kept-alive connection would lead to the container that was replaced.
    private readonly HttpClient _http = new(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.Zero, UseProxy = false });

    private ConcurrentBag<StandInProject>? _lender;
    private string? _asLent;

    private StandInProject(string topology)
    {
        Name = $"sgtest-{Guid.NewGuid().ToString("n")[..10]}";
        Folder = Directory.CreateTempSubdirectory($"{Name}-").FullName;
        Port = FreePort();
        var sources = Path.Combine(Repository.Root, "tests", "stand-in", "compose");
        File.Copy(Path.Combine(sources, $"{topology}.yml"), ComposeFile);
        File.Copy(Path.Combine(sources, "caddy", "Caddyfile"), Path.Combine(Folder, "Caddyfile"));
        _http.DefaultRequestHeaders.Add("Authorization", $"Bearer {Key}");
    }

    public string Name { get; }
    public string Folder { get; }
    public int Port { get; }
    public string ComposeFile => Path.Combine(Folder, "docker-compose.yml");
    public string EnvFile => Path.Combine(Folder, ".env");
    /// <summary>Seconds from a start of the stand-in to its first answer, beside what it really needs; from the next deploy on.</summary>
    public int StartSeconds { get; set; }
    /// <summary>Seconds of the processor that a start of the stand-in needs beside that; from the next deploy on.</summary>
    public int StartWorkSeconds { get; set; }
    /// <summary>What the stand-in listens with: <c>plain</c>, or <c>uvicorn</c> for the libraries of the real application; from the next deploy on.</summary>
    public string Server { get; set; } = Environment.GetEnvironmentVariable("SHOREGUARD_TEST_SERVER") ?? "uvicorn";
    /// <summary>Whether it has the password of its database where the real application does not start with it; it has it in PGPASSWORD otherwise.</summary>
    public bool HasPasswordInUrl { get; set; }
    /// <summary>The patience of a gate in seconds that a start of the stand-in may need on a machine that is busy with other tests.</summary>
    public int GatePatience => Server == "uvicorn" ? 60 : 15;
    public string Container => $"{Name}-shoreguard-1";
    public Uri Uri => new($"http://127.0.0.1:{Port}/");

    /// <summary>Deploys a release, and waits until it answers (or, for one that cannot, until it has been started).</summary>
    /// <param name="version">The release.</param>
    /// <param name="topology">Which of the Compose files: <c>sqlite</c>, <c>postgres</c>, or <c>proxied</c> (PostgreSQL, behind Caddy).</param>
    /// <param name="waitUntilReady">Whether to wait for readiness.</param>
    /// <param name="prepare">What is to be otherwise before it is deployed.</param>
    public static StandInProject Start(string version, string topology = "sqlite", bool waitUntilReady = true, Action<StandInProject>? prepare = null)
    {
        _ = Stack.Repository;
        var project = new StandInProject(topology);
        prepare?.Invoke(project);
        if (project is { Server: "uvicorn", HasPasswordInUrl: false })
            project.TakeThePasswordOutOfItsUrl();
        try
        {
            project.Deploy(version);
            if (waitUntilReady)
                project.WaitUntil("ready", () => project.Answers("readyz"));
            return project;
        }
        catch
        {
            project.Dispose();
            throw;
        }
    }

    // With a password in its URL the real application does not start: operators give it as libpq's variables.
    private void TakeThePasswordOutOfItsUrl()
    {
        const string InUrl = "shoreguard:${POSTGRES_PASSWORD}@db:5432/shoreguard";
        var text = File.ReadAllText(ComposeFile);
        if (!text.Contains(InUrl, StringComparison.Ordinal))
            return;
        File.WriteAllText(ComposeFile, text.Replace(InUrl, "db/shoreguard", StringComparison.Ordinal));
        Configure("PGPASSWORD: ${POSTGRES_PASSWORD}\n      PGUSER: shoreguard\n      PGPORT: 5432");
    }

    /// <summary>One that runs already, where a test changes nothing: it goes back when it is disposed of, and only as it was.</summary>
    /// <param name="version">The release.</param>
    /// <param name="topology">Which of the Compose files.</param>
    public static StandInProject Borrow(string version, string topology = "sqlite")
    {
        _ = Stack.Repository;
        if (LentProjects.Idle(version, topology).TryTake(out var idle))
            return idle;
        var project = Start(version, topology);
        project._lender = LentProjects.Idle(version, topology);
        project._asLent = project.Describe();
        return project;
    }

    // Everything by which a test could leave it another than it was, but for its rows.
    private string Describe()
    {
        var container = Docker.Inspect(Container);
        return string.Join('\n', [(string)container["Id"]!, (string)container["State"]!["StartedAt"]!, (string)container["State"]!["Status"]!,
            .. Directory.EnumerateFileSystemEntries(Folder)
            .Order(StringComparer.Ordinal).Select(path => $"{path}: {(File.Exists(path) ? File.ReadAllText(path) : "a folder")}")]);
    }

    /// <summary>Deploys another release the way a pipeline does: the version goes into <c>.env</c>, and Compose makes it so.</summary>
    /// <param name="version">The release.</param>
    /// <param name="repository">The repository it is in, where that is not the stack's.</param>
    public string Deploy(string version, string? repository = null)
    {
        File.WriteAllText(EnvFile, $"""
            # deployed by a test
            SHOREGUARD_IMAGE_REPOSITORY={repository ?? Stack.Repository}
            SHOREGUARD_VERSION={version}   # the release
            SHOREGUARD_PORT={Port}
            SHOREGUARD_BOOTSTRAP_KEY={Key}
            SHOREGUARD_TEST_DATABASE_IMAGE={Stack.DatabaseImage}
            SHOREGUARD_TEST_PROXY_IMAGE={Stack.ProxyImage}
            POSTGRES_PASSWORD={Password}
            SHOREGUARD_STANDIN_START_SECONDS={StartSeconds}
            SHOREGUARD_STANDIN_START_WORK_SECONDS={StartWorkSeconds}
            SHOREGUARD_STANDIN_SERVER={Server}

            """);
        return Up();
    }

    /// <summary>Runs <c>docker compose up -d</c> and gives what it printed.</summary>
    public string Up() => Compose("up", "--detach");

    public string Compose(params string[] arguments) =>
        Docker.Compose(["--project-name", Name, "--project-directory", Folder, "--file", ComposeFile, .. arguments]);

    /// <summary>Gives the application a further variable, and makes it anew with that.</summary>
    /// <param name="line">As in the Compose file, such as <c>NAME: value</c>.</param>
    public void AddToEnvironment(string line)
    {
        Configure(line);
        Up();
    }

    /// <summary>Gives the application a further variable, from the next deploy on.</summary>
    /// <param name="line">As in the Compose file, such as <c>NAME: value</c>.</param>
    public void Configure(string line)
    {
        const string Before = "      SHOREGUARD_BOOTSTRAP_KEY: ";
        File.WriteAllText(ComposeFile, File.ReadAllText(ComposeFile).Replace(Before, $"      {line}\n{Before}", StringComparison.Ordinal));
    }

    /// <summary>Opens a stream of a sandbox's log, as a browser does; it is open until it is disposed of.</summary>
    public IDisposable OpenStream()
    {
        var socket = new ClientWebSocket();
        socket.ConnectAsync(new Uri($"ws://127.0.0.1:{Port}/ws/gw1/one"), CancellationToken.None).Wait();
        return socket;
    }

    /// <summary>The cookie of a person's session.</summary>
    public string LogIn()
    {
        using var answer = _http.PostAsJsonAsync(new Uri(Uri, "api/auth/login"), new { email = "operator@example.test", password = Key }).Result;
        return answer.EnsureSuccessStatusCode().Headers.GetValues("Set-Cookie").Single().Split(';')[0];
    }

    /// <summary>Whether a session is still one.</summary>
    public bool AnswersSession(string cookie)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(Uri, "api/gateway/list"));
        request.Headers.Add("Cookie", cookie);
        using var client = new HttpClient(new SocketsHttpHandler { UseCookies = false });
        return client.Send(request).IsSuccessStatusCode;
    }

    public bool Answers(string path) => Get(path)?.StatusCode == HttpStatusCode.OK;

    /// <summary>The version that answers now; null when nobody does.</summary>
    public string? AnsweringVersion => Get("version") is { IsSuccessStatusCode: true } answer
        ? (string?)answer.Content.ReadFromJsonAsync<JsonObject>().Result!["version"]
        : null;

    public void AddGateway(string name)
    {
        // Seen on a first start with PostgreSQL: a request right after readiness is dropped without an answer.
        WaitUntil($"told of {name}", () => TryAddGateway(name));
    }

    /// <summary>Registers a gateway; whether that was acknowledged.</summary>
    public bool TryAddGateway(string name)
    {
        var body = new JsonObject { ["name"] = name, ["endpoint"] = "127.0.0.1:19090", ["scheme"] = "http", ["description"] = "by a test",
            ["last_status"] = "connected" };
        try
        {
            using var answer = _http.PostAsync(
                new Uri(Uri, "api/gateway/register"), new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json")).Result;
            return answer.IsSuccessStatusCode || answer.StatusCode == HttpStatusCode.Conflict;
        }
        catch (AggregateException)
        {
            return false;
        }
    }

    public int GatewayCount
    {
        get
        {
            var answer = Get("api/gateway/list") ?? throw new InvalidOperationException($"{Uri} does not answer.");
            var body = answer.Content.ReadAsStringAsync().Result;
            return answer.IsSuccessStatusCode ? (int)JsonNode.Parse(body)!["total"]! : throw new InvalidOperationException($"{answer.StatusCode}: {body}");
        }
    }

    public void WaitUntil(string what, Func<bool> holds)
    {
        var until = DateTime.UtcNow.AddSeconds(60);
        while (!holds())
        {
            if (DateTime.UtcNow > until)
                throw new TimeoutException($"{Name} was not {what} within 60 s.");
            Task.Delay(50).Wait();
        }
    }

    private HttpResponseMessage? Get(string path)
    {
        try
        {
            return _http.GetAsync(new Uri(Uri, path)).Result;
        }
        catch (AggregateException)
        {
            return null;
        }
    }

    /// <summary>A port that is free now, and that nobody else is given: neither another test nor, by the system or the engine, whoever asks for any
    /// port.</summary>
    /// <remarks>A container that is restarted leaves its port free for a moment. Below the range of those that the system gives by itself (32768 and
    /// up on Linux), nobody comes in between.</remarks>
    public static int FreePort()
    {
        while (true)
        {
            var port = Random.Shared.Next(20000, 30000);
            if (!GivenPorts.TryAdd(port, true))
                continue;
            try
            {
                using var listener = new TcpListener(IPAddress.Loopback, port);
                listener.Start();
                return port;
            }
            catch (SocketException)
            {
                // Taken by something else on this machine.
            }
        }
    }

    public void Dispose()
    {
        if (_lender is not null && _asLent == Describe())
            _lender.Add(this);
        else
            TakeAway();
    }

    internal void TakeAway()
    {
        _http.Dispose();
        // The test may have broken or removed the Compose file: what belongs to the project is found by its label.
        var label = $"label=com.docker.compose.project={Name}";
        Docker.RemoveAll([label, $"label=shoreguard.rollback.downgrade={Container}"], label);
        Directory.Delete(Folder, recursive: true);
    }
}

/// <summary>Deployments that run and that no test has at the moment.</summary>
public sealed class LentProjects : IDisposable
{
    private static readonly ConcurrentDictionary<(string Version, string Topology), ConcurrentBag<StandInProject>> All = [];

    internal static ConcurrentBag<StandInProject> Idle(string version, string topology) => All.GetOrAdd((version, topology), _ => []);

    public void Dispose()
    {
        foreach (var project in All.Values.SelectMany(idle => idle))
            project.TakeAway();
    }
}
