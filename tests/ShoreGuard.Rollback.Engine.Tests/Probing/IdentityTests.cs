using ShoreGuard.Rollback.Engine.Probing;
using Xunit;

namespace ShoreGuard.Rollback.Engine.Tests.Probing;

public sealed class IdentityTests
{
    private static readonly BuildIdentity Build = new() { Version = "0.27.0", GitSha = "a1b2c3d4e5f60718293a4b5c6d7e8f9001122334",
        BuildTime = new(2026, 4, 10, 12, 0, 0, TimeSpan.Zero), Source = "test" };

    [Theory]
    [InlineData(null, null, null)]
    [InlineData("0.27.0", "a1b2c3d", "2026-04-10T12:00:00Z")]
    [InlineData("v0.27.0", "A1B2C3D4", "2026-04-10T14:00:00+02:00")]
    [InlineData("0.27.0", "sha-a1b2c3d", "2026-04-10T12:00:00.4Z")]
    [InlineData(null, "a1b2c3d4e5f60718293a4b5c6d7e8f9001122334", null)]
    public void The_same_build_has_no_differences(string? version, string? sha, string? time) =>
        Assert.Empty(IdentityComparison.Differences(Build, version, sha, time is null ? null : DateTimeOffset.Parse(time)));

    [Theory]
    [InlineData("0.27", null, null)]
    [InlineData("0.27.1", null, null)]
    [InlineData(null, "a1b2c3e", null)]
    [InlineData(null, "b2c3d4e", null)]
    [InlineData(null, "sha-", null)]
    [InlineData(null, "a1b2c3d4e5f60718293a4b5c6d7e8f90011223341", null)]
    [InlineData(null, null, "2026-04-10T12:00:02Z")]
    public void Another_build_has_one(string? version, string? sha, string? time) =>
        Assert.Single(IdentityComparison.Differences(Build, version, sha, time is null ? null : DateTimeOffset.Parse(time)));

    [Fact]
    public void A_build_that_gives_its_short_commit_is_known_by_the_long_one() =>
        Assert.Empty(IdentityComparison.Differences(Build with { GitSha = "a1b2c3d" }, null, Build.GitSha, null));

    [Fact]
    public void A_build_that_says_nothing_is_never_the_expected_one() =>
        Assert.Equal(3, IdentityComparison.Differences(new() { Source = "test" }, "0.27.0", "a1b2c3d", DateTimeOffset.UnixEpoch).Count);
}

public sealed class VersionProbeTests
{
    private static Task<BuildIdentity> GetAsync(Uri uri, double seconds = 5) =>
        VersionProbe.GetAsync(EndpointRoute.To(uri), TimeSpan.FromSeconds(seconds), false, TestContext.Current.CancellationToken);

    [Fact]
    public async Task The_real_answer_is_an_identity()
    {
        await using var server = LocalServer.Of(("/version", LocalServer.Real("version")));

        var identity = await GetAsync(server.Uri);

        Assert.Equal(("0.34.2", "a1b2c3d", $"{server.Uri}version"), (identity.Version, identity.ShortSha, identity.Source));
    }

