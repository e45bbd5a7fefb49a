using System.Management.Automation;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using ShoreGuard.Rollback.Tests;

namespace ShoreGuard.Rollback.EndToEnd.Tests.Rollbacks;

/// <summary>Whatever goes wrong around a switch, the old state is there afterwards, and the error says so.</summary>
public sealed class FaultTests : IDisposable
{
    private readonly ModuleHost _host = new();
    private readonly List<string> _images = [];

    // What the stand-in cannot be made to do: two of its three answers at once, and the third some seconds later.
    private const string LateIdentity = """
        import http.server, json, os, time
        begun = time.monotonic()
        identity = {"version": "0.27.0", "git_sha": os.environ["SHOREGUARD_GIT_SHA"], "build_time": os.environ["SHOREGUARD_BUILD_TIME"]}
        answers = {"/healthz": {"status": "ok"}, "/readyz": {"status": "ready", "checks": {"database": "ok"}}, "/version": identity}
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                path = self.path.split("?")[0]
                late = path == "/version" and time.monotonic() < begun + 2
                body = b"{}" if late else json.dumps(answers.get(path, {})).encode()
                self.send_response(503 if late else 200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
        http.server.ThreadingHTTPServer(("", 8888), Handler).serve_forever()
        """;

    [Fact]
    public void A_registry_that_does_not_answer()
    {
        using var project = StandInProject.Start("0.32.0");
        using var registry = new RegistryProxy { HoldsManifests = true };
        Unchanged(project, $"-Image {registry.Image($"{Stack.Repository}:0.27.0")}").Error("RegistryUnreachable", ErrorCategory.ConnectionError);
    }

    [Fact]
    public void A_registry_that_breaks_off_in_the_middle_of_a_layer()
    {
        using var project = StandInProject.Start("0.32.0");
        using var registry = new RegistryProxy { CutsLayers = true };
        var image = registry.Image(PushWithALayerOfItsOwn("0.27.0"));
        Unchanged(project, $"-Image {image}").Error("RegistryUnreachable|PullFailed", ErrorCategory.ConnectionError, ErrorCategory.ReadError);
        // Once the registry is well again, the same command goes through.
        registry.CutsLayers = false;
        Assert.Equal("0.27.0", _host.RollBack(project, $"-Image {image}").Single().Text("After.Version"));
        _images.Add(image);
    }

    [Fact]
    public void Ctrl_C_while_a_layer_does_not_come()
    {
        using var project = StandInProject.Start("0.32.0");
        using var registry = new RegistryProxy { HoldsLayers = true };
        var image = registry.Image(PushWithALayerOfItsOwn("0.27.0"));
        var before = Docker.Inspect(project.Container);
        Assert.Null(_host.RunAndStopAt(Command(project, $"-Image {image}"), "Pull and verify"));
        AssertUntouched(project, before);
    }

    [Fact]
    public void An_image_for_another_platform()
    {
        using var project = StandInProject.Start("0.32.0");
        var image = $"{Stack.Repository}-foreign-{Unique()}:0.27.0";
        var archive = Path.Combine(project.Folder, "empty.tar");
        Docker.RunProgram("tar", ["--create", "--file", archive, "--files-from", "/dev/null"]);
        Docker.Run("import", "--platform", "linux/s390x", archive, image);
        Docker.Run("push", "--quiet", image);
        _images.Add(image);
        var error = Unchanged(project, $"-Image {image}").Error("ImagePlatformMismatch", ErrorCategory.InvalidData);
        Assert.Contains("linux/s390x", error.ToString(), StringComparison.Ordinal);
    }

    // Its three probes are asked at the same moment, in which the application may just have begun to answer.
    [Fact]
    public void A_build_that_tells_its_identity_later_than_that_it_is_ready_passes()
    {
        using var project = StandInProject.Start("0.32.0");
        var image = PushChanged("0.27.0", "ENTRYPOINT [\"python3\", \"/opt/own.bin\"]", Encoding.UTF8.GetBytes(LateIdentity));
        var result = _host.Run(Command(project, $"-Image {image}")).ThrowIfFailed().Single();
        Assert.Equal("0.27.0", result.Text("After.Version"));
        Assert.True((TimeSpan)result.At("Gate.Duration")! > TimeSpan.FromSeconds(2));
    }

    [Theory]
    [InlineData("sqlite", "Recreate")]
    [FullData("postgres", "HotSwap")]
    [InlineData("proxied", "BlueGreen")]
    public void A_build_that_goes_unready_within_the_time_for_which_it_has_to_hold(string database, string strategy)
    {
        using var project = StandInProject.Start("0.28.0", database, waitUntilReady: false);
        project.WaitUntil("live", () => project.Answers("healthz"));
        var before = (string?)Docker.Inspect(project.Container)["Id"];
        var image = PushWithALayerOfItsOwn("0.28.0");

        var run = _host.Run(
            $"Get-ShoreGuardDeployment -Project {project.Name} | Invoke-ShoreGuardImageRollback -Image {image} -GateTimeoutSec 20 -StabilitySec 10 "
            + "-Confirm:$false");

        var error = run.Error("GateRefused", ErrorCategory.InvalidResult);
        Assert.Equal(strategy, run.Single().Text("Strategy"));
        Assert.Equal(strategy, PSObject.AsPSObject(error.TargetObject).Text("Strategy"));
        Assert.Contains("did not stay so", run.Single().Text("Reason"), StringComparison.Ordinal);
        Assert.Equal(before, (string?)Docker.Inspect(project.Container)["Id"]);
        Assert.Equal("0.28.0", project.AnsweringVersion);
        HotSwapTests.AssertNothingIsLeftOver(project);
    }

