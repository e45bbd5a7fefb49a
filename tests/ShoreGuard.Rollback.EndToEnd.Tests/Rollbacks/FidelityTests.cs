using System.Text.Json.Nodes;
using ShoreGuard.Rollback.Tests;

namespace ShoreGuard.Rollback.EndToEnd.Tests.Rollbacks;

/// <summary>What docker inspect shows before and after a rollback differs in nothing but what has to.</summary>
public sealed class FidelityTests : IDisposable
{
    // Ids and what is named after them, times, addresses, and what the engine counts.
    private static readonly string[] OfTheContainer =
    [
        "Id", "Created", "State", "LogPath", "ResolvConfPath", "HostnamePath", "HostsPath", "GraphDriver", "ExecIDs", "Config.Hostname", "RestartCount",
        "NetworkSettings.SandboxID", "NetworkSettings.SandboxKey", "NetworkSettings.*.EndpointID", "NetworkSettings.*.MacAddress",
        "NetworkSettings.*.IPAddress", "NetworkSettings.*.Aliases", "NetworkSettings.*.DNSNames", "NetworkSettings.EndpointID", "NetworkSettings.IPAddress",
        "NetworkSettings.MacAddress",
    ];

    // What the new image brings, and the labels in which Compose writes down which image it is.
    private static readonly string[] OfTheImage =
    [
        "Image", "Config.Image", "ImageManifestDescriptor", "Config.Labels.com.docker.compose.config-hash", "Config.Labels.com.docker.compose.image",
        "Config.Labels.org.opencontainers.image.version", "Config.Labels.org.opencontainers.image.revision", "Config.Labels.org.opencontainers.image.created",
    ];

    private readonly ModuleHost _host = new();

    [Fact]
    public void Of_a_compose_service()
    {
        using var project = StandInProject.Start("0.32.0");
        var before = Docker.Inspect(project.Container);
        _host.RollBack(project, "-Version 0.27.0").ThrowIfFailed();
        AssertSameButForTheImage(before, Docker.Inspect(project.Container));
    }

    [Fact]
    public void Of_a_container_with_options_of_many_kinds()
    {
        _ = Stack.Repository;
        var name = $"sgtest-fidelity-{Guid.NewGuid().ToString("n")[..8]}";
        var prefix = Docker.CreateNetwork($"{name}-a");
        Docker.Run("network", "create", $"{name}-b");
        try
        {
            Docker.Run(
                "run", "--detach", "--name", name, "--hostname", "guard", "--network", $"name={name}-a,ip={prefix}.7,alias=guard-a", "--publish",
                "127.0.0.1::8888",
                "--env", "SHOREGUARD_STANDIN_START_SECONDS=0", "--env", "MINE=a b", "--label", "mine=1", "--volume",
                $"{name}-data:/home/shoreguard/.config/shoreguard",
                "--volume", "/anonymous", "--tmpfs", "/scratch:size=1m", "--add-host", "other:10.0.0.9", "--dns", "10.0.0.53", "--restart", "on-failure:3",
                "--log-opt", "max-size=1m", "--memory", "256m", "--cpus", "1.5", "--pids-limit", "200", "--cap-drop", "NET_RAW", "--ulimit", "nofile=2000:3000",
                "--sysctl", "net.core.somaxconn=200", "--init", "--shm-size", "32m", "--stop-timeout", "7", "--stop-signal", "SIGINT", "--read-only",
                "--security-opt", "no-new-privileges", "--oom-score-adj", "100", "--health-interval", "7s", "--health-retries", "9", "--workdir", "/tmp",
                $"{Stack.Repository}:0.32.0");
            Docker.Run("network", "connect", "--alias", "guard-b", $"{name}-b", name);
            Docker.WaitUntilLive(name);
            var before = Docker.Inspect(name);

            var run = _host.Run(
                "Get-ShoreGuardDeployment -Name $args[0] | Invoke-ShoreGuardImageRollback -Version 0.27.0 -StabilitySec 0 -Force -Confirm:$false", name)
                .ThrowIfFailed();

            var after = Docker.Inspect(name);
            // Of several networks an engine joins any one first, and may choose the number twice for that: it is kept, or said.
            var (then, now) = (PublishedPort(before), PublishedPort(after));
            var said = $"The engine chose another host port: 8888/tcp is now published as {now} (was {then}).";
            Assert.Equal(now != then, run.Warnings.Any(warning => warning.Contains(said, StringComparison.Ordinal)));
            Assert.Equal(AnonymousVolume(before), AnonymousVolume(after));
            // It is carried over by its name, which is how the engine then lists it; the host port was the engine's choice, and stays the same.
            foreach (var container in (JsonObject[])[before, after])
            {
                container["HostConfig"]!["Binds"] = null;
                container["Config"]!["Volumes"] = null;
                container["Mounts"] = new JsonArray(
                    [.. container["Mounts"]!.AsArray().OrderBy(mount => (string?)mount!["Destination"]).Select(mount => Without(mount!, "Mode"))]);
                container["HostConfig"]!["PortBindings"] = null;
                container["NetworkSettings"]!["Ports"] = null;
            }
            AssertSameButForTheImage(before, after);
        }
        finally
        {
            Docker.Remove(name);
            Docker.Run("volume", "rm", "--force", $"{name}-data");
            Docker.Run("network", "rm", $"{name}-a", $"{name}-b");
        }
    }

