using ShoreGuard.Rollback.Engine.Deployments;
using ShoreGuard.Rollback.Engine.Deployments.Docker;
using ShoreGuard.Rollback.Engine.Probing;
using ShoreGuard.Rollback.Engine.State;

namespace ShoreGuard.Rollback.Engine.Operations.Execution;

/// <summary>Writes down what an incident report needs and a record of the rollback does not have: what was wrong, what was decided and
/// why, what it cost.</summary>
/// <remarks>A rollback is more than its report: what cannot be written or read for it is a warning.</remarks>
/// <param name="state">The store with the journal.</param>
/// <param name="reporter">Where is said what cannot be written.</param>
internal sealed class IncidentRecorder(StateStore state, IReporter reporter)
{
    private const int LogLines = 40, LongestLine = 500;

    // Nobody is to wait for a report on a build that hangs.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Before anything is changed: of a whole rollback.</summary>
    public async Task BeginAsync(IContainerEngine engine, RollbackPlan plan, ImageRollbackPlan images, CancellationToken cancellation) => Write(plan.Id, new()
    {
        From = Build(plan.Deployment.Image, plan.Deployment.Digest, plan.From),
        To = Build(plan.Image, plan.Digest, plan.To),
        Symptom = Symptom(plan.Health, await TailAsync(engine, plan.Deployment, cancellation).ConfigureAwait(false)) with
        {
            Api = images.Smoke,
            Alerts = plan.Alerts,
        },
        Onset = SymptomSearch.Find(images.Container, plan.Health, plan.Alerts),
        DeployedAt = images.Container.CreatedAt,
        DecidedAt = plan.MadeAt,
        Decisions =
        [
            new() { About = "Diagnosis", Choice = plan.Health.Diagnosis.ToString(), Reason = Clean(plan.Health.Explanation) },
            new() { About = "Build", Choice = plan.Identity.Verdict.ToString(), Reason = Clean(plan.Identity.Explanation) },
            new() { About = "Target", Choice = plan.To.ToString(), Reason = Vouched(plan.KnownGood) },
            new() { About = "Database", Choice = plan.Strategy.ToString(), Reason = Clean(plan.Decision) },
            new() { About = "Switch", Choice = plan.Switch.ToString(), Reason = Clean(plan.SwitchReason) },
        ],
    });

    /// <summary>Before anything is changed: of a rollback of the image alone.</summary>
    public async Task BeginAsync(IContainerEngine engine, ImageRollbackPlan plan, string id, CancellationToken cancellation)
    {
        var decided = DateTimeOffset.UtcNow;
        var (before, container) = (plan.Before, plan.Container);
        var health = before.IsRunning ? await ProbeAsync(before, plan.Request.Gate.IgnoredChecks, cancellation).ConfigureAwait(false) : null;
        var log = await TailAsync(engine, before, cancellation).ConfigureAwait(false);
        var digest = ImageResolver.DigestOf(plan.Target, plan.Seen.Inspected);
        var target = Build(plan.TargetImage, digest, plan.Seen.Inspected is { } inspected ? BakedIdentity.Read(inspected, plan.TargetImage) : null);
        Write(id, new()
        {
            From = Build(before.Image, before.Digest, before.Identity),
            To = target with { Version = target.Version ?? plan.Request.Target.Version?.TrimStart('v') },
            Symptom = (health is null ? NotAsked(before, log) : Symptom(health, log)) with { Api = plan.Smoke },
            Onset = SymptomSearch.Find(container, health),
            DeployedAt = container.CreatedAt,
            DecidedAt = decided,
            Decisions =
            [
                new() { About = "Target", Choice = plan.Request.Target.ToString(), Reason = "asked for" },
                new() { About = "Database", Choice = nameof(RollbackStrategy.ImageOnly), Reason = "the image alone was asked for" },
                new() { About = "Switch", Choice = plan.Strategy.ToString(), Reason = Clean(plan.Choice.Reason) },
            ],
        });
    }

