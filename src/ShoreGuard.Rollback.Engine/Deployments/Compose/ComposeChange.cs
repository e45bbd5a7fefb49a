using System.Text.Json.Nodes;
using ShoreGuard.Rollback.Engine.Deployments.Docker;

namespace ShoreGuard.Rollback.Engine.Deployments.Compose;

/// <summary>What a pin makes of a service, as Compose sees it: what the new container has to have for Compose to leave it alone.</summary>
/// <remarks>
/// The hash of the changed service is put on a container only if it is what Compose would make: the container is as the files say now, which
/// its own hash proves, and nothing but image, environment and labels changes with the pin, of which the last two are given to the
/// container as well. Anything else is said, and Compose is left to put it right.
/// </remarks>
internal sealed record ComposeChange
{
    /// <summary>The hash to put on the container; null where it would not be true.</summary>
    public string? Hash { get; private init; }

    /// <summary>Whether Compose could be asked.</summary>
    public bool IsKnown { get; private init; }

    /// <summary>The names of the variables that the Compose file sets, whatever their values.</summary>
    public required IReadOnlySet<string> Variables { get; init; }

    /// <summary>The paths of the secrets and configs that Compose copies into the container after it has made it; the engine knows nothing of them.</summary>
    public required IReadOnlyList<string> CopiedFiles { get; init; }

    /// <summary>The environment's variables that change with the pin; null for one that goes.</summary>
    public IReadOnlyDictionary<string, string?> Environment { get; private init; } = new Dictionary<string, string?>();

    /// <summary>The labels that change with the pin; null for one that goes.</summary>
    public IReadOnlyDictionary<string, string?> Labels { get; private init; } = new Dictionary<string, string?>();

    /// <summary>What the next <c>docker compose up</c> will do beyond leaving the container alone, as a sentence; null when it leaves it alone.</summary>
    public string? Warning { get; private init; }

    /// <summary>Asks Compose, with and without the pin.</summary>
    /// <param name="deployment">The deployment as it is.</param>
    /// <param name="container">Its container.</param>
    /// <param name="pin">The pin that is prepared; null for none.</param>
    /// <param name="then">Whose namespaces the container shares, by Compose's key.</param>
    /// <param name="now">Whose the new one will share.</param>
    /// <param name="reporter">Told why there is no answer.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="ShoreGuardException"><c>PinWithoutEffect</c>; those of a Compose file that is gone or broken.</exception>
    public static async Task<ComposeChange> AskAsync(
        Deployment deployment, ContainerView container, PreparedPin? pin, IReadOnlyDictionary<string, string> then, IReadOnlyDictionary<string, string> now,
        IReporter reporter, CancellationToken cancellation)
    {
        var version = container.Label(ComposeLabels.Version);
        var hash = container.Label(ComposeLabels.ConfigHash);
        // Whatever the pin's file says by now. A variable that no file sets keeps the value of the shell that deployed it.
        var project = pin is null ? null : ComposeProject.TryRead(deployment);
        var asDeployed = project?.AsDeployed() ?? new Dictionary<string, string?>();
        var lasting = pin?.Record.Variable is null ? asDeployed.Where(variable => project!.Variables.InFiles(variable.Key) is null).ToDictionary() : [];
        var (before, shells) = await DescribeAsync(deployment, container, version, asDeployed, then, reporter, cancellation).ConfigureAwait(false);
        var preview = pin?.Preview(deployment) ?? new(deployment, new Dictionary<string, string?>(), new Dictionary<string, string>());
        var after = before is null ? null
            : pin is null && then.OrderBy(each => each.Key).SequenceEqual(now.OrderBy(each => each.Key)) ? before
            : await ComposeCli.DescribeAsync(preview.Deployment, version, With(With(shells, lasting), preview.Variables), now, preview.Environment, reporter,
                cancellation).ConfigureAwait(false);
        if (before is null || after is null)
            return Unknown(deployment, isPinned: pin is not null);
        if (pin is not null && after.Image != pin.Image)
            throw Errors.PinWithoutEffect(pin.Record.Path, after.Image, pin.Image);
        return Compare(before, after, container, isAsMade: before.Hash == hash);
    }

