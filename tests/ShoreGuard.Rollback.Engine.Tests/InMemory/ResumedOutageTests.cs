using ShoreGuard.Rollback.Engine.Operations.Execution;

namespace ShoreGuard.Rollback.Engine.Tests.InMemory;

/// <summary>Of an operation that was killed and resumed, the outage is that of all its parts.</summary>
public sealed class ResumedOutageTests : IDisposable
{
    private static readonly TimeSpan Dead = TimeSpan.FromSeconds(0.5);

    private readonly Scene _scene = new();

    public void Dispose() => _scene.Dispose();

    [Theory]
    [InlineData(OperationKind.Rollback, "Start the new container")]
    [InlineData(OperationKind.ImageRollback, "Start the new container")]
    [InlineData(OperationKind.Restore, "Keep the old database under another name, and put the copy in its place")]
    [InlineData(OperationKind.SchemaDowngrade, "Back up the database")]
    public async Task What_was_down_before_the_kill_is_told_as_well(OperationKind kind, string step)
    {
        Burial.RequirePossible();
        _scene.Deploy(kind == OperationKind.ImageRollback ? "0.27.1" : "0.28.0");
        string? backup = null;
        Assert.Null(await _scene.Operator.TryAsync(async it => backup = await it.BackupAsync()));
        await KillAsync(step, it => kind switch
        {
            OperationKind.Rollback => it.RollbackAsync("0.27.0", RollbackStrategy.Downgrade),
            OperationKind.ImageRollback => it.ImageRollbackAsync("0.27.0"),
            OperationKind.Restore => it.RestoreAsync(backup!),
            _ => it.DowngradeAsync("016"),
        });
        var id = Assert.Single(await _scene.Operator.UnfinishedAsync()).Id;
        await Task.Delay(Dead, TestContext.Current.CancellationToken);

        Assert.Null(await _scene.Operator.TryAsync(it => it.ResumeAsync(id)));

        var entry = new RollbackJournal(_scene.Operator.State).Get(id);
        Assert.Equal(RollbackState.Succeeded, entry.Record.State);
        Assert.True(entry.Note.OutageBefore >= Dead, $"{entry.Note.OutageBefore} before");
        // A switch may be too short to be seen between two looks.
        Assert.True(entry.Record.Outage >= entry.Note.OutageBefore, $"{entry.Record.Outage} in all, {entry.Note.OutageBefore} before");
    }

    private async Task KillAsync(string step, Func<Operator, Task> cmdlet)
    {
        var actor = new Actor();
        _scene.Operator.AtStep = name =>
        {
            if (name == step)
                _ = actor.DieAsync();
        };
        Assert.False(await actor.RunAsync(() => _scene.Operator.TryAsync(cmdlet)));
        Burial.Bury(_scene);
        _scene.Operator.AtStep = null;
    }
}
