using System.Globalization;
using ShoreGuard.Rollback.Engine.Deployments;

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
    /// <summary>Whether discovery is off, and by the build's own default: that it is dead says nothing then.</summary>
    public required bool IsDiscoveryOff { get; init; }

    public bool Live => LivenessProblem is null;
    public IEnumerable<ProbeAnswer> Answers => [Liveness, ReadinessAnswer, Version];
    /// <summary>Whether what answers can be nothing else; <c>{"status":"ok"}</c> alone is what many a service says.</summary>
    public bool IsShoreGuard => Readiness is not null || (Identity is not null && Version.Text("git_sha") is not null);
}

/// <summary>What the runbook concludes from the findings, in its order: is it there, is it ShoreGuard, is it ready, is it the build that was meant.</summary>
internal sealed record Verdict(HealthStatus Status, Diagnosis Diagnosis, string Explanation, string Recommendation)
{
    private const string Troubleshooting = "Follow ShoreGuard's troubleshooting guide: an older image would need the same dependency. "
        + "Then run the same command again.";

    private static string RollBack(Findings found) => $"roll back: {Pipe(found, "Invoke-ShoreGuardImageRollback -Version VERSION")}";

    private static string BypassProxy(Findings found) => $"Bypass the proxy: {Pipe(found, "Test-ShoreGuardHealth")}";

