using ShoreGuard.Rollback.Tests;

namespace ShoreGuard.Rollback.EndToEnd.Tests.Rollbacks;

/// <summary>The same on an Engine 20.10, and what can only be done to an engine of one's own: restart it, fill its disk.</summary>
public sealed class OlderEngineTests
{
    private static string RollBack(string arguments) =>
        $"Get-ShoreGuardDeployment | Invoke-ShoreGuardImageRollback {arguments} -GateTimeoutSec 15 -StabilitySec 0.3 -Confirm:$false -ErrorVariable failed "
            + "-ErrorAction SilentlyContinue | "
        + "ForEach-Object { \"RESULT $($_.Succeeded) $($_.Strategy) $($_.After.Version)\" }; "
        + "foreach ($each in $failed) { \"ERROR $($each.FullyQualifiedErrorId) $($each.CategoryInfo.Category) $each\" }";

    [Theory]
    [InlineData("Recreate")]
    [FullData("HotSwap")]
    [FullData("BlueGreen")]
    public void A_release_goes_back_a_bad_one_is_taken_away_again_and_Compose_agrees(string strategy)
    {
        using var engine = OlderEngine.Borrow();
        using var project = new Project(engine, "0.32.0", isPublished: strategy != "BlueGreen");
        var id = project.Id;

        Assert.Equal($"RESULT False {strategy} 0.32.1.dev3", Run(engine, $"-Version 0.30.0 -Strategy {strategy}")[0]);
        Assert.Equal(id, project.Id);
        project.AssertNothingIsLeftOver();

        Assert.Equal([$"RESULT True {strategy} 0.27.0"], Run(engine, $"-Version 0.27.0 -Strategy {strategy}"));
        Assert.NotEqual(id, project.Id);
        project.AssertNothingIsLeftOver();
        id = project.Id;
        project.Compose("up", "--detach");
        Assert.Equal(id, project.Id);
    }

    // Compose reads its files where it runs, and an operator at the other end of a tunnel may have others of the same path.
    [Theory]
    [InlineData("elsewhere", true)]
    [InlineData("", false)]
    public void A_pin_for_an_engine_on_another_machine_says_whose_file_it_goes_into(string machine, bool warned)
    {
        using var engine = machine.Length == 0 ? OlderEngine.Borrow() : new(size: "", machine);
        using var project = new Project(engine, "0.32.0");
        using var module = new ModuleHost();
        var run = module.Run($"Get-ShoreGuardDeployment -DockerHost {engine.Host} | Invoke-ShoreGuardImageRollback -Version 0.27.0 -WhatIf").ThrowIfFailed();
        Assert.Equal(warned, run.Warnings.Any(text => text.Contains("on another machine (elsewhere)", StringComparison.Ordinal)));
    }

    [Theory]
    [FullData("Recreate", "Create the new container", "Stop the old container", "Rename the old container aside", "Give its name to the new container",
        "Start the new container", "Gate: live")]
    [InlineData("HotSwap", "Make a private network", "Create the new container", "Gate on the private network", "Hand over", "Rename the old container aside",
        "Give its name to the new container", "Gate where it is published")]
    [FullData("BlueGreen", "Create the new container", "Take the alias from the new container", "Start the new container", "Gate beside",
        "Rename the old container aside", "Give the alias to the new container", "Give its name to the new container", "Take the alias from the old container",
        "Gate under the alias")]
    public void An_engine_that_is_restarted_in_the_middle_of_a_step(string strategy, params string[] steps)
    {
        using var engine = OlderEngine.Borrow();
        using var project = new Project(engine, "0.32.0", isPublished: strategy != "BlueGreen");
        foreach (var step in Sampling.Sixth(steps, first: 3))
        {
            var before = project.Id;
            var restarted = false;
            var lines = engine.RunModule($"$VerbosePreference = 'Continue'; {RollBack($"-Version 0.27.0 -Strategy {strategy}")}", line =>
            {
                if (!restarted && line.Contains(step, StringComparison.Ordinal))
                {
                    restarted = true;
                    engine.Restart();
                }
            });
            Assert.True(restarted, $"The step '{step}' was never begun.");
            engine.WaitUntilUp();
            var told = string.Join('\n', lines);
            if (lines.Any(line => line.StartsWith("RESULT True", StringComparison.Ordinal)))
            {
                // The engine was quick, and the switch went on: then it has to have gone through.
                Assert.True(before != project.Id, $"{step}: {told}");
                project.Deploy("0.32.0");
            }
            else
            {
                Assert.True(before == project.Id, $"{step}: {told}");
                Assert.Contains(lines, line => line.StartsWith("ERROR ", StringComparison.Ordinal));
                Assert.False(told.Contains("UndoFailed", StringComparison.Ordinal), $"{step}: {told}");
            }
            project.AssertNothingIsLeftOver(told);
            project.WaitUntilReady();
        }
        Assert.Equal([$"RESULT True {strategy} 0.27.0"], Run(engine, $"-Version 0.27.0 -Strategy {strategy}"));
    }

    [Fact]
    public void A_disk_that_is_full_while_the_image_is_pulled()
    {
        using var engine = new OlderEngine("900m", machine: "");
        using var project = new Project(engine, "0.32.0");
        var before = project.Id;
        engine.FillUp();
        var error = Assert.Single(Run(engine, "-Version 0.27.0"));
        Assert.StartsWith("ERROR DiskFull,", error, StringComparison.Ordinal);
        Assert.Contains(" ResourceUnavailable ", error, StringComparison.Ordinal);
        engine.MakeRoom();
        Assert.Equal(before, project.Id);
        project.AssertNothingIsLeftOver();
        project.WaitUntilReady();
        Assert.Equal(["RESULT True Recreate 0.27.0"], Run(engine, "-Version 0.27.0"));
    }

