using System.Text.Json.Nodes;
using ShoreGuard.Rollback.Engine.Files;

namespace ShoreGuard.Rollback.Engine.Deployments.Compose;

/// <summary>Asks the Compose command line what it makes of a project. Its hash depends on its own structures and is never computed here.</summary>
internal static class ComposeCli
{
    private static readonly (string Program, string[] Arguments) Current = ("docker", ["compose"]);
    private static readonly (string Program, string[] Arguments) First = ("docker-compose", []);

    /// <summary>What Compose says about a service under a set of variables.</summary>
    /// <param name="Hash">The hash it would put on the container.</param>
    /// <param name="Image">The image reference it would run.</param>
    /// <param name="Variables">The names of the variables that the Compose file sets, whatever their values.</param>
    /// <param name="CopiedFiles">The paths of the secrets and configs that Compose copies into the container after it has made it; the engine knows nothing of them.</param>
    public sealed record ServiceView(string Hash, string? Image, IReadOnlySet<string> Variables, IReadOnlyList<string> CopiedFiles);

    /// <summary>Asks; null when no such Compose can be run here, or it does not understand the project.</summary>
    /// <param name="deployment">Whose service.</param>
    /// <param name="version">The Compose that made its container, whose hash is the one that counts.</param>
    /// <param name="variables">Variables that beat the <c>.env</c> file, as exported ones do.</param>
    /// <param name="namespaces">Whose namespaces the container will share, by Compose's key: <c>service:NAME</c> counts in the hash as the container's id.</param>
    /// <param name="reporter">Told why there is no answer.</param>
    /// <param name="cancellation">Ends the program.</param>
    public static Task<ServiceView?> DescribeAsync(
        Deployment deployment, string? version, IReadOnlyDictionary<string, string?> variables, IReadOnlyDictionary<string, string> namespaces, IReporter reporter, CancellationToken cancellation) =>
        version?.StartsWith("1.", StringComparison.Ordinal) == true
            ? DescribeByFirstAsync(deployment, variables, reporter, cancellation)
            : DescribeByCurrentAsync(deployment, variables, namespaces, reporter, cancellation);

    private static async Task<ServiceView?> DescribeByCurrentAsync(
        Deployment deployment, IReadOnlyDictionary<string, string?> variables, IReadOnlyDictionary<string, string> namespaces, IReporter reporter, CancellationToken cancellation)
    {
        if (await RunAsync(Current, deployment, variables, ["config", "--format", "json"], reporter, cancellation).ConfigureAwait(false) is not { } json)
            return null;
        var project = JsonNode.Parse(json);
        var service = project.At("services", deployment.Service!);
        using var resolved = ResolvedNamespaces.Write(deployment.Service!, namespaces.Where(shared => service.Text(shared.Key)?.StartsWith("service:", StringComparison.Ordinal) == true));
        var asMade = resolved is null ? deployment : deployment with { ComposeFiles = [.. deployment.ComposeFiles, resolved.Path] };
        if (await RunAsync(Current, asMade, variables, ["config", "--hash", deployment.Service!], reporter, cancellation).ConfigureAwait(false) is not { } hash)
            return null;
        var names = (service.At("environment") as JsonObject ?? []).Select(variable => variable.Key);
        return new(hash.Trim().Split(' ')[^1], service.Text("image"), names.ToHashSet(StringComparer.Ordinal), [.. CopiedFiles(project, service, "secrets", "/run/secrets/"), .. CopiedFiles(project, service, "configs", "/")]);
    }

    // What comes from a file is mounted, and so in the container's description; what comes from a variable or stands in the Compose
    // file is copied.
    private static IEnumerable<string> CopiedFiles(JsonNode? project, JsonNode? service, string kind, string folder) =>
        from used in (service.At(kind) as JsonArray ?? []).OfType<JsonObject>()
        let source = used.Text("source")
        let definition = source is null ? null : project.At(kind, source)
        where definition.At("environment") is not null || definition.At("content") is not null
        select Path.Combine(folder, used.Text("target") ?? source);

    // Compose 1 prints its configuration as YAML alone, so the rest is read from the files themselves.
    private static async Task<ServiceView?> DescribeByFirstAsync(
        Deployment deployment, IReadOnlyDictionary<string, string?> variables, IReporter reporter, CancellationToken cancellation)
    {
        if (await RunAsync(First, deployment, variables, ["config", $"--hash={deployment.Service}"], reporter, cancellation).ConfigureAwait(false) is not { } hash)
            return null;
        var project = ComposeProject.Read(deployment);
        var image = project.Image?.Template?.Expand(name => variables.GetValueOrDefault(name) ?? project.Variables.Lookup(name));
        return new(hash.Trim().Split(' ')[^1], image, project.UserVariables(), []);
    }

    // Compose would wait for a pipe for ever.
    private static bool CanBeRead(string path)
    {
        try
        {
            _ = ForeignFile.TryRead(path);
            return true;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static async Task<string?> RunAsync(
        (string Program, string[] Arguments) compose, Deployment deployment, IReadOnlyDictionary<string, string?> variables, IEnumerable<string> command, IReporter reporter, CancellationToken cancellation)
    {
        if (!deployment.ComposeFiles.Concat(ComposeVariables.FilesOf(deployment)).All(CanBeRead))
        {
            reporter.Verbose("Docker Compose is not asked: a file that it would read is none, or too long.");
            return null;
        }
        List<string> arguments = [.. compose.Arguments, "--project-name", deployment.Project!, "--project-directory", deployment.ComposeDirectory!];
        arguments.AddRange(deployment.ComposeFiles.SelectMany(file => (string[])["--file", file]));
        arguments.AddRange(deployment.EnvironmentFiles.SelectMany(file => (string[])["--env-file", file]));
        arguments.AddRange(command);
        var environment = new Dictionary<string, string?>(variables) { ["DOCKER_HOST"] = deployment.DockerHost };
        var outcome = await ToolProcess.RunAsync(compose.Program, arguments, environment, cancellation).ConfigureAwait(false);
        if (outcome is { ExitCode: 0 })
            return outcome.Stdout;
        // Its messages can quote lines of the Compose file, and so a secret: only the fact is reported.
        reporter.Verbose(outcome is null ? $"There is no {compose.Program} command on PATH." : $"{compose.Program} config ended with exit code {outcome.ExitCode}.");
        return null;
    }

    /// <summary>A Compose file that says of a service what Compose itself puts in the place of <c>service:NAME</c> before it computes the hash.</summary>
    private sealed class ResolvedNamespaces : IDisposable
    {
        private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("shoreguard-compose-");

        private ResolvedNamespaces(string content) => File.WriteAllText(Path, content);

        public string Path => System.IO.Path.Combine(_folder.FullName, "namespaces.json");

        /// <summary>Writes it; null when there is nothing to say.</summary>
        public static ResolvedNamespaces? Write(string service, IEnumerable<KeyValuePair<string, string>> namespaces)
        {
            var resolved = new JsonObject(namespaces.Select(shared => KeyValuePair.Create(shared.Key, (JsonNode?)JsonValue.Create(shared.Value))));
            // JSON is YAML as well.
            return resolved.Count == 0 ? null : new(new JsonObject { ["services"] = new JsonObject { [service] = resolved } }.ToJsonString());
        }

        public void Dispose() => _folder.Delete(recursive: true);
    }
}
