namespace ShoreGuard.Rollback.Engine.Observing;

/// <summary>What health reports say of one build, from the first of them on: whether it is well, and whether it is still the same.</summary>
/// <param name="settling">How long silence has to last.</param>
internal sealed class HealthLooks(TimeSpan settling)
{
    public const string Health = "Health", Build = "Build";

    private BuildIdentity? _first;

    /// <summary>When it was last well, so that the way to it is known to work; null where it has not been at any look.</summary>
    public DateTimeOffset? LastWell { get; private set; }

    /// <summary>The looks that a report is.</summary>
    /// <param name="report">The report.</param>
    /// <param name="excuse">Why that nothing of ShoreGuard answers says nothing about the build, and in a word how it is then; null where it does.</param>
    /// <param name="at">When it was made.</param>
    public IReadOnlyList<Look> Of(HealthReport report, (string State, string Why)? excuse, DateTimeOffset at)
    {
        LastWell = report.IsHealthy ? at : LastWell;
        var health = new Look
        {
            What = Health,
            At = at,
            State = report.Status.ToString(),
            Verdict = VerdictOn(report.Status),
            Explanation = report.Explanation,
            Recommendation = report.Recommendation,
            Served = report.Status is HealthStatus.WrongBuild || report.IsHealthy,
            Identity = report.Identity,
            Latencies = [.. from probe in new[] { report.Liveness, report.Readiness, report.Version }
                            where probe.StatusCode is not null
                            select TimeSpan.FromMilliseconds(probe.LatencyMs)],
        };
        if (IsSilent(report))
            health = health with { Patience = settling };
        if (IsSilent(report) && excuse is var (state, why))
            health = health with { State = state, Verdict = LookVerdict.Unknown, Explanation = why, Served = null };
        return report.Identity is { } identity ? [health, SameBuild(identity, at)] : [health];
    }

    /// <summary>Whether nothing of ShoreGuard's own answers, so that it depends on the way there what that means.</summary>
    public static bool IsSilent(HealthReport report) => report.Status is HealthStatus.Unreachable or HealthStatus.Invalid;

    private static LookVerdict VerdictOn(HealthStatus status) => status switch
    {
        HealthStatus.Healthy or HealthStatus.Degraded => LookVerdict.Well,
        HealthStatus.WrongBuild => LookVerdict.Other,
        _ => LookVerdict.Unwell,
    };

    private Look SameBuild(BuildIdentity identity, DateTimeOffset at)
    {
        _first ??= identity;
        var isSame = (identity.Version, identity.GitSha, identity.BuildTime) == (_first.Version, _first.GitSha, _first.BuildTime);
        var named = isSame ? identity.ToString() : Named(identity, _first);
        return new()
        {
            What = Build,
            At = at,
            State = named,
            Verdict = isSame ? LookVerdict.Well : LookVerdict.Other,
            Explanation = isSame ? $"{named} answers."
                : $"{named} answers instead of {_first}: somebody else has changed the deployment, or something else answers at its address.",
            Identity = identity,
        };
    }

    // The same release and commit may have been built twice.
    private static string Named(BuildIdentity identity, BuildIdentity first)
    {
        var name = identity.ToString();
        return name != first.ToString() ? name : $"{name}, built {(identity.BuildTime is { } time ? Readable.Time(time) : "at another time")}";
    }
}
