namespace ShoreGuard.Rollback.Engine.Tests.InMemory;

/// <summary>What somebody begins.</summary>
public enum Begun
{
    ImageRollback,
    HotSwap,
    Downgrade,
    Restore,
    /// <summary>What an earlier restore kept is put back.</summary>
    UndoOfRestore,
    RollbackWithDowngrade,
    RollbackWithRestore,
}

/// <summary>What hands do between a kill and the next call.</summary>
public enum Hands
{
    Nothing,
    /// <summary>Start what is deployed, as <c>docker compose up</c> does, and register a gateway with it.</summary>
    Up,
    /// <summary>Make the container anew of the bad image, as <c>docker compose up --force-recreate</c> does, and register a gateway with it.</summary>
    ForceRecreate,
    /// <summary>Take every container of the deployment away.</summary>
    Down,
    RemoveOld,
    RemoveNew,
    RemoveHelpers,
    StartEverything,
    /// <summary>Register a gateway with whatever serves.</summary>
    Write,
    /// <summary>Start what is deployed, and change a gateway with it that was there before.</summary>
    UpAndChange,
    /// <summary>Change a gateway with whatever serves.</summary>
    Change,
    DeleteBackups,
    PruneImages,
    RemoveNetworks,
    RemoveLock,
}

/// <summary>The next call.</summary>
public enum NextCall
{
    Resume,
    Undo,
    /// <summary>A resume that is killed as well, at the change of the same number.</summary>
    KilledResume,
    /// <summary>An undo that is.</summary>
    KilledUndo,
    Close,
    ImageRollback,
    Rollback,
    Downgrade,
    Restore,
    /// <summary>What the restore before that which was killed has kept is put back.</summary>
    UndoOfRestore,
    Backup,
    Nothing,
}

/// <summary>Whose state folder the next call has.</summary>
public enum Whose
{
    TheSame,
    Another,
    /// <summary>The same, and it is empty.</summary>
    Lost,
}

/// <summary>An operation that is killed, what hands do, the next call, and up to three more that are to bring everything into order.</summary>
internal sealed record History(Begun Begun, int At, Moment Moment, Hands Hands, NextCall Next, Whose Whose)
{
    private const int FurtherCalls = 3;

    public override string ToString() => $"{Begun} killed {Moment} its change {At}, {Hands}, {Next} from {Whose} state folder";

    /// <summary>How many changes an operation has that nothing happens to.</summary>
    public static async Task<IReadOnlyList<string>> ChangesOfAsync(Begun begun)
    {
        using var scene = new Scene();
        var backup = await PrepareAsync(scene, begun);
        var actor = new Actor();
        await actor.RunAsync(() => scene.Operator.TryAsync(it => BeginAsync(it, begun, backup, scene.Operator.Restored)));
        return actor.Changes;
    }

    /// <summary>Lets it happen.</summary>
    /// <returns>What is wrong at its end; null when nothing is.</returns>
    public async Task<string?> RunAsync()
    {
        using var scene = new Scene();
        var backup = await PrepareAsync(scene, Begun);
        var actor = new Actor { EndsAt = At, How = Moment };
        var error = default(ShoreGuardException);
        if (!await actor.RunAsync(async () => error = await scene.Operator.TryAsync(it => BeginAsync(it, Begun, backup, scene.Operator.Restored))))
            Burial.Bury(scene);
        scene.Do(Hands);
        var isForgotten = Whose == Whose.Lost && scene.Container("sg-shoreguard-lock") is null;
        if (Whose == Whose.Lost && Directory.Exists(scene.State("one")))
            Directory.Delete(scene.State("one"), recursive: true);
        var next = Whose == Whose.Another ? scene.Other : scene.Operator;
        var hadEnded = Hands is Hands.Up or Hands.UpAndChange && !await IsUnfinishedAsync(next);
        var last = await CallAsync(scene, next, backup) ?? error;
        for (var call = 0; call < FurtherCalls && await IsUnfinishedAsync(next); call++)
            last = await EndAsync(next, call);
        var fault = await FaultOfAsync(scene, next, last, hadEnded, isForgotten);
        return fault is null ? null : $"{fault}\n    {string.Join("\n    ", scene.Operator.Said.Select(said => $"one: {said}").Concat(scene.Other.Said.Select(said => $"two: {said}")))}";
    }

    private static async Task<string> PrepareAsync(Scene scene, Begun begun)
    {
        scene.Deploy(begun is Begun.ImageRollback or Begun.HotSwap ? "0.27.1" : "0.28.0");
        scene.Register("before");
        var backup = "";
        if (begun == Begun.RollbackWithRestore)
        {
            // One from before the last migration, as a deploy makes it.
            backup = scene.OldBackup();
            return backup;
        }
        Assert.Null(await scene.Operator.TryAsync(async it => backup = await it.BackupAsync()));
        if (begun is Begun.Restore or Begun.UndoOfRestore)
        {
            scene.Register("between");
            Assert.Null(await scene.Operator.TryAsync(it => it.RestoreAsync(backup)));
            scene.Register("after");
        }
        return backup;
    }

