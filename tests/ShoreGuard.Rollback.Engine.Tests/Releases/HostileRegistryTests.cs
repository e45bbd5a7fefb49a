using System.Text;
using CsCheck;
using ShoreGuard.Rollback.Engine.Releases;
using ShoreGuard.Rollback.Engine.Releases.Registry;
using ShoreGuard.Rollback.Engine.State;

namespace ShoreGuard.Rollback.Engine.Tests.Releases;

/// <summary>A registry that answers anything: what is wrong with one image is that image's, and nothing goes on without an end.</summary>
public sealed class HostileRegistryTests : IAsyncDisposable
{
    private static readonly CancellationToken Token = TestContext.Current.CancellationToken;
    private readonly FakeRegistry _registry = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("shoreguard-hostile-").FullName;

    private StateStore State => new(_folder);

    public async ValueTask DisposeAsync()
    {
        await _registry.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData("""{"os":"linux","config":{"Env":[1,2]}}""", null)]
    [InlineData("""{"os":"linux","config":{"Env":{"A":"1"}}}""", null)]
    [InlineData("""{"os":"linux","config":{"Labels":["a"]}}""", null)]
    [InlineData("""{"os":"linux","config":{"Labels":{"org.opencontainers.image.version":7}}}""", null)]
    [InlineData("""{"os":["linux"],"config":{}}""", null)]
    [InlineData("""{"os":"linux","config":"text"}""", null)]
    [InlineData("""[1]""", null)]
    [InlineData("""{"config":{"Env":[]},"config":{"Env":[]}}""", null)]
    [InlineData("""{"config":{"Env":["SHOREGUARD_VERSION=\ud800"]}}""", null)]
    [InlineData("""{}""", """{"config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"CONFIG","size":1},"layers":[{"size":9223372036854775807},{"size":9223372036854775807}]}""")]
    [InlineData("""{}""", """{"config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"CONFIG","size":99999999999999999999},"layers":[]}""")]
    [InlineData("""{}""", """{"config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"nothing","size":1},"layers":[]}""")]
    [InlineData("""{}""", """{"config":"CONFIG\ud800"}""")]
    public async Task One_malformed_image_is_left_out_by_name_and_the_others_are_listed(string configuration, string? manifest)
    {
        _registry.Push("0.27.0", "0.27.0", "a1b2c3d");
        _registry.PushRaw("0.28.0", Encoding.UTF8.GetBytes(configuration), manifest);
        var reporter = new Warnings();

        var releases = await ListAsync(reporter);

        Assert.Equal(["0.27.0"], releases.Select(release => release.Version));
        Assert.Contains(reporter.All, warning =>
            warning.Contains($"{_registry.Image}:0.28.0", StringComparison.Ordinal) && warning.Contains("left out", StringComparison.Ordinal));
    }

