namespace ShoreGuard.Rollback.Engine.Probing;

/// <summary>Everything the three probes brought, before it is judged.</summary>
internal sealed record Findings
{
    public required HealthRequest Request { get; init; }
    public required ProbeAnswer Liveness { get; init; }
    public required string? LivenessProblem { get; init; }
    public required Readiness? Readiness { get; init; }
    public required ProbeAnswer ReadinessAnswer { get; init; }
    public required string? ReadinessProblem { get; init; }
    public required BuildIdentity? Identity { get; init; }
    public required ProbeAnswer Version { get; init; }
    public required string? VersionProblem { get; init; }
    public required IReadOnlyList<string> Differences { get; init; }

    public bool Live => LivenessProblem is null;
    public IEnumerable<ProbeAnswer> Answers => [Liveness, ReadinessAnswer, Version];
    /// <summary>Whether what answers can be nothing else; <c>{"status":"ok"}</c> alone is what many a service says.</summary>
    public bool IsShoreGuard => Readiness is not null || (Identity is not null && Version.Text("git_sha") is not null);
}

/// <summary>What the runbook concludes from the findings, in its order: is it there, is it ShoreGuard, is it ready, is it the build that was meant.</summary>
internal sealed record Verdict(HealthStatus Status, Diagnosis Diagnosis, string Explanation, string Recommendation)
{
    private const string Troubleshooting = "Follow ShoreGuard's troubleshooting guide: an older image would meet the same dependency. Then ask again: Test-ShoreGuardHealth";
    private const string RollBack = "roll back with Get-ShoreGuardDeployment | Invoke-ShoreGuardImageRollback -Version VERSION";

    public static Verdict On(Findings found)
    {
        if (found.Answers.All(answer => answer.StatusCode is null))
            return Unreachable(found);
        if (found.Answers.FirstOrDefault(answer => answer.Location is not null) is { } redirect && !found.IsShoreGuard)
            return Redirected(found, redirect.Location!);
        if (!found.IsShoreGuard && !(found.Live && Misbehaves(found.ReadinessAnswer)))
            return NotShoreGuard(found);
        if (found.Readiness is null)
            return NoReadiness(found);
        if (!found.Live)
            return new(HealthStatus.NotReady, Diagnosis.ImageSuspected,
                $"The image is suspected: /readyz answers, but the process does not say it lives ({found.LivenessProblem}).",
                $"Ask again in a few seconds, in case it was just starting or stopping. If it stays so, {RollBack}");
        if (!found.Readiness.IsReady)
            return NotReady(found, found.Readiness);
        return found.Differences.Count > 0 ? WrongBuild(found) : Serving(found, found.Readiness);
    }

    /// <summary>Whether an answer is that of a program that fails, rather than that of another one.</summary>
    private static bool Misbehaves(ProbeAnswer answer) =>
        answer.Failure is not ProbeFailure.None || answer.StatusCode is 500 || (answer.StatusCode is 200 or 503 && answer.Error is "broken JSON" or "an empty answer");

    private static Verdict Unreachable(Findings found)
    {
        var answer = found.Liveness;
        var why = string.Join("; ", found.Answers.Select(each => each.Error).Distinct());
        var next = answer.Failure switch
        {
            ProbeFailure.NoSuchHost => "Check the name, or ask where the container answers: Get-ShoreGuardDeployment | Test-ShoreGuardHealth",
            ProbeFailure.Tls => "Mend the certificate, or, where you know it is the right server, use -SkipCertificateCheck. A server without TLS wants http://.",
            ProbeFailure.Timeout => "Allow more with -TimeoutSec; if it stays silent, look at the container's state and log: Get-ShoreGuardDeployment, docker logs",
            ProbeFailure.Broken => "Something listens there that does not speak HTTP as asked: check scheme and port. A server with TLS wants https://.",
            _ => "See whether the container runs, and where it answers: Get-ShoreGuardDeployment. One that crashes at its start says why in docker logs",
        };
        return new(HealthStatus.Unreachable, Diagnosis.Unreachable, $"Nothing answers at {found.Request.Uri}{Errors.Inside(found.Request.Route?.Kind ?? ProbeRoute.Address)}: {why}.", next);
    }

