using ShoreGuard.Rollback.Engine.Databases;
using ShoreGuard.Rollback.Engine.Databases.Sqlite;
using ShoreGuard.Rollback.Engine.Operations.Execution;
using ShoreGuard.Rollback.Engine.Operations.Restoring;

namespace ShoreGuard.Rollback.Engine.Tests.InMemory;

/// <summary>Somebody's hands in the middle of an action: what is said of its end is what is there then.</summary>
public sealed class DisturbedTests : IDisposable
{
    private readonly Scene _scene = new();

    [Fact]
    public async Task What_passed_its_gate_is_looked_at_once_more_before_it_is_called_done()
    {
        _scene.Deploy("0.27.1");
        _scene.Register("one");
        DoAt("Look once more at what runs", () => _scene.Do(Hands.Up));

        var error = await _scene.Operator.TryAsync(it => it.ImageRollbackAsync("0.27.0"));

        Assert.Equal(("RollbackReverted", FailureKind.ResourceBusy), (error?.Id, error!.Kind));
        Assert.Contains("its new container is exited", error.Message, StringComparison.Ordinal);
        Assert.EndsWith("shoreguard:0.27.1 as before.", error.Message, StringComparison.Ordinal);
        Assert.Equal("0.27.1", _scene.ServingVersion);
        Assert.Contains("one", _scene.ServedGateways);
        _scene.AssertNothingIsLeftOver();
    }

    [Fact]
    public async Task What_is_taken_down_after_it_has_held_is_no_success()
    {
        _scene.Deploy("0.27.1");
        DoAt("Remove the old container", () => _scene.World.Remove(_scene.Container()!));

        var error = await _scene.Operator.TryAsync(it => it.ImageRollbackAsync("0.27.0"));

        Assert.Equal("TargetTakenDown", error?.Id);
        Assert.Contains("its new container is gone", error!.Message, StringComparison.Ordinal);
        var result = Assert.IsType<ImageRollbackResult>(error.Result);
        Assert.True(result is { Succeeded: false, Reverted: false, Deployment.IsRunning: false, After: null });
        Assert.Null(_scene.Serving);
        _scene.AssertNothingIsLeftOver();
        Assert.Empty(await _scene.Operator.UnfinishedAsync());
    }

    [Fact]
    public async Task A_whole_rollback_that_is_taken_down_says_so_as_well()
    {
        _scene.Deploy("0.28.0");
        DoAt("Remove the old container", () => _scene.World.Remove(_scene.Container()!));

        var error = await _scene.Operator.TryAsync(it => it.RollbackAsync("0.27.0", RollbackStrategy.Downgrade));

        Assert.Equal("TargetTakenDown", error?.Id);
        var result = Assert.IsType<RollbackResult>(error!.Result);
        Assert.True(result is { Succeeded: false, Reverted: false });
        Assert.Empty(await _scene.Operator.UnfinishedAsync());
    }

    // Whoever was given the database's URL alone, or has another deployment of it, sees no lock of a deployment.
    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public async Task Nothing_is_restored_by_its_url_alone_in_the_middle_of_a_downgrade(bool isWholeRollback, bool fails)
    {
        _scene.Deploy("0.28.0");
        _scene.Register("one");
        var backup = _scene.OldBackup();
        ShoreGuardException? refused = null;
        DoAt(fails ? "Check the schema and the rows that stay" : "Downgrade 017 → 016", () =>
        {
            refused = Assert.Throws<ShoreGuardException>(() => RestoreByUrl(backup));
            if (fails)
                throw Errors.DowngradeFailed("sg", "016", "the disk has gone");
        });

        var error = await _scene.Operator.TryAsync(it => isWholeRollback ? it.RollbackAsync("0.27.0", RollbackStrategy.Downgrade) : it.DowngradeAsync("016"));

        Assert.Equal(fails ? "DowngradeFailed" : null, error?.Id);
        Assert.Equal("RollbackInProgress", refused?.Id);
        Assert.Contains("one", MemoryApplication.GatewaysOf(_scene.DatabasePath));
        // Nobody is kept out afterwards.
        Assert.False(File.Exists($"{_scene.DatabasePath}.shoreguard-lock"));
        if (!isWholeRollback)
            RestoreByUrl(backup);
    }

    private void RestoreByUrl(string backup)
    {
        var database = new DatabaseRequest { Url = $"sqlite:///{_scene.DatabasePath}", BaseFolder = _scene.World.Folder };
        using var restore = DatabaseRestore.PlanAsync(
            database, _scene.Operator.State, backup, jobs: null, null, force: false, SilentReporter.Instance, CancellationToken.None).GetAwaiter().GetResult();
        restore.ExecuteAsync(SilentReporter.Instance, CancellationToken.None).GetAwaiter().GetResult();
    }