    /// <summary>Options that go together, by the names they are known under. NAME, SUBNET, PORT and IMAGE stand for those of the test, a tilde for a
    /// space inside an option.</summary>
    public static TheoryData<string, string> Options => new()
    {
        { "user, groups, entry point, command, labels, domain",
            "--user 0:0 --group-add 44 --entrypoint python3 --label org.opencontainers.image.title=Mine --hostname guard --domainname example.test IMAGE "
            + "/usr/local/bin/shoreguard" },
        { "entry point taken away", "--entrypoint= IMAGE shoreguard" },
        { "every field of a health check",
        "--health-cmd true --health-interval 3s --health-timeout 2s --health-start-period 4s --health-start-interval 1s --health-retries 2 IMAGE" },
        { "no health check", "--no-healthcheck IMAGE" },
        { "mounts with sub-options",
        "--mount type=volume,src=NAME-data,dst=/sub,volume-subpath=inner --mount type=volume,dst=/anonymous --mount "
        + "type=bind,src=/tmp,dst=/b,readonly,bind-propagation=private --mount type=tmpfs,dst=/t,tmpfs-size=1m,tmpfs-mode=1770 --volume /etc/hostname:/h:ro "
        + "IMAGE" },
        { "static addresses of both kinds, an alias, a chosen MAC",
        "--network name=NAME-a,ip=SUBNET.7,ip6=fd00:SUBNET6::7,alias=guard-a,mac-address=02:42:0a:0b:0c:0d --dns 127.0.0.11 --dns-search example.test "
        + "--dns-option ndots:2 IMAGE" },
        { "the engine's bridge with a link", "--link NAME-other:friend --add-host other:10.0.0.9 --dns 10.0.0.53 IMAGE" },
        { "a link and a driver's option on a network of the user's",
        "--network name=NAME-a,driver-opt=com.docker.network.endpoint.ifname=guard0 --link NAME-other:friend IMAGE" },
        { "a range of ports, a host address, UDP", "--publish 127.0.0.1:PORT-PORT9:8888 --publish 127.0.0.1:PORT:9999/udp --expose 7777 IMAGE" },
        { "limits", "--memory 256m --memory-reservation 64m --memory-swap 512m --cpus 1.5 --cpuset-cpus 0 --cpu-shares 500 --pids-limit 200 --blkio-weight 300 "
        + "--ulimit nofile=2000:3000 --oom-score-adj 100 --shm-size 32m IMAGE" },
        { "what is seldom set",
        "--annotation mine=1 --cpu-period 50000 --cpu-quota 25000 --cpuset-mems 0 --memory-swappiness 10 --publish-all --cgroup-parent /mine --runtime runc "
        + "--device-read-iops /dev/loop0:100 --device-write-bps /dev/loop0:1mb --security-opt apparmor=unconfined --interactive --tty IMAGE" },
        { "capabilities, devices, init, logging, restart",
        "--cap-add NET_ADMIN --cap-drop NET_RAW --device /dev/fuse:/dev/fuse:r --device-cgroup-rule c~1:3~rw --sysctl net.core.somaxconn=200 --init "
        + "--security-opt seccomp=unconfined --restart always --log-driver json-file --log-opt max-file=2 --log-opt max-size=1m IMAGE" },
        { "privileged, in the host's namespaces", "--privileged --pid host --ipc host --uts host --cgroupns host --userns host IMAGE" },
        { "the host's network", "--network host --env SHOREGUARD_PORT=PORT IMAGE" },
        { "another container's network and shared memory", "--network container:NAME-other --ipc container:NAME-other IMAGE" },
        { "another container's volumes", "--volumes-from NAME-other:ro IMAGE" },
    };

