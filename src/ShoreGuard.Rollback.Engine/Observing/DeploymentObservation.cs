using ShoreGuard.Rollback.Engine.Deployments.Docker;

namespace ShoreGuard.Rollback.Engine.Observing;

/// <summary>Watches a deployment for a while, and says whether its build held. Changes nothing.</summary>
public static class DeploymentObservation
{
    /// <summary>Watches until the window is over, or until the outcome is certain.</summary>
    /// <param name="request">What is watched.</param>
    /// <param name="changed">Told of each change as soon as it is certain.</param>
    /// <param name="reporter">Where is said how it goes.</param>
    /// <param name="cancellation">Ends it: what was seen until then is the result.</param>
    /// <exception cref="ShoreGuardException"><c>EndpointInvalid</c>, or one of those with which an engine cannot be reached.</exception>
    public static async Task<ObservationResult> RunAsync(
        ObservationRequest request, Action<ObservationChange> changed, IReporter reporter, CancellationToken cancellation)
    {
        using IWatched watched = request.Deployment is { } deployment
            ? new WatchedDeployment(request, await ContainerEngines.ConnectAsync(deployment.DockerHost, cancellation).ConfigureAwait(false))
            : new WatchedAddress(request, TimeProvider.System);
        // What else is looked at is one more here.
        var observed = new List<IObserved> { watched };
        if (request.Token is not null)
            observed.Add(new ObservedApi(request, watched));
        if (request.Prometheus is not null)
            observed.Add(new ObservedAlerts(request, watched));
        return await RunAsync(request, watched, observed, changed, reporter, cancellation).ConfigureAwait(false);
    }

    internal static async Task<ObservationResult> RunAsync(
        ObservationRequest request, IWatched watched, IReadOnlyList<IObserved> observed, Action<ObservationChange> changed, IReporter reporter,
        CancellationToken cancellation)
    {
        var started = watched.Clock.GetUtcNow();
        var judgement = new ObservationJudgement(request.Name);
        var rounds = new ObservationRounds(request, observed, watched.Clock);
        var isStopped = false;
        try
        {
            await rounds.RunAsync(judgement, changed, reporter, cancellation).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            isStopped = true;
        }
        finally
        {
            reporter.Progress(new(rounds.Activity, "Done", 100, Completed: true));
        }
        return judgement.Conclude(new()
        {
            Name = request.Deployment?.Name,
            Uri = watched.Uri,
            Outcome = ObservationOutcome.Inconclusive,
            StartedAt = started,
            EndedAt = watched.Clock.GetUtcNow(),
            ObservationWindow = request.Window,
            Looks = 0,
            Explanation = "",
            Recommendation = "",
            Deployment = watched.Deployment,
        }, isStopped);
    }
}
