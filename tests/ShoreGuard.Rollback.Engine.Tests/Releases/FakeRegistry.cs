using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using ShoreGuard.Rollback.Engine.Deployments.Docker;
using ShoreGuard.Rollback.Engine.Releases.Registry;

namespace ShoreGuard.Rollback.Engine.Tests.Releases;

/// <summary>A registry on loopback for what the real one here does not show: tokens, passwords, pages, refusals for a while.</summary>
internal sealed class FakeRegistry : IDisposable
{
    public const string Repository = "owner/shoreguard";
    private const string User = "pat", Password = "s3cret:with-colon", Refresh = "refresh-me", Token = "a-token";

    private readonly HttpListener _listener = new();
    private readonly Dictionary<string, byte[]> _content = [];
    private readonly SortedDictionary<string, string> _tags = new(StringComparer.Ordinal);
    private int _tokens;

    public FakeRegistry()
    {
        using var free = new TcpListener(IPAddress.Loopback, 0);
        free.Start();
        Host = $"127.0.0.1:{((IPEndPoint)free.LocalEndpoint).Port}";
        free.Stop();
        _listener.Prefixes.Add($"http://{Host}/");
        _listener.Start();
        _ = AcceptAsync();
    }

    public static RegistryCredential Right => RegistryCredential.OfPassword(User, Password);
    public static RegistryCredential RightToken => RegistryCredential.OfToken(Refresh);

    public string Host { get; }
    public string Image => $"{Host}/{Repository}";
    public ConcurrentQueue<string> Asked { get; } = [];
    public int TokensGiven => _tokens;
    /// <summary>Wants a token: from anybody, or only from who is known.</summary>
    public bool WantsToken { get; set; }
    public bool WantsToKnowWho { get; set; }
    public bool WantsBasic { get; set; }
    /// <summary>Where its token service sends whoever asks; null when it answers itself.</summary>
    public string? TokensAre { get; set; }
    public int PageSize { get; set; } = int.MaxValue;
    /// <summary>How many requests are still refused, and until when.</summary>
    public int Refusals { get; set; }
    public string RetryAfter { get; set; } = "1";
    public bool SaysDigests { get; set; } = true;
    public Func<string, byte[], byte[]> Falsify { get; set; } = (_, content) => content;

    /// <summary>What it answers instead, by the path and query that is asked for; null where it answers as it should.</summary>
    public Func<HttpListenerContext, byte[]?> Instead { get; set; } = _ => null;

    /// <summary>An image of which manifest or configuration is anything; in the manifest, CONFIG stands for the configuration's digest.</summary>
    public string PushRaw(string tag, byte[] configuration, string? manifest = null) => _tags[tag] = Store(Encoding.UTF8.GetBytes(
        (manifest ?? """{"config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"CONFIG","size":1},"layers":[]}""")
            .Replace("CONFIG", Store(configuration), StringComparison.Ordinal)));

    public string Push(string tag, string version, string sha, string time = "2026-03-16T09:00:00Z", string architecture = "amd64")
    {
        var config = Store(Encoding.UTF8.GetBytes($$"""{"architecture":"{{architecture}}","os":"linux","config":{"Env":["PATH=/bin","SHOREGUARD_VERSION={{version}}","SHOREGUARD_GIT_SHA={{sha}}","SHOREGUARD_BUILD_TIME={{time}}"] } }"""));
        var manifest = Store(Encoding.UTF8.GetBytes($$"""{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"{{config}}","size":100},"layers":[{"size":1000},{"size":23}]}"""));
        if (tag.Length > 0)
            _tags[tag] = manifest;
        return manifest;
    }

    public void PushIndex(string tag, params (string Os, string Architecture, string Manifest)[] entries)
    {
        var list = new JsonArray([.. entries.Select(entry => new JsonObject { ["digest"] = entry.Manifest, ["platform"] = new JsonObject { ["os"] = entry.Os, ["architecture"] = entry.Architecture } })]);
        _tags[tag] = Store(Encoding.UTF8.GetBytes(new JsonObject { ["schemaVersion"] = 2, ["mediaType"] = "application/vnd.oci.image.index.v1+json", ["manifests"] = list }.ToJsonString()));
    }

    /// <summary>Something in the registry that is no image.</summary>
    public void PushChart(string tag) => _tags[tag] = Store("""{"schemaVersion":2,"config":{"mediaType":"application/vnd.cncf.helm.config.v1+json","digest":"sha256:00","size":1},"layers":[]}"""u8.ToArray());

    public RegistryClient Client(RegistryCredential? credential = null, DigestCache? cache = null, IReporter? reporter = null) =>
        new(RegistryLocation.Of(Image, null)!, new CredentialLookup(credential), reporter ?? SilentReporter.Instance, cache ?? new DigestCache(Path.Combine(Path.GetTempPath(), $"no-cache-{Guid.NewGuid():n}")));