    [Theory]
    [MemberData(nameof(Options))]
    public void Of_a_container_with(string options, string arguments)
    {
        _ = Stack.Repository;
        using var things = new Surroundings();
        Docker.Run(["run", "--detach", "--name", things.Name, .. things.Fill(arguments).Split(' ').Select(argument => argument.Replace('~', ' '))]);
        Docker.WaitUntilLive(things.Name);
        var before = Docker.Inspect(things.Name);

        _host.Run("Get-ShoreGuardDeployment -Name $args[0] | Invoke-ShoreGuardImageRollback -Version 0.27.0 -StabilitySec 0 -Force -Confirm:$false", things.Name)
            .ThrowIfFailed();

        var after = Docker.Inspect(things.Name);
        foreach (var container in (JsonObject[])[before, after])
            Normalize(container);
        AssertSameButForTheImage(before, after);
        Assert.True((string?)before["Config"]!["Hostname"] == (string?)after["Config"]!["Hostname"]
            || (string?)before["Config"]!["Hostname"] == ((string)before["Id"]!)[..12], options);
    }

    [Fact]
    public void Of_a_container_that_was_moved_to_other_networks_after_its_creation()
    {
        _ = Stack.Repository;
        using var things = new Surroundings();
        Docker.Run("run", "--detach", "--name", things.Name, $"{Stack.Repository}:0.32.0");
        Docker.Run("network", "connect", "--alias", "moved", $"{things.Name}-a", things.Name);
        Docker.Run("network", "disconnect", "bridge", things.Name);
        Docker.WaitUntilLive(things.Name);
        var before = Docker.Inspect(things.Name);
        _host.Run("Get-ShoreGuardDeployment -Name $args[0] | Invoke-ShoreGuardImageRollback -Version 0.27.0 -StabilitySec 0 -Force -Confirm:$false", things.Name)
            .ThrowIfFailed();
        AssertSameButForTheImage(before, Docker.Inspect(things.Name));
    }

    [Theory]
    [InlineData("environment", "false")]
    [InlineData("env_file", "false")]
    [InlineData("neither", "never")]
    public void A_variable_that_equals_the_old_images_is_the_users_where_the_Compose_file_says_so(string where, string expected)
    {
        using var project = StandInProject.Start("0.32.0");
        File.WriteAllText(Path.Combine(project.Folder, "mine.env"), "SHOREGUARD_RELOAD=false\n");
        var text = File.ReadAllText(project.ComposeFile);
        File.WriteAllText(project.ComposeFile, where switch
        {
            "environment" => text.Replace("    environment:\n", "    environment:\n      SHOREGUARD_RELOAD: 'false'\n", StringComparison.Ordinal),
            "env_file" => text.Replace("    environment:\n", "    env_file: [mine.env]\n    environment:\n", StringComparison.Ordinal),
            _ => text,
        });
        project.Up();
        var image = WithAnotherDefault($"0.27.0-{where.ToLowerInvariant().Replace('_', '-')}-{Guid.NewGuid().ToString("n")[..8]}");
        try
        {
            _host.RollBack(project, $"-Image {image}").ThrowIfFailed();
            Assert.Contains($"SHOREGUARD_RELOAD={expected}", Variables(Docker.Inspect(project.Container)));
        }
        finally
        {
            Docker.Remove(project.Container);
            Docker.Run("image", "rm", "--force", image);
        }
    }

