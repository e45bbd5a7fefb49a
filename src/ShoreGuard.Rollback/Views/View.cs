using System.Management.Automation.Host;

namespace ShoreGuard.Rollback.Views;

/// <summary>What ShoreGuard.Rollback.Format.ps1xml calls. Not for scripts: the texts may change in any release.</summary>
public static class View
{
    private const int ImageWidth = 31;

    /// <summary>The header above health reports.</summary>
    public static string HealthHeader(PSHost? host) => HealthView.Header(Paint.Width(host));
    /// <summary>A health report.</summary>
    public static string[] Health(HealthReport report, PSHost? host) => HealthView.Row(report, Paint.Width(host)).Split('\n');
    /// <summary>The checks of a report in a few words.</summary>
    public static string Checks(HealthReport report) => HealthView.Checks(report);
    /// <summary>The state of a check, coloured.</summary>
    public static string State(CheckState state) => state switch
    {
        CheckState.Ok => Paint.Good("ok"),
        CheckState.Info => "info",
        CheckState.Stalled or CheckState.Degraded => Paint.Warn(HealthView.State(state)),
        _ => Paint.Bad(HealthView.State(state)),
    };
    /// <summary>An image rollback.</summary>
    public static string[] Rollback(ImageRollbackResult result, PSHost? host) => ActionView.Rollback(result, Paint.Width(host)).Split('\n');
    /// <summary>A backup.</summary>
    public static string[] Backup(Backup backup, PSHost? host) => ActionView.Backup(backup, Paint.Width(host)).Split('\n');
    /// <summary>Whether a backup can be relied on.</summary>
    public static string[] BackupReport(BackupReport report, PSHost? host) => BackupView.Report(report, Paint.Width(host)).Split('\n');
    /// <summary>A database.</summary>
    public static string[] Database(DatabaseReport database, PSHost? host) => BackupView.Database(database, Paint.Width(host)).Split('\n');
    /// <summary>The schema of a database, an image or a deployment.</summary>
    public static string[] Schema(SchemaReport report, PSHost? host) => SchemaView.Report(report, Paint.Width(host)).Split('\n');
    /// <summary>A downgrade of the schema.</summary>
    public static string[] Downgrade(SchemaDowngradeResult result, PSHost? host) => SchemaView.Downgrade(result, Paint.Width(host)).Split('\n');
    /// <summary>A plan of a rollback.</summary>
    public static string[] Plan(RollbackPlan plan, PSHost? host) => PlanView.Plan(plan, Paint.Width(host)).Split('\n');
    /// <summary>A rollback.</summary>
    public static string[] Rolled(RollbackResult result, PSHost? host) => PlanView.Result(result, Paint.Width(host)).Split('\n');
    /// <summary>What becomes of the database.</summary>
    public static string Decision(RollbackStrategy strategy) => PlanView.Decision(strategy);
    /// <summary>How a rollback stands.</summary>
    public static string State(RollbackState state) => PlanView.State(state);
    /// <summary>How a database stands to an image.</summary>
    public static string Verdict(SchemaVerdict verdict) => SchemaView.Verdict(verdict);
    /// <summary>Whether a migration can be taken back.</summary>
    public static string Reversible(Migration migration) => SchemaView.Reversible(migration);
    /// <summary>What a downgrade of a migration drops, or why there is none.</summary>
    public static string Drops(Migration migration) => SchemaView.Drops(migration);
    /// <summary>A backup's name, marked when it cannot be read.</summary>
    public static string BackupName(Backup backup) => BackupView.Name(backup);
    /// <summary>How old something is.</summary>
    public static string Age(TimeSpan age) => Readable.Age(age);
    /// <summary>A restore.</summary>
    public static string[] Restore(RestoreResult result, PSHost? host) => ActionView.Restore(result, Paint.Width(host)).Split('\n');
    /// <summary>A comparison of builds.</summary>
    public static string[] Identity(IdentityReport report, PSHost? host) => IdentityView.Report(report, Paint.Width(host)).Split('\n');
    /// <summary>The verdict of a comparison of builds.</summary>
    public static string Verdict(IdentityReport report) => report.Verdict switch
    {
        IdentityVerdict.Match => Paint.Good("Match"),
        IdentityVerdict.Inconclusive => Paint.Warn("Inconclusive"),
        _ => Paint.Bad("Mismatch"),
    };
    /// <summary>Where a release is.</summary>
    public static string Where(Release release) => ReleaseView.Where(release);
    /// <summary>The version of a release.</summary>
    public static string Version(Release release) => ReleaseView.Version(release);
    /// <summary>The tags of a release.</summary>
    public static string Tags(Release release) => ReleaseView.Tags(release);
    /// <summary>A mark for good or bad.</summary>
    public static string Mark(bool good) => Paint.Mark(good);
    /// <summary>A mark and a word for how a step ended.</summary>
    public static string Outcome(StepOutcome outcome) => ActionView.Outcome(outcome) + " " + (outcome switch
    {
        StepOutcome.Done => "done",
        StepOutcome.Skipped => "skipped",
        StepOutcome.Failed => "failed",
        _ => "undone",
    });
    /// <summary>The end of an image reference, which says more than its beginning, without the digest behind a tag.</summary>
    public static string Image(string image)
    {
        var at = image.IndexOf("@sha256:", StringComparison.Ordinal);
        var name = at < 0 ? image : image[..at];
        var text = name.LastIndexOf(':') > name.LastIndexOf('/') ? name : Paint.ShortDigests(image);
        return text.Length > ImageWidth ? "…" + text[^(ImageWidth - 1)..] : text;
    }
    /// <summary>A duration with its unit.</summary>
    public static string Duration(TimeSpan time) => Readable.Duration(time);
    /// <summary>Bytes with a unit.</summary>
    public static string Size(long bytes) => Paint.Size(bytes);
    /// <summary>The state of a deployment, with the engine's health check.</summary>
    public static string State(Deployment deployment) => (deployment.State, deployment.Health) switch
    {
        _ when deployment.Unfinished is not null => Paint.Bad($"unfinished, {deployment.State}"),
        ("running", "healthy") => Paint.Good("running, healthy"),
        ("running", null) => Paint.Good("running"),
        ("running", var health) => Paint.Warn($"running, {health}"),
        var (state, _) => Paint.Bad(state),
    };
}
