using System.Management.Automation;

namespace ShoreGuard.Rollback.Tests;

/// <summary>What can be typed: each syntax of the cmdlets that roll back has a purpose of its own, and only what means something for it.</summary>
public sealed class SyntaxTests : IDisposable
{
    private const string Deployment = """
        [ShoreGuard.Rollback.Deployment]@{
            Name = 'prod-shoreguard-1'; ContainerId = 'f' * 64; Image = 'localhost:1/shoreguard:0.28.0'; ImageId = 'sha256:' + '9' * 64; State = 'running'
            Database = [ShoreGuard.Rollback.DatabaseLocation]@{ Kind = 'Sqlite'; Url = 'sqlite:///shoreguard.db' }; DockerHost = 'unix:///nonexistent/docker.sock'
        }
        """;

    private readonly ModuleHost _host = new();
    private readonly DirectoryInfo _state = Directory.CreateTempSubdirectory("sgtest-");

    [Fact]
    public void A_rollback_is_of_a_deployment_to_a_target_or_to_a_release_or_a_plan()
    {
        string[] options =
        [
            "Alert", "BackupFolder", "BackupPath", "Confirm", "Credential", "Force", "GateTimeoutSec", "IgnoreCheck", "NoBlock", "ObservationWindow", "Pin",
                "Rpo",
            "Silence", "SmokeToken", "StabilitySec", "StatePath", "Strategy", "Switch", "WhatIf",
        ];
        AssertSets("Invoke-ShoreGuardRollback",
            ("Deployment", [.. options, "Deployment", "GitSha", "Image", "Previous", "Version"]),
            ("Plan", ["Confirm", "Credential", "ObservationWindow", "Plan", "Silence", "SmokeToken", "StatePath", "WhatIf"]),
            ("Release", [.. options, "Deployment", "Release"]));
        options = [.. options.Except(["Confirm", "ObservationWindow", "Silence", "SmokeToken", "WhatIf"])];
        AssertSets("Get-ShoreGuardRollbackPlan",
            ("Deployment", [.. options, "Deployment", "GitSha", "Image", "Previous", "Version"]),
            ("Release", [.. options, "Deployment", "Release"]));
    }

    [Fact]
    public void An_image_rollback_is_of_a_deployment_to_a_target_or_to_a_release()
    {
        string[] options =
        [
            "CertificateIdentity", "Confirm", "Credential", "Force", "GateTimeoutSec", "IgnoreCheck", "OidcIssuer", "Pin", "SignatureKey", "SmokeToken",
            "StabilitySec", "StatePath", "Strategy", "VerifySignature", "WhatIf",
        ];
        AssertSets("Invoke-ShoreGuardImageRollback",
            ("Deployment", [.. options, "Deployment", "GitSha", "Image", "Version"]),
            ("Release", [.. options, "Deployment", "Release"]));
    }

    [Fact]
    public void Resuming_and_undoing_take_an_id_and_nothing_that_was_decided_before()
    {
        string[] all = ["Confirm", "Credential", "DockerHost", "Force", "Id", "StatePath", "WhatIf"];
        AssertSets("Resume-ShoreGuardRollback", (ParameterAttribute.AllParameterSets, all));
        AssertSets("Undo-ShoreGuardRollback", (ParameterAttribute.AllParameterSets, all));
        AssertSets("Close-ShoreGuardRollback", (ParameterAttribute.AllParameterSets, ["Confirm", "DockerHost", "Force", "Id", "StatePath", "WhatIf"]));
    }

    private void AssertSets(string cmdlet, params (string Name, string[] Parameters)[] expected)
    {
        var sets = _host.Run(
            "(Get-Command $args[0]).ParameterSets | Sort-Object IsDefault -Descending -Stable | ForEach-Object { \"$($_.Name) $($_.Parameters.Name)\" }", cmdlet)
            .ThrowIfFailed().Texts;
        Assert.Equal(
            expected.Select(set => string.Join(' ', set.Parameters.Order().Prepend(set.Name))),
            sets.Select(set => set.Split(' ')).Select(set => string.Join(' ', set[1..].Except(Cmdlet.CommonParameters).Order().Prepend(set[0]))));
        // The help is made from the same; nobody reads more syntaxes there than can be typed.
        var syntaxes = _host.Run("(Get-Help $args[0]).syntax.syntaxItem | ForEach-Object { $_.parameter.name -join ' ' }", cmdlet).ThrowIfFailed().Texts;
        Assert.Equal(expected.Select(set => string.Join(' ', set.Parameters.Order())), syntaxes.Select(names => string.Join(' ', names.Split(' ').Order())));
    }

