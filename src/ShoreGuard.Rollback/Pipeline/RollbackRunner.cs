using ShoreGuard.Rollback.Engine;
using ShoreGuard.Rollback.Engine.Incidents;
using ShoreGuard.Rollback.Engine.Observing;
using ShoreGuard.Rollback.Engine.Operations.Execution;
using ShoreGuard.Rollback.Engine.State;

namespace ShoreGuard.Rollback.Pipeline;

/// <summary>Asks and runs, as every cmdlet does that rolls image and database back.</summary>
/// <param name="output">The pipeline.</param>
/// <param name="state">Where it is remembered.</param>
/// <param name="deployment">The deployment's name.</param>
/// <param name="cancellation">Stops it.</param>
/// <param name="watch">How what has succeeded is watched afterwards; null where it is not.</param>
internal sealed class RollbackRunner(
    PipelineOutput output, StateStore state, string deployment, CancellationToken cancellation, ObservationRequest? watch = null)
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
                await WriteAsync(result).ConfigureAwait(false);
        }
        catch (ShoreGuardException error) when (error.Result is { } result)
        {
            // A rollback that was undone is a result too: what was tried, what was found, what was put back.
            output.Object(result);
            throw;
        }
    }

    // Its lock is released and its record closed: whatever ends the watching, the rollback has succeeded.
    private async Task WriteAsync(object result)
    {
        if (watch is null || result is not RollbackResult { Succeeded: true } rollback)
        {
            output.Object(result);
            return;
        }
        output.EndActing();
        var watched = await ObserveAsync(rollback, watch with { Deployment = rollback.Deployment }).ConfigureAwait(false);
        output.Object(watched, $"{watched}. {watched.Observation?.Explanation}");
    }

    private async Task<RollbackResult> ObserveAsync(RollbackResult rollback, ObservationRequest request)
    {
        try
        {
            Reporter.Verbose($"Watching {deployment} for {Readable.Duration(request.Window)}");
            void Changed(ObservationChange change) => Reporter.Verbose($"{change}. {change.Explanation}");
            var seen = await DeploymentObservation.RunAsync(request, Changed, Reporter, cancellation).ConfigureAwait(false);
            HeldBuild.Remember(state, seen, Reporter);
            new IncidentCatalog(state).Observe(seen, Reporter);
            if (seen.Outcome == ObservationOutcome.Held)
                return rollback with { Observation = seen };
            Reporter.Warning($"The rollback of {deployment} has succeeded, and its build is {seen.Outcome}: {seen.Explanation}");
            return rollback with { Observation = seen, Recommendation = $"{seen.Recommendation.TrimEnd('.')}. {rollback.Recommendation}" };
        }
        catch (ShoreGuardException error)
        {
            Reporter.Warning($"The rollback of {deployment} has succeeded, and could not be watched: {error.Message}");
            return rollback;
        }
    }

    /// <summary>Writes a rollback as the journal has it now.</summary>
    public void Write(RollbackRecord record) => output.Object(new RollbackJournal(state).Find(record.Id));
}
