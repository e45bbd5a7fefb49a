using ShoreGuard.Rollback.Engine.Tests.Probing;

namespace ShoreGuard.Rollback.Tests;

/// <summary>What a user types to test an API, and gets.</summary>
public sealed class ApiCommandTests : IDisposable
{
    private const string List = "/api/gateway/list";
    private const string Key = "sg_c2VjcmV0";
    private readonly ModuleHost _host = new();

    [Theory]
    [InlineData("$u | Test-ShoreGuardApi -Token (ConvertTo-SecureString sg_c2VjcmV0 -AsPlainText -Force) -Quiet")]
    [InlineData("Test-ShoreGuardApi -Uri $u -Credential ([pscredential]::new('any', (ConvertTo-SecureString sg_c2VjcmV0 -AsPlainText -Force))) -Quiet")]
    [InlineData("[ShoreGuard.Rollback.Deployment]@{ Name = 'x'; Uri = $u } | Test-ShoreGuardApi -Quiet")]
    [InlineData("Test-ShoreGuardApi $u | Test-ShoreGuardApi -Quiet")]
    [InlineData("$before = Test-ShoreGuardApi $u; Test-ShoreGuardApi $u -Before $before -Quiet")]
    [InlineData("$before = [System.Management.Automation.PSSerializer]::Deserialize([System.Management.Automation.PSSerializer]::Serialize((Test-ShoreGuardApi "
        + "$u), 4)); Test-ShoreGuardApi $u -Before $before -Quiet")]
    public async Task However_it_is_typed(string command)
    {
        await using var server = LocalServer.Of((List, LocalServer.Real("gateway-list")));
        Assert.Equal(["True"], _host.Run($"$u = $args[0]; {command}", server.Uri).ThrowIfFailed().Texts);
    }

    [Fact]
    public async Task The_report_has_a_row_for_each_call_and_is_read_at_a_glance()
    {
        await using var server = LocalServer.Of(
            (List, LocalServer.Json(200, """{"items":[{"name":"gw1","connected":true},{"name":"gw2","connected":false}],"total":2}""")),
            ("/api/gateways/gw1/sandboxes", LocalServer.Json(500, """{"detail":"boom"}""")));
        var text = string.Join('\n',
            _host.Run("$PSStyle.OutputRendering = 'PlainText'; Test-ShoreGuardApi $args[0] | Out-String -Stream -Width 120", server.Uri).ThrowIfFailed().Texts);
        Assert.Contains(": Failing", text, StringComparison.Ordinal);
        Assert.Matches(@"(?m)^  ✓ /api/gateway/list +200 +2 ", text);
        Assert.Matches(@"(?m)^  ✗ /api/gateways/gw1/sandboxes +500 .*HTTP 500: boom", text);
        Assert.Contains("Get-ShoreGuardRollbackPlan", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_variable_gives_the_key_and_nothing_shows_it()
    {
        await using var server = LocalServer.Of((List, LocalServer.Real("bad-token-401")));
        var run = _host.Run("$env:SHOREGUARD_TOKEN = $args[1]; try { Test-ShoreGuardApi $args[0] -Verbose } finally { $env:SHOREGUARD_TOKEN = $null }",
            server.Uri, Key).ThrowIfFailed();
        var report = run.Output.Single();
        Assert.Contains("does not accept the key", report.Properties["Explanation"].Value.ToString()!, StringComparison.Ordinal);
        Assert.DoesNotContain(Key, string.Join('\n', run.Verbose.Concat(run.Warnings)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Test-ShoreGuardApi -Token (ConvertTo-SecureString 'two words' -AsPlainText -Force)", "TokenInvalid")]
    [InlineData("Test-ShoreGuardApi -Path metrics", "ParameterArgumentValidationError")]
    [InlineData("Test-ShoreGuardApi -Path //elsewhere.example.test/x", "ParameterArgumentValidationError")]
    [InlineData("Test-ShoreGuardApi -Path 'https://elsewhere.example.test/x'", "ParameterArgumentValidationError")]
    [InlineData("Test-ShoreGuardApi -First -1", "ParameterArgumentValidationError")]
    public void What_cannot_be_asked_is_refused(string command, string id)
    {
        var run = _host.Run(command);
        Assert.StartsWith(id, Assert.Single(run.Errors).FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Empty(run.Output);
    }

    public void Dispose() => _host.Dispose();
}
