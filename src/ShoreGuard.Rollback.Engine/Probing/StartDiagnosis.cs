using System.Globalization;
using ShoreGuard.Rollback.Engine.Deployments;
using ShoreGuard.Rollback.Engine.Deployments.Docker;

namespace ShoreGuard.Rollback.Engine.Probing;

/// <summary>Says of a deployment that does not answer what its container knows: that it is starting, waits for its database, or crashes, and why.</summary>
internal static class StartDiagnosis
{
    // With its database down, ShoreGuard tries for minutes; after that, what does not answer is not starting any more.
    private static readonly TimeSpan LongestStart = TimeSpan.FromMinutes(5);

    /// <summary>The report with what the container says; as it is where the deployment answers, or where its engine cannot be asked.</summary>
    public static async Task<HealthReport> ExplainAsync(HealthReport report, Deployment? deployment, CancellationToken cancellation)
    {
        if (deployment is null || report.Status != HealthStatus.Unreachable)
            return report;
        try
        {
            using var engine = await ContainerEngines.ConnectAsync(deployment.DockerHost, cancellation).ConfigureAwait(false);
            if (await engine.InspectContainerAsync(deployment.ContainerId, cancellation).ConfigureAwait(false) is not { } container)
                return report;
            var log = await engine.TailLogAsync(deployment.ContainerId, StartLog.Lines, cancellation).ConfigureAwait(false);
            var code = HasEnded(container)
                ? await engine.LastExitCodeAsync(deployment.ContainerId, container.CreatedAt ?? DateTimeOffset.UnixEpoch, cancellation)
                .ConfigureAwait(false) : null;
            return Explain(report, deployment.Name, container, code, [.. log.Select(SecretScrubber.Scrub)], DateTimeOffset.UtcNow);
        }
        catch (ShoreGuardException)
        {
            return report;
        }
    }

    /// <summary>The report with what was read of the container.</summary>
    /// <param name="report">What the probes found.</param>
    /// <param name="name">The deployment.</param>
    /// <param name="container">The engine's description of its container.</param>
    /// <param name="code">With what it ended last; null where nobody knows.</param>
    /// <param name="log">The end of its log, without secrets.</param>
    /// <param name="now">The time.</param>
    internal static HealthReport Explain(HealthReport report, string name, ContainerView container, string? code, IReadOnlyList<string> log, DateTimeOffset now)
    {
        var known = StartLog.Read(log);
        var why = known?.Why ?? StartLog.LastWord(log);
        if (HasEnded(container))
        {
            var ended = container.IsCrashing ? $"{name} crashes again and again" : $"{name} has ended";
            var exit = code ?? container.ExitCode?.ToString(CultureInfo.InvariantCulture);
            return report with
            {
                Diagnosis = known?.Diagnosis ?? (exit is "0" or "137" or "143" ? report.Diagnosis : Diagnosis.ImageSuspected),
                Explanation = $"{report.Explanation} {ended} with exit code {exit}{(why is null ? "" : $": {why.TrimEnd('.')}")}.",
                Recommendation = known?.Next
                ?? $"docker logs {name} shows all of it. If it began with the deploy, roll "
                + $"back: {Advice.Pipe(name, "Invoke-ShoreGuardRollback -Version VERSION")}",
            };
        }
        if (!container.IsRunning || container.StartedAt is not { } started)
            return report;
        if (known is { Diagnosis: Diagnosis.DependencyFailure })
        {
            return report with
            {
                Diagnosis = known.Diagnosis,
                Explanation = $"{report.Explanation} {name} was started {Readable.Age(now - started)} ago: {known.Why}.",
                Recommendation = known.Next!,
            };
        }
        return now - started > LongestStart ? report : report with
        {
            Explanation = $"{report.Explanation} {name} was started {Readable.Age(now - started)} ago and may still be starting.",
            Recommendation = $"Run the same command again in a few seconds. If nothing changes, docker logs {name} shows what it is at",
        };
    }

    private static bool HasEnded(ContainerView container) => container.IsCrashing || container.HasEnded;
}