    [Fact]
    public void A_container_on_several_networks_keeps_its_addresses_aliases_and_limits()
    {
        using var engine = OlderEngine.Borrow();
        foreach (var (network, subnet) in ((string, string)[])[("front", "10.77.1.0/24"), ("back", "10.77.2.0/24")])
            engine.Docker("network", "create", "--subnet", subnet, network);
        engine.Docker("run", "--detach", "--name", "guard", "--network", "front", "--ip", "10.77.1.7", "--network-alias", "guard-front", "--hostname", "guard",
            "--volume", "/anonymous",
            "--memory", "256m", "--ulimit", "nofile=2000:3000", "--cap-drop", "NET_RAW", "--restart", "on-failure:3", $"{Stack.Repository}:0.32.0");
        engine.Docker("network", "connect", "--ip", "10.77.2.8", "--alias", "guard-back", "back", "guard");
        const string Shown = "{{.Config.Hostname}} {{.HostConfig.Memory}} {{json .HostConfig.Ulimits}} {{json .HostConfig.CapDrop}} {{json "
            + ".HostConfig.RestartPolicy}} {{(index .Mounts 0).Name}} "
            + "{{range $name, $each := .NetworkSettings.Networks}}{{$name}} {{$each.IPAddress}} {{index $each.Aliases 0}} {{end}}";
        var before = engine.Docker("container", "inspect", "guard", "--format", Shown);

        Assert.Equal(["RESULT True Recreate 0.27.0"],
            [.. engine.RunModule(RollBack("-Version 0.27.0 -Force")
            .Replace("Get-ShoreGuardDeployment |", "Get-ShoreGuardDeployment -Name guard |", StringComparison.Ordinal))
            .Where(line => line.StartsWith("RESULT", StringComparison.Ordinal) || line.StartsWith("ERROR", StringComparison.Ordinal))]);

        Assert.Contains("10.77.2.8 guard-back", before, StringComparison.Ordinal);
        Assert.Equal(before, engine.Docker("container", "inspect", "guard", "--format", Shown));
    }

    private static IReadOnlyList<string> Run(OlderEngine engine, string arguments) =>
        [.. engine.RunModule(RollBack(arguments))
            .Where(line => line.StartsWith("RESULT", StringComparison.Ordinal) || line.StartsWith("ERROR", StringComparison.Ordinal))];

    /// <summary>A Compose project on such an engine.</summary>
    private sealed class Project : IDisposable
    {
        private const string Name = "older";
        private const int Port = 8888;
        private readonly OlderEngine _engine;
        private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("sgtest-older-");

        private readonly bool _isPublished;

        public Project(OlderEngine engine, string version, bool isPublished = true)
        {
            (_engine, _isPublished) = (engine, isPublished);
            var compose = File.ReadAllLines(Path.Combine(Repository.Root, "tests", "stand-in", "compose", "sqlite.yml"));
            File.WriteAllLines(ComposeFile,
                compose.Where(line =>
                isPublished || !(line.Contains("ports:", StringComparison.Ordinal) || line.Contains(":8888\"", StringComparison.Ordinal))));
            Deploy(version);
        }

        public string Id => _engine.Docker("container", "inspect", $"{Name}-shoreguard-1", "--format", "{{.Id}}").Trim();

        private string ComposeFile => Path.Combine(_folder.FullName, "docker-compose.yml");

        public void Deploy(string version)
        {
            File.WriteAllText(Path.Combine(_folder.FullName, ".env"), $"""
                SHOREGUARD_IMAGE_REPOSITORY={Stack.Repository}
                SHOREGUARD_VERSION={version}
                SHOREGUARD_PORT={Port}

                """);
            Compose("up", "--detach");
            WaitUntilReady();
        }

        public string Compose(params string[] arguments) =>
            _engine.Docker(["compose", "--project-name", Name, "--project-directory", _folder.FullName, "--file", ComposeFile, .. arguments]);

        public void WaitUntilReady()
        {
            for (var tries = 0; !IsReady(); tries++)
            {
                Assert.True(tries < 300, "It was not ready within 60 s.");
                Task.Delay(200).Wait();
            }
        }

        private bool IsReady()
        {
            try
            {
                var address = _isPublished ? "127.0.0.1"
                    : _engine.Docker("container", "inspect", $"{Name}-shoreguard-1", "--format", "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}")
                    .Trim();
                _engine.Inside(
                    "bash", "-c", $"exec 3<>/dev/tcp/{address}/{Port} && printf 'GET /readyz HTTP/1.0\\r\\n\\r\\n' >&3 && head -1 <&3 | grep -q ' 200 '");
                return true;
            }
            catch (InvalidOperationException)
            {
                return false;
            }
        }

        public void AssertNothingIsLeftOver(string told = "")
        {
            var names = _engine.Docker("ps", "--all", "--format", "{{.Names}}").Trim();
            Assert.True(names == $"{Name}-shoreguard-1", $"{names}\n{told}");
            Assert.DoesNotContain("shoreguard-gate", _engine.Docker("network", "ls", "--format", "{{.Name}}"), StringComparison.Ordinal);
            Assert.Empty(Directory.GetFiles(_folder.FullName, "*.tmp"));
        }

        public void Dispose() => _folder.Delete(recursive: true);
    }
}
