using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using ShoreGuard.Rollback.Engine.Deployments.Docker;

namespace ShoreGuard.Rollback.Engine.Schema;

/// <summary>Reads the migration scripts out of an image, in a one-off container of it without network or volumes.</summary>
internal static class MigrationProbe
{
    private const string Label = "shoreguard.rollback.probe";
    private static readonly TimeSpan LongestRun = TimeSpan.FromMinutes(5);
    private static readonly ConcurrentDictionary<string, MigrationGraph> Known = [];

    /// <summary>The migrations of an image; null when it has none that can be read.</summary>
    public static async Task<MigrationGraph?> TryReadAsync(IContainerEngine engine, string image, CancellationToken cancellation) =>
        await engine.InspectImageAsync(image, cancellation).ConfigureAwait(false) is { } description
            ? (await FindAsync(engine, description, cancellation).ConfigureAwait(false)).Graph
            : null;

    /// <summary>The migrations of an image that is on the engine.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="image">The image, for the words.</param>
    /// <param name="description">The engine's description of it.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="ShoreGuardException"><c>MigrationsUnreadable</c>.</exception>
    public static async Task<MigrationGraph> ReadAsync(IContainerEngine engine, string image, ImageView description, CancellationToken cancellation)
    {
        var (graph, why) = await FindAsync(engine, description, cancellation).ConfigureAwait(false);
        return graph ?? throw Errors.MigrationsUnreadable(image, why!);
    }

    /// <summary>The migrations of an image as they were read once, by its id; null when they never were. The image need not be on the engine.</summary>
    public static async Task<MigrationGraph?> FindKnownAsync(string id, CancellationToken cancellation)
    {
        if (Known.TryGetValue(id, out var known))
            return known;
        return await MigrationCache.Own.FindAsync(id, cancellation).ConfigureAwait(false) is { } kept ? Known[id] = kept.ToGraph() : null;
    }

    private static async Task<(MigrationGraph? Graph, string? Why)> FindAsync(IContainerEngine engine, ImageView description, CancellationToken cancellation)
    {
        var id = description.Id;
        if (await FindKnownAsync(id, cancellation).ConfigureAwait(false) is { } known)
            return (known, null);
        await OneOffContainers.RemoveLeftOversAsync(engine, Label, probe => OneOffContainers.IsOlder(probe, LongestRun), cancellation).ConfigureAwait(false);
        var (answer, why) = await AskAsync(engine, id, description, cancellation).ConfigureAwait(false);
        if (answer is null or { Error: not null })
            return (null, answer?.Error ?? why);
        MigrationCache.Own.Keep(id, answer);
        return (Known[id] = answer.ToGraph(), null);
    }

    private static async Task<(ProbeAnswer? Answer, string Why)> AskAsync(
        IContainerEngine engine, string id, ImageView description, CancellationToken cancellation)
    {
        var why = "it has no Python";
        foreach (var python in (string[])["python3", "python"])
        {
            try
            {
                var (output, errors) = await RunAsync(engine, Body(id, python, description), cancellation).ConfigureAwait(false);
                if (ProbeAnswer.TryFind(output) is { } answer)
                    return (answer, "");
                why = $"its {python} fails: {LastLine(errors) ?? "it says nothing"}";
            }
            catch (ShoreGuardException error) when (error.Id == nameof(Errors.EngineRefused))
            {
                // The image has no such program, or none that runs here.
            }
        }
        return (null, why);
    }

    private static async Task<(string Output, string Errors)> RunAsync(IContainerEngine engine, JsonObject body, CancellationToken cancellation)
    {
        var name = $"shoreguard-probe-{Guid.NewGuid():n}";
        try
        {
            var id = await engine.CreateContainerAsync(name, body, cancellation).ConfigureAwait(false);
            await engine.StartContainerAsync(id, cancellation).ConfigureAwait(false);
            await engine.WaitContainerAsync(id, cancellation).ConfigureAwait(false);
            return await engine.ReadLogAsync(id, lines: null, cancellation).ConfigureAwait(false);
        }
        finally
        {
            await engine.RemoveContainerAsync(name, CancellationToken.None).ConfigureAwait(false);
        }
    }

    private static string? LastLine(string text) =>
        SecretScrubber.Scrub(text).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).LastOrDefault();

    private static JsonObject Body(string image, string python, ImageView description) => new()
    {
        ["Image"] = image,
        ["Labels"] = OneOffContainers.Labels(Label, ""),
        ["Entrypoint"] = new JsonArray(python, "-c", Scripts.Probe),
        ["Cmd"] = new JsonArray(),
        ["Healthcheck"] = new JsonObject { ["Test"] = new JsonArray("NONE") },
        ["HostConfig"] = new JsonObject
        {
            ["NetworkMode"] = "none",
            ["LogConfig"] = new JsonObject { ["Type"] = "json-file" },
            ["Tmpfs"] = OneOffContainers.InsteadOfVolumes(description, []),
        },
    };
}
