using ShoreGuard.Rollback.Engine.Tests.Probing;

namespace ShoreGuard.Rollback.Tests;

/// <summary>What an operator types to see alerts and to silence them, and gets.</summary>
public sealed class AlertCommandTests : IDisposable
{
    private const string Token = "t0ken-of-mine";
    private readonly ModuleHost _host = new();

    public void Dispose() => _host.Dispose();

    [Theory]
    [InlineData("Get-ShoreGuardAlert http://u:secret@host/", "PrometheusUriInvalid")]
    [InlineData("Get-ShoreGuardAlert https://host/ -AlertmanagerUri ftp://host/", "AlertmanagerUriInvalid")]
    [InlineData("Get-ShoreGuardAlert https://host/ -Selector 'job=shoreguard'", "SelectorInvalid")]
    [InlineData("Get-ShoreGuardAlert https://host/ -Selector ''", "ParameterArgumentValidationError")]
    [InlineData("Get-ShoreGuardAlert https://host/ -Since (Get-Date).AddHours(1)", "SinceInFuture")]
    [InlineData("Get-ShoreGuardAlert https://host/ -Token (ConvertTo-SecureString 'two words' -AsPlainText -Force)", "MonitorLoginInvalid")]
    [InlineData("Get-ShoreGuardAlert https://host/ -Token (ConvertTo-SecureString a -AsPlainText -Force) -Credential ([pscredential]::new('u', "
        + "(ConvertTo-SecureString b -AsPlainText -Force)))", "ParametersConflict")]
    [InlineData("Get-ShoreGuardAlert https://host/ -TimeoutSec 0", "ParameterArgumentValidationError")]
    [InlineData("New-ShoreGuardSilence https://host/ -Duration 00:00:00", "ParameterArgumentValidationError")]
    [InlineData("New-ShoreGuardSilence https://host/ -Duration 8.00:00:00", "ParameterArgumentValidationError")]
    [InlineData("New-ShoreGuardSilence https://host/ -Selector '{}'", "SelectorInvalid")]
    [InlineData("Remove-ShoreGuardSilence https://host/ ../status", "ParameterArgumentValidationError")]
    public void What_cannot_be_asked_is_refused(string command, string id)
    {
        var run = _host.Run(command);
        var error = Assert.Single(run.Errors);
        Assert.StartsWith(id, error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", error.ToString(), StringComparison.Ordinal);
        Assert.Empty(run.Output);
    }

    [Fact]
    public async Task A_login_page_is_an_error_and_not_an_empty_list()
    {
        await using var server = LocalServer.Always(LocalServer.Html(200));
        var run = _host.Run("Get-ShoreGuardAlert $args[0] -Token (ConvertTo-SecureString $args[1] -AsPlainText -Force) -Verbose", server.Uri, Token);
        var error = Assert.Single(run.Errors);
        Assert.StartsWith("PrometheusForeign", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Contains("Whether alerts fire is not known.", error.ToString(), StringComparison.Ordinal);
        Assert.Contains("login page", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
        Assert.Equal(server.Uri, error.TargetObject);
        Assert.Empty(run.Output);
        Assert.DoesNotContain(Token, string.Join('\n', run.Verbose.Concat(run.Warnings)) + error, StringComparison.Ordinal);
        Assert.Contains($"Authorization: Bearer {Token}", server.Requests.First(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_password_that_could_be_read_on_its_way_is_warned_of()
    {
        var run = _host.Run(
            "Get-ShoreGuardAlert http://monitoring.invalid/ -TimeoutSec 2 -Credential ([pscredential]::new('u', (ConvertTo-SecureString $args[0] -AsPlainText "
            + "-Force)))", Token);
        Assert.Contains("goes to http://monitoring.invalid/ without TLS", Assert.Single(run.Warnings), StringComparison.Ordinal);
        Assert.StartsWith("PrometheusUnreachable", Assert.Single(run.Errors).FullyQualifiedErrorId, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_silence_is_made_of_what_was_piped_and_only_when_that_is_wanted()
    {
        const string Id = "6c88bf42-b499-43b8-8899-0986e4aa2301";
        await using var server = LocalServer.Of(
            ("/api/v2/status", LocalServer.Json(200, """{"versionInfo":{}}""")), ("/api/v2/silences", LocalServer.Json(200, $$"""{"silenceID":"{{Id}}"}""")));
        Assert.Empty(_host.Run("New-ShoreGuardSilence $args[0] -WhatIf", server.Uri).ThrowIfFailed().Output);
        Assert.Empty(server.Asked);

        // Two times of one alert are one silence.
        const string Alerts = "$alert = [ShoreGuard.Rollback.Alert]@{ Name = 'a'; State = 'Firing'; StartedAt = [DateTimeOffset]::UtcNow; Duration = "
            + "[TimeSpan]::Zero; Explanation = 'x'; Selector = 'alertname=\"a\"'; PrometheusUri = 'http://p'; AlertmanagerUri = $args[0] }; ";
        Assert.Equal(["alertname=\"a\""],
            _host.Run(Alerts + "$alert, $alert | New-ShoreGuardSilence | ForEach-Object { \"$($_.Matchers)\" }", server.Uri).ThrowIfFailed().Texts);
        var said = _host.Run(
            "[ShoreGuard.Rollback.Deployment]@{ Name = 'prod-shoreguard-1' } | New-ShoreGuardSilence $args[0] -Duration 00:05:00 | ForEach-Object "
            + "{ \"$($_.Comment) $(($_.EndsAt - $_.StartsAt).TotalMinutes)\" }", server.Uri).ThrowIfFailed().Texts;
        Assert.Equal(["Rollback of prod-shoreguard-1 5", "Rollback of prod-shoreguard-1 5"], said);
        Assert.Equal(3, server.Requests.Count(request => request.StartsWith("POST", StringComparison.Ordinal)));
    }
}