    private static string Pipe(Findings found, string command) => Advice.Pipe(found.Request.Name, command);

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
                $"The image is suspected: /readyz answers, but the process does not report that it is live ({found.LivenessProblem}).",
                $"Run the same command again in a few seconds, in case it is starting or stopping. If nothing changes, {RollBack(found)}");
        if (!found.Readiness.IsReady)
            return NotReady(found, found.Readiness);
        return found.Differences.Count > 0 ? WrongBuild(found) : Serving(found, found.Readiness);
    }

    /// <summary>Whether an answer is that of a program that fails, rather than that of another one.</summary>
    private static bool Misbehaves(ProbeAnswer answer) =>
        answer.Failure is not ProbeFailure.None
            || answer.StatusCode is 500 || (answer.StatusCode is 200 or 503 && answer.Error is "broken JSON" or "an empty answer");

    private static Verdict Unreachable(Findings found)
    {
        var answer = found.Liveness;
        var why = string.Join("; ", found.Answers.Select(each => each.Error).Distinct());
        var next = answer.Failure switch
        {
            ProbeFailure.NoSuchHost => $"Check the name, or probe the container itself: {Pipe(found, "Test-ShoreGuardHealth")}",
            ProbeFailure.Tls => Errors.FixCertificate,
            ProbeFailure.Timeout => "Allow more time with -TimeoutSec. If it still does not answer, check the container's state and log: "
                + "Get-ShoreGuardDeployment, docker logs",
            ProbeFailure.Broken => "Something else than HTTP answers there: check scheme and port. If the server uses TLS, use an https:// address.",
            _ => "Check that the container runs, and where it answers: Get-ShoreGuardDeployment. If it crashes at its start, docker logs shows why",
        };
        return new(HealthStatus.Unreachable, Diagnosis.Unreachable,
            $"Nothing answers at {found.Request.Uri}{Errors.Inside(found.Request.Route?.Kind ?? ProbeRoute.Address)}: {why}.", next);
    }

    private static Verdict Redirected(Findings found, Uri elsewhere) => new(
        HealthStatus.Invalid, Diagnosis.NotShoreGuard,
        $"The application at this address is not ShoreGuard: it redirects to {elsewhere.GetLeftPart(UriPartial.Path)}. Redirects to another host are not "
            + "followed.",
        $"If ShoreGuard is there, use that address: Test-ShoreGuardHealth -Uri {elsewhere.GetLeftPart(UriPartial.Authority)}. "
            + $"If that is a login page, a proxy sent it. {BypassProxy(found)}");

    private static Verdict NotShoreGuard(Findings found)
    {
        var statuses = found.Answers.Select(answer => answer.StatusCode).Where(status => status is not null).Distinct().ToList();
        var evidence = $"/healthz: {found.LivenessProblem ?? "as ShoreGuard does"}; /readyz: {found.ReadinessProblem ?? "as ShoreGuard does"}; "
            + $"/version: {found.VersionProblem ?? "as ShoreGuard does"}";
        if (statuses is [502 or 503 or 504])
            return new(HealthStatus.Invalid, Diagnosis.NotShoreGuard,
                $"ShoreGuard does not answer: {Proxy(found.Answers)} answered with HTTP {statuses[0]}.",
                $"Ask the container behind the proxy itself: {Pipe(found, "Test-ShoreGuardHealth")}. If it does not run, docker logs shows the reason");
        if (statuses is [401 or 403 or 407 or 429])
            return new(HealthStatus.Invalid, Diagnosis.NotShoreGuard,
                $"{Capital(Proxy(found.Answers))} refuses the probes (HTTP {statuses[0]}). ShoreGuard itself never refuses them.",
                BypassProxy(found));
        return new(HealthStatus.Invalid, Diagnosis.NotShoreGuard,
            $"The application at this address is not ShoreGuard ({evidence}).",
            "Check host, port and path prefix: Get-ShoreGuardDeployment shows where ShoreGuard answers");
    }

    private static string Proxy(IEnumerable<ProbeAnswer> answers) =>
        answers.Select(answer => answer.Proxy).FirstOrDefault(name => name is not null) is { } name ? $"a proxy ({name})" : "a proxy";

    private static string Capital(string text) => char.ToUpperInvariant(text[0]) + text[1..];

    private static Verdict NoReadiness(Findings found)
    {
        var answer = found.ReadinessAnswer;
        var process = found.Live ? "the process is live" : "/version answers";
        if (found.Live && answer.Failure == ProbeFailure.Timeout)
            return new(HealthStatus.NotReady, Diagnosis.DependencyFailure,
                $"A dependency is suspected: the process is live, but /readyz gives {answer.Error}, as it does when the database does not "
                    + "answer.", Troubleshooting);
        if (answer.StatusCode is 401 or 403 or 407 or 429 or 502 or 504)
            return new(HealthStatus.Invalid, Diagnosis.NotShoreGuard,
                $"Cannot determine: {process}, but {Proxy([answer])} answered /readyz with HTTP {answer.StatusCode}.",
                BypassProxy(found));
        var useless = answer.StatusCode is 200 or 503 && answer.Error is not null;
        return new(useless ? HealthStatus.Invalid : HealthStatus.NotReady, Suspect(found),
            $"The image is suspected: {process}, but the answer of /readyz cannot be used ({found.ReadinessProblem}).{Mismatch(found)}",
            found.Differences.Count > 0 ? Pipeline : $"docker logs shows the reason. Then {RollBack(found)}");
    }

    private static Verdict NotReady(Findings found, Readiness readiness)
    {
        var failing = readiness.Failing.ToList();
        var own = failing.Where(Readiness.IsBackground).ToList();
        var dependencies = failing.Except(own).ToList();
        if (dependencies.Count > 0)
            return new(HealthStatus.NotReady, Diagnosis.DependencyFailure,
                $"A dependency fails: {string.Join("; ", dependencies.Select(Evidence))}.{Also(own)} The cause is more likely configuration or "
                    + $"infrastructure than the image.{Mismatch(found)}", Troubleshooting);
        if (own is [{ Name: Discovery.Check }] && Discovery.IsOffByDefault(found.Identity))
            return new(HealthStatus.NotReady, Diagnosis.DependencyFailure,
                $"Not ready only because background_discovery is {own[0].Message}: since 0.30.2, discovery is off by default, and /readyz counts that as a "
                    + $"failure.{Mismatch(found)}",
                "If it also failed before the deploy, ignore it: Test-ShoreGuardHealth -IgnoreCheck background_discovery. Switching discovery on fixes it");
        if (own.Count > 0)
            return new(HealthStatus.NotReady, Suspect(found),
                $"The image is suspected: the process is live and its dependencies answer, but {Tasks(own)}.{Mismatch(found)}",
                found.Differences.Count > 0 ? Pipeline : $"If it did not fail before the deploy, {RollBack(found)}. If it did, ignore it: "
                    + $"Test-ShoreGuardHealth -IgnoreCheck {own[0].Name}");
        return new(HealthStatus.NotReady, Suspect(found),
            $"The image is suspected: it reports that it is not ready, and no check says why.{Mismatch(found)}",
            found.Differences.Count > 0 ? Pipeline : $"docker logs shows the reason. Then {RollBack(found)}");
    }

    private static Verdict WrongBuild(Findings found) => new(
        HealthStatus.WrongBuild, Diagnosis.WrongBuild,
        $"Live and ready, but not the expected build: {string.Join("; ", found.Differences)}.", Pipeline);

    private static Verdict Serving(Findings found, Readiness readiness)
    {
        var left = readiness.Checks.Where(check => check.Ignored && check.State is not (CheckState.Ok or CheckState.Info)).Select(check => check.Name).ToList();
        var off = found.IsDiscoveryOff && left.Contains(Discovery.Check) ? ", which is off, as by default since 0.30.2" : "";
        var without = left.Count > 0 ? $", left out: {string.Join(", ", left.OrderBy(name => name == Discovery.Check))}{off}" : "";
        var weak = readiness.Checks.Where(check => !check.Ignored && check.State is not (CheckState.Ok or CheckState.Info)).ToList();
        if (weak.Count > 0)
            return new(HealthStatus.Degraded, Diagnosis.Healthy,
                $"Live and ready, with limits: {string.Join("; ", weak.Select(Evidence))}{without}.",
                "If it was like this before the deploy, there is no reason to roll back. Otherwise follow ShoreGuard's troubleshooting guide, and watch it: "
                    + "Test-ShoreGuardHealth");
        if (found.Identity is null)
            return new(HealthStatus.Degraded, Diagnosis.Healthy,
                $"Live and ready, but the build is unknown: /version gives {found.VersionProblem}{without}.",
                "Run Get-ShoreGuardVersion. Only /version says which build serves");
        var gateways = readiness.Gateways is { Total: { } total, Connected: { } connected } ? $", {connected} of {total} gateways connected" : "";
        return new(HealthStatus.Healthy, Diagnosis.Healthy,
            $"Live and ready: {readiness.Checks.Count(check => check.State == CheckState.Ok)} checks ok{gateways}{without}.", "No action needed.");
    }

    private const string Pipeline = "Check the deploy pipeline and the Compose environment first: a rollback reproduces the same mismatch. "
        + "Get-ShoreGuardDeployment and Get-ShoreGuardVersion show what runs";

    private static Diagnosis Suspect(Findings found) => found.Differences.Count > 0 ? Diagnosis.WrongBuild : Diagnosis.ImageSuspected;

    private static string Mismatch(Findings found) => found.Differences.Count > 0 ? $" Nor is it the expected build: "
        + $"{string.Join("; ", found.Differences)}." : "";

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
        CheckState.Stalled => check.AgeSec is { } age ? string.Create(CultureInfo.InvariantCulture, $" is stalled, last seen {age:0.#} s ago") : " is stalled",
        CheckState.Dead => " is dead",
        _ => $": {FirstLine(check.Message)}",
    });

    // A database error is a page; its first line says it.
    private static string FirstLine(string? message)
    {
        var line = (message ?? "no reason given").Split('\n', 2)[0].Trim().TrimEnd('.');
        return line.Length > 200 ? line[..199] + "…" : line;
    }
}