    /// <summary>The digest of the configuration of the image that has a tag.</summary>
    public string ConfigurationOf(string tag) => (string)JsonNode.Parse(_content[_tags[tag]])!["config"]!["digest"]!;

    private string Store(byte[] content)
    {
        var digest = DigestCache.DigestOf(content);
        _content[digest] = content;
        return digest;
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                _ = Task.Run(ServeNext(await _listener.GetContextAsync()));
        }
        catch (Exception error) when (error is HttpListenerException or ObjectDisposedException)
        {
            // The test is over.
        }

        Func<Task> ServeNext(HttpListenerContext context) => async () =>
        {
            Asked.Enqueue($"{context.Request.HttpMethod} {context.Request.RawUrl}");
            await AnswerAsync(context);
            context.Response.Close();
        };
    }

    private Task AnswerAsync(HttpListenerContext context)
    {
        if (Instead(context) is { } instead)
            return context.Response.OutputStream.WriteAsync(instead, 0, instead.Length);
        var path = context.Request.Url!.AbsolutePath;
        var authorization = context.Request.Headers["Authorization"];
        if (path == "/token")
            return TokensAre is { } elsewhere ? RefuseAsync(context, 307, "Location", elsewhere) : GiveTokenAsync(context, authorization);
        if (WantsToken && authorization != $"Bearer {Token}")
            return RefuseAsync(context, 401, "WWW-Authenticate", $"Bearer realm=\"http://{Host}/token\",service=\"fake\",scope=\"repository:{Repository}:pull\"");
        if (WantsBasic && authorization != BasicOf(User, Password))
            return RefuseAsync(context, 401, "WWW-Authenticate", "Basic realm=\"fake, with a comma\"");
        if (Refusals > 0 && Refusals-- > 0)
            return RefuseAsync(context, 429, "Retry-After", RetryAfter);
        return path.EndsWith("/tags/list", StringComparison.Ordinal) ? ListAsync(context) : GiveAsync(context, path);
    }

    private async Task GiveTokenAsync(HttpListenerContext context, string? authorization)
    {
        using var reader = new StreamReader(context.Request.InputStream);
        var form = await reader.ReadToEndAsync();
        var isKnown = context.Request.HttpMethod == "POST"
            ? form.Contains($"refresh_token={Refresh}", StringComparison.Ordinal) && form.Contains("grant_type=refresh_token", StringComparison.Ordinal)
            : authorization == BasicOf(User, Password) || (authorization is null && !WantsToKnowWho);
        var scope = context.Request.HttpMethod == "POST" ? form : context.Request.Url!.Query;
        if (!isKnown || !scope.Contains(Uri.EscapeDataString($"repository:{Repository}:pull"), StringComparison.Ordinal))
        {
            context.Response.StatusCode = 401;
            return;
        }
        Interlocked.Increment(ref _tokens);
        await context.Response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes($$"""{"token":"{{Token}}","expires_in":300}"""));
    }

    private async Task ListAsync(HttpListenerContext context)
    {
        var last = context.Request.QueryString["last"];
        var page = _tags.Keys.Where(tag => last is null || string.CompareOrdinal(tag, last) > 0).Take(PageSize).ToList();
        if (page.Count > 0 && page[^1] != _tags.Keys.Last())
            context.Response.AddHeader("Link", $"<http://elsewhere.invalid/v2/{Repository}/tags/list?n=2&last={page[^1]}>; rel=\"next\"");
        await context.Response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes(new JsonObject { ["name"] = Repository, ["tags"] = new JsonArray([.. page.Select(tag => JsonValue.Create(tag))]) }.ToJsonString()));
    }

    private async Task GiveAsync(HttpListenerContext context, string path)
    {
        var reference = path[(path.LastIndexOf('/') + 1)..];
        var digest = _tags.GetValueOrDefault(reference, reference);
        if (!_content.TryGetValue(digest, out var content))
        {
            context.Response.StatusCode = 404;
            return;
        }
        if (SaysDigests)
            context.Response.AddHeader("Docker-Content-Digest", digest);
        if (context.Request.HttpMethod != "HEAD")
            await context.Response.OutputStream.WriteAsync(Falsify(digest, content));
    }

    private static Task RefuseAsync(HttpListenerContext context, int status, string header, string value)
    {
        context.Response.StatusCode = status;
        context.Response.AddHeader(header, value);
        return Task.CompletedTask;
    }

    private static string BasicOf(string user, string password) => "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}"));

    public void Dispose() => _listener.Close();
}
