using System.Collections.Concurrent;
using System.Diagnostics;
using ShoreGuard.Rollback.Tests;

namespace ShoreGuard.Rollback.EndToEnd.Tests;

/// <summary>
/// An Engine 20.10 of a test's own, with the stack's images in a registry beside it, in namespaces of its own: it can be restarted
/// or filled up without anybody else noticing. What it publishes is seen only from inside.
/// </summary>
internal sealed class OlderEngine : IDisposable
{
    // dockerd is started again whenever it ends, as a service manager does.
    private const string Script = """
        set -e
        cd "$1"
        ip link set lo up
        mkdir -p data
        [ -z "$3" ] || hostname "$3"
        [ -z "$2" ] || mount -t tmpfs -o "size=$2" tmpfs data
        "$SHOREGUARD_TEST_REGISTRY_PROGRAM" serve "$SHOREGUARD_TEST_REGISTRY_CONFIG" >registry.log 2>&1 &
        export PATH=$SHOREGUARD_TEST_ENGINE20/usr/bin:$SHOREGUARD_TEST_ENGINE20/usr/sbin:$PATH
        while true; do
            dockerd --data-root "$1/data" --exec-root "$1/exec" --pidfile "$1/dockerd.pid" --host "unix://$1/docker.sock" >>dockerd.log 2>&1 || true
            rm -f dockerd.pid
        done
        """;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("sgtest-engine-");
    private readonly Process _process;
    private readonly bool _isLent;

    /// <summary>Starts one of the test's own, with the disk or on the machine that it wants; the others are lent.</summary>
    /// <param name="size">The disk's size, such as <c>600m</c>; empty for this machine's disk.</param>
    /// <param name="machine">The name of its machine; empty for this one's.</param>
    public OlderEngine(string size, string machine)
        : this(size, machine, isLent: false)
    {
    }

    private OlderEngine(string size, string machine, bool isLent)
    {
        _isLent = isLent;
        _ = Stack.Repository;
        Assert.SkipWhen(string.IsNullOrEmpty(Environment.GetEnvironmentVariable("SHOREGUARD_TEST_ENGINE20")), "There is no Engine 20.10 here.");
        _process = Process.Start(
            new ProcessStartInfo("unshare",
            ["--net", "--mount", "--uts", "--pid", "--fork", "--kill-child", "--mount-proc", "bash", "-c", Script, "bash", _folder.FullName, size, machine]))!;
        Wait("answering", Answers);
    }

    /// <summary>An engine with nothing on it but images, which another test may have pulled; it goes back when it is disposed of.</summary>
    public static OlderEngine Borrow() => OlderEngines.Idle.TryTake(out var idle) ? idle : new(size: "", machine: "", isLent: true);

    public string Host => $"unix://{_folder.FullName}/docker.sock";

    /// <summary>The docker command on this engine.</summary>
    public string Docker(params string[] arguments) => EndToEnd.Tests.Docker.Run(arguments, new() { ["DOCKER_HOST"] = Host });

    /// <summary>A program inside, where its published ports are.</summary>
    public string Inside(params string[] command) =>
        EndToEnd.Tests.Docker.RunProgram(
            "nsenter", ["--target", FirstProcess, "--net", "--mount", "--pid", "--", .. command], new() { ["DOCKER_HOST"] = Host });

    /// <summary>A script with the module, inside; gives what it printed, line by line.</summary>
    /// <param name="script">The script.</param>
    /// <param name="onLine">Told of each line as it comes.</param>
    public IReadOnlyList<string> RunModule(string script, Action<string>? onLine = null)
    {
        var start = new ProcessStartInfo("nsenter",
            ["--target", FirstProcess, "--net", "--mount", "--pid", "--", .. Pwsh.Command, "-Command", $"Import-Module '{Repository.Manifest}'; {script}"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["DOCKER_HOST"] = Host;
        using var process = Process.Start(start)!;
        var lines = new List<string>();
        void Take(string? line)
        {
            if (line is null)
                return;
            lock (lines)
                lines.Add(line);
            onLine?.Invoke(line);
        }
        process.OutputDataReceived += (_, line) => Take(line.Data);
        process.ErrorDataReceived += (_, line) => Take(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        Assert.True(process.WaitForExit(TimeSpan.FromMinutes(3)), $"It did not end: {script}");
        process.WaitForExit();
        lock (lines)
            return [.. lines];
    }

    /// <summary>Restarts the engine, as an upgrade of its package does; returns at once.</summary>
    public void Restart() => Inside("bash", "-c", $"kill -TERM $(cat {_folder.FullName}/dockerd.pid)");

    /// <summary>Waits until it answers.</summary>
    public void WaitUntilUp() => Wait("answering", Answers);

    /// <summary>Fills its disk to the last byte.</summary>
    public void FillUp() => Inside("bash", "-c", $"cat /dev/zero >{_folder.FullName}/data/filler 2>/dev/null || true");

    /// <summary>Makes room again.</summary>
    public void MakeRoom() => Inside("rm", $"{_folder.FullName}/data/filler");

    private string FirstProcess => File.ReadAllText($"/proc/{_process.Id}/task/{_process.Id}/children").Trim();

    private bool Answers()
    {
        try
        {
            return EngineApi.Of(Host).ServerVersion.StartsWith("20.10.", StringComparison.Ordinal);
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private static void Wait(string what, Func<bool> holds)
    {
        var until = DateTime.UtcNow.AddSeconds(60);
        while (!holds())
        {
            if (DateTime.UtcNow > until)
                throw new TimeoutException($"The older engine is not {what} after 60 s.");
            Task.Delay(100).Wait();
        }
    }

    public void Dispose()
    {
        EngineApi.Of(Host).RemoveEverything();
        if (_isLent)
            OlderEngines.Idle.Add(this);
        else
            End();
    }

    /// <summary>Ends the first process of its namespace, and everything in it with that.</summary>
    internal void End()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        EndToEnd.Tests.Docker.RunProgram("rm", ["--recursive", "--force", _folder.FullName]);
    }
}

/// <summary>The older engines that no test uses now; starting one, and pulling what it runs, takes longer than most tests with it.</summary>
public sealed class OlderEngines : IDisposable
{
    internal static ConcurrentBag<OlderEngine> Idle { get; } = [];

    public void Dispose()
    {
        while (Idle.TryTake(out var engine))
            engine.End();
    }
}
