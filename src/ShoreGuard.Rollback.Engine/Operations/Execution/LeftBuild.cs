using ShoreGuard.Rollback.Engine.Deployments;

namespace ShoreGuard.Rollback.Engine.Operations.Execution;

/// <summary>The build that a rollback leaves: once the target has held it is blocked, so that nobody returns to it by mistake.</summary>
internal static class LeftBuild
{
    /// <summary>What will be blocked; null where nobody wants that, and where nothing of it could be without blocking the target too.</summary>
    /// <param name="plan">The rollback; what an undo leaves is not known to be bad, and has no such plan.</param>
    public static BlockedImage? Of(RollbackPlan plan)
    {
        var (before, to) = (plan.Deployment, plan.Digest);
        var digest = before.Digest == to ? null : before.Digest;
        var commit = before.Identity?.GitSha is { } sha && CommitDigits.IsWhatMarks(sha) && !IsCommitOf(sha, plan.To) ? sha : null;
        return plan.Options.NoBlock || (digest ?? commit) is null ? null : new BlockedImage
        {
            Image = before.Image,
            Digest = digest,
            GitSha = commit,
            Version = before.Identity?.Version,
            Reason = SecretScrubber.Scrub($"Rolled back to {plan.To.Version ?? Errors.Short(plan.Image)}: {Symptom(plan.Health)}; incident {plan.Id}"),
            BlockedAt = plan.MadeAt,
            BlockedBy = Environment.UserName,
        };
    }

    /// <summary>Why nothing will be blocked although it was not asked for, as a sentence; null where something is, or where it was.</summary>
    public static string? WhyNot(RollbackPlan plan)
    {
        if (plan.Options.NoBlock || Of(plan) is not null)
            return null;
        var before = plan.Deployment;
        var why = (before.Digest ?? before.Identity?.GitSha) is null
            ? "neither its digest nor its commit is known"
            : "the target has the same digest and commit";
        return $"{before.Identity?.ToString() ?? before.Image} is not blocked afterwards: {why}.";
    }

    /// <summary>The name of the step.</summary>
    public static string StepOf(BlockedImage left) => $"Block {left}";

    /// <summary>Blocks what the rollback has left, as it was written down before anything was changed. The target serves, so that it cannot be done is a
    /// warning.</summary>
    /// <param name="log">The rollback.</param>
    /// <param name="reporter">Where is said how it goes.</param>
    /// <param name="place">What progress says of the step; null for its name.</param>
    /// <returns>The step; none where nothing is blocked.</returns>
    public static async Task<IReadOnlyList<StepResult>> BlockAsync(RollbackLog log, IReporter reporter, Func<string, string>? place = null)
    {
        if (log.Note.Blocks is not { } left)
            return [];
        var steps = new StepRecorder($"Rolling back {log.Name}", reporter, log, place);
        try
        {
            await steps.RunAsync(StepOf(left), () =>
            {
                log.State.Blocklist.Add(left with { BlockedAt = DateTimeOffset.UtcNow });
                return Task.FromResult<string?>(left.Reason);
            }).ConfigureAwait(false);
        }
        catch (ShoreGuardException error)
        {
            reporter.Warning($"{left} could not be blocked: {Errors.Reason(error.InnerException ?? error)}. To block it: {Command(left)}");
        }
        return steps.Steps;
    }

    // What a tired person can paste.
    private static string Command(BlockedImage left)
    {
        var (digest, commit) = (left.Digest is null ? "" : $"-Digest {left.Digest} ", left.GitSha is null ? "" : $"-GitSha {left.GitSha} ");
        return $"Block-ShoreGuardImage {digest}{commit}-Reason 'rolled back'";
    }

    private static bool IsCommitOf(string sha, BuildIdentity build) =>
        build.GitSha is { } own && (CommitDigits.AreSame(own, sha) || CommitDigits.AreSame(sha, own));

    private static string Symptom(HealthReport health) => health.IsHealthy ? "the probes found nothing wrong" : health.Explanation.TrimEnd('.');
}
