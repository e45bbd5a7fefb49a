using ShoreGuard.Rollback.Engine.Deployments.Docker;
using ShoreGuard.Rollback.Engine.Releases;
using ShoreGuard.Rollback.Engine.Releases.Registry;

namespace ShoreGuard.Rollback.Engine.Tests.Releases;

public sealed class RegistryClientTests : IAsyncDisposable
{
    private static readonly CancellationToken Token = TestContext.Current.CancellationToken;
    private readonly FakeRegistry _registry = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("shoreguard-cache-").FullName;

    [Fact]
    public async Task Anybody_gets_a_token_and_one_is_enough_for_many_requests()
    {
        _registry.WantsToken = true;
        for (var i = 0; i < 20; i++)
            _registry.Push($"0.{i}.0", $"0.{i}.0", $"{i:d40}");
        using var client = _registry.Client();

        var digests = await Concurrently.SelectAllAsync(await client.ListTagsAsync(Token), client.FindDigestAsync, Token);

        Assert.Equal(20, digests.Distinct().Count());
        Assert.Equal(1, _registry.TokensGiven);
    }

    [Fact]
    public async Task Many_first_requests_at_the_same_time_share_one_token()
    {
        _registry.WantsToken = true;
        _registry.Push("0.27.0", "0.27.0", "a");
        using var client = _registry.Client();

        await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => client.FindDigestAsync("0.27.0", Token)));

        Assert.Equal(1, _registry.TokensGiven);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Who_is_known_gets_a_token_by_password_or_by_identity_token(bool byIdentityToken)
    {
        _registry.WantsToken = _registry.WantsToKnowWho = true;
        _registry.Push("0.27.0", "0.27.0", "a");
        using var client = _registry.Client(byIdentityToken ? FakeRegistry.RightToken : FakeRegistry.Right);

        Assert.Equal(["0.27.0"], await client.ListTagsAsync(Token));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_credential_is_sent_nowhere_but_to_the_token_service_that_was_named(bool byIdentityToken)
    {
        await using var elsewhere = new FakeRegistry();
        _registry.WantsToken = _registry.WantsToKnowWho = true;
        _registry.TokensAre = $"http://{elsewhere.Host}/token?secret=in-the-query";
        using var client = _registry.Client(byIdentityToken ? FakeRegistry.RightToken : FakeRegistry.Right);

        var error = await Assert.ThrowsAsync<ShoreGuardException>(() => client.ListTagsAsync(Token));

        Assert.Equal("RegistryDenied", error.Id);
        Assert.Contains($"sends to http://{elsewhere.Host}/token, where no credential is sent", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("in-the-query", error.ToString(), StringComparison.Ordinal);
        Assert.Empty(elsewhere.Asked);
    }

    [Fact]
    public async Task Basic_is_answered_with_user_and_password()
    {
        _registry.WantsBasic = true;
        _registry.Push("0.27.0", "0.27.0", "a");
        using var client = _registry.Client(FakeRegistry.Right);

        Assert.Equal(["0.27.0"], await client.ListTagsAsync(Token));
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(true, true)]
    [InlineData(false, false)]
    [InlineData(false, true)]
    public async Task Who_is_not_let_in_is_told_so_without_the_password(bool token, bool credential)
    {
        (_registry.WantsToken, _registry.WantsToKnowWho, _registry.WantsBasic) = (token, true, !token);
        using var client = _registry.Client(credential ? RegistryCredential.OfPassword("eve", "wr0ng-passw0rd") : null);

        var error = await Assert.ThrowsAsync<ShoreGuardException>(() => client.ListTagsAsync(Token));

        Assert.Equal(("RegistryDenied", FailureKind.AuthenticationError), (error.Id, error.Kind));
        Assert.DoesNotContain("wr0ng", error.ToString(), StringComparison.Ordinal);
        Assert.Contains(credential ? "eve" : "no credential", error.Message, StringComparison.Ordinal);
        Assert.Contains("docker login", error.Recommendation, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pages_are_followed_on_the_registry_itself_wherever_the_link_points()
    {
        for (var i = 0; i < 5; i++)
            _registry.Push($"0.{i}.0", $"0.{i}.0", "a");
        _registry.PageSize = 2;
        using var client = _registry.Client();

        Assert.Equal(["0.0.0", "0.1.0", "0.2.0", "0.3.0", "0.4.0"], await client.ListTagsAsync(Token));
        Assert.Equal(3, _registry.Asked.Count);
    }

    [Fact]
    public async Task A_registry_that_wants_to_be_left_alone_is_and_then_asked_again()
    {
        _registry.Push("0.27.0", "0.27.0", "a");
        (_registry.Refusals, _registry.RetryAfter) = (2, "1");
        using var client = _registry.Client();
        var clock = System.Diagnostics.Stopwatch.StartNew();

        Assert.Equal(["0.27.0"], await client.ListTagsAsync(Token));
        Assert.InRange(clock.Elapsed.TotalSeconds, 1.9, 10);
    }

    [Fact]
    public async Task For_an_hour_nobody_waits()
    {
        (_registry.Refusals, _registry.RetryAfter) = (1, "3600");
        using var client = _registry.Client();

        var error = await Assert.ThrowsAsync<ShoreGuardException>(() => client.ListTagsAsync(Token));

        Assert.Equal("RegistryRateLimited", error.Id);
        Assert.Contains("1 h 0 min", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_digest_that_is_not_said_is_reckoned()
    {
        var digest = _registry.Push("0.27.0", "0.27.0", "a");
        _registry.SaysDigests = false;
        using var client = _registry.Client();

        Assert.Equal(digest, await client.FindDigestAsync("0.27.0", Token));
        Assert.Null(await client.FindDigestAsync("0.0.1", Token));
    }

    [Fact]
    public async Task Of_an_index_the_platforms_are_told_and_attestations_are_not()
    {
        var (amd, arm) = (_registry.Push("", "0.27.0", "a1b2c3d"), _registry.Push("", "0.27.0", "a1b2c3d", architecture: "arm64"));
        _registry.PushIndex("0.27.0", ("linux", "amd64", amd), ("linux", "arm64", arm), ("unknown", "unknown", amd));
        using var client = _registry.Client();

        var image = await PublishedImage.ReadAsync(client, _registry.Image, (await client.FindDigestAsync("0.27.0", Token))!, Token);

        Assert.Equal(["linux/amd64", "linux/arm64"], image!.Platforms);
        Assert.Equal(("0.27.0", "a1b2c3d", 1123L), (image.Identity.Version, image.Identity.GitSha, image.Size));
    }

    [Fact]
    public async Task What_is_no_image_is_not_listed()
    {
        _registry.PushChart("chart");
        using var client = _registry.Client();
        Assert.Null(await PublishedImage.ReadAsync(client, _registry.Image, (await client.FindDigestAsync("chart", Token))!, Token));
    }

    [Fact]
    public async Task A_digest_is_fetched_once_and_a_damaged_entry_again()
    {
        var digest = _registry.Push("0.27.0", "0.27.0", "a1b2c3d");
        var cache = new DigestCache(_folder);
        async Task<int> Fetches()
        {
            using var client = _registry.Client(cache: cache);
            var before = _registry.Asked.Count;
            Assert.Equal("0.27.0", (await PublishedImage.ReadAsync(client, _registry.Image, digest, Token))!.Identity.Version);
            return _registry.Asked.Count - before;
        }

        Assert.Equal(2, await Fetches());
        Assert.Equal(0, await Fetches());
        var entries = Directory.GetFiles(_folder, "*", SearchOption.AllDirectories);
        Assert.Equal(2, entries.Length);
        if (!OperatingSystem.IsWindows())
        {
            foreach (var entry in entries)
                Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(entry));
        }
        await File.WriteAllTextAsync(entries[0], "{}", Token);
        Assert.Equal(1, await Fetches());
        Assert.Equal(0, await Fetches());
    }

    [Fact]
    public async Task Content_that_is_not_what_its_digest_says_is_refused_and_not_kept()
    {
        var digest = _registry.Push("0.27.0", "0.27.0", "a1b2c3d");
        _registry.Falsify = (_, _) => "{}"u8.ToArray();
        using var client = _registry.Client(cache: new DigestCache(_folder));

        var error = await Assert.ThrowsAsync<ShoreGuardException>(() => client.ReadManifestAsync(digest, Token));

        Assert.Equal("RegistryAnswerInvalid", error.Id);
        Assert.Empty(Directory.GetFiles(_folder, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task A_cache_that_cannot_be_written_is_none()
    {
        var file = Path.Combine(_folder, "file");
        await File.WriteAllTextAsync(file, "", Token);
        var digest = _registry.Push("0.27.0", "0.27.0", "a1b2c3d");
        using var client = _registry.Client(cache: new DigestCache(file));

        Assert.NotNull(await client.ReadManifestAsync(digest, Token));
    }

    public async ValueTask DisposeAsync()
    {
        await _registry.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