    [Fact]
    public void A_variable_given_to_docker_run_that_equals_the_old_images_becomes_the_new_images()
    {
        _ = Stack.Repository;
        using var things = new Surroundings();
        var image = WithAnotherDefault($"0.27.0-run-{Guid.NewGuid().ToString("n")[..8]}");
        Docker.Run("run", "--detach", "--name", things.Name, "--env", "SHOREGUARD_RELOAD=false", $"{Stack.Repository}:0.32.0");
        _host.Run("Get-ShoreGuardDeployment -Name $args[0] | Invoke-ShoreGuardImageRollback -Image $args[1] -StabilitySec 0 -Force -Confirm:$false",
            things.Name, image).ThrowIfFailed();
        Assert.Contains("SHOREGUARD_RELOAD=never", Variables(Docker.Inspect(things.Name)));
        Docker.Remove(things.Name);
        Docker.Run("image", "rm", "--force", image);
    }

    [Fact]
    public void Of_secrets_and_configs_that_Compose_mounts_or_copies()
    {
        using var project = StandInProject.Start("0.32.0");
        File.WriteAllText(Path.Combine(project.Folder, "file.txt"), "from a file");
        File.AppendAllText(project.EnvFile, "A_SECRET=from a variable\n");
        File.WriteAllText(project.ComposeFile, File.ReadAllText(project.ComposeFile).Replace(
            "    environment:\n", "    secrets: [mounted, { source: copied, target: other }]\n    configs: [inline]\n    environment:\n",
            StringComparison.Ordinal)
            + "secrets: { mounted: { file: ./file.txt }, copied: { environment: A_SECRET } }\nconfigs: { inline: { content: from the text } }\n");
        project.Up();
        project.WaitUntil("ready", () => project.Answers("readyz"));
        var before = Docker.Inspect(project.Container);

        _host.RollBack(project, "-Version 0.27.0").ThrowIfFailed();

        var after = Docker.Inspect(project.Container);
        foreach (var container in (JsonObject[])[before, after])
            Normalize(container);
        AssertSameButForTheImage(before, after);
        foreach (var (path, content) in ((string, string)[])[("/run/secrets/mounted", "from a file"), ("/run/secrets/other", "from a variable"),
            ("/inline", "from the text")])
            Assert.Equal(content, Docker.Exec(project.Container, "cat", path).Trim());
        project.Up();
        Assert.Equal((string?)after["Id"], (string?)Docker.Inspect(project.Container)["Id"]);
    }

    [Fact]
    public void A_target_that_fails_leaves_a_container_whose_host_port_the_engine_chooses_serving_again()
    {
        _ = Stack.Repository;
        using var things = new Surroundings();
        Docker.Run("run", "--detach", "--name", things.Name, "--publish", "127.0.0.1::8888", $"{Stack.Repository}:0.32.0");
        Docker.WaitUntilLive(things.Name);
        var run = _host.Run(
            "Get-ShoreGuardDeployment -Name $args[0] | Invoke-ShoreGuardImageRollback -Version 0.31.0 -GateTimeoutSec 15 -StabilitySec 0 -Force "
            + "-Confirm:$false", things.Name);
        run.Error("GateRefused", System.Management.Automation.ErrorCategory.InvalidResult);
        Assert.Equal("0.32.1.dev3", run.Single().Text("After.Version"));
    }

    // Not an image of a release: the old default's successor.
    private static string WithAnotherDefault(string tag)
    {
        var image = $"{Stack.Repository}:{tag}";
        var container = Docker.Run("create", $"{Stack.Repository}:0.27.0").Trim().Split('\n')[^1];
        Docker.Run("commit", "--change", "ENV SHOREGUARD_RELOAD=never", container, image);
        Docker.Remove(container);
        Docker.Run("push", "--quiet", image);
        return image;
    }

    // An anonymous volume is carried over by its name, which is how the engine then lists it; a host port that was the engine's choice is the first
    // it may choose.
    private static void Normalize(JsonObject container)
    {
        if (container["Mounts"]!.AsArray().Any(mount => (string?)mount!["Destination"] == "/anonymous"))
        {
            foreach (var mount in container["HostConfig"]!["Mounts"]!.AsArray().Where(mount => (string?)mount!["Target"] == "/anonymous"))
                mount!["Source"] = AnonymousVolume(container);
        }
        container["Mounts"] = new JsonArray(
            [.. container["Mounts"]!.AsArray().OrderBy(mount => (string?)mount!["Destination"]).Select(mount => mount!.DeepClone())]);
        container["HostConfig"]!["PortBindings"] = null;
    }

    /// <summary>A name, and what the options may need under it: a network with both kinds of addresses, a volume with a folder, another container.</summary>
    private sealed class Surroundings : IDisposable
    {
        private readonly int _number = Random.Shared.Next(1, 250);
        private readonly string _prefix;
        private readonly int _port = StandInProject.FreePort();

