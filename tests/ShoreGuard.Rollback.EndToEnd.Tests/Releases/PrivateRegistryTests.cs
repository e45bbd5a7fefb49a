using System.Management.Automation;
using System.Text.Json.Nodes;
using ShoreGuard.Rollback.Tests;

namespace ShoreGuard.Rollback.EndToEnd.Tests.Releases;

/// <summary>A registry that lets only one user in. Alone: what docker login has left is the whole process's.</summary>
[Collection(nameof(Alone))]
public sealed class PrivateRegistryTests : IDisposable
{
    private const string Password = "pr1vate:passw0rd";
    private readonly ModuleHost _host = new();
    private readonly RegistryProxy _registry = new() { OnlyFor = $"pat:{Password}" };
    private readonly string _folder = Directory.CreateTempSubdirectory("shoreguard-docker-").FullName;

    private string Repository => _registry.Image(Stack.Repository);
    private string Host => Repository.Split('/')[0];

    [Fact]
    public void Releases_are_read_with_a_credential_of_the_operator_or_of_docker_login_and_not_without()
    {
        var error = _host.Run($"Get-ShoreGuardRelease {Repository}").Error("RegistryDenied", ErrorCategory.AuthenticationError);
        Assert.Contains("docker login", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);

        Assert.Equal(7,
            _host.Run("Get-ShoreGuardRelease $args[0] -Credential $args[1]", Repository, Credential("pat", Password)).ThrowIfFailed().StandInReleases().Count);
        var wrong = _host.Run("Get-ShoreGuardRelease $args[0] -Credential $args[1]", Repository, Credential("pat", "wr0ng"));
        Assert.DoesNotContain("wr0ng", wrong.Error("RegistryDenied", ErrorCategory.AuthenticationError).Exception.ToString(), StringComparison.Ordinal);

        using var settings = Settings(
            new JsonObject { ["auths"] = new JsonObject { [Host] = new JsonObject { ["auth"] = Convert.ToBase64String(
            System.Text.Encoding.UTF8.GetBytes($"pat:{Password}")) } } });
        Assert.Equal(7, _host.Run($"Get-ShoreGuardRelease {Repository}").ThrowIfFailed().StandInReleases().Count);
    }

    [Fact]
    public void A_rollback_pulls_with_what_a_credential_helper_says()
    {
        using var project = StandInProject.Start("0.27.0");
        project.Deploy("0.32.0");
        _host.RollBack(project, $"-Image {Repository}:0.27.0 -Pin None").Error("RegistryDenied", ErrorCategory.AuthenticationError);

        var asked = Path.Combine(_folder, "asked");
        WriteHelper("docker-credential-sgtest", $$"""
            #!/bin/sh
            read -r server
            echo "$* $server" >>'{{asked}}'
            echo '{"ServerURL":"x","Username":"pat","Secret":"{{Password}}"}'
            """);
        using var settings = Settings(new JsonObject { ["credHelpers"] = new JsonObject { [Host] = "sgtest" } });
        var result = _host.RollBack(project, $"-Image {Repository}:0.27.0 -Pin None -Verbose");

        Assert.True((bool)result.ThrowIfFailed().Single().At("Succeeded")!);
        Assert.Equal("0.27.0", project.AnsweringVersion);
        Assert.All(File.ReadAllLines(asked), line => Assert.Equal($"get {Host}", line));
        Assert.DoesNotContain(result.Verbose, line => line.Contains(Password, StringComparison.Ordinal));
    }

    [Fact]
    public void A_rollback_pulls_with_a_credential_of_the_operator()
    {
        using var project = StandInProject.Start("0.27.0");
        project.Deploy("0.32.0");
        var before = (string?)Docker.Inspect(project.Container)["Id"];
        var command = $"Get-ShoreGuardDeployment -Project {project.Name} | Invoke-ShoreGuardImageRollback -Image {Repository}:0.27.0 -Pin None -StabilitySec "
            + "0.3 -Verbose -Confirm:$false -Credential $args[0]";
        var wrong = _host.Run(command, Credential("pat", "wr0ng")).Error("RegistryDenied", ErrorCategory.AuthenticationError);
        Assert.DoesNotContain("wr0ng", wrong.Exception.ToString(), StringComparison.Ordinal);
        Assert.Equal(before, (string?)Docker.Inspect(project.Container)["Id"]);

        var result = _host.Run(command, Credential("pat", Password));

        Assert.True((bool)result.ThrowIfFailed().Single().At("Succeeded")!);
        Assert.Equal("0.27.0", project.AnsweringVersion);
        Assert.DoesNotContain(result.Verbose, line => line.Contains(Password, StringComparison.Ordinal));
    }

    [Fact]
    public void A_helper_that_is_missing_or_fails_is_named_when_the_registry_refuses()
    {
        using var settings = Settings(new JsonObject { ["credsStore"] = "sgmissing" });
        Assert.Contains("docker-credential-sgmissing",
            _host.Run($"Get-ShoreGuardRelease {Repository}").Error("RegistryDenied", ErrorCategory.AuthenticationError).ToString(), StringComparison.Ordinal);
        // Where nobody has to be known, it does not matter.
        Assert.Single(_host.Run($"Get-ShoreGuardRelease {Stack.Repository} -First 1").ThrowIfFailed().Output);
    }

    private static PSCredential Credential(string user, string password)
    {
        var secret = new System.Security.SecureString();
        foreach (var character in password)
            secret.AppendChar(character);
        return new PSCredential(user, secret);
    }

    // The stack's own settings have Compose as a plugin beside them.
    private Variables Settings(JsonObject config)
    {
        File.WriteAllText(Path.Combine(_folder, "config.json"), config.ToJsonString());
        var plugins = Path.Combine(Environment.GetEnvironmentVariable("DOCKER_CONFIG")
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".docker"), "cli-plugins");
        if (Directory.Exists(plugins))
            Directory.CreateSymbolicLink(Path.Combine(_folder, "cli-plugins"), plugins);
        return new Variables(("DOCKER_CONFIG", _folder), ("PATH", $"{_folder}{Path.PathSeparator}{Environment.GetEnvironmentVariable("PATH")}"));
    }

    private void WriteHelper(string name, string script)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, script + "\n");
        Docker.RunProgram("chmod", ["+x", path]);
    }

    public void Dispose()
    {
        _host.Dispose();
        _registry.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
