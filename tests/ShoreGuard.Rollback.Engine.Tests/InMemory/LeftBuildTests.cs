using ShoreGuard.Rollback.Engine.Operations.Execution;
using ShoreGuard.Rollback.Engine.State;

namespace ShoreGuard.Rollback.Engine.Tests.InMemory;

/// <summary>A rollback blocks the build that it has left, and says why; nothing else does.</summary>
public sealed class LeftBuildTests : IDisposable
{
    private readonly Scene _scene = new();

    public void Dispose() => _scene.Dispose();

    private static MemoryRelease Release(string version) => Scene.Releases.Single(release => release.Version == version);

    private IReadOnlyList<BlockedImage> Blocked => _scene.Operator.State.Blocklist.All();

    private RollbackRecord Latest => new RollbackJournal(_scene.Operator.State).All()[0];

    [Fact]
    public async Task A_rollback_blocks_the_digest_and_the_commit_of_what_it_has_left_with_the_symptom_and_its_id()
    {
        _scene.Deploy("0.27.3");
        Assert.Null(await _scene.Operator.TryAsync(it => it.RollbackAsync("0.27.0", RollbackStrategy.ImageOnly)));

        var blocked = Assert.Single(Blocked);
        var left = Release("0.27.3");
        Assert.Equal((left.Digest, left.GitSha, left.Version), (blocked.Digest, blocked.GitSha, blocked.Version));
        var record = Latest;
        Assert.StartsWith("Rolled back to 0.27.0: ", blocked.Reason, StringComparison.Ordinal);
        Assert.EndsWith($"; incident {record.Id}", blocked.Reason, StringComparison.Ordinal);
        Assert.DoesNotContain("nothing wrong", blocked.Reason, StringComparison.Ordinal);
        Assert.Equal(("Block 0.27.3", StepOutcome.Done), (record.Steps[^1].Name, record.Steps[^1].Outcome));
        // Another rollback does not return to it.
        Assert.Equal("ImageBlocked", (await _scene.Operator.TryAsync(it => it.ImageRollbackAsync("0.27.3")))?.Id);
    }

