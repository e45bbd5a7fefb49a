using System.Text.Json.Nodes;
using CsCheck;
using ShoreGuard.Rollback.Engine.Deployments.Docker;
using ShoreGuard.Rollback.Engine.Releases;
using ShoreGuard.Rollback.Engine.Releases.Registry;

namespace ShoreGuard.Rollback.Engine.Tests.Releases;

public sealed class RegistryRuleTests
{
    private static readonly Uri Page = new("https://registry.example/v2/a/b/tags/list?n=2");

    [Fact]
    public void A_challenge_has_its_parameters()
    {
        var challenge = Assert.Single(
            AuthenticationChallenge.Parse("Bearer realm=\"https://auth.example/token\",service=\"registry.example\",scope=\"repository:a/b:pull,push\""));
        Assert.True(challenge.Is("bearer"));
        Assert.Equal(
            ("https://auth.example/token", "registry.example", "repository:a/b:pull,push"), (challenge["realm"], challenge["SERVICE"], challenge["scope"]));
    }

    [Fact]
    public void Several_challenges_in_one_header_are_several() =>
        Assert.Equal(["Negotiate", "Basic", "Bearer"],
            AuthenticationChallenge.Parse("Negotiate, Basic realm=\"a \\\"quoted\\\", word\" , Bearer realm = x").Select(challenge => challenge.Scheme));

    [Fact]
    public void Any_parameter_is_read_back_as_it_was_written() =>
        Gen.Dictionary(Gen.String[Gen.Char["abcxyz-_"], 1, 8], Gen.String[Gen.Char["ab \\\",=:/;é"], 0, 12])[1, 4].Sample(parameters =>
        {
            var text = "Bearer "
                + string.Join(",",
                parameters.Select(entry =>
                $"{entry.Key}=\"{entry.Value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\""));
            var challenge = Assert.Single(AuthenticationChallenge.Parse(text));
            Assert.Equal(parameters.OrderBy(entry => entry.Key), challenge.Parameters.OrderBy(entry => entry.Key));
        });

    [Fact]
    public void No_header_makes_the_readers_throw() =>
        Gen.String[Gen.Char["ab=\",<>; \\/?:rel next"], 0, 40].Sample(text =>
        {
            _ = AuthenticationChallenge.Parse(text);
            if (LinkHeader.Next(text, Page) is { } next)
                Assert.Equal(("https", "registry.example"), (next.Scheme, next.Host));
        });

    [Theory]
    [InlineData("</v2/a/b/tags/list?n=2&last=x>; rel=\"next\"", "https://registry.example/v2/a/b/tags/list?n=2&last=x")]
    [InlineData("<http://inside:5000/v2/a/b/tags/list?last=a,b>; rel=next", "https://registry.example/v2/a/b/tags/list?last=a,b")]
    [InlineData("</first>; rel=\"first\", </second>; title=\"a, b\"; rel=\"prefetch next\"", "https://registry.example/second")]
    [InlineData("<list?last=x>; rel=\"next\"", "https://registry.example/v2/a/b/tags/list?last=x")]
    [InlineData("</first>; rel=\"prev\"", null)]
    [InlineData("</first", null)]
    [InlineData("", null)]
    public void The_next_page_is_the_link_that_says_so(string header, string? expected) =>
        Assert.Equal(expected, LinkHeader.Next(header, Page)?.ToString());

    [Theory]
    [InlineData("registry.example", "pat", "s3cret:1")]
    [InlineData("localhost:5000", "pat", "s3cret:1")]
    [InlineData("https://index.example/v1/", "idx", "x")]
    [InlineData("plain.example", "u", "p")]
    [InlineData("unknown.example", null, null)]
    [InlineData("empty.example", null, null)]
    public void Auths_are_found_by_host_and_by_address(string server, string? user, string? password)
    {
        var found = DockerCredentials.InFile(Config(), server);
        Assert.Equal((user, password, null), (found.Credential?.Username, found.Credential?.Password, found.Problem));
    }

    [Fact]
    public void An_identity_token_goes_before_a_password() =>
        Assert.Equal("tok", DockerCredentials.InFile(Config(), "token.example").Credential!.IdentityToken);