    private static Verdict Redirected(Findings found, Uri elsewhere) => new(
        HealthStatus.Invalid, Diagnosis.NotShoreGuard,
        $"What answers is not ShoreGuard: it sends on to {elsewhere.GetLeftPart(UriPartial.Path)}, which is not followed.",
        $"If ShoreGuard is there, ask there: Test-ShoreGuardHealth -Uri {elsewhere.GetLeftPart(UriPartial.Authority)}. A login page belongs to a proxy; ask behind it: Get-ShoreGuardDeployment | Test-ShoreGuardHealth");

    private static Verdict NotShoreGuard(Findings found)
    {
        var statuses = found.Answers.Select(answer => answer.StatusCode).Where(status => status is not null).Distinct().ToList();
        var evidence = $"/healthz: {found.LivenessProblem ?? "as ShoreGuard does"}; /readyz: {found.ReadinessProblem ?? "as ShoreGuard does"}; /version: {found.VersionProblem ?? "as ShoreGuard does"}";
        if (statuses is [502 or 503 or 504])
            return new(HealthStatus.Invalid, Diagnosis.NotShoreGuard,
                $"ShoreGuard does not answer: a proxy says HTTP {statuses[0]} in its place.",
                "See whether the container behind the proxy runs: Get-ShoreGuardDeployment, then docker logs");
        if (statuses is [401 or 403 or 407 or 429])
            return new(HealthStatus.Invalid, Diagnosis.NotShoreGuard,
                $"A proxy refuses the probes (HTTP {statuses[0]}); ShoreGuard answers them to anybody, at any rate.",
                "Ask behind the proxy: Get-ShoreGuardDeployment | Test-ShoreGuardHealth");
        return new(HealthStatus.Invalid, Diagnosis.NotShoreGuard,
            $"What answers is not ShoreGuard ({evidence}).",
            "Check host, port and path prefix: Get-ShoreGuardDeployment shows where ShoreGuard answers");
    }

    private static Verdict NoReadiness(Findings found)
    {
        var answer = found.ReadinessAnswer;
        var process = found.Live ? "the process is live" : "/version answers";
        if (found.Live && answer.Failure == ProbeFailure.Timeout)
            return new(HealthStatus.NotReady, Diagnosis.DependencyFailure,
                $"A dependency is suspected: the process is live, but its readiness gives {answer.Error}, as when the database does not answer.", Troubleshooting);
        if (answer.StatusCode is 401 or 403 or 407 or 429 or 502 or 504)
            return new(HealthStatus.Invalid, Diagnosis.NotShoreGuard,
                $"Not to be told: {process}, but a proxy answers /readyz with HTTP {answer.StatusCode}.",
                "Ask behind the proxy: Get-ShoreGuardDeployment | Test-ShoreGuardHealth");
        var useless = answer.StatusCode is 200 or 503 && answer.Error is not null;
        return new(useless ? HealthStatus.Invalid : HealthStatus.NotReady, Suspect(found),
            $"The image is suspected: {process}, but /readyz is of no use ({found.ReadinessProblem}).{Mismatch(found)}",
            found.Differences.Count > 0 ? Pipeline : $"Look at docker logs for the reason, then {RollBack}");
    }

    private static Verdict NotReady(Findings found, Readiness readiness)
    {
        var failing = readiness.Failing.ToList();
        var own = failing.Where(Readiness.IsBackground).ToList();
        var dependencies = failing.Except(own).ToList();
        if (dependencies.Count > 0)
            return new(HealthStatus.NotReady, Diagnosis.DependencyFailure,
                $"A dependency fails: {string.Join("; ", dependencies.Select(Evidence))}.{Also(own)} That is configuration or infrastructure before it is the image.{Mismatch(found)}", Troubleshooting);
        if (own is [{ Name: "background_discovery" }] && HasDiscoveryOffByDefault(found.Identity))
            return new(HealthStatus.NotReady, Diagnosis.DependencyFailure,
                $"Not ready only because background_discovery is {own[0].Message}: from 0.30.2 on discovery is off by default, and readiness counts that as a failure.{Mismatch(found)}",
                "If it was so before the deploy, it is no symptom: Test-ShoreGuardHealth -IgnoreCheck background_discovery. Switching discovery on mends it");
        if (own.Count > 0)
            return new(HealthStatus.NotReady, Suspect(found),
                $"The image is suspected: the process is live and its dependencies answer, but {Tasks(own)}.{Mismatch(found)}",
                found.Differences.Count > 0 ? Pipeline : $"If it did not fail before the deploy, {RollBack}. If it did, it is no symptom: Test-ShoreGuardHealth -IgnoreCheck {own[0].Name}");
        return new(HealthStatus.NotReady, Suspect(found),
            $"The image is suspected: it says it is not ready, and no check says why.{Mismatch(found)}",
            found.Differences.Count > 0 ? Pipeline : $"Look at docker logs for the reason, then {RollBack}");
    }

