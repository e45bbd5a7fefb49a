namespace ShoreGuard.Rollback.Engine.Tests;

/// <summary>What is told of steps: each before it begins, also those that put something back, so that whoever has pressed Ctrl-C sees what goes on.</summary>
public sealed class StepRecorderTests
{
    [Fact]
    public async Task Every_step_is_told_before_it_begins_also_each_that_puts_back()
    {
        var told = new ToldSteps();
        var steps = new StepRecorder("Rolling back prod", told);
        await steps.RunAsync("one", () => Task.FromResult<string?>(null), () => Task.CompletedTask);
        var stopped = () => steps.RunAsync("two", () => throw new OperationCanceledException(), () => Task.CompletedTask);
        await Assert.ThrowsAsync<OperationCanceledException>(stopped);
        await steps.UndoAsync();

        Assert.Equal(["one", "two", "Undoing: two", "Undoing: one"], told.Steps);
        Assert.Equal(told.Steps, told.Progress.Where(update => update.IsStep).Select(update => update.Status));
        Assert.Contains("was stopped", steps.Steps[1].Detail, StringComparison.Ordinal);
    }

    private sealed class ToldSteps : IReporter
    {
        public List<string> Steps { get; } = [];
        public List<ProgressUpdate> Progress { get; } = [];

        public void BeginStep(string name) => Steps.Add(name);
        public void Verbose(string message) { }
        public void Warning(string message) { }
        void IReporter.Progress(ProgressUpdate update) => Progress.Add(update);
    }
}
