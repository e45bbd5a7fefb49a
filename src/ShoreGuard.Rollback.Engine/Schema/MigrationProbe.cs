using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using ShoreGuard.Rollback.Engine.Deployments.Docker;

namespace ShoreGuard.Rollback.Engine.Schema;

/// <summary>Reads the migration scripts out of an image, by Alembic itself, in a one-off container without network or volumes.</summary>
internal static class MigrationProbe
{
    private const string Marker = "shoreguard-migrations:";
    private const string Label = "shoreguard.rollback.probe";
    private static readonly TimeSpan LongestRun = TimeSpan.FromMinutes(5);

    // An image's id is made of its content: what was read once holds for ever.
    private static readonly ConcurrentDictionary<string, MigrationGraph> Known = [];

    // Alembic orders the scripts: their file names say nothing. Whatever they print at import stays out of the way of the marked line.
    private const string Script = $$"""
        import importlib.util, json, pathlib
        from alembic.config import Config
        from alembic.script import ScriptDirectory
        package = pathlib.Path(importlib.util.find_spec("shoreguard").submodule_search_locations[0])
        config = Config()
        config.set_main_option("script_location", str(package / "alembic").replace("%", "%%"))
        scripts = ScriptDirectory.from_config(config)
        def names(down):
            return [] if down is None else [down] if isinstance(down, str) else list(down)
        graph = {
            "heads": sorted(scripts.get_heads()),
            "migrations": [{"revision": each.revision, "down": names(each.down_revision)} for each in scripts.walk_revisions()],
        }
        print("{{Marker}}" + json.dumps(graph), flush=True)
        """;

    /// <summary>The migrations of an image; null when it has none that can be read.</summary>
    public static async Task<MigrationGraph?> TryReadAsync(DockerEngine engine, string image, CancellationToken cancellation)
    {
        var description = await engine.InspectImageAsync(image, cancellation).ConfigureAwait(false);
        if (description.Text("Id") is not { } id)
            return null;
        if (Known.TryGetValue(id, out var known))
            return known;
        await RemoveLeftOversAsync(engine, cancellation).ConfigureAwait(false);
        foreach (var python in (string[])["python3", "python"])
        {
            if (await RunAsync(engine, id, python, description!, cancellation).ConfigureAwait(false) is { } graph)
                return Known[id] = graph;
        }
        return null;
    }

    // Those of processes that were killed. One that is younger may be another process's.
    private static async Task RemoveLeftOversAsync(DockerEngine engine, CancellationToken cancellation)
    {
        foreach (var id in await engine.ListContainersAsync([Label], cancellation).ConfigureAwait(false))
        {
            var probe = await engine.InspectContainerAsync(id, cancellation).ConfigureAwait(false);
            if (probe?.Time("Created") < DateTimeOffset.UtcNow - LongestRun)
                await engine.RemoveContainerAsync(id, cancellation).ConfigureAwait(false);
        }
    }

    private static async Task<MigrationGraph?> RunAsync(DockerEngine engine, string image, string python, JsonObject description, CancellationToken cancellation)
    {
        var name = $"shoreguard-probe-{Guid.NewGuid():n}";
        try
        {
            var id = await engine.CreateContainerAsync(name, Body(image, python, description), cancellation).ConfigureAwait(false);
            await engine.StartContainerAsync(id, cancellation).ConfigureAwait(false);
            await engine.WaitContainerAsync(id, cancellation).ConfigureAwait(false);
            var (output, _) = await engine.ReadLogAsync(id, lines: null, cancellation).ConfigureAwait(false);
            var line = output.Split('\n').LastOrDefault(text => text.StartsWith(Marker, StringComparison.Ordinal));
            return line is null ? null : MigrationGraph.TryParse(line[Marker.Length..]);
        }
        catch (ShoreGuardException error) when (error.Id == "EngineRefused")
        {
            return null; // The image has no such program.
        }
        finally
        {
            await engine.RemoveContainerAsync(name, CancellationToken.None).ConfigureAwait(false);
        }
    }

    private static JsonObject Body(string image, string python, JsonObject description)
    {
        // The image's own volumes would be made for it and outlive it; a folder in memory is put over each.
        var volumes = description["Config"]?["Volumes"] as JsonObject ?? [];
        return new JsonObject
        {
            ["Image"] = image,
            ["Labels"] = new JsonObject { [Label] = "" },
            ["Entrypoint"] = new JsonArray(python, "-c", Script),
            ["Cmd"] = new JsonArray(),
            ["Healthcheck"] = new JsonObject { ["Test"] = new JsonArray("NONE") },
            ["HostConfig"] = new JsonObject
            {
                ["NetworkMode"] = "none",
                ["LogConfig"] = new JsonObject { ["Type"] = "json-file" },
                ["Tmpfs"] = new JsonObject(volumes.Select(volume => KeyValuePair.Create(volume.Key, (JsonNode?)""))),
            },
        };
    }
}
