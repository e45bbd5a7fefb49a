using System.Text.Json.Nodes;
using ShoreGuard.Rollback.Engine.Deployments;
using ShoreGuard.Rollback.Engine.Deployments.Docker;
using ShoreGuard.Rollback.Engine.Operations.Execution;
using ShoreGuard.Rollback.Engine.State;

namespace ShoreGuard.Rollback.Engine.Operations;

/// <summary>One at a time for everybody who may use an engine, whatever their user, state folder or machine: a container of a fixed name, never
/// started.</summary>
/// <remarks>That two containers cannot have one name makes it atomic. Who holds it stands in its label; of a process that was killed it is left, and tells of
/// it.</remarks>
internal sealed class EngineLock : IAsyncDisposable
{
    private const string Label = "shoreguard.rollback.lock";
    private const string Suffix = "-shoreguard-lock";
    private const int Attempts = 5;
    private static readonly TimeSpan GivingWay = TimeSpan.FromMilliseconds(100);

    private readonly IContainerEngine _engine;
    private readonly string _id;
    private int _written;
    private RollbackJournal.Entry? _entry;
    private bool _isLeft;

    private EngineLock(IContainerEngine engine, string id, int written = 0) => (_engine, _id, _written) = (engine, id, written);

    /// <summary>A lock that is there.</summary>
    /// <param name="Holder">Who holds it, or held it as their process ended.</param>
    /// <param name="Id">Its container.</param>
    /// <param name="Number">How often its record has been written; 0 where it has none.</param>
    public sealed record Mark(LockHolder Holder, string Id, int Number = 0)
    {
        /// <summary>What is known of the operation, for whoever goes on with it; null where nothing was written down.</summary>
        /// <exception cref="ShoreGuardException"><c>RecordTooNew</c>, <c>RecordUnreadable</c>.</exception>
        public RollbackJournal.Entry? Record
        {
            get => Problem is null ? field : throw Problem;
            private init;
        }

        /// <summary>Why what is known cannot be read; null where it can.</summary>
        public ShoreGuardException? Problem { get; init; }

        /// <summary>Whether the holder has let go of it, unfinished as it is.</summary>
        public bool IsLeft { get; init; }

        /// <summary>Whether somebody is at it, as far as can be told from here.</summary>
        public bool IsHeld => !IsLeft && !Holder.Process.IsGone();

        // Whoever began it may have another way to the engine: a tunnel, its own machine.
        private static RollbackJournal.Entry? At(string host, RollbackJournal.Entry? entry) => entry is null ? null : entry with
        {
            Record = entry.Record with { DockerHost = host },
            Note = entry.Note.Downgrade is { } downgrade ? entry.Note with { Downgrade = downgrade with { DockerHost = host } } : entry.Note,
        };

        /// <summary>Reads one; null for what is no lock.</summary>
        public static async Task<Mark?> ReadAsync(IContainerEngine engine, string deployment, ContainerView? container, CancellationToken cancellation)
        {
            if (container is null || HolderOf(container) is not { } holder)
                return null;
            var id = container.Id;
            try
            {
                return await EngineRecord.ReadAsync(engine, id, deployment, cancellation).ConfigureAwait(false) is var (entry, number, isLeft)
                    ? new(holder, id, number) { Record = At(engine.Host, entry), IsLeft = isLeft }
                    : new(holder, id);
            }
            catch (ShoreGuardException error) when (error.Id is nameof(Errors.RecordTooNew) or nameof(Errors.RecordUnreadable))
            {
                return new(holder, id) { Problem = error };
            }
            catch (ShoreGuardException error) when (error.Id == nameof(Errors.EngineRefused))
            {
                // An engine has no files of a container that it is just making, or taking away (28.5: HTTP 500).
                return await engine.InspectContainerAsync(id, cancellation).ConfigureAwait(false) is null ? null
                    : new(holder, id) { Problem = holder.Process.IsGone()
                        ? Errors.RecordUnreadable(deployment, NameOf(deployment)) : LockRefusal.InProgress(deployment, holder) };
            }
        }
    }

    /// <summary>The lock's name.</summary>
    public static string NameOf(string deployment) => deployment + Suffix;