    private static async Task<(ComposeCli.ServiceView? View, IReadOnlyDictionary<string, string?> Shells)> DescribeAsync(
        Deployment deployment, ContainerView container, string? version, IReadOnlyDictionary<string, string?> asDeployed,
        IReadOnlyDictionary<string, string> then, IReporter reporter, CancellationToken cancellation)
    {
        var nothing = new Dictionary<string, string?>();
        var none = new Dictionary<string, string>();
        var view = await ComposeCli.DescribeAsync(deployment, version, asDeployed, then, none, reporter, cancellation).ConfigureAwait(false);
        if (view is not null && view.Hash == container.Label(ComposeLabels.ConfigHash))
            return (view, nothing);
        var shells = ComposeProject.TryRead(deployment)?.VariablesOf(container, asDeployed.Keys) ?? nothing;
        if (shells.Count == 0)
            return (view, nothing);
        var fuller = await ComposeCli.DescribeAsync(deployment, version, With(shells, asDeployed), then, none, reporter, cancellation).ConfigureAwait(false);
        return fuller is not null && (view is null || fuller.Hash == container.Label(ComposeLabels.ConfigHash)) ? (fuller, shells) : (view, nothing);
    }

    private static ComposeChange Unknown(Deployment deployment, bool isPinned)
    {
        var project = ComposeProject.TryRead(deployment);
        return new()
        {
            Variables = project?.UserVariables() ?? [],
            CopiedFiles = project?.CopiedFiles() ?? [],
            Warning = "Docker Compose could not be asked about this project, so whether the next docker compose up leaves the container alone is not known: it "
            + "may recreate it"
                + (isPinned ? ", with the pinned image." : "."),
        };
    }

    private static ComposeChange Compare(ComposeCli.ServiceView before, ComposeCli.ServiceView after, ContainerView container, bool isAsMade)
    {
        string[] others = [.. DifferentKeys(before.Service, after.Service)];
        return new()
        {
            IsKnown = true,
            Variables = after.Variables,
            CopiedFiles = after.CopiedFiles,
            Hash = isAsMade && others.Length == 0 ? after.Hash : null,
            Environment = Differences(before.Service.At("environment"), after.Service.At("environment"), name => container.Variable(name)),
            Labels = Differences(before.Service.At("labels"), after.Service.At("labels"), name => (string?)container.Json.At("Config", "Labels", name)),
            Warning = !isAsMade ? "The Compose files do not describe the container as it was created: they were changed since, or variables of the shell that "
            + "deployed it are missing here. "
                    + "So the next docker compose up will recreate it."
                : others.Length > 0 ? $"With the pin, Compose changes more of the service than its image ({string.Join(", ", others)}), so the next docker "
                    + "compose up will recreate the container."
                : null,
        };
    }

    private static IEnumerable<string> DifferentKeys(JsonObject? before, JsonObject? after) =>
        (before ?? []).Select(entry => entry.Key).Union((after ?? []).Select(entry => entry.Key))
            .Where(key => key is not ("image" or "environment" or "labels") && !JsonNode.DeepEquals(before?[key], after?[key]));

    // What the container has otherwise than Compose would give it, is somebody else's.
    private static Dictionary<string, string?> Differences(JsonNode? before, JsonNode? after, Func<string, string?> actual)
    {
        var (old, now) = (before as JsonObject ?? [], after as JsonObject ?? []);
        return old.Select(entry => entry.Key).Union(now.Select(entry => entry.Key))
            .Where(name => (string?)old[name] != (string?)now[name] && actual(name) == (string?)old[name])
            .ToDictionary(name => name, name => (string?)now[name], StringComparer.Ordinal);
    }

    private static Dictionary<string, string?> With(IReadOnlyDictionary<string, string?> some, IReadOnlyDictionary<string, string?> others)
    {
        var all = new Dictionary<string, string?>(some, StringComparer.Ordinal);
        foreach (var (name, value) in others)
            all[name] = value;
        return all;
    }
}