    private static Verdict WrongBuild(Findings found) => new(
        HealthStatus.WrongBuild, Diagnosis.WrongBuild,
        $"Live and ready, but not the build that was expected: {string.Join("; ", found.Differences)}.", Pipeline);

    private static Verdict Serving(Findings found, Readiness readiness)
    {
        var left = readiness.Checks.Where(check => check.Ignored && check.State is not (CheckState.Ok or CheckState.Info)).Select(check => check.Name).ToList();
        var without = left.Count > 0 ? $", left out: {string.Join(", ", left)}" : "";
        var weak = readiness.Checks.Where(check => !check.Ignored && check.State is not (CheckState.Ok or CheckState.Info)).ToList();
        if (weak.Count > 0)
            return new(HealthStatus.Degraded, Diagnosis.Healthy,
                $"Live and ready, though not in full: {string.Join("; ", weak.Select(Evidence))}{without}.",
                "No reason to roll back if it was so before the deploy; otherwise see ShoreGuard's troubleshooting guide, and watch it: Test-ShoreGuardHealth");
        if (found.Identity is null)
            return new(HealthStatus.Degraded, Diagnosis.Healthy,
                $"Live and ready, but the build cannot be told: /version gives {found.VersionProblem}{without}.",
                "Ask again: Get-ShoreGuardVersion. Without it nobody can tell which build serves");
        var gateways = readiness.Gateways is { Total: { } total, Connected: { } connected } ? $", {connected} of {total} gateways connected" : "";
        return new(HealthStatus.Healthy, Diagnosis.Healthy,
            $"Live and ready: {readiness.Checks.Count(check => check.State == CheckState.Ok)} checks ok{gateways}{without}.", "Nothing to do.");
    }

    private const string Pipeline = "Stop here and check the deploy pipeline and the Compose environment first: rolling back reproduces the same mismatch. What runs: Get-ShoreGuardDeployment, Get-ShoreGuardVersion";

    private static Diagnosis Suspect(Findings found) => found.Differences.Count > 0 ? Diagnosis.WrongBuild : Diagnosis.ImageSuspected;

    private static string Mismatch(Findings found) => found.Differences.Count > 0 ? $" And it is not the build that was expected: {string.Join("; ", found.Differences)}." : "";

    private static string Also(List<HealthCheck> own) => own.Count > 0 ? $" Also, {Tasks(own)}." : "";

    private static string Tasks(List<HealthCheck> own) => string.Join(", ", own.Select(check => check.Name)) + (own, own[0].State) switch
    {
        ([_], CheckState.Dead) => " is dead",
        (_, CheckState.Dead) when own.TrueForAll(check => check.State == CheckState.Dead) => " are dead",
        ([_], _) => $" fails: {FirstLine(own[0].Message)}",
        _ => " fail",
    };

    private static string Evidence(HealthCheck check) => check.Name + (check.State switch
    {
        CheckState.Stalled => check.AgeSec is { } age ? $" is stalled, last seen {age:0.#} s ago" : " is stalled",
        CheckState.Dead => " is dead",
        _ => $": {FirstLine(check.Message)}",
    });

    // A database error is a page; its first line says it.
    private static string FirstLine(string? message)
    {
        var line = (message ?? "no reason given").Split('\n', 2)[0].Trim().TrimEnd('.');
        return line.Length > 200 ? line[..199] + "…" : line;
    }

    private static bool HasDiscoveryOffByDefault(BuildIdentity? identity) =>
        System.Version.TryParse(identity?.Version?.TrimStart('v').Split('-', '+')[0], out var version) && version >= new Version(0, 30, 2);
}