    [Fact]
    public void An_entry_that_cannot_be_read_is_a_problem_and_not_a_failure()
    {
        var found = DockerCredentials.InFile(Config(), "broken.example");
        Assert.Null(found.Credential);
        Assert.Contains("broken.example", found.Problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("registry.example", "vault")]
    [InlineData("other.example", "desktop")]
    public void A_helper_of_its_own_goes_before_the_one_for_all(string server, string helper) =>
        Assert.Equal(helper, DockerCredentials.HelperOf(Config(), server));

    [Theory]
    [InlineData(0, """{"ServerURL":"r","Username":"pat","Secret":"p"}""", "pat", null)]
    [InlineData(0, """{"ServerURL":"r","Username":"<token>","Secret":"p"}""", "", null)]
    [InlineData(1, "credentials not found in native keychain", null, null)]
    [InlineData(1, "keychain is locked", null, "helper failed: keychain is locked")]
    [InlineData(0, "garbage", null, "helper answered something that is not JSON")]
    public void What_a_helper_says_is_read(int exitCode, string stdout, string? user, string? problem)
    {
        var found = DockerCredentials.Read("helper", new ToolProcess.Outcome(exitCode, stdout, ""));
        Assert.Equal((user, problem), (found.Credential?.Username, found.Problem));
    }

    [Fact]
    public void No_credential_shows_its_secret()
    {
        Assert.Equal("pat", RegistryCredential.OfPassword("pat", "s3cret").ToString());
        Assert.DoesNotContain("s3cret", new CredentialLookup(RegistryCredential.OfPassword("pat", "s3cret")).ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", RegistryCredential.OfToken("s3cret").ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Any_pair_is_unpacked_as_it_was_packed() =>
        Gen.Select(Gen.String[Gen.Char["abc@._-é"], 1, 10], Gen.String[Gen.Char["abc:/+=é "], 0, 20]).Sample((user, password) =>
        {
            var found = DockerCredentials.Unpack(Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes($"{user}:{password}")))!;
            Assert.Equal((user, password), (found.Username, found.Password));
        });

    [Theory]
    [InlineData("ghcr.io/owner/shoreguard", "https://ghcr.io/", "owner/shoreguard", "ghcr.io")]
    [InlineData("localhost:5000/a", "http://localhost:5000/", "a", "localhost:5000")]
    [InlineData("127.0.0.2/a/b", "http://127.0.0.2/", "a/b", "127.0.0.2")]
    [InlineData("[::1]:5000/a", "http://[::1]:5000/", "a", "[::1]:5000")]
    [InlineData("registry.lan:5000/a", "http://registry.lan:5000/", "a", "registry.lan:5000")]
    [InlineData("owner/shoreguard", "https://index.hub.example/", "owner/shoreguard", "https://index.hub.example/v1/")]
    [InlineData("shoreguard", "https://index.hub.example/", "library/shoreguard", "https://index.hub.example/v1/")]
    [InlineData("hub.example/owner/shoreguard", "https://index.hub.example/", "owner/shoreguard", "https://index.hub.example/v1/")]
    public void A_repository_has_a_registry(string repository, string address, string name, string server)
    {
        var engine = JsonNode.Parse(
            """{"IndexServerAddress":"https://index.hub.example/v1/","RegistryConfig":{"IndexConfigs":{"registry.lan:5000":{"Secure":false}}}}""");
        var location = RegistryLocation.Of(repository, engine)!;
        Assert.Equal((address, name, server), (location.Address.ToString(), location.Name, location.Server));
    }

    [Fact]
    public void Without_a_host_and_an_engine_nobody_knows_the_registry() => Assert.Null(RegistryLocation.Of("owner/shoreguard", null));

    [Fact]
    public void Versions_are_in_the_order_in_which_they_were_released()
    {
        string[] order = ["0.2.0", "0.27.0.dev1", "0.27.0.dev2", "0.27.0a1", "0.27.0-alpha.2", "0.27.0b1", "0.27.0rc1.dev1", "0.27.0-rc.1", "0.27.0rc2",
            "0.27.0", "0.27.0.post1", "0.27.1", "v0.28.0", "1.0.0"];
        Gen.Shuffle(order).Sample(shuffled => Assert.Equal(order, shuffled.OrderBy(ReleaseVersion.TryParse)));
    }

    [Theory]
    [InlineData("latest")]
    [InlineData("")]
    [InlineData("sha-a1b2c3d")]
    [InlineData("0.27.x")]
    [InlineData("0..1")]
    public void What_is_no_version_is_none(string text) => Assert.Null(ReleaseVersion.TryParse(text));

    [Fact]
    public void No_text_makes_a_version_throw() =>
        Gen.String[Gen.Char["0129.abrcdevpost-+v"], 0, 30].Sample(text => ReleaseVersion.TryParse(text)?.CompareTo(ReleaseVersion.TryParse("0.27.0")));

    [Theory]
    [InlineData("sha-A1B2C3D", "a1b2c3d")]
    [InlineData("a1b2c3d", "a1b2c3d")]
    [InlineData("20260316", "20260316")]
    [InlineData("0.27.0", null)]
    [InlineData("latest", null)]
    [InlineData("sha-xyz", null)]
    public void A_tag_may_name_a_commit(string tag, string? commit) => Assert.Equal(commit, ReleaseTags.Commit(tag));

    [Fact]
    public void Of_short_digits_every_commit_is_found_once() =>
        Assert.Equal([("27d0c5a", "sha-27d0c5a"), ("27d0fff", "27d0fff")],
            ReleaseTags.Beginning(["0.27.0", "sha-27d0c5a", "27d0c5a", "27d0fff", "sha-11d0c5a"], "27d0"));

    [Fact]
    public void Tags_of_one_digest_are_one_release_and_an_image_that_is_not_published_is_one_too()
    {
        var (a, b, c) = ($"sha256:{new string('a', 64)}", $"sha256:{new string('b', 64)}", $"sha256:{new string('c', 64)}");
        var groups = ReleaseGroup.Merge([("latest", a), ("0.27.0", a), ("sha-27d0c5a", a), ("0.26.0", b)],
            [new("id1", ["0.27.0"], [a], 1), new("id2", ["0.26.0"], [c], 1), new("id3", ["mine"], [], 1), new("id4", [], [], 1)]);

        Assert.Equal(
            ["r/s:0.27.0@" + a, "r/s:0.26.0@" + b, "r/s:0.26.0@" + c, "r/s:mine"],
            groups.Select(group => group.Reference("r/s")));
        Assert.Equal(["0.27.0", "latest", "sha-27d0c5a"], groups[0].Tags);
        Assert.Equal([true, false, true, true], groups.Select(group => group.Local is not null));
        Assert.Equal([true, true, false, false], groups.Select(group => group.IsPublished));
    }

    // It becomes a part of a program's name.
    [Theory]
    [InlineData("../../tmp/evil")]
    [InlineData("-x")]
    [InlineData("a b")]
    [InlineData("a\n")]
    [InlineData("")]
    public async Task A_helper_whose_name_is_none_is_not_run(string helper) =>
        Assert.Contains("is no name of a credential helper",
            (await DockerCredentials.AskAsync(helper, "registry.example", TestContext.Current.CancellationToken)).Problem, StringComparison.Ordinal);

    private static JsonNode Config() => JsonNode.Parse($$"""
        {
          "auths": {
            "https://registry.example/v1/": { "auth": "{{Pack("pat:s3cret:1")}}" },
            "localhost:5000": { "auth": "{{Pack("pat:s3cret:1")}}" },
            "https://index.example/v1/": { "auth": "{{Pack("idx:x")}}" },
            "plain.example": { "username": "u", "password": "p" },
            "token.example": { "auth": "{{Pack("pat:")}}", "identitytoken": "tok" },
            "broken.example": { "auth": "%%%" },
            "empty.example": {}
          },
          "credHelpers": { "registry.example": "vault" },
          "credsStore": "desktop"
        }
        """)!;

    private static string Pack(string pair) => Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(pair));
}