        public Surroundings()
        {
            _prefix = Docker.CreateNetwork($"{Name}-a", "--ipv6", "--subnet", $"fd00:{_number}::/64");
            Docker.Run("run", "--rm", "--user", "0", "--volume", $"{Name}-data:/v", "--entrypoint", "mkdir", $"{Stack.Repository}:0.32.0", "/v/inner");
            Docker.Run("run", "--detach", "--name", $"{Name}-other", "--ipc", "shareable", "--entrypoint", "sleep", $"{Stack.Repository}:0.32.0", "600");
        }

        public string Name { get; } = $"sgtest-fidelity-{Guid.NewGuid().ToString("n")[..8]}";

        public string Fill(string arguments) =>
            arguments.Replace("SUBNET6", $"{_number}", StringComparison.Ordinal).Replace("SUBNET", _prefix, StringComparison.Ordinal)
            .Replace("PORT9", $"{_port + 9}", StringComparison.Ordinal).Replace("SHOREGUARD_PORT=PORT", $"SHOREGUARD_PORT={_port}", StringComparison.Ordinal)
            .Replace(":PORT", $":{_port}", StringComparison.Ordinal)
                .Replace("NAME", Name, StringComparison.Ordinal).Replace("IMAGE", $"{Stack.Repository}:0.32.0", StringComparison.Ordinal);

        public void Dispose()
        {
            foreach (var id in Docker.Run("ps", "--all", "--quiet", "--filter", $"name={Name}").Split('\n', StringSplitOptions.RemoveEmptyEntries))
                Docker.Remove(id);
            Docker.Run("volume", "rm", "--force", $"{Name}-data");
            Docker.Run("network", "rm", $"{Name}-a");
        }
    }

    private static JsonNode Without(JsonNode mount, string name)
    {
        var copy = mount.DeepClone();
        ((JsonObject)copy).Remove(name);
        return copy;
    }

    private static string? PublishedPort(JsonObject container) => (string?)container["NetworkSettings"]!["Ports"]!["8888/tcp"]!.AsArray().Single()!["HostPort"];

    private static string? AnonymousVolume(JsonObject container) =>
        (string?)container["Mounts"]!.AsArray().Single(mount => (string?)mount!["Destination"] == "/anonymous")!["Name"];

    internal static void AssertSameButForTheImage(JsonObject before, JsonObject after)
    {
        var allowed = OfTheContainer.Concat(OfTheImage).ToArray();
        Assert.Equal([], Differences("", before, after).Where(path => !allowed.Any(pattern => Matches(path, pattern))));
        Assert.Equal(UsersVariables(before), UsersVariables(after));
        Assert.Contains("SHOREGUARD_VERSION=0.27.0", Variables(after));
    }

    private static IEnumerable<string> Differences(string path, JsonNode? before, JsonNode? after)
    {
        if (path == "Config.Env")
            return [];
        if (before is JsonObject old && after is JsonObject now)
        {
            return old.Select(property => property.Key).Union(now.Select(property => property.Key))
                .SelectMany(name => Differences(path.Length == 0 ? name : $"{path}.{name}", old[name], now[name]));
        }
        return JsonNode.DeepEquals(before, after) ? [] : [path];
    }

    // A star stands for any names between, since those of networks have no dots.
    private static bool Matches(string path, string pattern) => pattern.Split('*') is [var start, var end]
        ? path.StartsWith(start, StringComparison.Ordinal) && path.EndsWith(end, StringComparison.Ordinal)
        : path == pattern || path.StartsWith(pattern + ".", StringComparison.Ordinal);

    private static IEnumerable<string> Variables(JsonObject container) => container["Config"]!["Env"]!.AsArray().Select(line => (string)line!);

    private static IEnumerable<string> UsersVariables(JsonObject container) =>
        Variables(container).Where(line => !line.StartsWith("SHOREGUARD_VERSION=", StringComparison.Ordinal)
            && !line.StartsWith("SHOREGUARD_GIT_SHA=", StringComparison.Ordinal) && !line.StartsWith("SHOREGUARD_BUILD_TIME=", StringComparison.Ordinal));

    public void Dispose() => _host.Dispose();
}
