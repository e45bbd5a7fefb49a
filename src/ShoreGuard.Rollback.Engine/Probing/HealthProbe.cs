using ShoreGuard.Rollback.Engine.Deployments;

namespace ShoreGuard.Rollback.Engine.Probing;

/// <summary>The runbook's first step: ask the three probes, and conclude.</summary>
public static class HealthProbe
{
    internal const string Liveness = "/healthz";
    private const string ReadinessPath = "/readyz?verbose=1";

    /// <summary>Sends the three probes at the same time and judges what comes back. Throws nothing but <see cref="OperationCanceledException"/>.</summary>
    public static async Task<HealthReport> ProbeAsync(HealthRequest request, CancellationToken cancellation)
    {
        var checkedAt = DateTimeOffset.UtcNow;
        EndpointRoute route;
        try
        {
            route = request.Route ?? EndpointRoute.To(request.Uri);
        }
        catch (ShoreGuardException error)
        {
            return NoAddress(request.Uri, error, checkedAt);
        }
        using var client = new ProbeClient(route, request.Timeout, request.SkipCertificateCheck);
        // On the pool from the start: three probes of an address that answers at once would otherwise go one after the other.
        var answers = await Task.WhenAll(
            Task.Run(() => client.GetAsync(Liveness, cancellation), cancellation),
            Task.Run(() => client.GetAsync(ReadinessPath, cancellation), cancellation),
            Task.Run(() => client.GetAsync(VersionProbe.Path, cancellation), cancellation)).ConfigureAwait(false);
        var report = Judge(request with { Uri = route.Uri, Route = route }, answers[0], answers[1], answers[2], checkedAt);
        return AlertedHealth.Of(await StartDiagnosis.ExplainAsync(report, route.Deployment, cancellation).ConfigureAwait(false), request.Alerts);
    }

    /// <summary>Whether anything at all answers there. Throws nothing but <see cref="OperationCanceledException"/>.</summary>
    /// <param name="request">With its route.</param>
    /// <param name="cancellation">Stops waiting.</param>
    internal static async Task<bool> AnswersAsync(HealthRequest request, CancellationToken cancellation)
    {
        var route = request.Route!;
        if (route.IsDirect && Knock.CanAsk(route.Uri))
        {
            using var knock = new Knock(Endpoint.At(route.Uri, Liveness), request.Timeout);
            var status = await knock.AskAsync(cancellation).ConfigureAwait(false);
            cancellation.ThrowIfCancellationRequested();
            return status is not null;
        }
        using var client = new ProbeClient(route, request.Timeout, request.SkipCertificateCheck);
        return (await client.GetAsync(Liveness, cancellation).ConfigureAwait(false)).StatusCode is not null;
    }

    /// <summary>Asks a deployment, by the way there is to it; that there is none is a report, too.</summary>
    public static Task<HealthReport> ProbeAsync(Deployment deployment, IReadOnlyList<string> ignoredChecks, CancellationToken cancellation) =>
        ProbeAsync(deployment, ignoredChecks, alerts: [], cancellation);

    /// <summary>The same, with the alerts that are known of it.</summary>
    public static async Task<HealthReport> ProbeAsync(
        Deployment deployment, IReadOnlyList<string> ignoredChecks, IReadOnlyList<Alert> alerts, CancellationToken cancellation)
    {
        try
        {
            using var route = await EndpointRoute.ToAsync(deployment, cancellation).ConfigureAwait(false);
            var request = new HealthRequest { Uri = route.Uri, Route = route, Name = deployment.Name, IgnoredChecks = ignoredChecks, Alerts = alerts };
            return await ProbeAsync(request, cancellation).ConfigureAwait(false);
        }
        catch (ShoreGuardException error)
        {
            var report = NoAddress(deployment.Uri ?? new Uri("http://localhost:8888"), error, DateTimeOffset.UtcNow) with { Name = deployment.Name };
            return AlertedHealth.Of(report, alerts);
        }
    }