    [Theory]
    [InlineData("Invoke-ShoreGuardRollback", "", "TargetMissing", "-Version, -GitSha, -Image or -Previous")]
    [InlineData("Invoke-ShoreGuardRollback", "-Previous:$false", "TargetMissing", "-Version, -GitSha, -Image or -Previous")]
    [InlineData("Invoke-ShoreGuardRollback", "0.27.0 -Previous", "ParametersConflict", "-Version, -GitSha, -Image and -Previous")]
    [InlineData("Get-ShoreGuardRollbackPlan", "", "TargetMissing", "-Version, -GitSha, -Image or -Previous")]
    [InlineData("Get-ShoreGuardRollbackPlan", "-GitSha a1b2c3d -Image a:b", "ParametersConflict", "-Version, -GitSha, -Image and -Previous")]
    [InlineData("Invoke-ShoreGuardImageRollback", "", "TargetMissing", "-Version, -GitSha or -Image")]
    [InlineData("Invoke-ShoreGuardImageRollback", "0.27.0 -GitSha a1b2c3d", "ParametersConflict", "-Version, -GitSha and -Image")]
    public void A_deployment_has_one_target(string cmdlet, string arguments, string id, string choices)
    {
        var error = Assert.Single(_host.Run($"{Deployment} | {cmdlet} {arguments}").Errors);
        Assert.StartsWith($"{id},", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Equal((ErrorCategory.InvalidArgument, "prod-shoreguard-1"), (error.CategoryInfo.Category, error.TargetObject));
        Assert.Contains(choices, error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
        // Who has only asked for a plan knows that nothing was changed.
        Assert.Equal(!cmdlet.StartsWith("Get-", StringComparison.Ordinal), error.ToString().EndsWith(" Nothing was changed.", StringComparison.Ordinal));
    }

    [Fact]
    public void With_a_target_the_deployment_is_looked_for()
    {
        // Bound and understood: nothing is left but that there is no engine.
        foreach (var cmdlet in new[] { "Invoke-ShoreGuardRollback", "Invoke-ShoreGuardImageRollback", "Get-ShoreGuardRollbackPlan" })
        {
            Assert.StartsWith(
                "EngineUnreachable,", Assert.Single(_host.Run($"{Deployment} | {cmdlet} 0.27.0").Errors).FullyQualifiedErrorId, StringComparison.Ordinal);
            Assert.StartsWith("EngineUnreachable,", Assert.Single(_host.Run($"[ShoreGuard.Rollback.Release]@{{ Repository = 'a'; Image = 'a:b'; "
                + $"IsPublished = $false; IsLocal = $true; IsRunning = $false; Deployment = {Deployment} }} | {cmdlet} -StabilitySec "
                + "1").Errors).FullyQualifiedErrorId, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("'abcd', '1234' | Resume-ShoreGuardRollback -StatePath $args[0]", 2)]
    [InlineData("[pscustomobject]@{ Id = 'abcd' } | Resume-ShoreGuardRollback -StatePath $args[0]", 1)]
    [InlineData("[pscustomobject]@{ Id = 'abcd'; Name = 'prod' } | Undo-ShoreGuardRollback -StatePath $args[0]", 1)]
    [InlineData("'abcd' | Get-ShoreGuardRollback -StatePath $args[0]", 1)]
    [InlineData("[pscustomobject]@{ Id = 'abcd'; Name = 'prod' } | Get-ShoreGuardRollback -StatePath $args[0]", 1)]
    public void Rollbacks_are_taken_from_the_pipeline_by_their_ids(string script, int times)
    {
        var run = _host.Run(script, _state.FullName);
        Assert.Equal(times, run.Errors.Count);
        Assert.All(run.Errors, error => Assert.StartsWith("RollbackNotFound,", error.FullyQualifiedErrorId, StringComparison.Ordinal));
    }

    [Fact]
    public void A_deployment_in_the_pipeline_asks_for_its_own_rollbacks() =>
        Assert.Empty(_host.Run($"{Deployment} | Get-ShoreGuardRollback -StatePath $args[0]", _state.FullName).ThrowIfFailed().Output);

    [Theory]
    [InlineData("Undo-ShoreGuardRollback -StatePath '{0}' -Id ")]
    [InlineData("Close-ShoreGuardRollback -StatePath '{0}' -Id ")]
    [InlineData("Resume-ShoreGuardRollback -StatePath '{0}' ")]
    [InlineData("Get-ShoreGuardRollback -StatePath '{0}' -Name ")]
    [InlineData("Get-ShoreGuardDeployment -DockerHost unix:///nonexistent/docker.sock -Name ")]
    [InlineData("Get-ShoreGuardDeployment -DockerHost unix:///nonexistent/docker.sock -Project ")]
    [InlineData("Get-ShoreGuardDeployment -DockerHost unix:///nonexistent/docker.sock | Invoke-ShoreGuardRollback -Version ")]
    public void Where_there_is_nothing_to_complete_no_files_are_offered(string typed) =>
        Assert.Empty(_host.Complete(string.Format(System.Globalization.CultureInfo.InvariantCulture, typed, _state.FullName)));

    public void Dispose()
    {
        _host.Dispose();
        _state.Delete(recursive: true);
    }
}
