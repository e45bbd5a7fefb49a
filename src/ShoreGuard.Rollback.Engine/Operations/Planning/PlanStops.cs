using ShoreGuard.Rollback.Engine.Deployments;

namespace ShoreGuard.Rollback.Engine.Operations.Planning;

/// <summary>What can stand in the way of a rollback whatever the target's migrations are, so that it is found before the target is pulled for them.</summary>
internal sealed record PlanStops
{
    public required RollbackRequest Request { get; init; }
    public required ImageRollbackPlan Images { get; init; }
    public required HealthReport Health { get; init; }
    public required IdentityReport Identity { get; init; }
    /// <summary>Other replicas of the service that would be left on the old image.</summary>
    public required IReadOnlyList<string> Others { get; init; }

    /// <summary>Why it cannot be, and what to do instead.</summary>
    public IEnumerable<(string Why, string Next)> Obstacles
    {
        get
        {
            foreach (var stop in Request.IsSettled ? [] : Runbook)
                yield return stop;
            if (Others.Count > 0)
                yield return ($"{string.Join(", ", Others)} of the same service would stay on the old image, with the same database.",
                    "Remove the other replicas first "
                    + "(docker compose up --scale). If the image alone is enough, Invoke-ShoreGuardImageRollback switches all of them together.");
            if (Errors.DatabaseDoesNotOutlive(Images.Before.Name, DeploymentDatabase.PlaceOf(Images.Container)) is { } inside)
                yield return ($"{Errors.Finding(inside)}.", inside.Recommendation);
        }
    }

    /// <summary>What would stand in the way, were it not for -Force.</summary>
    public IEnumerable<string> Warnings => Request.IsSettled && Request.Options.Force
        ? Runbook.Select(stop => $"{stop.Why} It is rolled back nevertheless, because of -Force.")
        : [];

    // Where the runbook says to stop, since an older image would meet the same.
    private IEnumerable<(string Why, string Next)> Runbook
    {
        get
        {
            if (Identity.Verdict == IdentityVerdict.Mismatch)
                yield return (Identity.Explanation, $"{Identity.Recommendation.TrimEnd('.')}. To roll back nevertheless, use -Force.");
            if (Health.Diagnosis == Diagnosis.DependencyFailure)
                yield return ($"It is not the image: {Health.Explanation}", $"{Health.Recommendation.TrimEnd('.')}. To roll back nevertheless, use -Force.");
        }
    }
}
