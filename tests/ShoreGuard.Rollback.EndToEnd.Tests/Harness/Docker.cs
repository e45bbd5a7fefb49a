using System.Diagnostics;
using System.Text.Json.Nodes;

namespace ShoreGuard.Rollback.EndToEnd.Tests;

/// <summary>The docker command, as the second opinion on what the module did.</summary>
internal static class Docker
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    /// <summary>Runs it and gives what it printed; a failure of it is a failure of the test.</summary>
    public static string Run(params string[] arguments) => Run(arguments, []);

    /// <summary>Runs it with variables beside those of the process.</summary>
    public static string Run(IEnumerable<string> arguments, Dictionary<string, string> environment) => RunProgram("docker", arguments, environment);

    /// <summary>Runs another program the same way.</summary>
    public static string RunProgram(string program, IEnumerable<string> arguments, Dictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        // The stack's own variables would beat a project's .env.
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("SHOREGUARD_", StringComparison.Ordinal)).ToList())
            start.Environment.Remove(name);
        foreach (var (name, value) in environment ?? [])
            start.Environment[name] = value;
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEndAsync();
        if (!process.WaitForExit(Patience))
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{program} {string.Join(' ', arguments)} did not end within {Patience.TotalMinutes} minutes.");
        }
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{program} {string.Join(' ', arguments)}: {errors.Result}");
        return output.Result + errors.Result;
    }

    /// <summary>The engine's description of a container.</summary>
    public static JsonObject Inspect(string container) => (JsonObject)JsonNode.Parse(Run("container", "inspect", container))!.AsArray()[0]!.DeepClone();

    /// <summary>Waits until the application in a container answers there: stopped before, it would leave its migrations half-way.</summary>
    public static void WaitUntilLive(string container) => Run("exec", container, "python3", "-c", """
        import os, time, urllib.request
        for attempt in range(300):
            try:
                urllib.request.urlopen("http://localhost:" + os.environ.get("SHOREGUARD_PORT", "8888") + "/healthz")
                break
            except OSError:
                time.sleep(0.1)
        else:
            raise SystemExit("it does not answer")
        """);

    /// <summary>Everything the engine did since a moment, one line each, health checks left out.</summary>
    public static IReadOnlyList<string> EventsSince(DateTimeOffset since) =>
        [.. Run("events", "--since", Seconds(since), "--until", Seconds(DateTimeOffset.UtcNow), "--format", "{{.Type}} {{.Action}} {{.Actor.Attributes.name}}")
            .Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(line => !line.Contains("exec_", StringComparison.Ordinal) && !line.Contains("health_status", StringComparison.Ordinal))];

    private static string Seconds(DateTimeOffset time) => $"{time.ToUnixTimeMilliseconds() / 1000.0:F3}";
}