    /// <summary>When a whole rollback has ended, whatever came of it.</summary>
    public void End(RollbackResult result, RollbackPlan plan) => RollbackLog.Try(() => state.Incidents.End(result.Id, new()
    {
        Outage = result.Outage,
        HeldSince = result.Succeeded ? DateTimeOffset.UtcNow : null,
        Loss = new()
        {
            IsKnown = result.Succeeded || result.Reverted,
            Dropped = result.Losses,
            Written = result.Succeeded ? plan.DataLost : null,
            Rpo = plan.Options.Rpo,
        },
        Kept = [.. result.Kept.Select(kept => new IncidentKept { What = kept, Command = CommandFor(result, kept) })],
    }), reporter);

    private static string Vouched(KnownGoodBuild? good) =>
        good is null ? "asked for; nothing vouches for it" : $"known good since {Readable.Time(good.ProvenAt)}: {good.Reason}";

    /// <summary>The same of a rollback of the image alone.</summary>
    public void End(string id, ImageRollbackResult result) => RollbackLog.Try(() => state.Incidents.End(id, new()
    {
        Outage = result.Outage,
        HeldSince = result.Succeeded ? DateTimeOffset.UtcNow : null,
        Loss = new() { IsKnown = result.Succeeded || result.Reverted },
    }), reporter);

    // What a restore has replaced comes back with the image that it belongs to; a backup is restored by itself.
    private static string? CommandFor(RollbackResult result, string kept) =>
        result is { Succeeded: true, Strategy: RollbackStrategy.Restore } ? $"Undo-ShoreGuardRollback {result.Id}"
        : Path.IsPathRooted(kept) ? Advice.Pipe(result.Name, $"Restore-ShoreGuardDatabase -BackupPath '{kept.Replace("'", "''", StringComparison.Ordinal)}'")
        : null;

    private void Write(string id, IncidentBeginning beginning) => RollbackLog.Try(() => state.Incidents.Begin(id, beginning), reporter);

    private static IncidentBuild Build(string image, string? digest, BuildIdentity? identity) => new()
    {
        Image = image,
        Digest = digest,
        Version = identity?.Version,
        GitSha = identity?.GitSha,
        BuildTime = identity?.BuildTime,
    };

    private static IncidentSymptom Symptom(HealthReport health, IReadOnlyList<string> log) => new()
    {
        Status = health.Status,
        Diagnosis = health.Diagnosis,
        Explanation = Clean(health.Explanation),
        Checks = [.. health.Checks.Where(check => check is { Ignored: false, State: not (CheckState.Ok or CheckState.Info) }).Select(Clean)],
        Log = log,
    };

    private static IncidentSymptom NotAsked(Deployment before, IReadOnlyList<string> log) => new()
    {
        Explanation = before.IsRunning ? "How it was could not be found out before the rollback" : $"Its container was not running ({before.State})",
        Log = log,
    };

    private static HealthCheck Clean(HealthCheck check) => check.Message is { } message ? check with { Message = Clean(message) } : check;

    private static string Clean(string text) => SecretScrubber.Scrub(text);

    private static async Task<HealthReport?> ProbeAsync(Deployment deployment, IReadOnlyList<string> ignoredChecks, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(Patience);
        try
        {
            return await HealthProbe.ProbeAsync(deployment, ignoredChecks, limit.Token).ConfigureAwait(false);
        }
        catch (Exception error) when (error is ShoreGuardException || (error is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            return null;
        }
    }

    private static async Task<IReadOnlyList<string>> TailAsync(IContainerEngine engine, Deployment deployment, CancellationToken cancellation)
    {
        try
        {
            var lines = await engine.TailLogAsync(deployment.ContainerId, LogLines, cancellation).ConfigureAwait(false);
            return [.. lines.Select(line => Clean(line.TrimEnd('\r')) is var clean && clean.Length > LongestLine ? clean[..LongestLine] + "…" : clean)];
        }
        catch (ShoreGuardException)
        {
            return [];
        }
    }
}
