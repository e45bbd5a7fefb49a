using System.Management.Automation;
using ShoreGuard.Rollback.Tests;

namespace ShoreGuard.Rollback.EndToEnd.Tests.Rollbacks;

/// <summary>Wherever the target is written down: a later <c>docker compose up</c> leaves the container alone, and nothing else of the file has
/// changed.</summary>
public sealed class PinTests : IDisposable
{
    private const string FromVariables = "${SHOREGUARD_IMAGE_REPOSITORY:-ghcr.io/flohofstetter/shoreguard}:${SHOREGUARD_VERSION:-latest}";
    private readonly ModuleHost _host = new();

    [Theory]
    [InlineData("")]
    [InlineData("-Pin ComposeFile")]
    public void In_the_Compose_file_where_no_variable_decides(string arguments)
    {
        using var project = StandInProject.Start("0.32.0");
        var before = Edit(project, FromVariables, $"'{Stack.Repository}:0.32.0'   # by hand");
        project.Up();
        var variables = File.ReadAllText(project.EnvFile);

        var result = RollBack(project, $"-Version 0.27.0 {arguments}");

        Assert.Equal(before.Replace(":0.32.0'", $":0.27.0@{result.Text("Digest")}'", StringComparison.Ordinal), File.ReadAllText(project.ComposeFile));
        Assert.Equal(variables, File.ReadAllText(project.EnvFile));
        Assert.Null(result.Text("Pin.Variable"));
        AssertLeftAlone(project);
    }

    [Fact]
    public void In_the_Compose_file_when_asked_for_although_a_variable_decides()
    {
        using var project = StandInProject.Start("0.32.0");
        var before = File.ReadAllText(project.ComposeFile);

        var result = RollBack(project, "-Version 0.27.0 -Pin ComposeFile");

        var after = before.Replace("${SHOREGUARD_VERSION:-latest}", $"0.27.0@{result.Text("Digest")}", StringComparison.Ordinal);
        Assert.Equal(after, File.ReadAllText(project.ComposeFile));
        AssertLeftAlone(project);
    }

