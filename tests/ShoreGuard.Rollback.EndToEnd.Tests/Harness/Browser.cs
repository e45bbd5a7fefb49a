using System.Diagnostics;
using System.Net.Http.Json;
using System.Net.WebSockets;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ShoreGuard.Rollback.EndToEnd.Tests;

/// <summary>A Chromium without a window, spoken to by its DevTools protocol.</summary>
internal sealed class Browser : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly string _profile;
    private readonly Process _process;
    private readonly ClientWebSocket _socket = new();
    private readonly List<JsonObject> _events = [];
    private int _id;

    private Browser(string profile, Process process) => (_profile, _process) = (profile, process);

    public static async Task<Browser> StartAsync()
    {
        var profile = Directory.CreateTempSubdirectory("shoreguard-browser-").FullName;
        var start = new ProcessStartInfo(Stack.Require("SHOREGUARD_TEST_BROWSER"))
        {
            ArgumentList = { "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--remote-debugging-port=0",
                $"--user-data-dir={profile}", "about:blank" },
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        var browser = new Browser(profile, Process.Start(start)!);
        browser._process.BeginErrorReadLine();
        browser._process.BeginOutputReadLine();
        try
        {
            await browser.ConnectAsync();
            return browser;
        }
        catch
        {
            await browser.DisposeAsync();
            throw;
        }
    }

    private async Task ConnectAsync()
    {
        var file = Path.Combine(_profile, "DevToolsActivePort");
        for (var waited = Stopwatch.StartNew(); !File.Exists(file) || File.ReadAllLines(file).Length < 2; await Task.Delay(50))
            Assert.True(waited.Elapsed < Patience, "The browser did not start.");
        using var http = new HttpClient { BaseAddress = new($"http://127.0.0.1:{File.ReadAllLines(file)[0]}/") };
        using var answer = await http.PutAsync(new Uri("json/new?about:blank", UriKind.Relative), content: null);
        var page = await answer.Content.ReadFromJsonAsync<JsonObject>();
        await _socket.ConnectAsync(new((string)page!["webSocketDebuggerUrl"]!), CancellationToken.None);
        foreach (var domain in new[] { "Page", "Runtime", "Log", "Network" })
            await SendAsync($"{domain}.enable");
    }

    /// <summary>Opens a file in a window of a width.</summary>
    /// <param name="file">The page.</param>
    /// <param name="width">In CSS pixels.</param>
    /// <param name="scheme">light or dark.</param>
    /// <param name="whole">Whether the picture is of all of the page, and not only of what is seen first.</param>
    /// <returns>What it asked for besides itself, what it said on the console, how wide its content is, and a picture.</returns>
    public async Task<(IReadOnlyList<string> Requests, IReadOnlyList<string> Messages, int Width, byte[] Picture)> OpenAsync(
        string file, int width, string scheme = "light", bool whole = false)
    {
        _events.Clear();
        var uri = new Uri(file).AbsoluteUri;
        await SendAsync("Emulation.setDeviceMetricsOverride", new() { ["width"] = width, ["height"] = 900, ["deviceScaleFactor"] = 1, ["mobile"] = false });
        await SendAsync(
            "Emulation.setEmulatedMedia", new() { ["features"] = new JsonArray(new JsonObject { ["name"] = "prefers-color-scheme", ["value"] = scheme }) });
        await SendAsync("Page.navigate", new() { ["url"] = uri });
        while (!_events.Exists(each => (string?)each["method"] == "Page.loadEventFired"))
            await ReceiveAsync();
        // What a page does a moment later, too.
        await Task.Delay(300);
        var wide = (await SendAsync(
            "Runtime.evaluate", new() { ["expression"] = "document.documentElement.scrollWidth" }))["result"]!["value"]!.GetValue<int>();
        var picture = Convert.FromBase64String((string)(await SendAsync("Page.captureScreenshot", new() { ["captureBeyondViewport"] = whole }))["data"]!);
        return ([.. Events("Network.requestWillBeSent").Select(each => (string)each["request"]!["url"]!).Where(url => url != uri)],
            [.. Events("Runtime.consoleAPICalled")
                .Concat(Events("Log.entryAdded")).Concat(Events("Runtime.exceptionThrown")).Select(each => each.ToJsonString())], wide, picture);
    }

    private IEnumerable<JsonNode> Events(string method) => _events.Where(each => (string?)each["method"] == method).Select(each => each["params"]!);

    private async Task<JsonNode> SendAsync(string method, JsonObject? parameters = null)
    {
        var id = ++_id;
        var message = JsonSerializer.SerializeToUtf8Bytes(new JsonObject { ["id"] = id, ["method"] = method, ["params"] = parameters ?? [] });
        await _socket.SendAsync(message, WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
        while (true)
        {
            var answer = await ReceiveAsync();
            if ((int?)answer["id"] == id)
                return answer["result"] ?? throw new InvalidOperationException(answer.ToJsonString());
        }
    }

    private async Task<JsonObject> ReceiveAsync()
    {
        using var limit = new CancellationTokenSource(Patience);
        using var message = new MemoryStream();
        var buffer = new byte[64 * 1024];
        ValueWebSocketReceiveResult part;
        do
        {
            part = await _socket.ReceiveAsync(buffer.AsMemory(), limit.Token);
            message.Write(buffer, 0, part.Count);
        }
        while (!part.EndOfMessage);
        var received = JsonNode.Parse(message.ToArray())!.AsObject();
        if (received["method"] is not null)
            _events.Add(received);
        return received;
    }

    public async ValueTask DisposeAsync()
    {
        _socket.Dispose();
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
        // Its helpers may still write as they end.
        for (var attempt = 0; Directory.Exists(_profile) && attempt < 50; attempt++)
        {
            try
            {
                Directory.Delete(_profile, recursive: true);
            }
            catch (IOException)
            {
                await Task.Delay(100);
            }
        }
    }
}