    private static Task BeginAsync(Operator by, Begun begun, string backup, RestoreResult? restored) => begun switch
    {
        Begun.UndoOfRestore => by.UndoRestoreAsync(restored!),
        Begun.ImageRollback => by.ImageRollbackAsync("0.27.0"),
        Begun.HotSwap => by.ImageRollbackAsync("0.27.0", SwitchStrategy.HotSwap),
        Begun.Downgrade => by.DowngradeAsync("016"),
        Begun.Restore => by.RestoreAsync(backup),
        Begun.RollbackWithRestore => by.RollbackAsync("0.27.0", RollbackStrategy.Restore, backup),
        _ => by.RollbackAsync("0.27.0", RollbackStrategy.Downgrade),
    };

    private async Task<ShoreGuardException?> CallAsync(Scene scene, Operator by, string backup)
    {
        var actor = new Actor { EndsAt = Next is NextCall.KilledResume or NextCall.KilledUndo ? At : null };
        var error = default(ShoreGuardException);
        if (!await actor.RunAsync(async () => error = await CallAsync(by, Next, backup, scene.Operator.Restored)))
            Burial.Bury(scene);
        return error;
    }

    private static Task<ShoreGuardException?> CallAsync(Operator by, NextCall next, string backup, RestoreResult? restored) => by.TryAsync(async it =>
    {
        var id = await it.UnfinishedAsync() is [var first, ..] ? first.Id : null;
        await (next switch
        {
            NextCall.Resume or NextCall.KilledResume => id is null ? Task.CompletedTask : it.ResumeAsync(id),
            NextCall.Undo or NextCall.KilledUndo => id is null ? Task.CompletedTask : it.UndoAsync(id),
            NextCall.Close => id is null ? Task.CompletedTask : it.CloseAsync(id),
            NextCall.ImageRollback => it.ImageRollbackAsync("0.27.0"),
            NextCall.Rollback => it.RollbackAsync("0.27.0", RollbackStrategy.Auto),
            NextCall.Downgrade => it.DowngradeAsync("016"),
            NextCall.Restore => it.RestoreAsync(backup),
            NextCall.UndoOfRestore => restored is null ? Task.CompletedTask : it.UndoRestoreAsync(restored),
            NextCall.Backup => it.BackupAsync(),
            _ => Task.CompletedTask,
        });
    });

    // As a careful person does: go on; where rows stand in the way, or it cannot be, put back; and at last leave it as it is.
    private static Task<ShoreGuardException?> EndAsync(Operator by, int call) => by.TryAsync(async it =>
    {
        if (await it.UnfinishedAsync() is [{ Id: var id }, ..])
            await (call == 0 ? it.ResumeAsync(id) : call == 1 ? it.UndoAsync(id) : it.CloseAsync(id));
    });

    // Does what the error advises.
    private static async Task<ShoreGuardException?> FollowAsync(Operator by, ShoreGuardException refused)
    {
        if (refused.Id == "PartInterrupted")
            await by.TryAsync(it => it.ImageRollbackAsync("0.27.0"));
        return await by.TryAsync(it => it.BeginAndEndAsync());
    }

    private static async Task<bool> IsUnfinishedAsync(Operator by)
    {
        var count = 0;
        await by.TryAsync(async it => count = (await it.UnfinishedAsync()).Count);
        return count > 0;
    }

    private async Task<string?> FaultOfAsync(Scene scene, Operator by, ShoreGuardException? last, bool hadEnded, bool isForgotten)
    {
        var (other, said) = (by == scene.Operator ? scene.Other : scene.Operator, string.Join('\n', scene.Operator.Said.Concat(scene.Other.Said)));
        // Where nobody can tell whether the other has ended it, whoever began it says so.
        await EndAsync(other, FurtherCalls);
        if (await IsUnfinishedAsync(by) || await IsUnfinishedAsync(other))
            return $"something is still unfinished ({last?.Message})";
        foreach (var each in (Operator[])[by, other])
        {
            if (await each.TryAsync(it => it.BeginAndEndAsync()) is { } refused && !said.Contains("-shoreguard-", StringComparison.Ordinal)
                && await FollowAsync(each, refused) is { } still)
            {
                return $"nothing can be begun any more: {still.Message}";
            }
        }
        foreach (var each in (Operator[])[by, other])
            await each.TryAsync(it => it.ReadHistoryAsync());
        said = string.Join('\n', scene.Operator.Said.Concat(scene.Other.Said));
        foreach (var gateway in scene.Acknowledged.Except(scene.ServedGateways))
        {
            // Where both memories are gone, its name beside the database is what is left to tell.
            if (!scene.FilesWith(gateway).Any(path => isForgotten || said.Contains(Path.GetFileName(path), StringComparison.Ordinal)))
                return $"the gateway '{gateway}' is in no database that serves, and in none that anybody was told of";
        }
        // Where a hand has taken away what the engine knew, nobody else can know it.
        if (Hands == Hands.RemoveLock && Whose != Whose.TheSame)
            return null;
        if (scene.LeftOvers.FirstOrDefault(left => !said.Contains(left, StringComparison.Ordinal)) is { } untold)
            return $"{untold} is left over, and nobody was told of it";
        // An old container that the engine has kept, and that somebody starts although the rollback has ended, is on no network, and that is theirs.
        if (scene.Serving is null && last is null && !hadEnded && Hands is not (Hands.Down or Hands.RemoveOld or Hands.RemoveNew)
            && !said.Contains("docker start", StringComparison.Ordinal) && !said.Contains("docker network connect", StringComparison.Ordinal)
            && !said.Contains("stays stopped", StringComparison.Ordinal) && Begun != Begun.Downgrade
            && Next != NextCall.Downgrade)
        {
            return "nothing serves, and the last call had nothing to say about it";
        }
        return null;
    }
}
