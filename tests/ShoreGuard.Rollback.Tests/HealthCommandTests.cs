using System.Diagnostics;
using System.Management.Automation;
using System.Threading.Channels;
using ShoreGuard.Rollback.Engine.Tests.Probing;

namespace ShoreGuard.Rollback.Tests;

public sealed class HealthCommandTests : IDisposable
{
    private readonly ModuleHost _host = new();

    public void Dispose() => _host.Dispose();

    [Fact]
    public async Task Reports_a_well_endpoint()
    {
        await using var server = LocalServer.Healthy();

        var report = _host.Run("Test-ShoreGuardHealth $args[0]", server.Uri).ThrowIfFailed().Output.Single();

        Assert.Equal("Deserialized.ShoreGuard.Rollback.HealthReport", report.TypeNames[0]);
        Assert.Equal("Healthy", report.Properties["Status"].Value.ToString());
    }

    [Theory]
    [InlineData("$u | Test-ShoreGuardHealth -Quiet")]
    [InlineData("[uri]$u | Test-ShoreGuardHealth -Quiet")]
    [InlineData("[pscustomobject]@{ Uri = $u; Name = 'x' } | Test-ShoreGuardHealth -Quiet")]
    [InlineData("[ShoreGuard.Rollback.Deployment]@{ Name = 'x'; Uri = $u } | Test-ShoreGuardHealth -Quiet")]
    [InlineData("Test-ShoreGuardHealth -Uri $u | Test-ShoreGuardHealth -Quiet")]
    [InlineData("Test-ShoreGuardHealth -Deployment ([ShoreGuard.Rollback.Deployment]@{ Name = 'x'; Uri = $u }) -Quiet")]
    [InlineData("[ShoreGuard.Rollback.ImageRollbackResult]@{ Name = 'x'; Deployment = [ShoreGuard.Rollback.Deployment]@{ Name = 'x'; Uri = $u } } | "
        + "Test-ShoreGuardHealth -Quiet")]
    [InlineData("[ShoreGuard.Rollback.RestoreResult]@{ Deployment = [ShoreGuard.Rollback.Deployment]@{ Name = 'x'; Uri = $u } } | Test-ShoreGuardHealth "
        + "-Quiet")]
    [InlineData("[ShoreGuard.Rollback.Deployment]@{ Name = 'x'; Uri = 'http://127.0.0.1:1' } | Test-ShoreGuardHealth -Uri $u -Quiet")]
    [InlineData("Test-ShoreGuardHealth ([uri]$u).Authority -Quiet")]
    public async Task Takes_an_endpoint_in_every_form(string script)
    {
        await using var server = LocalServer.Healthy();

        Assert.Equal(true, _host.Run("$u = [string]$args[0]; " + script, server.Uri).ThrowIfFailed().Output.Single().BaseObject);
    }

