using System.Text.Json.Nodes;
using ShoreGuard.Rollback.Engine.Deployments;
using ShoreGuard.Rollback.Engine.Deployments.Docker;
using ShoreGuard.Rollback.Engine.Schema;

namespace ShoreGuard.Rollback.Engine.Operations.Downgrading;

/// <summary>The one-off container in which Alembic takes the database down: the image with the scripts, in the application's place.</summary>
/// <remarks>It has the application's environment, networks and volumes, and nothing by which anybody could take it for the application: no alias, no
/// port, no Compose label.</remarks>
internal sealed class DowngradeWorker(IContainerEngine engine, string name)
{
    private const string Label = "shoreguard.rollback.downgrade";

    /// <summary>The container's name.</summary>
    public string ContainerName => name;

    /// <summary>Whether the database may have been changed.</summary>
    public bool WasStarted { get; private set; }

    /// <summary>Runs the downgrade to its end.</summary>
    /// <param name="container">The application's container.</param>
    /// <param name="image">The image that container was made from.</param>
    /// <param name="scripts">The id of the image with the scripts.</param>
    /// <param name="target">The revision.</param>
    /// <param name="line">Told each line that is written.</param>
    /// <param name="cancellation">Stops waiting.</param>
    /// <returns>Null when it went well, else why not.</returns>
    public async Task<string?> RunAsync(
        ContainerView container, ImageView image, string scripts, string target, Action<string> line, CancellationToken cancellation)
    {
        ShoreGuardException? refused = null;
        foreach (var python in (string[])["python3", "python"])
        {
            var recipe = Recipe(container, image, scripts, python, target);
            try
            {
                await engine.CreateContainerAsync(name, recipe, cancellation).ConfigureAwait(false);
                WasStarted = true;
                await engine.StartContainerAsync(name, cancellation).ConfigureAwait(false);
                return await WaitAsync(line, cancellation).ConfigureAwait(false);
            }
            catch (ShoreGuardException error) when (error.Id == nameof(Errors.EngineRefused))
            {
                if (await HasRunAsync(cancellation).ConfigureAwait(false))
                    throw;
                // There is no such program in the image, or its networks or volumes are not there any more.
                refused ??= error;
                WasStarted = false;
                await RemoveAsync().ConfigureAwait(false);
            }
        }
        throw refused!;
    }

    /// <summary>Waits until it has ended.</summary>
    /// <returns>Null when it went well, else why not.</returns>
    public async Task<string?> WaitAsync(Action<string> line, CancellationToken cancellation)
    {
        await engine.FollowLogAsync(name, line, cancellation).ConfigureAwait(false);
        var code = await engine.WaitContainerAsync(name, cancellation).ConfigureAwait(false);
        if (code == 0)
            return null;
        var (_, errors) = await engine.ReadLogAsync(name, lines: null, cancellation).ConfigureAwait(false);
        return SecretScrubber.Scrub(errors).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).LastOrDefault()
            ?? $"it ended with exit code {code} and said nothing";
    }

    /// <summary>Whether it is there and has begun its work, ended or not.</summary>
    public async Task<bool> HasRunAsync(CancellationToken cancellation) => await StartedAtAsync(cancellation).ConfigureAwait(false) is not null;

    /// <summary>When it was started, by the engine's clock; null when it never was.</summary>
    public async Task<DateTimeOffset?> StartedAtAsync(CancellationToken cancellation) =>
        (await engine.InspectContainerAsync(name, cancellation).ConfigureAwait(false))?.StartedAt;

    /// <summary>Ends it where it still runs; it stays, to be seen.</summary>
    public async Task StopAsync()
    {
        if (await engine.InspectContainerAsync(name, CancellationToken.None).ConfigureAwait(false) is not null)
            await engine.StopContainerAsync(name, CancellationToken.None).ConfigureAwait(false);
    }

    /// <summary>Takes it away.</summary>
    public Task RemoveAsync() => engine.RemoveContainerAsync(name, CancellationToken.None);

    private ContainerRecipe Recipe(ContainerView container, ImageView image, string scripts, string python, string target)
    {
        var recipe = ContainerRecipe.From(container, image, scripts, new HashSet<string>(), new Dictionary<string, string>(), new Dictionary<string, string>());
        var body = recipe.Body;
        foreach (var field in (ReadOnlySpan<string>)["Hostname", "Domainname", "MacAddress", "ExposedPorts"])
            body.Remove(field);
        body["Entrypoint"] = new JsonArray(python, "-c", Scripts.Downgrade);
        body["Cmd"] = new JsonArray();
        body["Labels"] = new JsonObject { [Label] = container.Name };
        body["Healthcheck"] = new JsonObject { ["Test"] = new JsonArray("NONE") };
        // Python as the first process of a container does not hear the polite signal.
        body["StopTimeout"] = 1;
        body["Env"] = new JsonArray([.. Environment(container, body.Texts("Env"), target).Select(line => JsonValue.Create(line))]);
        var host = (JsonObject)body["HostConfig"]!;
        host["PortBindings"] = new JsonObject();
        host["PublishAllPorts"] = false;
        host["AutoRemove"] = false;
        host["RestartPolicy"] = new JsonObject { ["Name"] = "no" };
        host["LogConfig"] = new JsonObject { ["Type"] = "json-file" };
        if (body.At("NetworkingConfig", "EndpointsConfig") is JsonObject endpoints)
        {
            foreach (var (_, endpoint) in endpoints)
                MakeAnonymous((JsonObject)endpoint!);
        }
        foreach (var (_, endpoint) in recipe.FurtherNetworks)
            MakeAnonymous(endpoint);
        return recipe;
    }

    // By its name or its address somebody would find it in the application's place.
    private static void MakeAnonymous(JsonObject endpoint)
    {
        endpoint.Remove("Aliases");
        endpoint.Remove("IPAMConfig");
        endpoint.Remove("MacAddress");
    }

    // The URL goes where the application has it, never on a command line. A lock that somebody else holds is not waited for without end.
    private IEnumerable<string> Environment(ContainerView container, IReadOnlyList<string> own, string target)
    {
        var set = new Dictionary<string, string>
        {
            ["SHOREGUARD_DATABASE_URL"] = DeploymentDatabase.UrlText(container),
            ["SHOREGUARD_ROLLBACK_TO"] = target,
            ["PYTHONUNBUFFERED"] = "1",
            // By this its sessions are found when it had to be stopped.
            ["PGAPPNAME"] = name,
            ["PGOPTIONS"] = $"{container.Variable("PGOPTIONS")} -c lock_timeout=60s".Trim(),
        };
        return own.Where(line => !set.ContainsKey(line.Split('=')[0])).Concat(set.Select(variable => $"{variable.Key}={variable.Value}"));
    }
}