    // As a registry that keeps its blobs at another host, which is down for one of them.
    [Theory]
    [InlineData(1, true)]
    [InlineData(4, false)]
    public async Task An_image_whose_content_cannot_be_reached_is_left_out_and_a_registry_that_has_gone_ends_it(int away, bool isListed)
    {
        _registry.Push("0.27.0", "0.27.0", "a1b2c3d");
        for (var number = 0; number < away; number++)
            _registry.PushRaw($"0.28.{number}",
                Encoding.UTF8.GetBytes(
                """{"os":"linux","config":{"Env":["SHOREGUARD_VERSION=0.28.N"]}}""".Replace("N\"", $"{number}\"", StringComparison.Ordinal)));
        _registry.Instead = context =>
        {
            if (!context.Path.Contains("/blobs/", StringComparison.Ordinal) || IsOfTheGoodOne(context.Path))
                return null;
            context.Redirect("http://127.0.0.1:1/gone");
            return [];
        };
        var reporter = new Warnings();
        if (isListed)
            Assert.Equal(["0.27.0"], (await ListAsync(reporter)).Select(release => release.Version));
        else
            Assert.Equal("RegistryUnreachable", (await Assert.ThrowsAsync<ShoreGuardException>(() => ListAsync(reporter))).Id);
        Assert.Contains(reporter.All, warning => warning.Contains("0.28.", StringComparison.Ordinal) && warning.Contains("left out", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Where_no_image_at_all_can_be_reached_the_list_is_an_error_and_not_empty()
    {
        // One that no other test has left in the cache.
        _registry.Push("0.27.0", "0.27.0", Guid.NewGuid().ToString("n"));
        _registry.Instead = context =>
        {
            if (!context.Path.Contains("/blobs/", StringComparison.Ordinal))
                return null;
            context.Redirect("http://127.0.0.1:1/gone");
            return [];
        };
        Assert.Equal("RegistryUnreachable", (await Assert.ThrowsAsync<ShoreGuardException>(() => ListAsync(new Warnings()))).Id);
    }

    private bool IsOfTheGoodOne(string path) => path.EndsWith(_registry.ConfigurationOf("0.27.0"), StringComparison.Ordinal);

    [Fact]
    public async Task A_configuration_without_an_end_is_left_out()
    {
        _registry.Push("0.27.0", "0.27.0", "a1b2c3d");
        _registry.PushRaw("0.28.0", new byte[9 * 1024 * 1024]);
        Assert.Equal(["0.27.0"], (await ListAsync(new Warnings())).Select(release => release.Version));
    }

    [Fact]
    public async Task Names_that_are_no_tags_are_left_out_with_a_warning()
    {
        _registry.Push("0.27.0", "0.27.0", "a1b2c3d");
        _registry.Instead = context => context.Path.EndsWith("/tags/list", StringComparison.Ordinal)
            ? Encoding.UTF8.GetBytes($$"""{"tags":["0.27.0","../../x","a\nb","\u001b[2J","",7,null,"{{new string('a', 70_000)}}"]}""") : null;
        var reporter = new Warnings();
        using var client = _registry.Client(reporter: reporter);

        Assert.Equal(["0.27.0"], await client.ListTagsAsync(Token));
        Assert.Single(reporter.All);
    }

    [Fact]
    public async Task A_page_that_leads_to_itself_is_asked_for_once()
    {
        _registry.Instead = context =>
        {
            context.AddHeader("Link", $"<{context.Target}>; rel=\"next\"");
            return """{"tags":["0.27.0"]}"""u8.ToArray();
        };
        using var client = _registry.Client();

        var error = await Assert.ThrowsAsync<ShoreGuardException>(() => client.ListTagsAsync(Token));

        Assert.Equal("RegistryAnswerInvalid", error.Id);
        Assert.Single(_registry.Asked);
    }

    [Fact]
    public async Task A_list_of_tags_without_an_end_is_given_up()
    {
        var page = Encoding.UTF8.GetBytes($$"""{"tags":["{{string.Join("\",\"", Enumerable.Repeat(new string('a', 120), 40_000))}}"]}""");
        var number = 0;
        _registry.Instead = context =>
        {
            context.AddHeader("Link", $"</v2/x/tags/list?n=1000&last={number++}>; rel=\"next\"");
            return page;
        };
        using var client = _registry.Client();

        var error = await Assert.ThrowsAsync<ShoreGuardException>(() => client.ListTagsAsync(Token));

        Assert.Equal("RegistryAnswerInvalid", error.Id);
        Assert.Contains("does not end", error.Message, StringComparison.Ordinal);
        Assert.InRange(_registry.Asked.Count, 2, 20);
    }

    [Theory]
    [InlineData("<//elsewhere.invalid/x>; rel=next")]
    [InlineData("<http://host//elsewhere.invalid/x>; rel=next")]
    [InlineData("<mailto:somebody@elsewhere.invalid>; rel=next")]
    public void The_next_page_is_on_the_registry_itself(string header) =>
        Assert.Equal("registry.test", LinkHeader.Next(header, new("https://registry.test/v2/x/tags/list"))?.Host);

    [Theory]
    [InlineData("""{"token":"a\nb"}""", "application/json")]
    [InlineData("""{"token":"grün"}""", "application/json")]
    [InlineData("""{"token":7}""", "application/json")]
    [InlineData("""["token"]""", "application/json; charset=nothing-known")]
    [InlineData("""{"token":"\ud800"}""", "application/json")]
    public async Task What_is_no_token_is_told_as_such(string answer, string type)
    {
        _registry.WantsToken = true;
        _registry.Instead = context =>
        {
            if (context.Path != "/token")
                return null;
            context.AddHeader("Content-Type", type);
            return Encoding.UTF8.GetBytes(answer);
        };
        using var client = _registry.Client();

        Assert.StartsWith("Registry", (await Assert.ThrowsAsync<ShoreGuardException>(() => client.ListTagsAsync(Token))).Id, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refusal_in_no_known_writing_is_a_refusal()
    {
        _registry.Instead = context =>
        {
            context.Status = 403;
            context.AddHeader("Content-Type", "text/plain; charset=nothing-known");
            return "no"u8.ToArray();
        };
        using var client = _registry.Client();
        Assert.Equal("RegistryDenied", (await Assert.ThrowsAsync<ShoreGuardException>(() => client.ListTagsAsync(Token))).Id);
    }

    [Fact]
    public void Any_manifest_and_any_configuration_is_an_image_none_or_an_error_of_ours()
    {
        var cache = new DigestCache(Path.Combine(_folder, "cache"));
        using var client = _registry.Client(cache: cache);
        string[] names = ["config", "Env", "Labels", "os", "architecture", "variant", "layers", "size", "manifests", "digest", "mediaType", "platform"];
        const string Manifest = """{"config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"CONFIG","size":1},"layers":[{"size":5}]}""";
        Gen.Select(Gen.OneOf(Foreign.Json(names),
            Foreign.Broken("""{"os":"linux","architecture":"amd64","config":{"Env":["SHOREGUARD_BUILD_TIME=2026-01-01"],"Labels":{"a":"b"}}}""")),
            Gen.OneOf(Foreign.Json(names), Foreign.Broken(Manifest), Gen.Const(Encoding.UTF8.GetBytes(Manifest)))).Sample((configuration, manifest) =>
        {
            var digest = Keep(cache, configuration);
            var image = Keep(cache, Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(manifest).Replace("CONFIG", digest, StringComparison.Ordinal)));
            Foreign.Survives(() => PublishedImage.ReadAsync(client, "x", image, Token).GetAwaiter().GetResult());
        }, iter: 1000, threads: 1);
    }

    [Fact]
    public void Any_header_is_a_page_none_or_a_challenge() => Gen.String[Gen.OneOf(Gen.Char, Gen.Char["<>;=\",/:abrelnxt "]), 0, 60].Sample(header =>
    {
        var next = LinkHeader.Next($"<{header}>; rel=next", new("https://registry.test/v2/x"));
        Assert.True(next is null || next.Host == "registry.test");
        _ = LinkHeader.Next(header, new("https://registry.test/v2/x"));
        _ = AuthenticationChallenge.Parse(header);
    });

    private static string Keep(DigestCache cache, byte[] content)
    {
        var digest = DigestCache.DigestOf(content);
        cache.Keep(digest, content);
        return digest;
    }

    private async Task<List<Release>> ListAsync(IReporter reporter)
    {
        var query = new ReleaseQuery { State = State, Repository = _registry.Image, DockerHost = $"unix://{Path.Combine(_folder, "no.sock")}" };
        var releases = new List<Release>();
        await foreach (var release in ReleaseCatalog.FindAsync(query, reporter, Token))
            releases.Add(release);
        return releases;
    }

    private sealed class Warnings : IReporter
    {
        public System.Collections.Concurrent.ConcurrentQueue<string> All { get; } = [];
        public void Verbose(string message) { }
        public void Warning(string message) => All.Enqueue(message);
        public void Progress(ProgressUpdate update) { }
    }
}