    [Fact]
    public async Task Deployments_and_addresses_may_come_mixed_and_each_says_how_it_was_reached()
    {
        await using var server = LocalServer.Healthy();

        var result = _host.Run(
            "$d = [ShoreGuard.Rollback.Deployment]@{ Name = 'x'; Uri = $args[0]; Route = 'PublishedPort' }; $d, $args[0], $d | ForEach-Object { $r = $_ | "
            + "Test-ShoreGuardHealth; \"$($r.Uri) $($r.Route) $($r.Identity.Route)\" }; ($d, [string]$args[0], $d | Get-ShoreGuardVersion | ForEach-Object "
            + "{ \"$($_.Route)\" }) -join ' '", server.Uri).ThrowIfFailed().Texts;

        Assert.Equal(
            [$"{server.Uri} PublishedPort PublishedPort", $"{server.Uri} Address Address", $"{server.Uri} PublishedPort PublishedPort"], result.Take(3));
        Assert.Equal(["Address", "PublishedPort", "PublishedPort"], result[3].Split(' ').Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("", false)]
    [InlineData("-IgnoreCheck background_discovery", true)]
    [InlineData("-IgnoreCheck database, *_disc*", true)]
    [InlineData("-IgnoreCheck background_* -ExpectedVersion 0.34.2 -ExpectedGitSha A1B2C3D -ExpectedBuildTime 2026-04-10T12:00:00Z", true)]
    [InlineData("-IgnoreCheck background_* -ExpectedGitSha sha-a1b2c3e", false)]
    [InlineData("-IgnoreCheck background_* -ExpectedBuildTime 2026-04-11T12:00:00Z", false)]
    public async Task Quiet_says_whether_the_expected_build_is_well(string parameters, bool well)
    {
        await using var server = LocalServer.Healthy("/readyz?verbose=1", LocalServer.Real("readyz-503-discovery-off"));

        Assert.Equal(well, _host.Run($"Test-ShoreGuardHealth $args[0] -Quiet {parameters}", server.Uri).ThrowIfFailed().Output.Single().BaseObject);
    }

    [Theory]
    [InlineData("http://127.0.0.1:1")]
    [InlineData("http://shoreguard.invalid")]
    [InlineData("https://127.0.0.1:1")]
    public void What_cannot_be_reached_is_a_report_and_no_error(string uri)
    {
        var report = _host.Run("Test-ShoreGuardHealth $args[0]", uri).ThrowIfFailed().Output.Single();

        Assert.Equal("Unreachable", report.Properties["Status"].Value.ToString());
    }

    [Theory]
    [InlineData("'ftp://x', $u | Test-ShoreGuardHealth | ForEach-Object IsHealthy", "EndpointInvalid")]
    [InlineData("'http://me:geheim@x', $u | Test-ShoreGuardHealth | ForEach-Object IsHealthy", "EndpointInvalid")]
    [InlineData("[ShoreGuard.Rollback.Deployment]@{ Name = 'stopped' }, [ShoreGuard.Rollback.Deployment]@{ Name = 'x'; Uri = $u } | Test-ShoreGuardHealth | "
        + "ForEach-Object IsHealthy", "EndpointMissing")]
    [InlineData("[ShoreGuard.Rollback.RestoreResult]@{ BackupPath = 'x' }, [ShoreGuard.Rollback.RestoreResult]@{ Deployment = "
        + "[ShoreGuard.Rollback.Deployment]@{ Name = 'x'; Uri = $u } } | Test-ShoreGuardHealth | ForEach-Object IsHealthy", "EndpointMissing")]
    [InlineData("'http://127.0.0.1:1', $u | Get-ShoreGuardVersion | ForEach-Object { $true }", "EndpointUnreachable")]
    public async Task An_endpoint_that_cannot_be_asked_is_an_error_that_holds_up_no_other(string script, string id)
    {
        await using var server = LocalServer.Healthy();

        var result = _host.Run("$u = [string]$args[0]; " + script, server.Uri);

        var error = Assert.Single(result.Errors);
        Assert.StartsWith(id + ",", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.NotEqual(ErrorCategory.NotSpecified, error.CategoryInfo.Category);
        Assert.NotEmpty(error.ErrorDetails.RecommendedAction);
        Assert.DoesNotContain("geheim", error.ToString() + error.TargetObject, StringComparison.Ordinal);
        Assert.False(result.Terminated);
        // The other one was asked, and is well; one answer for all says that not everything is.
        Assert.Equal(!script.Contains("-Quiet", StringComparison.Ordinal), Assert.Single(result.Output).BaseObject);
    }

    [Theory]
    [InlineData("-TimeoutSec 0")]
    [InlineData("-TimeoutSec 301")]
    [InlineData("-ExpectedGitSha xyz1")]
    [InlineData("-ExpectedGitSha a1b")]
    [InlineData("-ExpectedVersion ''")]
    [InlineData("-IgnoreCheck ''")]
    public void Parameters_are_checked_before_anything_is_asked(string parameters) =>
        Assert.Equal(ErrorCategory.InvalidData, Assert.Single(_host.Run($"Test-ShoreGuardHealth localhost:1 {parameters}").Errors).CategoryInfo.Category);

    [Fact]
    public async Task A_slow_endpoint_holds_back_no_fast_one()
    {
        var release = new TaskCompletionSource();
        await using var slow = new LocalServer((_, _, _) => release.Task);
        await using var fast = LocalServer.Healthy();
        var reports = Channel.CreateUnbounded<PSObject>();

        var running = _host.Run("$args[0], $args[1] | Test-ShoreGuardHealth -TimeoutSec 60", report => reports.Writer.TryWrite(report), slow.Uri, fast.Uri);
        var first = await reports.Reader.ReadAsync(TestContext.Current.CancellationToken)
            .AsTask().WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        release.SetResult();
        await running;

        Assert.Equal(fast.Uri, first.Properties["Uri"].Value);
        Assert.Equal(1, reports.Reader.Count);
    }

    [Fact]
    public async Task Many_endpoints_are_asked_at_the_same_time()
    {
        await using var server = new LocalServer(async (path, connection, cancellation) =>
        {
            await Task.Delay(300, cancellation);
            await connection.WriteAsync(path.EndsWith("/healthz", StringComparison.Ordinal) ? LocalServer.Real("healthz")
                : path.EndsWith("/version", StringComparison.Ordinal) ? LocalServer.Real("version") : LocalServer.Ready, cancellation);
        });
        var clock = Stopwatch.StartNew();

        var result = _host.Run("$base = $args[0]; 1..40 | ForEach-Object { \"$base$_\" } | Test-ShoreGuardHealth -TimeoutSec 30 | ForEach-Object IsHealthy",
            server.Uri).ThrowIfFailed();

        Assert.Equal(40, result.Output.Count(well => true.Equals(well.BaseObject)));
        // One after the other it would be 12 s.
        Assert.InRange(clock.Elapsed.TotalSeconds, 0.3, 9);
    }

    [Fact]
    public async Task Stopping_the_pipeline_returns_promptly()
    {
        var asked = new TaskCompletionSource();
        await using var silent = new LocalServer((_, _, cancellation) =>
        {
            asked.TrySetResult();
            return Task.Delay(Timeout.Infinite, cancellation);
        });
        var clock = new Stopwatch();

        _host.RunAndStop("Test-ShoreGuardHealth $args[0] -TimeoutSec 300", () =>
        {
            Assert.True(asked.Task.Wait(TimeSpan.FromSeconds(20)));
            clock.Start();
        }, silent.Uri);

        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 5);
    }

    [Fact]
    public async Task An_error_that_stops_ends_what_is_still_running()
    {
        await using var silent = new LocalServer((_, _, cancellation) => Task.Delay(Timeout.Infinite, cancellation));
        var clock = Stopwatch.StartNew();

        var result = _host.Run("Test-ShoreGuardHealth $args[0], ftp://x -TimeoutSec 300 -ErrorAction Stop", silent.Uri);

        Assert.True(result.Terminated);
        Assert.StartsWith("EndpointInvalid", result.Errors[^1].FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 20);
    }

    [Fact]
    public async Task The_version_is_an_identity()
    {
        await using var server = LocalServer.Healthy();

        var identity = _host.Run("Get-ShoreGuardVersion $args[0]", server.Uri).ThrowIfFailed().Output.Single();

        Assert.Equal("Deserialized.ShoreGuard.Rollback.BuildIdentity", identity.TypeNames[0]);
        Assert.Equal("0.34.2 (a1b2c3d)", identity.ToString());
    }

    [Fact]
    public void Names_of_checks_are_completed()
    {
        var completion = _host.Run(
            "$typed = 'Test-ShoreGuardHealth -IgnoreCheck background_d'; (TabExpansion2 $typed $typed.Length).CompletionMatches.CompletionText")
            .ThrowIfFailed();

        Assert.Equal(["background_discovery"], completion.Texts);
    }
}
