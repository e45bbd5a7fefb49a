using System.Collections.Concurrent;
using System.Text;
using System.Text.Json.Nodes;
using ShoreGuard.Rollback.Engine.Deployments.Docker;
using ShoreGuard.Rollback.Engine.Releases.Registry;
using ShoreGuard.Rollback.Engine.Tests.Probing;

namespace ShoreGuard.Rollback.Engine.Tests.Releases;

/// <summary>A registry on loopback for what the real one here does not show: tokens, passwords, pages, refusals for a while.</summary>
internal sealed class FakeRegistry : IAsyncDisposable
{
    public const string Repository = "owner/shoreguard";
    private const string User = "pat", Password = "s3cret:with-colon", Refresh = "refresh-me", Token = "a-token";

    private readonly LocalServer _server;
    private readonly Dictionary<string, byte[]> _content = [];
    private readonly SortedDictionary<string, string> _tags = new(StringComparer.Ordinal);
    private int _tokens;

    public FakeRegistry() => _server = LocalServer.Exchanging(Answer);

    public static RegistryCredential Right => RegistryCredential.OfPassword(User, Password);
    public static RegistryCredential RightToken => RegistryCredential.OfToken(Refresh);

    public string Host => _server.Uri.Authority;
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
    public Func<HttpExchange, byte[]?> Instead { get; set; } = _ => null;

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
        var list = new JsonArray(
            [.. entries.Select(entry =>
            new JsonObject { ["digest"] = entry.Manifest, ["platform"] = new JsonObject { ["os"] = entry.Os, ["architecture"] = entry.Architecture } })]);
        _tags[tag] = Store(
            Encoding.UTF8.GetBytes(
            new JsonObject { ["schemaVersion"] = 2, ["mediaType"] = "application/vnd.oci.image.index.v1+json", ["manifests"] = list }.ToJsonString()));
    }

    /// <summary>Something in the registry that is no image.</summary>
    public void PushChart(string tag) =>
        _tags[tag] = Store(
        """{"schemaVersion":2,"config":{"mediaType":"application/vnd.cncf.helm.config.v1+json","digest":"sha256:00","size":1},"layers":[]}"""u8.ToArray());

    public RegistryClient Client(RegistryCredential? credential = null, DigestCache? cache = null, IReporter? reporter = null) =>
        new(RegistryLocation.Of(Image, null)!, new CredentialLookup(credential), reporter
            ?? SilentReporter.Instance, cache ?? new DigestCache(Path.Combine(Path.GetTempPath(), $"no-cache-{Guid.NewGuid():n}")));

    /// <summary>The digest of the configuration of the image that has a tag.</summary>
    public string ConfigurationOf(string tag) => (string)JsonNode.Parse(_content[_tags[tag]])!["config"]!["digest"]!;

    private string Store(byte[] content)
    {
        var digest = DigestCache.DigestOf(content);
        _content[digest] = content;
        return digest;
    }

    private byte[] Answer(HttpExchange exchange)
    {
        Asked.Enqueue($"{exchange.Method} {exchange.Target}");
        if (Instead(exchange) is { } instead)
            return instead;
        var authorization = exchange.Header("Authorization");
        if (exchange.Path == "/token")
            return TokensAre is { } elsewhere ? Refuse(exchange, 307, "Location", elsewhere) : GiveToken(exchange, authorization);
        if (WantsToken && authorization != $"Bearer {Token}")
            return Refuse(exchange, 401, "WWW-Authenticate", $"Bearer realm=\"http://{Host}/token\",service=\"fake\",scope=\"repository:{Repository}:pull\"");
        if (WantsBasic && authorization != BasicOf(User, Password))
            return Refuse(exchange, 401, "WWW-Authenticate", "Basic realm=\"fake, with a comma\"");
        if (Refusals > 0 && Refusals-- > 0)
            return Refuse(exchange, 429, "Retry-After", RetryAfter);
        return exchange.Path.EndsWith("/tags/list", StringComparison.Ordinal) ? List(exchange) : Give(exchange);
    }

    private byte[] GiveToken(HttpExchange exchange, string? authorization)
    {
        var form = exchange.Body;
        var isKnown = exchange.Method == "POST"
            ? form.Contains($"refresh_token={Refresh}", StringComparison.Ordinal) && form.Contains("grant_type=refresh_token", StringComparison.Ordinal)
            : authorization == BasicOf(User, Password) || (authorization is null && !WantsToKnowWho);
        var scope = exchange.Method == "POST" ? form : exchange.Query;
        if (!isKnown || !scope.Contains(Uri.EscapeDataString($"repository:{Repository}:pull"), StringComparison.Ordinal))
        {
            exchange.Status = 401;
            return [];
        }
        Interlocked.Increment(ref _tokens);
        return Encoding.UTF8.GetBytes($$"""{"token":"{{Token}}","expires_in":300}""");
    }

    private byte[] List(HttpExchange exchange)
    {
        var last = exchange.Parameter("last");
        var page = _tags.Keys.Where(tag => last is null || string.CompareOrdinal(tag, last) > 0).Take(PageSize).ToList();
        if (page.Count > 0 && page[^1] != _tags.Keys.Last())
            exchange.AddHeader("Link", $"<http://elsewhere.invalid/v2/{Repository}/tags/list?n=2&last={page[^1]}>; rel=\"next\"");
        return Encoding.UTF8.GetBytes(
            new JsonObject { ["name"] = Repository, ["tags"] = new JsonArray([.. page.Select(tag => JsonValue.Create(tag))]) }.ToJsonString());
    }

    private byte[] Give(HttpExchange exchange)
    {
        var reference = exchange.Path[(exchange.Path.LastIndexOf('/') + 1)..];
        var digest = _tags.GetValueOrDefault(reference, reference);
        if (!_content.TryGetValue(digest, out var content))
        {
            exchange.Status = 404;
            return [];
        }
        if (SaysDigests)
            exchange.AddHeader("Docker-Content-Digest", digest);
        return exchange.Method == "HEAD" ? [] : Falsify(digest, content);
    }

    private static byte[] Refuse(HttpExchange exchange, int status, string header, string value)
    {
        exchange.Status = status;
        exchange.AddHeader(header, value);
        return [];
    }

    private static string BasicOf(string user, string password) => "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}"));

    public ValueTask DisposeAsync() => _server.DisposeAsync();
}
