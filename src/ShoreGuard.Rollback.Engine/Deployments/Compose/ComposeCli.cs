using System.Text;
using System.Text.Json.Nodes;
using ShoreGuard.Rollback.Engine.Files;

namespace ShoreGuard.Rollback.Engine.Deployments.Compose;

/// <summary>Asks the Compose command line what it makes of a project. Its hash depends on its own structures and is never computed here.</summary>
internal static class ComposeCli
{
    private static readonly (string Program, string[] Arguments) Current = ("docker", ["compose"]);
    private static readonly (string Program, string[] Arguments) First = ("docker-compose", []);
    // It reads some files and asks nobody; what takes longer waits for something that never comes.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    /// <summary>What Compose says about a service under a set of variables.</summary>
    /// <param name="Hash">The hash it would put on the container.</param>
    /// <param name="Image">The image reference it would run.</param>
    /// <param name="Variables">The names of the variables that the Compose file sets, whatever their values.</param>
    /// <param name="CopiedFiles">The paths of the secrets and configs that Compose copies into the container after it has made it; the engine knows
    /// nothing of them.</param>
    /// <param name="Service">The whole service as it resolves it; null where it does not tell.</param>
    public sealed record ServiceView(string Hash, string? Image, IReadOnlySet<string> Variables, IReadOnlyList<string> CopiedFiles, JsonObject? Service = null);

    /// <summary>Asks; null when no such Compose can be run here, or it does not understand the project.</summary>
    /// <param name="deployment">Whose service.</param>
    /// <param name="version">The Compose that made its container, whose hash is the one that counts.</param>
    /// <param name="variables">Variables that beat the <c>.env</c> file, as exported ones do.</param>
    /// <param name="namespaces">Whose namespaces the container will share, by Compose's key: <c>service:NAME</c> counts in the hash as the
    /// container's id.</param>
    /// <param name="environment">Variables that the service's environment will have by its <c>env_file:</c>.</param>
    /// <param name="reporter">Told why there is no answer.</param>
    /// <param name="cancellation">Ends the program.</param>
    public static Task<ServiceView?> DescribeAsync(
        Deployment deployment, string? version, IReadOnlyDictionary<string, string?> variables, IReadOnlyDictionary<string, string> namespaces,
        IReadOnlyDictionary<string, string> environment,
        IReporter reporter, CancellationToken cancellation) =>
        version?.StartsWith("1.", StringComparison.Ordinal) == true
            ? DescribeByFirstAsync(deployment, variables, reporter, cancellation)
            : DescribeByCurrentAsync(deployment, variables, namespaces, environment, reporter, cancellation);

    private static async Task<ServiceView?> DescribeByCurrentAsync(
        Deployment deployment, IReadOnlyDictionary<string, string?> variables, IReadOnlyDictionary<string, string> namespaces,
        IReadOnlyDictionary<string, string> environment,
        IReporter reporter, CancellationToken cancellation)
    {
        using var given = Override.Write(deployment.Service!, [], environment);
        var known = With(deployment, given);
        if (await RunCurrentAsync(known, variables, ["config", "--format", "json"], reporter, cancellation).ConfigureAwait(false) is not { } json)
            return null;
        // It writes each dollar sign twice, so that what it prints could be a Compose file.
        var project = JsonNode.Parse(json.Replace("$$", "$", StringComparison.Ordinal));
        // One of a profile that this Compose does not turn on is not there.
        if (project.At("services", deployment.Service!) is not JsonObject service)
            return null;
        using var resolved = Override.Write(
            deployment.Service!, namespaces.Where(shared => service.Text(shared.Key)?.StartsWith("service:", StringComparison.Ordinal) == true),
            new Dictionary<string, string>());
        if (await HashAsync(With(known, resolved), service, variables, reporter, cancellation).ConfigureAwait(false) is not { } hash)
            return null;
        var names = (service.At("environment") as JsonObject ?? []).Select(variable => variable.Key);
        return new(hash.Trim().Split(' ')[^1], service.Text("image"), names.ToHashSet(StringComparer.Ordinal),
            [.. CopiedFiles(project, service, "secrets", "/run/secrets/"), .. CopiedFiles(project, service, "configs", "/")], service);
    }

    // What comes from an env_file: counts as if it stood under environment: when Compose makes a container, and not in what it prints (2.40).
    private static async Task<string?> HashAsync(
        Deployment deployment, JsonObject service, IReadOnlyDictionary<string, string?> variables, IReporter reporter, CancellationToken cancellation)
    {
        string[] command = ["config", "--hash", deployment.Service!];
        if (ComposeProject.TryRead(deployment)?.EnvironmentFiles().Any() != true)
            return await RunCurrentAsync(deployment, variables, command, reporter, cancellation).ConfigureAwait(false);
        using var resolved = Override.WriteResolved(deployment.Service!, service.At("environment") as JsonObject ?? []);
        return await RunCurrentAsync(With(deployment, resolved), variables, command, reporter, cancellation).ConfigureAwait(false)
            ?? await RunCurrentAsync(deployment, variables, command, reporter, cancellation).ConfigureAwait(false);
    }

