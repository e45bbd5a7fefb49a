using System.Text.Json.Nodes;

namespace ShoreGuard.Rollback.Engine.Deployments.Compose;

/// <summary>Asks the Compose command line what it makes of a project. Its hash depends on Go structures and is never computed here.</summary>
internal static class ComposeCli
{
    /// <summary>What Compose says about a service under a set of variables.</summary>
    /// <param name="Hash">The hash it would put on the container.</param>
    /// <param name="Image">The image reference it would run.</param>
    /// <param name="Variables">The names of the variables that the Compose file sets, whatever their values.</param>
    public sealed record ServiceView(string Hash, string? Image, IReadOnlySet<string> Variables);

    /// <summary>Asks; null when no Compose v2 can be run here, or it does not understand the project.</summary>
    /// <param name="deployment">Whose service.</param>
    /// <param name="variables">Variables that beat the <c>.env</c> file, as exported ones do.</param>
    /// <param name="reporter">Told why there is no answer.</param>
    /// <param name="cancellation">Ends the program.</param>
    public static async Task<ServiceView?> DescribeAsync(
        Deployment deployment, IReadOnlyDictionary<string, string?> variables, IReporter reporter, CancellationToken cancellation)
    {
        if (await RunAsync(deployment, variables, ["config", "--hash", deployment.Service!], reporter, cancellation).ConfigureAwait(false) is not { } hash
            || await RunAsync(deployment, variables, ["config", "--format", "json"], reporter, cancellation).ConfigureAwait(false) is not { } json)
            return null;
        var service = JsonNode.Parse(json).At("services", deployment.Service!);
        var names = (service.At("environment") as JsonObject ?? []).Select(variable => variable.Key);
        return new(hash.Trim().Split(' ')[^1], service.Text("image"), names.ToHashSet(StringComparer.Ordinal));
    }

    private static async Task<string?> RunAsync(
        Deployment deployment, IReadOnlyDictionary<string, string?> variables, IEnumerable<string> command, IReporter reporter, CancellationToken cancellation)
    {
        List<string> arguments = ["compose", "--project-name", deployment.Project!, "--project-directory", deployment.ComposeDirectory!];
        arguments.AddRange(deployment.ComposeFiles.SelectMany(file => (string[])["--file", file]));
        arguments.AddRange(deployment.EnvironmentFiles.SelectMany(file => (string[])["--env-file", file]));
        arguments.AddRange(command);
        var environment = new Dictionary<string, string?>(variables) { ["DOCKER_HOST"] = deployment.DockerHost };
        var outcome = await ToolProcess.RunAsync("docker", arguments, environment, cancellation).ConfigureAwait(false);
        if (outcome is { ExitCode: 0 })
            return outcome.Stdout;
        // Its messages can quote lines of the Compose file, and so a secret: only the fact is reported.
        reporter.Verbose(outcome is null ? "There is no docker command on PATH." : $"docker compose config ended with exit code {outcome.ExitCode}.");
        return null;
    }
}
