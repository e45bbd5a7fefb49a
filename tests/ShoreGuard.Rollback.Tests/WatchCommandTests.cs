using System.Management.Automation;
using ShoreGuard.Rollback.Engine.Tests.Probing;

namespace ShoreGuard.Rollback.Tests;

/// <summary>What a user types to watch a deployment, and gets.</summary>
public sealed class WatchCommandTests : IDisposable
{
    private const string Brief = "-ObservationWindow 00:00:00.4 -IntervalSec 0.1";
    private const string List = "/api/gateway/list";
    private readonly ModuleHost _host = new();
    private readonly string _state = Directory.CreateTempSubdirectory("shoreguard-watch-").FullName;

    [Theory]
    [InlineData("Watch-ShoreGuardDeployment $u " + Brief + " -NoMark -Quiet")]
    [InlineData("Test-ShoreGuardHealth $u | Watch-ShoreGuardDeployment " + Brief + " -NoMark -Quiet")]
    [InlineData("$u, $u | Watch-ShoreGuardDeployment " + Brief + " -NoMark -Quiet -ExpectedVersion 0.37.0")]
    public async Task However_it_is_typed(string command)
    {
        await using var server = LocalServer.Healthy("/version",
            LocalServer.Json(200, """{"version":"0.37.0","git_sha":"a1b2c3d4e5f60718293a4b5c6d7e8f9001122334","build_time":"2026-03-16T09:00:00Z"}"""));
        Assert.Equal(["True"], _host.Run($"$u = $args[0]; {command}", server.Uri).ThrowIfFailed().Texts);
    }