    private static Deployment With(Deployment deployment, Override? more) =>
        more is null
            ? deployment : deployment with { ComposeFiles = [.. deployment.ComposeFiles, more.Path], EnvironmentFiles = ComposeVariables.GivenTo(deployment) };

    // Every profile counts: which of them were on when the container was made, nobody has written down. A Compose that does not know the star
    // takes it for a profile that nothing has; and where a profile of no concern is broken, it is asked without.
    private static async Task<string?> RunCurrentAsync(
        Deployment deployment, IReadOnlyDictionary<string, string?> variables, IReadOnlyList<string> command, IReporter reporter,
        CancellationToken cancellation) =>
        await RunAsync(Current, deployment, variables, ["--profile", "*", .. command], reporter, cancellation).ConfigureAwait(false)
        ?? await RunAsync(Current, deployment, variables, command, reporter, cancellation).ConfigureAwait(false);

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
        if (await RunAsync(First, deployment, variables, ["config", $"--hash={deployment.Service}"], reporter, cancellation)
            .ConfigureAwait(false) is not { } hash)
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
        (string Program, string[] Arguments) compose, Deployment deployment, IReadOnlyDictionary<string, string?> variables, IEnumerable<string> command,
        IReporter reporter, CancellationToken cancellation)
    {
        if (!deployment.ComposeFiles.Concat(ComposeVariables.FilesOf(deployment)).All(CanBeRead)
            || ComposeProject.TryRead(deployment)?.EnvironmentFiles().All(CanBeRead) == false)
        {
            reporter.Verbose("Docker Compose is not asked: a file that it would read is none, or too long.");
            return null;
        }
        List<string> arguments = [.. compose.Arguments, "--project-name", deployment.Project!, "--project-directory", deployment.ComposeDirectory!];
        arguments.AddRange(deployment.ComposeFiles.SelectMany(file => (string[])["--file", file]));
        arguments.AddRange(ComposeVariables.GivenTo(deployment).SelectMany(file => (string[])["--env-file", file]));
        arguments.AddRange(command);
        var environment = new Dictionary<string, string?>(variables) { ["DOCKER_HOST"] = deployment.DockerHost };
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(Patience);
        ToolProcess.Outcome? outcome;
        try
        {
            outcome = await ToolProcess.RunAsync(compose.Program, arguments, environment, patience.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            reporter.Verbose(
                $"{compose.Program} config did not end within {Readable.Duration(Patience)}, and was ended: it may wait for a file that is a pipe.");
            return null;
        }
        if (outcome is { ExitCode: 0 })
            return outcome.Stdout;
        // Its messages can quote lines of the Compose file, and so a secret: only the fact is reported.
        reporter.Verbose(outcome is null
            ? $"There is no {compose.Program} command on PATH." : $"{compose.Program} config ended with exit code {outcome.ExitCode}.");
        return null;
    }

    /// <summary>A Compose file that says of a service what Compose itself puts in the place of <c>service:NAME</c> before it computes the hash, and
    /// what its <c>env_file:</c> will say.</summary>
    private sealed class Override : IDisposable
    {
        private const string Prefix = "shoreguard-compose-", FileName = "override.json";

        // The values of an environment may be secrets.
        private readonly PrivateFolder _folder = new(Prefix, FileName);

        private Override(string content) => Path = _folder.Write(FileName, Encoding.UTF8.GetBytes(content));

        public string Path { get; }

        /// <summary>Writes it; null when there is nothing to say.</summary>
        public static Override? Write(string service, IEnumerable<KeyValuePair<string, string>> namespaces, IReadOnlyDictionary<string, string> environment)
        {
            var resolved = Mapping(namespaces);
            if (environment.Count > 0)
                resolved["environment"] = Mapping(
                    environment.Select(variable => KeyValuePair.Create(variable.Key, variable.Value.Replace("$", "$$", StringComparison.Ordinal))));
            // JSON is YAML as well.
            return resolved.Count == 0 ? null : new(new JsonObject { ["services"] = new JsonObject { [service] = resolved } }.ToJsonString());
        }

        /// <summary>Writes one with an environment as it was resolved, in the place of what it came from.</summary>
        public static Override WriteResolved(string service, JsonObject environment)
        {
            const string Nothing = "\"env_file\":null";
            var escaped = environment.Select(each =>
                KeyValuePair.Create(each.Key, (JsonNode?)((string?)each.Value)?.Replace("$", "$$", StringComparison.Ordinal)));
            var content = new JsonObject { ["services"] = new JsonObject { [service] = new JsonObject { ["env_file"] = null,
                ["environment"] = new JsonObject(escaped) } } };
            // JSON has no tags, and without one the files would be added to.
            return new(content.ToJsonString().Replace(Nothing, Nothing.Replace("null", "!reset null", StringComparison.Ordinal), StringComparison.Ordinal));
        }

        private static JsonObject Mapping(IEnumerable<KeyValuePair<string, string>> values) =>
            new(values.Select(value => KeyValuePair.Create(value.Key, (JsonNode?)JsonValue.Create(value.Value))));

        public void Dispose() => _folder.Dispose();
    }
}
