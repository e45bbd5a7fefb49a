using ShoreGuard.Rollback.Engine.Operations.Execution;
using ShoreGuard.Rollback.Engine.Operations.Planning;
using ShoreGuard.Rollback.Engine.Tests.InMemory;

namespace ShoreGuard.Rollback.Engine.Tests.Operations;

/// <summary>While a rollback runs, its progress names the row of the plan that the operator has read.</summary>
public sealed class PlanProgressTests
{
    // What is shown is what runs: every row of a plan is a step that is taken, and in that order.
    [Theory]
    [InlineData(Begun.ImageRollback)]
    [InlineData(Begun.HotSwap)]
    [InlineData(Begun.RollbackWithDowngrade)]
    [InlineData(Begun.RollbackWithRestore)]
    public async Task The_steps_of_a_plan_are_those_that_are_taken(Begun begun)
    {
        using var scene = new Scene();
        scene.Deploy(begun is Begun.ImageRollback or Begun.HotSwap ? "0.27.1" : "0.28.0");
        var backup = begun == Begun.RollbackWithRestore ? scene.OldBackup() : null;
        var (how, strategy) = (begun == Begun.HotSwap ? SwitchStrategy.HotSwap : SwitchStrategy.Auto, begun switch
        {
            Begun.RollbackWithDowngrade => RollbackStrategy.Downgrade,
            Begun.RollbackWithRestore => RollbackStrategy.Restore,
            _ => RollbackStrategy.ImageOnly,
        });
        string[] planned = [], taken = [];
        Assert.Null(await scene.Operator.TryAsync(async it =>
        {
            planned = [.. (await it.PlanAsync("0.27.0", strategy, backup, how)).Steps.Select(step => step.Name)];
            await it.RollbackAsync("0.27.0", strategy, backup, how);
            taken = [.. Assert.Single(new RollbackJournal(it.State).All()).Steps.Select(step => step.Name)];
        }));
        Assert.Equal(planned, taken.Where(planned.Contains));
    }

    [Theory]
    [InlineData(RollbackStrategy.ImageOnly, SwitchStrategy.BlueGreen, DatabaseKind.Postgres, false, "Give the alias to the new container")]
    [InlineData(RollbackStrategy.Restore, SwitchStrategy.Recreate, DatabaseKind.Postgres, false, "Exchange the names of the two databases")]
    [InlineData(RollbackStrategy.Restore, SwitchStrategy.Recreate, DatabaseKind.Sqlite, true, "Exchange the present and the kept database")]
    public void Each_way_has_its_own_steps(RollbackStrategy change, SwitchStrategy how, DatabaseKind kind, bool isKept, string step)
    {
        var rows = OperationStep.Of(new(change, how, IsRunning: true, ".env", kind, isKept), new());
        Assert.Contains(rows, row => row.Name == step);
        Assert.Equal(rows.Count - 1, OperationStep.Of(new(change, how, IsRunning: false, ".env", kind, isKept), new()).Count
            + (how == SwitchStrategy.BlueGreen ? -1 : 0));
        Assert.Equal(rows.Count - 2, OperationStep.Of(new(change, how, IsRunning: true, PinFile: null, kind, isKept), new()).Count);
    }

    [Fact]
    public void A_row_lasts_until_a_step_of_the_next_one_begins()
    {
        var progress = PlanProgress.Of(new(RollbackStrategy.Downgrade, SwitchStrategy.Recreate, IsRunning: true, ".env"));
        string[] steps =
        [
            "Pull and verify 0.27.0", "Prepare the pin in .env", "Create the new container", "Check that the database is where it was",
                "Stop the old container",
            "Back up the database", "Check that the backup can be put back", "Downgrade 017 → 016", "Check the schema and the rows that stay",
            "Rename the old container aside", "Give its name to the new container", "Start the new container", "Gate: live, ready, the right build",
            "Pin in .env", "Remove the old container",
        ];
        string[] told = [.. steps.Select(progress.Describe)];
        Assert.Equal([1, 2, 3, 3, 4, 5, 5, 6, 6, 7, 7, 7, 7, 8, 9], told.Select(status => int.Parse(status.Split(' ')[0], null)));
        Assert.Equal("5 of 9: Back up the database", told[5]);
    }
}