    // One that is taken over is made beside the old one first.
    private static string? DeploymentOf(string name) => name.LastIndexOf(Suffix, StringComparison.Ordinal) is > 0 and var at
        && (name.Length == at + Suffix.Length || name[at + Suffix.Length] == '-') ? name[..at] : null;

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
                if (await FindLeftAsync(engine, deployment, cancellation).ConfigureAwait(false) is { } left)
                    return await TakeOverAsync(engine, deployment, left, body, claim, cancellation).ConfigureAwait(false);
                if (await TryMakeAsync(engine, deployment, body, cancellation).ConfigureAwait(false) is { } made)
                    return made;
                if (attempt >= Attempts)
                    throw LockRefusal.InProgress(deployment, await FindHolderAsync(engine, deployment, cancellation).ConfigureAwait(false));
            }
            catch (ShoreGuardException error) when (error is { Id: nameof(Errors.EngineRefused), Kind: FailureKind.ResourceBusy } && attempt < Attempts)
            {
                if (await ClearStaleAsync(engine, deployment, claim, cancellation).ConfigureAwait(false) is { } stale)
                {
                    var body = await BodyAsync(engine, image, claim, cancellation).ConfigureAwait(false);
                    return await TakeOverAsync(engine, deployment, stale, body, claim, cancellation).ConfigureAwait(false);
                }
            }
            catch (ShoreGuardException error) when (error is { Id: nameof(Errors.EngineRefused), Kind: FailureKind.ObjectNotFound })
            {
                // A stopped container may outlive its image.
                return null;
            }
            catch (ShoreGuardException error) when (error.Id == nameof(Errors.EngineRefused)
                && error.Message.Contains("no space left on device", StringComparison.Ordinal))
            {
                throw Errors.EngineDiskFull(engine.Host, $"make the container {name}, which marks that {deployment} is being changed", error);
            }
        }
    }

    /// <summary>Who holds it; null when nobody does, be it that the process is gone that did, or has let go of it.</summary>
    public static async Task<LockHolder?> FindHolderAsync(IContainerEngine engine, string deployment, CancellationToken cancellation) =>
        await FindAsync(engine, deployment, cancellation).ConfigureAwait(false) is { IsHeld: true } mark ? mark.Holder : null;

    /// <summary>The lock of a deployment as it is, whoever holds or held it; null where there is none.</summary>
    public static async Task<Mark?> FindAsync(IContainerEngine engine, string deployment, CancellationToken cancellation) =>
        await Mark.ReadAsync(engine, deployment, await engine.InspectContainerAsync(NameOf(deployment), cancellation).ConfigureAwait(false), cancellation)
            .ConfigureAwait(false)
            ?? await FindLeftAsync(engine, deployment, cancellation).ConfigureAwait(false);

    /// <summary>The locks of an engine, by the names of the deployments.</summary>
    public static async Task<IReadOnlyDictionary<string, Mark>> AllAsync(IContainerEngine engine, CancellationToken cancellation)
    {
        var found = new Dictionary<string, Mark>(StringComparer.Ordinal);
        foreach (var name in (await engine.ListNamesAsync(Suffix, cancellation).ConfigureAwait(false)).OrderBy(name => name.Length))
        {
            if (DeploymentOf(name) is { } deployment && !found.ContainsKey(deployment)
                && await Mark.ReadAsync(engine, deployment, await engine.InspectContainerAsync(name, cancellation).ConfigureAwait(false), cancellation)
                    .ConfigureAwait(false) is { } mark)
            {
                found[deployment] = mark;
            }
        }
        return found;
    }

    /// <summary>Writes down what is known of the operation, for whoever may have to go on with it.</summary>
    /// <exception cref="ShoreGuardException">Those of the engine.</exception>
    public Task WriteRecordAsync(RollbackJournal.Entry entry)
    {
        _entry = entry;
        return EngineRecord.WriteAsync(_engine, _id, ++_written, entry);
    }

    /// <summary>Removes it where the process is gone that held it, and nothing is left to be done that only it knows of.</summary>
    public static async Task ClearAsync(IContainerEngine engine, StateStore state, string deployment, CancellationToken cancellation)
    {
        if (await FindAsync(engine, deployment, cancellation).ConfigureAwait(false) is { IsHeld: false, Problem: null, Record: null } mark
            && !mark.Holder.IsKnownElsewhereOnly(state))
        {
            await engine.RemoveContainerAsync(mark.Id, cancellation).ConfigureAwait(false);
        }
    }

    private static LockHolder? HolderOf(ContainerView? container) => LockHolder.TryParse(container?.Label(Label));

    // A lock that was taken over by a process that was killed between two calls: it has the record, and not the name yet.
    private static async Task<Mark?> FindLeftAsync(IContainerEngine engine, string deployment, CancellationToken cancellation)
    {
        foreach (var name in await engine.ListNamesAsync($"{NameOf(deployment)}-", cancellation).ConfigureAwait(false))
        {
            if (DeploymentOf(name) == deployment
                && await Mark.ReadAsync(engine, deployment, await engine.InspectContainerAsync(name, cancellation).ConfigureAwait(false), cancellation)
                    .ConfigureAwait(false) is { } mark
                && await engine.InspectContainerAsync(NameOf(deployment), cancellation).ConfigureAwait(false) is null)
            {
                return mark;
            }
        }
        return null;
    }

    // Null where it was removed, or has gone meanwhile; else it is to be taken over, since it has what is to be gone on with.
    private static async Task<Mark?> ClearStaleAsync(IContainerEngine engine, string deployment, LockClaim claim, CancellationToken cancellation)
    {
        if (await engine.InspectContainerAsync(NameOf(deployment), cancellation).ConfigureAwait(false) is not { } container)
            return null;
        var mark = await Mark.ReadAsync(engine, deployment, container, cancellation).ConfigureAwait(false)
            ?? throw Errors.LockForeign(deployment, NameOf(deployment));
        if (IsToBeTakenOver(deployment, mark, claim))
            return mark;
        await engine.RemoveContainerAsync(mark.Id, cancellation).ConfigureAwait(false);
        return null;
    }

    private static bool IsToBeTakenOver(string deployment, Mark mark, LockClaim claim)
    {
        var holder = mark.Holder;
        var isSame = claim.Rollback is not null && claim.Rollback == holder.Rollback;
        if (mark.IsHeld && !(isSame && claim.TakesOver && !holder.Process.IsOfHere))
            throw LockRefusal.InProgress(deployment, holder);
        if (mark.Record is { } entry)
            return entry.Record.Id == claim.Rollback ? true : throw Errors.RollbackUnfinished(entry.Record);
        return holder.IsKnownElsewhereOnly(claim.State) && !isSame ? throw LockRefusal.Elsewhere(deployment, holder) : false;
    }

    // The new one has the record before the old one goes, and the name, which is the lock, at once: there is no moment without a record, and none
    // with two holders.
    private static async Task<EngineLock> TakeOverAsync(
        IContainerEngine engine, string deployment, Mark old, JsonObject body, LockClaim claim, CancellationToken cancellation)
    {
        if (!IsToBeTakenOver(deployment, old, claim))
        {
            await engine.RemoveContainerAsync(old.Id, cancellation).ConfigureAwait(false);
            return await TryMakeAsync(engine, deployment, body, cancellation).ConfigureAwait(false)
                ?? throw LockRefusal.InProgress(deployment, await FindHolderAsync(engine, deployment, cancellation).ConfigureAwait(false));
        }
        string id;
        try
        {
            id = await engine.CreateContainerAsync($"{NameOf(deployment)}-{Guid.NewGuid().ToString("n")[..8]}", body, cancellation).ConfigureAwait(false);
        }
        catch (ShoreGuardException error) when (error is { Id: nameof(Errors.EngineRefused), Kind: FailureKind.ObjectNotFound })
        {
            // The image is gone that it could be made of: the old one has to do.
            return new(engine, old.Id, old.Number);
        }
        await EngineRecord.WriteAsync(engine, id, old.Number + 1, old.Record!).ConfigureAwait(false);
        await TryRemoveAsync(engine, old.Id).ConfigureAwait(false);
        if (await TryNameAsync(engine, deployment, id, old.Record!).ConfigureAwait(false))
        {
            await RemoveLeftCopiesAsync(engine, deployment, id, old.Record!.Record.Id, cancellation).ConfigureAwait(false);
            return new(engine, id, old.Number + 1);
        }
        throw LockRefusal.InProgress(deployment, await FindHolderAsync(engine, deployment, cancellation).ConfigureAwait(false));
    }

    // Of one who was killed as he took it over: what they tell would outlive the operation, and make it unfinished again.
    private static async Task RemoveLeftCopiesAsync(IContainerEngine engine, string deployment, string id, string operation, CancellationToken cancellation)
    {
        foreach (var name in await engine.ListNamesAsync($"{NameOf(deployment)}-", cancellation).ConfigureAwait(false))
        {
            if (DeploymentOf(name) == deployment
                && await Mark.ReadAsync(engine, deployment, await engine.InspectContainerAsync(name, cancellation).ConfigureAwait(false), cancellation)
                    .ConfigureAwait(false)
                    is { IsHeld: false, Problem: null } mark
                && mark.Id != id && mark.Record?.Record.Id == operation)
            {
                await TryRemoveAsync(engine, mark.Id).ConfigureAwait(false);
            }
        }
    }

    // Whoever takes over the same one at this moment may be removing it as well.
    private static async Task TryRemoveAsync(IContainerEngine engine, string id)
    {
        try
        {
            await engine.RemoveContainerAsync(id, CancellationToken.None).ConfigureAwait(false);
        }
        catch (ShoreGuardException error) when (error is { Id: nameof(Errors.EngineRefused), Kind: FailureKind.ResourceBusy })
        {
        }
    }

    // The old one is gone, so this may be the only one that has the record: it is never removed for a lock that knows nothing of it.
    private static async Task<bool> TryNameAsync(IContainerEngine engine, string deployment, string id, RollbackJournal.Entry entry)
    {
        for (var attempt = 1; attempt <= Attempts; attempt++)
        {
            try
            {
                await engine.RenameContainerAsync(id, NameOf(deployment), CancellationToken.None).ConfigureAwait(false);
                return true;
            }
            catch (ShoreGuardException error) when (error is { Id: nameof(Errors.EngineRefused), Kind: FailureKind.ResourceBusy })
            {
                var other = await Mark.ReadAsync(engine, deployment,
                    await engine.InspectContainerAsync(NameOf(deployment), CancellationToken.None).ConfigureAwait(false), CancellationToken.None)
                    .ConfigureAwait(false);
                if (other is { Problem: null, Record.Record.Id: var theirs } && theirs == entry.Record.Id)
                {
                    await engine.RemoveContainerAsync(id, CancellationToken.None).ConfigureAwait(false);
                    return false;
                }
                // One that was made between the two calls gives way when its maker sees this one.
                await Task.Delay(GivingWay, CancellationToken.None).ConfigureAwait(false);
            }
        }
        return false;
    }

    // Null where somebody takes over an unfinished one at this moment: he has the record, and this one gives way.
    private static async Task<EngineLock?> TryMakeAsync(IContainerEngine engine, string deployment, JsonObject body, CancellationToken cancellation)
    {
        var id = await engine.CreateContainerAsync(NameOf(deployment), body, cancellation).ConfigureAwait(false);
        if (!await IsBeingTakenOverAsync(engine, deployment).ConfigureAwait(false))
            return new(engine, id);
        await engine.RemoveContainerAsync(id, CancellationToken.None).ConfigureAwait(false);
        return null;
    }

    // He who takes over has removed the old lock, and not given its name to the new one yet.
    private static async Task<bool> IsBeingTakenOverAsync(IContainerEngine engine, string deployment)
    {
        foreach (var name in await engine.ListNamesAsync($"{NameOf(deployment)}-", CancellationToken.None).ConfigureAwait(false))
        {
            if (DeploymentOf(name) == deployment
                && HolderOf(await engine.InspectContainerAsync(name, CancellationToken.None).ConfigureAwait(false)) is not null)
                return true;
        }
        return false;
    }

    // The deployment's own; while it is switched there may be none of its name.
    private static async Task<string?> FindImageAsync(IContainerEngine engine, string deployment, CancellationToken cancellation)
    {
        if (await engine.InspectContainerAsync(deployment, cancellation).ConfigureAwait(false) is { } container)
            return container.ImageId is "" ? null : container.ImageId;
        foreach (var name in await engine.ListNamesAsync($"{deployment}-shoreguard-", cancellation).ConfigureAwait(false))
        {
            if (await engine.InspectContainerAsync(name, cancellation).ConfigureAwait(false) is { } other)
                return other.ImageId is "" ? null : other.ImageId;
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

    // Of one that lives, such as a session that goes on, the record says that nothing goes on.
    private async Task TryEndAsync()
    {
        try
        {
            if (_entry is not null)
                await EngineRecord.WriteAsync(_engine, _id, ++_written, _entry, isLeft: true, hasEnded: !_isLeft).ConfigureAwait(false);
        }
        catch (ShoreGuardException)
        {
            // Nobody can be told, then.
        }
    }

    /// <summary>What is done stays unfinished: whoever comes next, from wherever, is to be told.</summary>
    public void Leave() => _isLeft = true;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        try
        {
            if (_isLeft && _entry is not null)
                await EngineRecord.WriteAsync(_engine, _id, ++_written, _entry, isLeft: true).ConfigureAwait(false);
            if (_isLeft)
                return;
            await OutagePatience.RunAsync(() => _engine.RemoveContainerAsync(_id, CancellationToken.None)).ConfigureAwait(false);
        }
        catch (ShoreGuardException)
        {
            // What was done is done, and is told; of a process that is gone, the next one takes it over.
            await TryEndAsync().ConfigureAwait(false);
        }
    }
}