    [Fact]
    public void A_host_port_that_somebody_else_takes_in_the_middle()
    {
        using var project = StandInProject.Start("0.32.0");
        var before = Docker.Inspect(project.Container);
        using (var thief = new PortThief(project.Port))
        // The old one is stopped by then, and the new one not started yet.
        using (var engine = EngineProxy.Start(onRequest: request => thief.TakeAt(request.Contains("/rename?name=", StringComparison.Ordinal))))
        {
            // Neither can start: what was, and what can be done, has to be said.
            var run = _host.Run(
                $"Get-ShoreGuardDeployment -Project {project.Name} -DockerHost {engine.Host} | Invoke-ShoreGuardImageRollback -Version 0.27.0 -GateTimeoutSec "
                + "20 -StabilitySec 0.3 -Confirm:$false");
            var error = Assert.Single(run.Errors);
            Assert.StartsWith("UndoFailed,", error.FullyQualifiedErrorId, StringComparison.Ordinal);
            Assert.Matches("address already in use|port is already allocated", error.ToString());
            Assert.Matches("Stop the old container", error.ToString());
            Assert.NotEmpty(error.ErrorDetails.RecommendedAction);
            Assert.True(thief.Has);
        }
        // It is the old container, under its name, and comes back once the port is free.
        Assert.Equal((string?)before["Id"], (string?)Docker.Inspect(project.Container)["Id"]);
        // By another way to the engine than it was begun.
        var undone = _host.Run($"Get-ShoreGuardRollback -Unfinished -Name {project.Container} | Undo-ShoreGuardRollback -Confirm:$false")
            .ThrowIfFailed().Single();
        Assert.Equal(("ImageRollback", "Reverted"), (undone.Text("Kind"), undone.Text("State")));
        HotSwapTests.AssertNothingIsLeftOver(project);
        project.WaitUntil("back", () => project.AnsweringVersion is not null);
    }

    // Somebody takes the deployment's name in the moment in which nobody has it, and is gone again when the old container wants it back.
    [Fact]
    public void A_name_that_somebody_else_takes_in_the_middle()
    {
        using var project = StandInProject.Start("0.32.0");
        var before = Docker.Inspect(project.Container);
        var renames = 0;
        using var engine = EngineProxy.Start(onRequest: request =>
        {
            if (!request.Contains($"/rename?name={project.Container} ", StringComparison.Ordinal))
                return;
            if (Interlocked.Increment(ref renames) == 1)
                Docker.Run("create", "--name", project.Container, $"{Stack.Repository}:0.32.0");
            else
                Docker.Remove(project.Container);
        });

        var run = _host.Run(
            $"Get-ShoreGuardDeployment -Project {project.Name} -DockerHost {engine.Host} | Invoke-ShoreGuardImageRollback -Version 0.27.0 -GateTimeoutSec 20 "
            + "-StabilitySec 0.3 -Confirm:$false");

        var error = run.Error("RollbackReverted", ErrorCategory.ResourceBusy);
        Assert.Contains("already in use", error.ToString(), StringComparison.Ordinal);
        Assert.True((bool)run.Single().At("Reverted")!);
        Assert.Equal((string?)before["Id"], (string?)Docker.Inspect(project.Container)["Id"]);
        project.WaitUntil("back", () => project.Answers("readyz"));
        HotSwapTests.AssertNothingIsLeftOver(project);
    }

    // A variable of the user's that hides the image's own: what answers is then not what was built.
    [Fact]
    public void A_build_that_answers_with_another_identity()
    {
        var name = $"sgtest-{Unique()}";
        Docker.Run("run", "--detach", "--name", name, "--publish", $"127.0.0.1:{StandInProject.FreePort()}:8888", "--env",
            $"SHOREGUARD_GIT_SHA={new string('e', 40)}", $"{Stack.Repository}:0.32.0");
        try
        {
            Docker.WaitUntilLive(name);
            var before = Docker.Inspect(name);
            var run = _host.Run(
                $"Get-ShoreGuardDeployment -Name {name} | Invoke-ShoreGuardImageRollback -Version 0.27.0 -GateTimeoutSec 20 -StabilitySec 0.3 -Force "
                + "-Confirm:$false");
            run.Error("GateRefused", ErrorCategory.InvalidResult);
            Assert.Contains("git_sha is eeeeeee", run.Single().Text("Reason"), StringComparison.Ordinal);
            var now = Docker.Inspect(name);
            Assert.Equal((string?)before["Id"], (string?)now["Id"]);
            Assert.Equal("running", (string?)now["State"]!["Status"]);
        }
        finally
        {
            Docker.Remove(name);
        }
    }