    [Fact]
    public async Task Noblock_blocks_nothing_whether_planned_before_or_killed_and_resumed()
    {
        _scene.Operator.NoBlock = true;
        _scene.Deploy("0.28.0");
        await KillAsync(it => it.RollbackAsync("0.27.0", RollbackStrategy.Downgrade), isHeld: false);
        // What was asked for then is in the record.
        _scene.Operator.NoBlock = false;
        Assert.Null(await _scene.Operator.TryAsync(async it => await it.ResumeAsync((await it.UnfinishedAsync())[0].Id)));
        Assert.Equal(("0.27.0", RollbackState.Succeeded), (_scene.ServingVersion, Latest.State));
        Assert.Empty(Blocked);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_plan_says_whether_it_blocks_and_what_runs_keeps_to_it(bool noBlock)
    {
        _scene.Deploy("0.27.1");
        _scene.Operator.NoBlock = noBlock;
        RollbackPlan? plan = null;
        Assert.Null(await _scene.Operator.TryAsync(async it => plan = await it.PlanAsync("0.27.0", RollbackStrategy.ImageOnly)));
        Assert.Equal(noBlock ? 0 : 1, plan!.Steps.Count(step => step.Name == "Block 0.27.1"));
        _scene.Operator.NoBlock = false;
        Assert.Null(await _scene.Operator.TryAsync(it => it.RollbackAsync(plan)));
        Assert.Equal(noBlock ? 0 : 1, (Blocked).Count);
        Assert.Equal(plan.Steps[^1].Name, Latest.Steps.Select(step => step.Name).Last(name => plan.Steps.Any(step => step.Name == name)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task One_that_was_killed_blocks_it_when_it_is_resumed(bool isHeld)
    {
        _scene.Deploy("0.28.0");
        await KillAsync(it => it.RollbackAsync("0.27.0", RollbackStrategy.Downgrade), isHeld);
        Assert.Empty(Blocked);
        Assert.Null(await _scene.Operator.TryAsync(async it => await it.ResumeAsync((await it.UnfinishedAsync())[0].Id)));
        var (blocked, record) = (Assert.Single(Blocked), Latest);
        Assert.Equal((Release("0.28.0").Digest, RollbackState.Succeeded), (blocked.Digest, record.State));
        Assert.EndsWith($"; incident {record.Id}", blocked.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_that_fails_or_is_undone_while_unfinished_blocks_nothing()
    {
        _scene.Deploy("0.28.0");
        Assert.Equal("GateRefused", (await _scene.Operator.TryAsync(it => it.RollbackAsync("0.27.2", RollbackStrategy.Downgrade)))?.Id);
        await KillAsync(it => it.RollbackAsync("0.27.0", RollbackStrategy.Downgrade), isHeld: false);
        Assert.Null(await _scene.Operator.TryAsync(async it => await it.UndoAsync((await it.UnfinishedAsync())[0].Id)));
        Assert.Equal("0.28.0", _scene.ServingVersion);
        Assert.Empty(Blocked);
    }

    [Fact]
    public async Task What_it_has_left_can_be_returned_to_by_an_undo_which_says_that_it_is_still_blocked()
    {
        _scene.Deploy("0.28.0");
        Assert.Null(await _scene.Operator.TryAsync(it => it.RollbackAsync("0.27.0", RollbackStrategy.Downgrade)));
        var first = Latest;
        Assert.Null(await _scene.Operator.TryAsync(it => it.UndoAsync(first.Id)));

        Assert.Equal("0.28.0", _scene.ServingVersion);
        // It is what it was before, and 0.27.0 is not blocked.
        Assert.Equal("0.28.0", Assert.Single(Blocked).Version);
        var said = Assert.Single(_scene.Operator.Said.Distinct(), each => each.Contains("is blocked, and stays so", StringComparison.Ordinal));
        Assert.EndsWith($"Get-ShoreGuardBlockedImage -Digest {Release("0.28.0").Digest} | Unblock-ShoreGuardImage", said, StringComparison.Ordinal);

        // And an undo that is killed on its way there is resumed all the same.
        Assert.Null(await _scene.Operator.TryAsync(async it => await it.UndoAsync(Latest.Id)));
        Assert.Equal("0.27.0", _scene.ServingVersion);
    }

    [Fact]
    public async Task An_undo_that_is_killed_is_resumed_to_what_is_blocked()
    {
        _scene.Deploy("0.28.0");
        Assert.Null(await _scene.Operator.TryAsync(it => it.RollbackAsync("0.27.0", RollbackStrategy.Downgrade)));
        var first = Latest;
        await KillAsync(it => it.UndoAsync(first.Id), isHeld: false);
        Assert.Null(await _scene.Operator.TryAsync(async it => await it.ResumeAsync((await it.UnfinishedAsync())[0].Id)));
        Assert.Equal("0.28.0", _scene.ServingVersion);
        Assert.Equal("0.28.0", Assert.Single(Blocked).Version);
    }

    [Fact]
    public async Task A_list_that_is_shared_gets_it_and_one_that_cannot_be_read_stops_the_next()
    {
        var list = Path.Combine(_scene.World.Folder, "blocklist.jsonl");
        _scene.Deploy("0.27.1");
        var sharing = new Operator(_scene.World, _scene.State("one"), blocklist: list);
        Assert.Null(await sharing.TryAsync(it => it.RollbackAsync("0.27.0", RollbackStrategy.ImageOnly)));
        Assert.Contains(
            Release("0.27.1").Digest, Assert.Single(await File.ReadAllLinesAsync(list, TestContext.Current.CancellationToken)), StringComparison.Ordinal);
        Assert.Empty(Blocked);
        // Another machine, which has the list.
        await File.AppendAllTextAsync(list, "=======\n", TestContext.Current.CancellationToken);
        var other = new Operator(_scene.World, _scene.State("other"), blocklist: list);
        var error = await other.TryAsync(it => it.RollbackAsync("0.26.0", RollbackStrategy.ImageOnly));
        Assert.Equal("BlocklistUnreadable", error?.Id);
        Assert.Equal("0.27.0", _scene.ServingVersion);
    }

    [Fact]
    public async Task What_the_target_has_in_common_with_it_is_never_blocked()
    {
        _scene.Deploy("0.27.1");
        RollbackPlan? plan = null;
        Assert.Null(await _scene.Operator.TryAsync(async it => plan = await it.PlanAsync("0.27.0", RollbackStrategy.ImageOnly)));
        var (left, sha) = (LeftBuild.Of(plan!)!, plan!.From!.GitSha!);
        Assert.Equal((Release("0.27.1").Digest, sha), (left.Digest, left.GitSha));
        // Built once more from the same commit; the very same image; one of which nothing is known.
        foreach (var same in (string[])[sha, sha[..7], sha.ToUpperInvariant()])
        {
            var apart = LeftBuild.Of(plan with { To = plan.To with { GitSha = same } })!;
            Assert.Equal((left.Digest, null), (apart.Digest, apart.GitSha));
        }
        var whole = plan with { Digest = plan.Deployment.Digest, To = plan.From };
        Assert.Null(LeftBuild.Of(whole));
        Assert.Contains("the target has the same digest and commit", LeftBuild.WhyNot(whole), StringComparison.Ordinal);
        var unknown = plan with { Deployment = plan.Deployment with { Digest = null, Identity = null } };
        Assert.Null(LeftBuild.Of(unknown));
        Assert.Contains("neither its digest nor its commit is known", LeftBuild.WhyNot(unknown), StringComparison.Ordinal);
        Assert.Null(LeftBuild.WhyNot(unknown with { Options = plan.Options with { NoBlock = true } }));
    }

    [Fact]
    public async Task That_it_cannot_be_blocked_is_a_warning_and_the_rollback_has_succeeded()
    {
        _scene.Deploy("0.27.1");
        _scene.Operator.AtStep = step =>
        {
            if (step == "Block 0.27.1")
                Execute("DROP TABLE blocked_image");
        };
        Assert.Null(await _scene.Operator.TryAsync(it => it.RollbackAsync("0.27.0", RollbackStrategy.ImageOnly)));
        Assert.Equal(RollbackState.Succeeded, Latest.State);
        Assert.Contains(_scene.Operator.Said, said => said.StartsWith("0.27.1 could not be blocked: ", StringComparison.Ordinal)
            && said.Contains($"Block-ShoreGuardImage -Digest {Release("0.27.1").Digest} -GitSha {Release("0.27.1").GitSha}", StringComparison.Ordinal));
    }

    private void Execute(string sql)
    {
        using var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={Path.Combine(_scene.State("one"), "journal.db")};Pooling=False");
        connection.Open();
        using var command = new Microsoft.Data.Sqlite.SqliteCommand(sql, connection);
        command.ExecuteNonQuery();
    }

    // The process dies as it starts the new container, or, when that has held, before the old one is removed.
    private async Task KillAsync(Func<Operator, Task> cmdlet, bool isHeld)
    {
        Burial.RequirePossible();
        var actor = new Actor();
        _scene.Operator.AtStep = step =>
        {
            if (step.StartsWith(isHeld ? "Remove the old" : "Start the new container", StringComparison.Ordinal))
                _ = actor.DieAsync();
        };
        Assert.False(await actor.RunAsync(() => _scene.Operator.TryAsync(cmdlet)));
        Burial.Bury(_scene);
        _scene.Operator.AtStep = null;
    }
}