    // Put back is not the same as before: what was written meanwhile is named, and not passed over.
    [Fact]
    public async Task That_the_database_is_as_it_was_is_said_after_a_look()
    {
        _scene.Deploy("0.28.0");
        _scene.Register("one");
        string? backup = null;
        Assert.Null(await _scene.Operator.TryAsync(async it => backup = await it.BackupAsync()));
        DoAt("Copy the backup beside the database", () => throw Errors.RestoreFailed("sg", "the disk has gone"));
        var error = await _scene.Operator.TryAsync(it => it.RestoreAsync(backup!));
        Assert.EndsWith("The database is as it was before.", error!.Message, StringComparison.Ordinal);

        DoAt("Copy the backup beside the database", () =>
        {
            _scene.Register("two");
            throw Errors.RestoreFailed("sg", "the disk has gone");
        });
        error = await _scene.Operator.TryAsync(it => it.RestoreAsync(backup!));
        Assert.EndsWith("The database is at revision 017 as before, and has other rows since: 1 row (gateways +1).", error!.Message, StringComparison.Ordinal);
        Assert.Equal(["one", "two"], _scene.ServedGateways.Order());
    }

    // It has ended well, and served: what was written then is somebody's.
    [Fact]
    public async Task An_ended_rollback_is_not_undone_over_what_was_written_since()
    {
        _scene.Deploy("0.28.0");
        string? id = null;
        Assert.Null(await _scene.Operator.TryAsync(async it =>
        {
            await it.RollbackAsync("0.27.0", RollbackStrategy.Downgrade);
            id = new RollbackJournal(it.State).All(Operator.Name).Single().Id;
        }));
        _scene.Register("since");

        var error = await _scene.Operator.TryAsync(it => it.UndoAsync(id!));

        Assert.Equal("RowsWritten", error?.Id);
        Assert.Contains($"since the rollback {id} ended: 1 row (gateways +1)", error!.Message, StringComparison.Ordinal);
        Assert.Equal(("0.27.0", "since"), (_scene.ServingVersion, Assert.Single(_scene.ServedGateways)));
        var insisting = new Operator(_scene.World, _scene.State("one"), insists: true);
        Assert.Null(await insisting.TryAsync(it => it.UndoAsync(id!)));
        Assert.Equal("0.28.0", _scene.ServingVersion);
        Assert.Contains(insisting.Said, said => said.Contains("gateways +1", StringComparison.Ordinal));
        Assert.NotEmpty(_scene.FilesWith("since"));
    }

    // By its path alone, as somebody restores it who knows of no deployment.
    [Fact]
    public async Task A_rollback_that_restores_waits_for_nobody_who_restores_the_file()
    {
        _scene.Deploy("0.28.0");
        _scene.Register("one");
        var backup = _scene.OldBackup();
        await using (SqliteFileLock.Take(_scene.DatabasePath))
        {
            var error = await _scene.Operator.TryAsync(it => it.RollbackAsync("0.27.0", RollbackStrategy.Restore, backup));
            Assert.Contains("is being changed by somebody else", error!.Message, StringComparison.Ordinal);
            Assert.Equal("0.28.0", _scene.ServingVersion);
        }
        Assert.Null(await _scene.Operator.TryAsync(it => it.RollbackAsync("0.27.0", RollbackStrategy.Restore, backup)));
        Assert.Equal("0.27.0", _scene.ServingVersion);
        _scene.AssertNothingIsLeftOver();
    }

    // In the result, and as a warning: who pipes results on does not read them.
    [Fact]
    public async Task What_a_switch_could_not_tidy_up_is_warned_of()
    {
        _scene.Deploy("0.27.1");
        DoAt("Remove the old container", () => throw _scene.World.Refuse("remove container", 500, "driver failed to remove the root filesystem"));

        Assert.Null(await _scene.Operator.TryAsync(it => it.ImageRollbackAsync("0.27.0")));

        Assert.Equal(2, _scene.Operator.Said.Count(said => said.StartsWith("Remove the old container: ", StringComparison.Ordinal)));
    }

    // Started is not served.
    [Fact]
    public async Task An_undo_says_where_what_it_has_put_back_does_not_run()
    {
        Burial.RequirePossible();
        _scene.Deploy("0.27.1");
        var actor = new Actor { EndsAt = 5 };
        Assert.False(await actor.RunAsync(() => _scene.Operator.TryAsync(it => it.ImageRollbackAsync("0.27.0"))));
        Burial.Bury(_scene);
        var id = Assert.Single(await _scene.Operator.UnfinishedAsync()).Id;

        DoAt("Look whether it answers", () => MemoryWorld.Stop(_scene.Container()!));

        Assert.Null(await _scene.Operator.TryAsync(it => it.UndoAsync(id)));

        Assert.Contains(_scene.Operator.Said, said =>
            said.Contains("was started again, and does not run. Test-ShoreGuardHealth says why.", StringComparison.Ordinal));
    }

    private void DoAt(string step, Action act) => _scene.Operator.AtStep = name =>
    {
        if (name == step)
            act();
    };

    public void Dispose() => _scene.Dispose();
}
