using ShoreGuard.Rollback.Engine.Probing;

namespace ShoreGuard.Rollback.Engine.Operations;

/// <summary>Looks at a deployment whose build somebody is about to vouch for.</summary>
public static class KnownGoodCheck
{
    /// <summary>Asks the deployment once how it is.</summary>
    /// <returns>What speaks against its build, as a sentence; null when it is well.</returns>
    public static async Task<string?> FindDoubtAsync(Deployment deployment, CancellationToken cancellation)
    {
        if (!deployment.IsRunning)
            return $"{deployment.Name} is not running ({deployment.State}), so whether its build is well cannot be determined.";
        var health = await HealthProbe.ProbeAsync(deployment, [], cancellation).ConfigureAwait(false);
        if (health.IsHealthy && deployment.Health == "unhealthy")
            return $"{deployment.Name} is unhealthy, as its engine's health check says, although its probes answer.";
        return health.IsHealthy ? null : $"{deployment.Name} is {health.Status}: {health.Explanation}";
    }
}