    public static TheoryData<byte[], string, FailureKind> Failures => new()
    {
        { LocalServer.Html(200), "EndpointNotShoreGuard", FailureKind.InvalidData },
        { LocalServer.Json(200, """{"name":"other"}"""), "EndpointNotShoreGuard", FailureKind.InvalidData },
        { LocalServer.Json(200, "{"), "EndpointNotShoreGuard", FailureKind.InvalidData },
        { LocalServer.Real("not-found-404"), "EndpointNotShoreGuard", FailureKind.InvalidData },
        { LocalServer.Real("gateway-list-401"), "EndpointDenied", FailureKind.PermissionDenied },
        { LocalServer.Real("sandboxes-offline-gateway-503"), "EndpointFailed", FailureKind.InvalidResult },
        { LocalServer.Answer(301, "text/html", "", "Location: https://x.invalid/version?secret=1\r\n"), "EndpointRedirected", FailureKind.InvalidData },
        { [], "EndpointUnreachable", FailureKind.ConnectionError },
    };

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task Anything_else_is_its_own_error(byte[] answer, string id, FailureKind kind)
    {
        await using var server = LocalServer.Always(answer);

        var error = await Assert.ThrowsAsync<ShoreGuardException>(() => GetAsync(server.Uri));

        Assert.Equal((id, kind, server.Uri), (error.Id, error.Kind, error.Target));
        Assert.NotEmpty(error.Recommendation);
        Assert.DoesNotContain("secret", error.Message + error.Recommendation, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Silence_is_a_timeout()
    {
        await using var server = new LocalServer((_, _, cancellation) => Task.Delay(Timeout.Infinite, cancellation));

        var error = await Assert.ThrowsAsync<ShoreGuardException>(() => GetAsync(server.Uri, 0.2));

        Assert.Equal(("EndpointTimeout", FailureKind.OperationTimeout), (error.Id, error.Kind));
    }

    [Fact]
    public async Task A_bad_certificate_is_a_tls_failure()
    {
        using var certificate = LocalServer.SelfSigned();
        await using var server = new LocalServer((_, _, _) => Task.CompletedTask, certificate);

        var error = await Assert.ThrowsAsync<ShoreGuardException>(() => GetAsync(server.Uri));

        Assert.Equal("EndpointTlsFailed", error.Id);
    }
}

public sealed class EndpointTests
{
    [Theory]
    [InlineData("localhost:8888", "http://localhost:8888/")]
    [InlineData("shoreguard", "http://shoreguard/")]
    [InlineData("10.0.0.7:8888/shoreguard", "http://10.0.0.7:8888/shoreguard")]
    [InlineData("[::1]:8888", "http://[::1]:8888/")]
    [InlineData("https://sg.example/x/", "https://sg.example/x/")]
    [InlineData(" http://localhost:8888 ", "http://localhost:8888/")]
    public void What_an_operator_writes_becomes_an_address(string text, string address) =>
        Assert.Equal(address, Endpoint.Normalize(new Uri(text, UriKind.RelativeOrAbsolute)).AbsoluteUri);

    [Theory]
    [InlineData("ftp://localhost")]
    [InlineData("file:///etc/passwd")]
    [InlineData("/readyz")]
    [InlineData("./x")]
    [InlineData("")]
    [InlineData("http://user:geheim@localhost")]
    [InlineData("user:geheim@localhost:99999")]
    [InlineData("mailto:someone")]
    public void What_cannot_be_an_address_is_refused_without_its_secrets(string text)
    {
        var error = Assert.Throws<ShoreGuardException>(() => Endpoint.Normalize(new Uri(text, UriKind.RelativeOrAbsolute)));

        Assert.Equal(("EndpointInvalid", FailureKind.InvalidArgument), (error.Id, error.Kind));
        Assert.DoesNotContain("geheim", error.Message + error.Target, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://localhost:8888", true)]
    [InlineData("http://127.0.0.9", true)]
    [InlineData("http://[::1]:1", true)]
    [InlineData("http://172.18.0.3:8888", true)]
    [InlineData("http://172.32.0.3:8888", false)]
    [InlineData("http://192.168.1.1", true)]
    [InlineData("http://[fd00::1]", true)]
    [InlineData("http://8.8.8.8", false)]
    [InlineData("https://sg.example", false)]
    public void A_proxy_is_asked_only_for_what_is_far(string uri, bool near) => Assert.Equal(near, Endpoint.IsNear(new Uri(uri)));
}

public sealed class NamePatternTests
{
    [Theory]
    [InlineData("*", "anything", true)]
    [InlineData("background_*", "BACKGROUND_cleanup", true)]
    [InlineData("background_*", "xbackground_cleanup", false)]
    [InlineData("data?ase", "database", true)]
    [InlineData("data?ase", "dataase", false)]
    [InlineData("[a-d]atabase", "database", true)]
    [InlineData("[xyz]atabase", "database", false)]
    [InlineData("a`*b", "a*b", true)]
    [InlineData("a`*b", "axb", false)]
    [InlineData("[z-a]", "[z-a]", true)]
    [InlineData("[", "[", true)]
    [InlineData("a.b", "axb", false)]
    [InlineData("", "x", false)]
    public void Wildcards_are_PowerShells(string pattern, string name, bool matches) => Assert.Equal(matches, NamePattern.AnyOf([pattern])(name));
}
