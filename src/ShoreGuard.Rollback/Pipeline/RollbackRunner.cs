using ShoreGuard.Rollback.Engine;
using ShoreGuard.Rollback.Engine.Rollbacks.Execution;

namespace ShoreGuard.Rollback.Pipeline;

/// <summary>Asks and runs, as every cmdlet does that rolls image and database back.</summary>
internal sealed class RollbackRunner(PipelineOutput output, string deployment, CancellationToken cancellation)
{
    public IReporter Reporter { get; } = new PipelineReporter(output, deployment);

    public CancellationToken Cancellation => cancellation;

    /// <summary>Asks the operator.</summary>
    /// <param name="description">What will be done, as a sentence without its full stop.</param>
    public Task<bool> AskAsync(string description) =>
        output.ShouldProcessAsync(deployment, $"{description}.", $"{description}. Continue?", "Roll back");

    /// <summary>Warns of what is left.</summary>
    public void Warn(IEnumerable<string> left)
    {
        foreach (var each in left)
            Reporter.Warning($"Left as it is: {each}");
    }

    /// <summary>Shows what the plan warns of, asks, and runs it.</summary>
    public async Task AskAndRunAsync(PreparedOperation operation)
    {
        foreach (var warning in operation.Warnings)
            Reporter.Warning(warning);
        if (await AskAsync(operation.Description).ConfigureAwait(false))
            await RunAsync(operation).ConfigureAwait(false);
    }

    /// <summary>Runs it, and writes its results.</summary>
    public async Task RunAsync(PreparedOperation operation)
    {
        try
        {
            foreach (var result in await operation.RunAsync(Reporter, cancellation).ConfigureAwait(false))
                output.Object(result);
        }
        catch (ShoreGuardException error) when (error.Result is { } result)
        {
            // A rollback that was undone is a result too: what was tried, what was found, what was put back.
            output.Object(result);
            throw;
        }
    }

    /// <summary>Writes a rollback as the journal has it now.</summary>
    public void Write(RollbackRecord record) => output.Object(RollbackJournal.Find(record.Id));
}
