using ShoreGuard.Rollback.Engine.Rollbacks.Planning;

namespace ShoreGuard.Rollback.Engine.Tests.Rollbacks;

/// <summary>While a rollback runs, its progress names the row of the plan that the operator has read.</summary>
public sealed class PlanProgressTests
{
    [Theory]
    [InlineData(RollbackStrategy.ImageOnly, SwitchStrategy.HotSwap)]
    [InlineData(RollbackStrategy.ImageOnly, SwitchStrategy.BlueGreen)]
    [InlineData(RollbackStrategy.ImageOnly, SwitchStrategy.Recreate)]
    [InlineData(RollbackStrategy.Downgrade, SwitchStrategy.Recreate)]
    [InlineData(RollbackStrategy.Restore, SwitchStrategy.Recreate)]
    public void There_are_as_many_rows_as_in_the_plan(RollbackStrategy change, SwitchStrategy how)
    {
        foreach (var state in (ReadOnlySpan<string>)["running", "exited"])
        {
            var plan = RollbackLogTests.Plan("a1b2c3d4") with { Strategy = change, Switch = how };
            plan = plan with { Deployment = plan.Deployment with { State = state } };
            foreach (var pin in (ReadOnlySpan<string?>)["/srv/.env", null])
                Assert.Equal(PlanSteps.Of(plan, pin).Count, PlanProgress.Of(change, how, plan.Deployment.IsRunning, pin is not null).Count);
        }
    }

    [Fact]
    public void A_row_lasts_until_a_step_of_the_next_one_begins()
    {
        var progress = PlanProgress.Of(RollbackStrategy.Downgrade, SwitchStrategy.Recreate, isRunning: true, isPinned: true);
        string[] steps =
        [
            "Pull and verify 0.27.0", "Prepare the pin in .env", "Create the new container", "Check that the database is where it was", "Stop the old container",
            "Back up the database", "Check that the backup can be put back", "Downgrade 017 → 016", "Check the schema and the rows that stay",
            "Rename the old container aside", "Give its name to the new container", "Start the new container", "Gate: live, ready, the right build",
            "Pin in .env", "Remove the old container",
        ];
        string[] told = [.. steps.Select(progress.Describe)];
        Assert.Equal([1, 2, 3, 3, 4, 5, 5, 6, 6, 7, 7, 7, 7, 8, 9], told.Select(status => int.Parse(status.Split(' ')[0], null)));
        Assert.Equal("5 of 9: Back up the database", told[5]);
    }
}
