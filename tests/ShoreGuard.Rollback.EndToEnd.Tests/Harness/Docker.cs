using System.Diagnostics;
using System.Text.Json.Nodes;

namespace ShoreGuard.Rollback.EndToEnd.Tests;

/// <summary>The docker command, as the second opinion on what the module did.</summary>
internal static class Docker
{
    private const int Tries = 20;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    /// <summary>Runs it and gives what it printed; a failure of it is a failure of the test.</summary>
    public static string Run(params string[] arguments) => Run(arguments, []);

    /// <summary>Runs it with variables beside those of the process.</summary>
    public static string Run(IEnumerable<string> arguments, Dictionary<string, string> environment) => RunProgram("docker", arguments, environment);

    /// <summary>Runs Docker Compose: its program itself where it is beside the settings, which saves the docker command that would start it.</summary>
    public static string Compose(params string[] arguments)
    {
        var settings = Environment.GetEnvironmentVariable("DOCKER_CONFIG")
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".docker");
        var program = Path.Combine(settings, "cli-plugins", "docker-compose");
        return File.Exists(program) ? RunProgram(program, arguments) : Run(["compose", .. arguments], []);
    }

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
            throw new InvalidOperationException($"{program} {string.Join(' ', arguments)}: {errors.Result}{output.Result}");
        return output.Result + errors.Result;
    }

    /// <summary>The engine's description of a container.</summary>
    public static JsonObject Inspect(string container) => EngineApi.Of().Inspect(container);

    /// <summary>Runs a program in a container, and gives what it printed.</summary>
    public static string Exec(string container, params string[] command) => EngineApi.Of().Exec(container, command);

    /// <summary>Starts a program in a container, and does not wait for it.</summary>
    public static void ExecBehind(string container, params string[] command) => EngineApi.Of().Exec(container, command, detach: true);

    /// <summary>The names of the containers, running or not, that filters such as <c>name=…</c> leave.</summary>
    public static IReadOnlyList<string> Names(params string[] filters) =>
        [.. EngineApi.Of().Containers(all: true, filters).Select(container => ((string)container["Names"]![0]!).TrimStart('/'))];

    /// <summary>Removes containers, running or not, with their anonymous volumes.</summary>
    public static void Remove(params string[] containers) => Array.ForEach(containers, EngineApi.Of().Remove);

    /// <summary>Removes everything of a name, or of a Compose project, that tests may have left.</summary>
    /// <param name="containers">Which containers.</param>
    /// <param name="label">The label of its volumes and networks.</param>
    public static void RemoveAll(string[] containers, string label)
    {
        var engine = EngineApi.Of();
        foreach (var filter in containers)
            foreach (var container in engine.Containers(all: true, filter))
                engine.Remove((string)container["Id"]!);
        foreach (var volume in engine.Volumes(label))
            engine.RemoveVolume(volume);
        foreach (var network in engine.Networks(label))
            engine.RemoveNetwork(network);
    }

    /// <summary>Makes a network whose addresses of version 4 are nobody else's, and gives the first three numbers of them, such as <c>10.124.7</c>.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="options">More options of <c>docker network create</c>.</param>
    public static string CreateNetwork(string name, params string[] options)
    {
        for (var tries = 1; ; tries++)
        {
            var prefix = $"10.124.{Random.Shared.Next(1, 250)}";
            try
            {
                Run(["network", "create", "--subnet", $"{prefix}.0/24", .. options, name], []);
                return prefix;
            }
            catch (InvalidOperationException error) when (tries < Tries && error.Message.Contains("overlaps", StringComparison.Ordinal))
            {
                // Another test has it.
            }
        }
    }

    /// <summary>Waits until the application in a container answers there.</summary>
    public static void WaitUntilLive(string container) => EngineApi.Of().WaitUntilAnswers(container, "healthz");

    /// <summary>Everything the engine did since a moment, one line each, health checks left out.</summary>
    public static IReadOnlyList<string> EventsSince(DateTimeOffset since) =>
        [.. EngineApi.Of().Events(Seconds(since), Seconds(DateTimeOffset.UtcNow))
            .Select(each => $"{each["Type"]} {each["Action"]} {each["Actor"]!["Attributes"]!["name"]}")
            .Where(line => !line.Contains("exec_", StringComparison.Ordinal) && !line.Contains("health_status", StringComparison.Ordinal))];

    private static string Seconds(DateTimeOffset time) => $"{time.ToUnixTimeMilliseconds() / 1000.0:F3}";
}