    [Fact]
    public void Ctrl_C_at_each_step_of_Recreate() => StopAtEach(
        "sqlite",
        "Check the schema and the way back", "Create the new container", "Stop the old container", "Rename the old container aside",
        "Give its name to the new container", "Start the new container", "Gate: live");

    [Fact]
    public void Ctrl_C_at_each_step_of_HotSwap() => StopAtEach(
        "postgres",
        "Make a private network", "Move the new container", "Join the database", "Start the new container", "Gate on the private network",
        "Freeze the new container", "Take the database from it", "Hand over", "Rename the old container aside", "Gate where it is published");

    [Fact]
    public void Ctrl_C_at_each_step_of_BlueGreen() => StopAtEach(
        "proxied",
        "Take the alias from the new container", "Start the new container", "Gate beside", "Give the alias to the new container",
        "Take the alias from the old container", "Rename the old container aside", "Give its name to the new container", "Gate under the alias");

    private void StopAtEach(string topology, params string[] steps)
    {
        using var project = StandInProject.Start("0.32.0", topology);
        project.AddGateway("gw1");
        var before = (string?)Docker.Inspect(project.Container)["Id"];
        foreach (var step in Sampling.Third(steps, first: 1))
        {
            // A gate that is over before the stop arrives leaves nothing to undo.
            Assert.Null(_host.RunAndStopAt(
                Command(project, "-Version 0.27.0").Replace("-StabilitySec 0.3", "-StabilitySec 2", StringComparison.Ordinal), step));
            Assert.True(before == (string?)Docker.Inspect(project.Container)["Id"], step);
            project.WaitUntil($"back after '{step}'", () => project.Answers("readyz"));
            Assert.Contains("SHOREGUARD_VERSION=0.32.0 ", File.ReadAllText(project.EnvFile), StringComparison.Ordinal);
            HotSwapTests.AssertNothingIsLeftOver(project);
            Assert.True(project.GatewayCount == 1, step);
        }
    }

    // Named in full: an image of the same layers as one that is on the engine would not be downloaded.
    private string PushWithALayerOfItsOwn(string version) => PushChanged(version, change: null, RandomNumberGenerator.GetBytes(4_000_000));

    private string PushChanged(string version, string? change, byte[] file)
    {
        var image = $"{Stack.Repository}-own-{Unique()}:{version}";
        var content = Path.Combine(Path.GetTempPath(), $"sgtest-{Unique()}.bin");
        File.WriteAllBytes(content, file);
        var container = Docker.Run("create", $"{Stack.Repository}:{version}").Trim().Split('\n')[^1];
        try
        {
            Docker.Run("cp", content, $"{container}:/opt/own.bin");
            Docker.Run(["commit", .. change is null ? Array.Empty<string>() : ["--change", change], container, image], []);
            Docker.Run("push", "--quiet", image);
        }
        finally
        {
            File.Delete(content);
            Docker.Remove(container);
            Docker.Run("image", "rm", "--force", image);
        }
        _images.Add(image);
        return image;
    }

    private static string Unique() => Guid.NewGuid().ToString("n")[..8];

    private static string Command(StandInProject project, string arguments) =>
        $"Get-ShoreGuardDeployment -Project {project.Name} | Invoke-ShoreGuardImageRollback {arguments} -GateTimeoutSec 20 -StabilitySec 0.3 -Confirm:$false";

    private RunResult Unchanged(StandInProject project, string arguments)
    {
        var before = Docker.Inspect(project.Container);
        var run = _host.RollBack(project, arguments);
        Assert.Empty(run.Output);
        AssertUntouched(project, before);
        return run;
    }

    private static void AssertUntouched(StandInProject project, JsonObject before)
    {
        var now = Docker.Inspect(project.Container);
        Assert.Equal((string?)before["Id"], (string?)now["Id"]);
        Assert.Equal((string?)before["State"]!["StartedAt"], (string?)now["State"]!["StartedAt"]);
        HotSwapTests.AssertNothingIsLeftOver(project);
    }

    public void Dispose()
    {
        _host.Dispose();
        foreach (var image in _images.Where(image => Docker.Run("image", "ls", "--quiet", image).Length > 0))
            Docker.Run("image", "rm", "--force", image);
    }

    /// <summary>Takes a port of this machine as soon as it is free, and keeps it.</summary>
    private sealed class PortThief(int port) : IDisposable
    {
        private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
        private readonly Lock _lock = new();
        private Socket? _socket;

        public bool Has => _socket is not null;

        public void TakeAt(bool isTheMoment)
        {
            lock (_lock)
            {
                if (isTheMoment && !Has)
                    Take();
            }
        }

        private void Take()
        {
            var (socket, until) = (new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp), DateTime.UtcNow + Patience);
            while (true)
            {
                try
                {
                    socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
                    socket.Listen();
                    _socket = socket;
                    return;
                }
                catch (SocketException) when (DateTime.UtcNow < until)
                {
                    Thread.Sleep(1);
                }
            }
        }

        public void Dispose() => _socket?.Dispose();
    }
}