    /// <summary>The report for three answers; no input makes it throw.</summary>
    internal static HealthReport Judge(HealthRequest request, ProbeAnswer liveness, ProbeAnswer readiness, ProbeAnswer version, DateTimeOffset checkedAt)
    {
        var route = request.Route?.Kind ?? ProbeRoute.Address;
        var identity = VersionProbe.Read(version, request.Uri, route);
        var isDiscoveryOff = (request.DiscoveryEnabled ?? request.Route?.Deployment?.DiscoveryEnabled) == false && Discovery.IsOffByDefault(identity);
        var (ready, problem) = Readiness.Read(
            readiness, NamePattern.AnyOf(isDiscoveryOff ? [.. request.IgnoredChecks, Discovery.Check] : request.IgnoredChecks));
        var findings = new Findings
        {
            Request = request,
            Liveness = liveness,
            LivenessProblem = LivenessProblem(liveness),
            Readiness = ready,
            ReadinessAnswer = readiness,
            ReadinessProblem = problem,
            Identity = identity,
            Version = version,
            VersionProblem = VersionProbe.Problem(version),
            IsDiscoveryOff = isDiscoveryOff,
            Differences = Differences(request, identity, VersionProbe.Problem(version)),
        };
        var verdict = Verdict.On(findings);
        return new()
        {
            Name = request.Name,
            Uri = request.Uri,
            Route = route,
            Status = verdict.Status,
            Live = findings.Live,
            Ready = ready is { IsReady: true },
            Checks = ready?.Checks ?? [],
            Gateways = ready?.Gateways ?? new(),
            Identity = identity,
            IdentityDifferences = findings.Differences,
            Liveness = liveness.ToResult(findings.LivenessProblem),
            Readiness = readiness.ToResult(problem),
            Version = version.ToResult(findings.VersionProblem),
            Diagnosis = verdict.Diagnosis,
            Explanation = verdict.Explanation,
            Recommendation = Next(request.Unfinished, verdict),
            Unfinished = request.Unfinished,
            CheckedAt = checkedAt,
        };
    }

    // Until that is ended, everything else that changes the deployment is refused.
    private static string Next(string? unfinished, Verdict verdict) => (unfinished, verdict.Status) switch
    {
        (null, _) => verdict.Recommendation,
        (_, HealthStatus.Healthy) => unfinished,
        _ => $"{unfinished} Then: {verdict.Recommendation}",
    };

    private static string? LivenessProblem(ProbeAnswer answer) => answer switch
    {
        { StatusCode: not null and not 200, Failure: ProbeFailure.None, Location: null } => $"HTTP {answer.StatusCode}",
        { Error: { } error } => error,
        _ when !answer.Says("status", "ok") => "JSON, but not ShoreGuard's",
        _ => null,
    };

    private static IReadOnlyList<string> Differences(HealthRequest request, BuildIdentity? identity, string? problem)
    {
        if (identity is not null)
            return IdentityComparison.Differences(identity, request.ExpectedVersion, request.ExpectedGitSha, request.ExpectedBuildTime);
        return request.ExpectsABuild ? [$"the build cannot be told, since /version cannot be read: {problem}"] : [];
    }

    /// <summary>The report on what has no address, because it does not run.</summary>
    private static HealthReport NoAddress(Uri uri, ShoreGuardException error, DateTimeOffset checkedAt)
    {
        ProbeResult Unasked(string path) => new() { Path = path, LatencyMs = 0, Error = "not asked" };
        return new()
        {
            Uri = uri,
            Status = HealthStatus.Unreachable,
            Live = false,
            Ready = false,
            Liveness = Unasked(Liveness),
            Readiness = Unasked(ReadinessPath),
            Version = Unasked(VersionProbe.Path),
            Diagnosis = Diagnosis.Unreachable,
            Explanation = error.Message,
            Recommendation = error.Recommendation,
            CheckedAt = checkedAt,
        };
    }
}