    [Fact]
    public void A_service_that_is_built_is_refused_unless_an_image_is_named()
    {
        using var project = StandInProject.Start("0.32.0");
        File.WriteAllText(Path.Combine(project.Folder, "Dockerfile"), $"FROM {Stack.Repository}:0.32.0\n");
        var before = Edit(project, $"image: {FromVariables}", "build: .");
        project.Compose("up", "--detach", "--build");
        var old = Docker.Inspect(project.Container);

        foreach (var pin in (string[])["Auto", "Env", "ComposeFile"])
        {
            var error = _host.RollBack(project, $"-Version 0.27.0 -Pin {pin}").Error("ComposeServiceBuilt", ErrorCategory.InvalidOperation);
            Assert.Contains("-Image", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
        }
        Assert.Equal((string?)old["Id"], (string?)Docker.Inspect(project.Container)["Id"]);
        Assert.Equal(before, File.ReadAllText(project.ComposeFile));

        var result = RollBack(project, $"-Image {Stack.Repository}:0.27.0", build: true);
        Assert.Equal(
            before.Replace("build: .", $"image: {result.Text("Image")}\n    build: .", StringComparison.Ordinal), File.ReadAllText(project.ComposeFile));
        Assert.Equal((project.Name, "shoreguard"), (result.Text("Deployment.Project"), result.Text("Deployment.Service")));
        AssertLeftAlone(project);
        Docker.Run("image", "rm", "--force", $"{project.Name}-shoreguard");
    }

    [Fact]
    public void A_build_beside_the_image_is_warned_of()
    {
        using var project = StandInProject.Start("0.32.0");
        File.WriteAllText(Path.Combine(project.Folder, "Dockerfile"), $"FROM {Stack.Repository}:0.32.0\n");
        Edit(project, $"image: {FromVariables}", $"image: {FromVariables}\n    build: .");
        project.Up();

        RollBack(project, "-Version 0.27.0", build: true);

        AssertLeftAlone(project);
    }

    [Fact]
    public void In_the_override_file_whose_image_counts()
    {
        using var project = StandInProject.Start("0.32.0");
        var (first, second, third) = (File.ReadAllText(project.ComposeFile), Path.Combine(project.Folder, "second.yml"),
            Path.Combine(project.Folder, "third.yml"));
        File.WriteAllText(second, $"services:\r\n  shoreguard: {{ image: \"{Stack.Repository}:0.32.0\" }} # ours\r\n");
        File.WriteAllText(third, "services:\n  shoreguard:\n    labels: [ours=1]\n");
        string[] compose = ["--project-directory", project.Folder, "--project-name", project.Name, "--file", project.ComposeFile, "--file", second, "--file",
            third];
        Up(compose);

        var result = RollBack(project, "-Version 0.27.0");

        Assert.Equal(second, result.Text("Pin.Path"));
        Assert.Equal($"services:\r\n  shoreguard: {{ image: \"{result.Text("Image")}\" }} # ours\r\n", File.ReadAllText(second));
        Assert.Equal(first, File.ReadAllText(project.ComposeFile));
        AssertLeftAlone(project, compose);
    }

    [Fact]
    public void In_the_environment_file_that_Compose_was_given()
    {
        using var project = StandInProject.Start("0.32.0");
        var (one, two) = (Path.Combine(project.Folder, "one.env"), Path.Combine(project.Folder, "two.env"));
        File.Move(project.EnvFile, one);
        File.WriteAllText(two, "# later\nexport SHOREGUARD_VERSION='0.32.0'\n");
        string[] compose = ["--project-directory", project.Folder, "--project-name", project.Name, "--file", project.ComposeFile, "--env-file", one,
            "--env-file", two];
        // Which files Compose was given is in a label that it writes when it makes the container.
        Docker.Compose([.. compose, "up", "--detach", "--force-recreate"]);

        var result = RollBack(project, "-Version 0.27.0");

        Assert.Equal(two, result.Text("Pin.Path"));
        Assert.Equal($"# later\nexport SHOREGUARD_VERSION='0.27.0@{result.Text("Digest")}'\n", File.ReadAllText(two));
        Assert.False(File.Exists(project.EnvFile));
        AssertLeftAlone(project, compose);
    }

    [Fact]
    public void In_a_project_that_its_own_variables_name()
    {
        using var project = StandInProject.Start("0.32.0");
        var more = Path.Combine(project.Folder, "more.yml");
        File.WriteAllText(more, "services:\n  shoreguard:\n    labels: [ours=1]\n");
        File.AppendAllText(project.EnvFile, $"COMPOSE_FILE={project.ComposeFile}:{more}\nCOMPOSE_PROJECT_NAME={project.Name}\n");
        string[] compose = ["--project-directory", project.Folder];
        Up(compose);

        var result = RollBack(project, "-Version 0.27.0");

        Assert.Equal(("SHOREGUARD_VERSION", project.EnvFile), (result.Text("Pin.Variable"), result.Text("Pin.Path")));
        AssertLeftAlone(project, compose);
    }

    [Fact]
    public void Another_repository_than_the_files_goes_into_the_Compose_file()
    {
        using var project = StandInProject.Start("0.32.0");
        var other = $"{Stack.Repository}-copy-{project.Name}";
        Docker.Run("pull", "--quiet", $"{Stack.Repository}:0.27.0");
        Docker.Run("tag", $"{Stack.Repository}:0.27.0", $"{other}:0.27.0");
        Docker.Run("push", "--quiet", $"{other}:0.27.0");

        var result = RollBack(project, $"-Image {other}:0.27.0");

        Assert.Equal(project.ComposeFile, result.Text("Pin.Path"));
        AssertLeftAlone(project);
    }

    [Fact]
    public void What_cannot_be_pinned_as_asked_for_is_refused_and_nothing_changes()
    {
        using var project = StandInProject.Start("0.32.0");
        Edit(project, FromVariables, $"&image {Stack.Repository}:0.32.0");
        File.AppendAllText(project.ComposeFile, "\nx-other: *image\n");
        project.Up();
        var (before, text) = (Docker.Inspect(project.Container), File.ReadAllText(project.ComposeFile));

        _host.RollBack(project, "-Version 0.27.0 -Pin Env").Error("PinImpossible", ErrorCategory.InvalidOperation);
        var error = _host.RollBack(project, "-Version 0.27.0").Error("ComposeImageNotEditable", ErrorCategory.InvalidOperation);

        Assert.Contains("anchor &image", error.ToString(), StringComparison.Ordinal);
        Assert.Equal((string?)before["Id"], (string?)Docker.Inspect(project.Container)["Id"]);
        Assert.Equal(text, File.ReadAllText(project.ComposeFile));
    }

    [Fact]
    public void A_target_that_fails_its_gate_leaves_the_Compose_file_as_it_was()
    {
        using var project = StandInProject.Start("0.27.0");
        var before = Edit(project, FromVariables, $"{Stack.Repository}:0.27.0");
        project.Up();

        _host.RollBack(project, "-Version 0.31.0").Error("GateRefused", ErrorCategory.InvalidResult);

        Assert.Equal(before, File.ReadAllText(project.ComposeFile));
        Assert.Empty(Directory.GetFiles(project.Folder, "*.tmp"));
        AssertLeftAlone(project);
    }

    [Fact]
    public async Task Without_Compose_and_under_a_variable_that_beats_the_pin_both_are_said()
    {
        using var project = StandInProject.Start("0.32.0");
        var (output, code) = await Pwsh.Run($"""
            $env:DOCKER_CONFIG = '{project.Folder}'
            $env:SHOREGUARD_IMAGE_REPOSITORY = $null
            $env:SHOREGUARD_VERSION = '0.32.0'
            Import-Module '{Repository.Manifest}'
            $result = Get-ShoreGuardDeployment -Project {project.Name} | Invoke-ShoreGuardImageRollback -Version 0.27.0 -StabilitySec 0.3 -Confirm:$false
            $result.Warnings | ForEach-Object {'{'} [Console]::WriteLine("WARNING: $_") {'}'}
            [Console]::WriteLine("PIN: $($result.Pin)")
            """);
        Assert.Equal(0, code);
        Assert.Contains("WARNING: This shell exports SHOREGUARD_VERSION", output, StringComparison.Ordinal);
        Assert.Contains("WARNING: Docker Compose could not be asked", output, StringComparison.Ordinal);
        Assert.Contains("PIN: SHOREGUARD_VERSION=0.27.0@sha256:", output, StringComparison.Ordinal);
        project.Up();
        project.WaitUntil("ready", () => project.Answers("readyz"));
        Assert.Equal("0.27.0", project.AnsweringVersion);
    }

    // Compose copies it into the container after it has made it, and the engine knows nothing of it.
    [Fact]
    public void A_copied_secret_is_not_lost_where_nobody_can_tell_which_there_are()
    {
        using var project = StandInProject.Start("0.32.0");
        Edit(project, $"image: {FromVariables}", $"image: {FromVariables}\n    secrets: [boot]");
        File.AppendAllText(project.ComposeFile, "\nsecrets: { boot: { environment: BOOT } }\n");
        File.AppendAllText(project.EnvFile, "\nBOOT=s3cret\n");
        project.Up();
        var before = Docker.Inspect(project.Container);
        File.WriteAllText(project.ComposeFile, "services: [");

        var error = _host.RollBack(project, $"-Image {Stack.Repository}:0.27.0 -Pin None").Error("CopiedSecretsUnknown", ErrorCategory.InvalidOperation);

        Assert.DoesNotContain("s3cret", error.ToString(), StringComparison.Ordinal);
        Assert.Equal((string?)before["Id"], (string?)Docker.Inspect(project.Container)["Id"]);
        Assert.Equal("s3cret", Docker.Run("exec", project.Container, "cat", "/run/secrets/boot"));
    }

    // A tool that hands out secrets can write to one, once; Compose would wait for it for ever.
    [Fact]
    public void A_pipe_for_env_file_is_waited_for_by_nobody()
    {
        using var project = StandInProject.Start("0.32.0");
        var pipe = Path.Combine(project.Folder, "secrets.env");
        File.WriteAllText(pipe, "FROM_A_PIPE=1\n");
        Edit(project, $"image: {FromVariables}", $"image: {FromVariables}\n    env_file: [secrets.env]");
        project.Up();
        File.Delete(pipe);
        Docker.RunProgram("mkfifo", [pipe]);
        var clock = System.Diagnostics.Stopwatch.StartNew();

        var result = _host.RollBack(project, "-Version 0.27.0 -Verbose").ThrowIfFailed();

        Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(50));
        Assert.Contains(result.Single().Texts("Warnings"), warning => warning.Contains("Docker Compose could not be asked", StringComparison.Ordinal));
        Assert.Equal("True", result.Single().Text("Succeeded"));
        Assert.Contains("FROM_A_PIPE=1", Docker.Inspect(project.Container)["Config"]!["Env"]!.AsArray().Select(value => (string?)value));
    }

