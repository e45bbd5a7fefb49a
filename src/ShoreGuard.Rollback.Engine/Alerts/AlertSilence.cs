namespace ShoreGuard.Rollback.Engine.Alerts;

/// <summary>Makes and removes silences.</summary>
public static class AlertSilence
{
    /// <summary>Makes one, from now on.</summary>
    /// <exception cref="ShoreGuardException">Alertmanager refuses, does not answer, or is something else.</exception>
    public static async Task<Silence> MakeAsync(SilenceRequest request, IReporter? reporter, CancellationToken cancellation)
    {
        using var client = new AlertmanagerClient(request.Alertmanager, reporter);
        // By its own clock: one that is behind ours would let it begin later, one that is ahead end sooner.
        var now = await client.ReadClockAsync(cancellation).ConfigureAwait(false);
        var (from, by) = (DateTimeOffset.UtcNow, Environment.UserName);
        var id = await client.MakeSilenceAsync(request.Selector, now, now + request.Duration, request.Comment, by, cancellation).ConfigureAwait(false);
        return new()
        {
            Id = id,
            AlertmanagerUri = request.Alertmanager.Uri,
            Matchers = [.. request.Selector.Matchers.Select(matcher => matcher.ToString())],
            StartsAt = from,
            EndsAt = from + request.Duration,
            State = SilenceState.Active,
            Comment = request.Comment,
            CreatedBy = by,
        };
    }

    /// <summary>What is known of one.</summary>
    /// <exception cref="ShoreGuardException"><c>SilenceNotFound</c>, or Alertmanager does not answer, or is something else.</exception>
    public static async Task<Silence> GetAsync(MonitorEndpoint alertmanager, string id, IReporter? reporter, CancellationToken cancellation)
    {
        using var client = new AlertmanagerClient(alertmanager, reporter);
        return await client.FindSilenceAsync(id, cancellation).ConfigureAwait(false) ?? throw Errors.SilenceNotFound(id, alertmanager.Uri);
    }

    /// <summary>Ends one that has not expired, and gives it as it is then.</summary>
    /// <exception cref="ShoreGuardException">As <see cref="GetAsync"/>.</exception>
    public static async Task<Silence> RemoveAsync(MonitorEndpoint alertmanager, string id, IReporter? reporter, CancellationToken cancellation)
    {
        using var client = new AlertmanagerClient(alertmanager, reporter);
        await client.EndSilenceAsync(id, cancellation).ConfigureAwait(false);
        return await client.FindSilenceAsync(id, cancellation).ConfigureAwait(false) ?? throw Errors.SilenceNotFound(id, alertmanager.Uri);
    }
}
