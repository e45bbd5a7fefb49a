using ShoreGuard.Rollback.Engine.Alerts;

namespace ShoreGuard.Rollback.Engine.Operations.Execution;

/// <summary>The silences that somebody has made for the length of a rollback: they end with it, whatever becomes of it and whoever brings
/// it to its end.</summary>
internal static class RollbackSilences
{
    // For all of them together.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    /// <summary>Ends them; what has expired already stays as it is.</summary>
    /// <returns>Of each that could not be ended, why, and what to do, as a sentence.</returns>
    public static async Task<IReadOnlyList<string>> EndAsync(RollbackNote note)
    {
        using var limit = new CancellationTokenSource(Patience);
        var left = new List<string>();
        foreach (var silence in note.Silences)
        {
            if (await TryEndAsync(silence, limit.Token).ConfigureAwait(false) is { } why)
                left.Add($"The silence {silence.Id} could not be ended, and ends by itself at {Readable.Time(silence.EndsAt)}: {why}. "
                    + $"To end it now: Remove-ShoreGuardSilence {silence.AlertmanagerUri} {silence.Id}");
        }
        return left;
    }

    /// <summary>The same, where what could not be ended is a warning.</summary>
    public static async Task EndAsync(RollbackNote note, IReporter reporter)
    {
        foreach (var left in await EndAsync(note).ConfigureAwait(false))
            reporter.Warning(left);
    }

    private static async Task<string?> TryEndAsync(Silence silence, CancellationToken cancellation)
    {
        try
        {
            var alertmanager = MonitorEndpoint.Alertmanager(silence.AlertmanagerUri);
            if ((await AlertSilence.GetAsync(alertmanager, silence.Id, reporter: null, cancellation).ConfigureAwait(false)).State != SilenceState.Expired)
                await AlertSilence.RemoveAsync(alertmanager, silence.Id, reporter: null, cancellation).ConfigureAwait(false);
            return null;
        }
        catch (ShoreGuardException error)
        {
            return Errors.Finding(error);
        }
        catch (OperationCanceledException)
        {
            return $"{silence.AlertmanagerUri} did not answer within {Readable.Duration(Patience)}";
        }
    }
}