    [Theory]
    [FullData("Env")]
    [InlineData("ComposeFile")]
    public void Compose_1_leaves_alone_what_it_made_as_well(string pin)
    {
        var docker = Stack.FirstCompose;
        using var project = StandInProject.Start("0.32.0");
        project.Compose("down");
        string[] compose = ["--project-directory", project.Folder, "--project-name", project.Name, "--file", project.ComposeFile];
        Docker.RunProgram(docker, [.. compose, "up", "--detach"]);
        var container = $"{project.Name}_shoreguard_1";

        RollBack(project, $"-Version 0.27.0 -Pin {pin}");

        var before = Docker.Inspect(container);
        Assert.Contains("is up-to-date", Docker.RunProgram(docker, [.. compose, "up", "--detach"]), StringComparison.Ordinal);
        Assert.Equal((string?)before["Id"], (string?)Docker.Inspect(container)["Id"]);
    }

    private PSObject RollBack(StandInProject project, string arguments, bool build = false)
    {
        project.WaitUntil("ready", () => project.Answers("readyz"));
        var result = _host.RollBack(project, arguments).ThrowIfFailed().Single();
        Assert.Equal("0.27.0", project.AnsweringVersion);
        var warnings = result.Texts("Warnings");
        if (build)
            Assert.Contains("has build: beside image:", Assert.Single(warnings), StringComparison.Ordinal);
        else
            Assert.Empty(warnings);
        return result;
    }

    private static string Edit(StandInProject project, string old, string now)
    {
        var text = File.ReadAllText(project.ComposeFile);
        Assert.Contains(old, text, StringComparison.Ordinal);
        text = text.Replace(old, now, StringComparison.Ordinal);
        File.WriteAllText(project.ComposeFile, text);
        return text;
    }

    private static void Up(string[] compose) => Docker.Compose([.. compose, "up", "--detach"]);

    private static void AssertLeftAlone(StandInProject project, string[]? compose = null)
    {
        var before = Docker.Inspect(project.Container);
        if (compose is null)
            project.Up();
        else
            Up(compose);
        var after = Docker.Inspect(project.Container);
        Assert.Equal(((string?)before["Id"], (string?)before["State"]!["StartedAt"]), ((string?)after["Id"], (string?)after["State"]!["StartedAt"]));
    }

    public void Dispose() => _host.Dispose();
}
