using System.Text.Json.Nodes;
using ShoreGuard.Rollback.Engine.Deployments;
using ShoreGuard.Rollback.Engine.Deployments.Docker;

namespace ShoreGuard.Rollback.Engine.Rollbacks;

/// <summary>One at a time for everybody who may use an engine, whatever their user, state folder or machine: a container of a fixed name, never
/// started.</summary>
/// <remarks>That two containers cannot have one name makes it atomic. Who holds it stands in its label; of a process that was killed it is left, and tells of
/// it.</remarks>
internal sealed class EngineLock : IAsyncDisposable
{
    private const string Label = "shoreguard.rollback.lock";
    private const string Suffix = "-shoreguard-lock";
    private const int Attempts = 5;

    private readonly IContainerEngine _engine;
    private readonly string _id;
    private bool _isLeft;

    private EngineLock(IContainerEngine engine, string id) => (_engine, _id) = (engine, id);

    /// <summary>The lock's name.</summary>
    public static string NameOf(string deployment) => deployment + Suffix;

    private static bool IsLock(string name) => name.EndsWith(Suffix, StringComparison.Ordinal);

    /// <summary>Takes it.</summary>
    /// <returns>Null where the engine has no container, and so no image, that it could be made of.</returns>
    /// <exception cref="ShoreGuardException"><c>RollbackInProgress</c>, which names who holds it; <c>OperationElsewhere</c>; <c>LockForeign</c>; those of the
    /// engine.</exception>
    public static async Task<EngineLock?> TakeAsync(IContainerEngine engine, string deployment, LockClaim claim, CancellationToken cancellation)
    {
        var name = NameOf(deployment);
        for (var attempt = 1; ; attempt++)
        {
            if (await FindImageAsync(engine, deployment, cancellation).ConfigureAwait(false) is not { } image)
                return null;
            try
            {
                var body = await BodyAsync(engine, image, claim, cancellation).ConfigureAwait(false);
                return new(engine, await engine.CreateContainerAsync(name, body, cancellation).ConfigureAwait(false));
            }
            catch (ShoreGuardException error) when (error is { Id: "EngineRefused", Kind: FailureKind.ResourceBusy } && attempt < Attempts)
            {
                await ClearStaleAsync(engine, deployment, claim, cancellation).ConfigureAwait(false);
            }
            catch (ShoreGuardException error) when (error is { Id: "EngineRefused", Kind: FailureKind.ObjectNotFound })
            {
                // A stopped container may outlive its image.
                return null;
            }
            catch (ShoreGuardException error) when (error.Id == "EngineRefused" && error.Message.Contains("no space left on device", StringComparison.Ordinal))
            {
                throw Errors.EngineDiskFull(engine.Host, $"make the container {name}, which marks that {deployment} is being changed", error);
            }
        }
    }

    /// <summary>Who holds it; null when nobody does, be it that the process is gone that did.</summary>
    public static async Task<LockHolder?> FindHolderAsync(IContainerEngine engine, string deployment, CancellationToken cancellation) =>
        await engine.InspectContainerAsync(NameOf(deployment), cancellation).ConfigureAwait(false) is { } container
            && HolderOf(container) is { } holder && !holder.Process.IsGone() ? holder : null;

    /// <summary>Who holds, or held as they were killed, the locks of an engine; by the names of the deployments.</summary>
    public static async Task<IReadOnlyDictionary<string, LockHolder>> AllAsync(IContainerEngine engine, CancellationToken cancellation)
    {
        var found = new Dictionary<string, LockHolder>(StringComparer.Ordinal);
        foreach (var name in (await engine.ListNamesAsync(Suffix, cancellation).ConfigureAwait(false)).Where(IsLock))
        {
            if (await engine.InspectContainerAsync(name, cancellation).ConfigureAwait(false) is { } container && HolderOf(container) is { } holder)
                found[name[..^Suffix.Length]] = holder;
        }
        return found;
    }

    /// <summary>Removes it where the process is gone that held it, and its record is here.</summary>
    public static async Task ClearAsync(IContainerEngine engine, string deployment, CancellationToken cancellation)
    {
        if (await engine.InspectContainerAsync(NameOf(deployment), cancellation).ConfigureAwait(false) is { } container
            && HolderOf(container) is { } holder && holder.Process.IsGone() && !holder.IsKnownElsewhereOnly)
        {
            await engine.RemoveContainerAsync(container.Text("Id")!, cancellation).ConfigureAwait(false);
        }
    }

    private static LockHolder? HolderOf(JsonObject container) => LockHolder.TryParse(container.Text("Config", "Labels", Label));

    private static async Task ClearStaleAsync(IContainerEngine engine, string deployment, LockClaim claim, CancellationToken cancellation)
    {
        if (await engine.InspectContainerAsync(NameOf(deployment), cancellation).ConfigureAwait(false) is not { } container)
            return;
        var holder = HolderOf(container) ?? throw Errors.LockForeign(deployment, NameOf(deployment));
        var isSame = claim.Rollback is not null && claim.Rollback == holder.Rollback;
        // In one process the lock of the state folder has told them apart already.
        if (!holder.Process.IsGone() && !(isSame && holder.Process.IsOwn))
            throw Errors.RollbackInProgress(deployment, holder);
        if (holder.IsKnownElsewhereOnly && !isSame)
            throw Errors.OperationElsewhere(deployment, holder, NameOf(deployment));
        await engine.RemoveContainerAsync(container.Text("Id")!, cancellation).ConfigureAwait(false);
    }

    // The deployment's own; while it is switched there may be none of its name.
    private static async Task<string?> FindImageAsync(IContainerEngine engine, string deployment, CancellationToken cancellation)
    {
        if (await engine.InspectContainerAsync(deployment, cancellation).ConfigureAwait(false) is { } container)
            return container.Text("Image");
        foreach (var name in await engine.ListNamesAsync($"{deployment}-shoreguard-", cancellation).ConfigureAwait(false))
        {
            if (await engine.InspectContainerAsync(name, cancellation).ConfigureAwait(false) is { } other)
                return other.Text("Image");
        }
        return null;
    }

    private static async Task<JsonObject> BodyAsync(IContainerEngine engine, string image, LockClaim claim, CancellationToken cancellation) => new()
    {
        ["Image"] = image,
        ["Labels"] = Labels(claim),
        ["Healthcheck"] = new JsonObject { ["Test"] = new JsonArray("NONE") },
        ["HostConfig"] = new JsonObject
        {
            ["NetworkMode"] = "none",
            ["Tmpfs"] = OneOffContainers.InsteadOfVolumes(await engine.InspectImageAsync(image, cancellation).ConfigureAwait(false), []),
        },
    };

    // An image that Compose has built has its project and service in labels of its own, which a container would have as well.
    private static JsonObject Labels(LockClaim claim)
    {
        var labels = OneOffContainers.Labels(Label, LockHolder.Own(claim).ToJson());
        (labels[ComposeLabels.Project], labels[ComposeLabels.Service]) = ("", "");
        return labels;
    }

    /// <summary>What is done stays unfinished: whoever comes next, from wherever, is to be told.</summary>
    public void Leave() => _isLeft = true;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_isLeft)
            return;
        try
        {
            await OutagePatience.RunAsync(() => _engine.RemoveContainerAsync(_id, CancellationToken.None)).ConfigureAwait(false);
        }
        catch (ShoreGuardException)
        {
            // What was done is done, and is told; of a process that is gone, the next one takes it over.
        }
    }
}
