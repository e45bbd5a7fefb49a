namespace ShoreGuard.Rollback.Engine.Tests.Databases;

/// <summary>A restore that is stopped, by Ctrl-C or because its process has to end, puts everything back and says so, with its result.</summary>
public sealed class StoppedRestoreTests : IDisposable
{
    private readonly Sandbox _box = new();

    public void Dispose() => _box.Dispose();

    [Theory]
    [InlineData("Copy the backup beside the database")]
    [InlineData("Keep the old database under another name, and put the copy in its place")]
    public async Task It_puts_everything_back_and_says_so(string step)
    {
        var (backup, target) = (_box.Real("016", "backup.sqlite"), _box.Real("017", "shoreguard.db"));
        var before = _box.Snapshot();
        using var stop = new CancellationTokenSource();
        using var restore = await _box.Plan(backup, target);

        var error = await Assert.ThrowsAsync<ShoreGuardException>(() => restore.ExecuteAsync(new StoppingReporter(step, stop), stop.Token));

        Assert.Equal(("ActionStopped", FailureKind.OperationStopped), (error.Id, error.Kind));
        Assert.Contains("the database is as it was", error.Message, StringComparison.Ordinal);
        var result = Assert.IsType<RestoreResult>(error.Result);
        Assert.True(result is { Succeeded: false, Reverted: true });
        Assert.Contains("it was stopped", result.Reason, StringComparison.Ordinal);
        Assert.Equal(before, _box.Snapshot());
    }

    private sealed class StoppingReporter(string step, CancellationTokenSource stop) : IReporter
    {
        public void Verbose(string message) { }
        public void Warning(string message) { }
        public void Progress(ProgressUpdate update) { }

        public void BeginStep(string name)
        {
            if (name != step)
                return;
            stop.Cancel();
            stop.Token.ThrowIfCancellationRequested();
        }
    }
}
