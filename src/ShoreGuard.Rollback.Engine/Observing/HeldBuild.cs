using ShoreGuard.Rollback.Engine.State;

namespace ShoreGuard.Rollback.Engine.Observing;

/// <summary>Marks what has held while it was watched as known to be good.</summary>
public static class HeldBuild
{
    /// <summary>Marks the build of an observation that held. What cannot be written is a warning: it held all the same.</summary>
    public static void Remember(StateStore state, ObservationResult result, IReporter reporter)
    {
        if (result.Outcome != ObservationOutcome.Held)
            return;
        var (digest, commit) = (result.Deployment?.Digest, result.Identity?.GitSha);
        if ((digest ?? commit) is null)
        {
            reporter.Verbose($"{result.Name ?? $"{result.Uri}"} is not marked as known to be good: its build has neither a digest nor a commit by which it "
                + "could be found again.");
            return;
        }
        try
        {
            var build = state.KnownGood.Add(new()
            {
                Image = result.Deployment?.Image,
                Digest = digest,
                GitSha = commit,
                Version = result.Identity?.Version,
                Reason = $"held for {Readable.Duration(result.Observed)}{(result.Name is { } name ? $" as {name}" : "")}",
                ProvenAt = DateTimeOffset.UtcNow,
                ProvenBy = Environment.UserName,
                Database = result.Deployment?.Database.Kind,
            });
            reporter.Verbose($"{build} is known to be good: {build.Reason}.");
        }
        catch (ShoreGuardException error)
        {
            reporter.Warning($"That {result.Name ?? $"{result.Uri}"} held could not be recorded for later: {Errors.Reason(error.InnerException ?? error)}.");
        }
    }
}