    [Fact]
    public async Task All_are_watched_at_the_same_time()
    {
        await using var server = LocalServer.Healthy();
        var clock = System.Diagnostics.Stopwatch.StartNew();
        var run = _host.Run("@($args[0]) * 40 | Watch-ShoreGuardDeployment -ObservationWindow 00:00:01 -IntervalSec 0.5 -NoMark -ResultOnly", server.Uri)
            .ThrowIfFailed();
        Assert.Equal(40, run.Output.Count);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(20), clock.Elapsed.ToString());
    }

    [Fact]
    public async Task A_change_is_written_as_it_comes_and_what_lasts_ends_it()
    {
        var asked = 0;
        await using var server = Failing(() => Interlocked.Increment(ref asked) > 4);
        var output = new System.Collections.Concurrent.ConcurrentQueue<PSObject>();
        await _host.Run("Watch-ShoreGuardDeployment $args[0] -ObservationWindow 00:05:00 -IntervalSec 0.1", output.Enqueue, server.Uri);
        var (change, result) = (output.First(), output.Last());
        Assert.Equal(2, output.Count);
        Assert.Equal(("Health", "Healthy", "NotReady", true),
            (Value(change, "What"), Value(change, "From"), Value(change, "To"), change.Properties["IsRegression"].Value));
        Assert.Equal("Regressed", Value(result, "Outcome"));
        Assert.InRange((double)result.Properties["Availability"].Value, 0.4, 0.7);
        Assert.Contains("background_cleanup", Value(result, "Explanation"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_a_key_the_API_is_asked_and_nothing_shows_the_key()
    {
        await using var server = new LocalServer((path, connection, cancellation) => connection.WriteAsync(path switch
        {
            "/healthz" => LocalServer.Real("healthz"),
            "/readyz?verbose=1" => LocalServer.Ready,
            "/version" => LocalServer.Real("version"),
            List => LocalServer.Json(500, """{"detail":"boom"}"""),
            _ => LocalServer.Real("not-found-404"),
        }, cancellation).AsTask());
        var run = _host.Run(
            "Watch-ShoreGuardDeployment $args[0] -ObservationWindow 00:05:00 -IntervalSec 0.1 -Token (ConvertTo-SecureString sg_c2VjcmV0 -AsPlainText -Force) "
            + "-Verbose -ResultOnly", server.Uri).ThrowIfFailed();
        var result = run.Output.Single();
        Assert.Equal("Regressed", Value(result, "Outcome"));
        Assert.Contains("API is Failing for 3 looks in a row", Value(result, "Explanation"), StringComparison.Ordinal);
        Assert.Contains("HTTP 500", Value(result, "Explanation"), StringComparison.Ordinal);
        Assert.Equal(3, server.Asked.Count(path => path == List));
        Assert.DoesNotContain("c2VjcmV0", string.Join('\n', run.Verbose.Concat(run.Warnings).Concat(run.Texts)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_key_the_API_is_not_asked_and_what_held_is_known_to_be_good()
    {
        await using var server = LocalServer.Healthy(
            "/version", LocalServer.Json(200, """{"version":"0.37.0","git_sha":"a1b2c3d4e5f60718293a4b5c6d7e8f9001122334","build_time":"unknown"}"""));
        var run = _host.Run($"$env:SHOREGUARD_TOKEN = $null; Watch-ShoreGuardDeployment $args[0] {Brief} -StatePath $args[1] -Verbose", server.Uri, _state)
            .ThrowIfFailed();
        Assert.Equal("Held", Value(run.Output.Single(), "Outcome"));
        Assert.DoesNotContain(server.Asked, path => path.StartsWith("/api", StringComparison.Ordinal));
        Assert.Contains(run.Verbose, line => line.Contains("0.37.0 is known to be good: held for", StringComparison.Ordinal));
        var removed = _host.Run("Set-ShoreGuardKnownGood -Remove -GitSha a1b2c3d4e5f60718293a4b5c6d7e8f9001122334 -StatePath $args[0] -Confirm:$false", _state)
            .ThrowIfFailed();
        Assert.StartsWith("held for ", Value(removed.Output.Single(), "Reason"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_has_no_commit_is_not_marked_and_says_why()
    {
        await using var server = LocalServer.Healthy("/version", LocalServer.Json(200, """{"version":"0.37.0","git_sha":"unknown","build_time":"unknown"}"""));
        var run = _host.Run($"Watch-ShoreGuardDeployment $args[0] {Brief} -StatePath $args[1] -Verbose", server.Uri, _state).ThrowIfFailed();
        Assert.Contains(run.Verbose, line => line.Contains("is not marked as known to be good", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Stopped_it_ends_at_once()
    {
        await using var server = LocalServer.Healthy();
        var clock = System.Diagnostics.Stopwatch.StartNew();
        _host.RunAndStop("Watch-ShoreGuardDeployment $args[0] -IntervalSec 0.1", () =>
            SpinWait.SpinUntil(() => server.Asked.Count > 6, TimeSpan.FromSeconds(20)), server.Uri);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(25), clock.Elapsed.ToString());
        var asked = server.Asked.Count;
        await Task.Delay(500, TestContext.Current.CancellationToken);
        Assert.InRange(server.Asked.Count, asked, asked + 3);
    }

    [Theory]
    [InlineData("Watch-ShoreGuardDeployment -ObservationWindow 00:00:00", "ParameterArgumentValidationError")]
    [InlineData("Watch-ShoreGuardDeployment -IntervalSec 0", "ParameterArgumentValidationError")]
    [InlineData("Watch-ShoreGuardDeployment -Token (ConvertTo-SecureString 'two words' -AsPlainText -Force)", "TokenInvalid")]
    [InlineData("Watch-ShoreGuardDeployment -Uri ftp://x", "EndpointInvalid")]
    public void What_cannot_be_watched_is_refused(string command, string id)
    {
        var run = _host.Run(command);
        Assert.StartsWith(id, Assert.Single(run.Errors).FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Empty(run.Output);
    }

    private static LocalServer Failing(Func<bool> fails) => new((path, connection, cancellation) => connection.WriteAsync(path switch
    {
        "/healthz" => LocalServer.Real("healthz"),
        "/readyz?verbose=1" =>
        fails() ? LocalServer.Json(503, """{"status":"not ready","checks":{"database":"ok","background_cleanup":"dead"}}""") : LocalServer.Ready,
        "/version" => LocalServer.Real("version"),
        _ => LocalServer.Real("not-found-404"),
    }, cancellation).AsTask());

    private static string Value(PSObject record, string name) => record.Properties[name].Value?.ToString() ?? "";

    public void Dispose()
    {
        _host.Dispose();
        Directory.Delete(_state, recursive: true);
    }
}
