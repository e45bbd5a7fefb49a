using System.Globalization;
using ShoreGuard.Rollback.Engine.Operations.Downgrading;

namespace ShoreGuard.Rollback.Views;

/// <summary>Every record and how it is shown. ShoreGuard.Rollback.Format.ps1xml is written from it by the build.</summary>
internal static class RecordViews
{
    private const int Wide = 200;

    private static readonly Table<Backup> Backups = new()
    {
        { "Backup", backup => (backup.Problem is null ? "" : $"{Paint.Mark(false)} ") + Path.GetFileName(backup.BackupPath), 34, 60 },
        { "Age", backup => Readable.Age(backup.Age), 11, Side.Right },
        { "Revision", backup => backup.Revision ?? Marks.None, 8, 16 },
        { "Release", backup => backup.Release ?? Marks.None, 7, 16 },
        { "Size", backup => Paint.Size(backup.Size), 8, Side.Right },
        { "Kind", backup => backup.Kind.ToString(), 8, 8, 1 },
        { "Made (UTC)", backup => Minute(backup.CreatedAt), 16, 16, 2 },
    };

    private static readonly Dictionary<Type, RecordView> ByType = new RecordView[]
    {
        // Observe
        new HealthRowView(),
        Row(new Table<HealthCheck>
        {
            { "Name", check => check.Name, 26, 40 },
            { "State", check => State(check.State) + (check.Ignored ? " (ignored)" : ""), 8, 18 },
            { "Latency", check => check.LatencyMs is { } latency ? Invariant($"{latency:0.#} ms") : "", 8, Side.Right },
            { "Age", check => check.AgeSec is { } age ? Invariant($"{age:0.#} s") : "", 6, Side.Right },
            { "Message", check => check.Message, 20, Wide },
        }),
        Row(new Table<ProbeResult>
        {
            { "Path", probe => probe.Path, 20, 30 },
            { "Status", probe => probe.StatusCode?.ToString(CultureInfo.InvariantCulture), 6, Side.Right },
            { "Latency", probe => Invariant($"{probe.LatencyMs:0.#} ms"), 9, Side.Right },
            { "Error", probe => probe.Error, 20, Wide },
        }),
        Report<ApiReport>(ApiView.Report, new()
        {
            { "Name", report => report.Name ?? report.Uri.ToString().TrimEnd('/'), 20, 40 },
            { "Status", report => ApiView.Word(report.Status), 12 },
            { "Calls", report => Invariant($"{report.Calls.Count}"), 5, Side.Right },
            { "Connected", report => string.Join(", ", report.ConnectedGateways), 12, 40 },
            { "Offline", report => string.Join(", ", report.OfflineGateways), 12, 40 },
            { "Lost", report => string.Join(", ", report.LostGateways), 12, 40 },
        }),
        Row(ApiView.Calls),
        new AlertRowView(),
        Row(new Table<GatewayState>
        {
            { "Name", gateway => gateway.Name, 24, 40 },
            { "Connected", gateway => Paint.Mark(gateway.Connected), 9 },
            { "Status", gateway => gateway.Status, 12, 30 },
            { "Last seen", gateway => gateway.LastSeen is { } seen ? Readable.Time(seen) : "never", 23 },
        }),
        Row(new Table<GatewaySummary>
        {
            { "Total", gateways => Invariant($"{gateways.Total}"), 5, Side.Right },
            { "Connected", gateways => Invariant($"{gateways.Connected}"), 9, Side.Right },
            { "Degraded", gateways => gateways.Degraded ? "yes" : "no", 8 },
            { "Gateways", gateways => string.Join(", ", gateways.Gateways.Select(gateway => gateway.Name)), 30, Wide },
        }),
        Row(new Table<BuildIdentity>
        {
            { "Version", build => build.Version ?? Marks.None, 12, 20 },
            { "Commit", build => build.ShortSha ?? Marks.None, 7 },
            { "Built (UTC)", build => build.BuildTime is { } time ? Minute(time) : Marks.None, 16 },
            { "Source", build => build.Route == ProbeRoute.ContainerNetwork ? $"{build.Source} (inside its network)" : build.Source, 30, Wide },
        }),
        Row(new Table<Deployment>
        {
            { "Name", deployment => deployment.Name, 18, 40 },
            { "State", State, 16, 19 },
            { "Build", deployment => deployment.Identity?.ToString() ?? Marks.None, 16 },
            { "Uri", deployment => deployment.Uri?.ToString().TrimEnd('/') ?? Marks.None, 22, 30 },
            { "Database", deployment => deployment.Database.Kind.ToString(), 8, 8, 1 },
            { "Image", deployment => ImageName(deployment.Image), 30, 48, 2 },
            { "Project", deployment => deployment.Project ?? Marks.None, 12, 24, 3 },
        }),
        Row(new Table<DatabaseLocation>
        {
            { "Kind", location => location.Kind.ToString(), 8 },
            { "Url", location => location.Url, 30, 90 },
            { "Host path", location => location.HostPath ?? Marks.None, 30, Wide },
        }),
        Report<IdentityReport>(IdentityView.Report, new()
        {
            { "Name", report => report.Name ?? report.Uri?.ToString().TrimEnd('/'), 20, 40 },
            { "Verdict", report => IdentityView.Word(report.Verdict), 12 },
            { "Answers", report => report.Answered?.ToString(), 17 },
            { "Running", report => report.Running?.ToString(), 17 },
            { "Published", report => report.Published?.ToString(), 17 },
            { "Differs", report => string.Join(", ", report.Differences.Select(difference => difference.Field)), 12 },
            { "Tag moved", report => YesNo(report.TagMoved), 9 },
        }),
        Row(new Table<IdentityDifference>
        {
            { "Field", difference => difference.Field, 10 },
            { "Expected", difference => difference.Expected, 16, 40 },
            { "By", difference => difference.ExpectedBy, 14, 24 },
            { "Actual", difference => difference.Actual ?? "not said", 16, 40 },
            { "Of", difference => difference.ActualOf, 14, 24 },
        }),

        // Decide
        Row(new Table<Release>
        {
            { "Version", ReleaseView.Version, 20, 30 },
            { "Commit", release => release.ShortSha ?? Marks.None, 7 },
            { "Built (UTC)", release => release.BuildTime is { } time ? Minute(time) : Marks.None, 16 },
            { "Where", ReleaseView.Where, 16 },
            { "Size", release => release.Size is { } size ? Paint.Size(size) : "", 8, Side.Right },
            { "Tags", release => string.Join(' ', release.Tags), 30, Wide, 1 },
        }),
        Report<RollbackPlan>(PlanView.Plan, new()
        {
            { "Id", plan => plan.Id, 8 },
            { "Name", plan => plan.Name, 20, 40 },
            { "From", plan => plan.From?.ToString(), 17 },
            { "To", plan => plan.To.ToString(), 17 },
            { "Database", plan => PlanView.Decision(plan.Strategy), 15 },
            { "Can run", plan => Paint.Mark(plan.CanRun), 7 },
        }),
        Row(PlanView.Steps),
        Row(new Table<PlanFact>
        {
            { "Fact", fact => fact.Name, 20, 40 },
            { "Value", fact => Paint.ShortDigests(fact.Value), 40, Wide },
        }),
        Row(new Table<RollbackOptions>
        {
            { "Target", options => options.Previous ? "the previous known good release" : options.Version ?? options.GitSha ?? options.Image, 14, 60 },
            { "Strategy", options => options.Strategy.ToString(), 9 },
            { "Switch", options => options.Switch.ToString(), 9 },
            { "Pin", options => options.Pin.ToString(), 11 },
            { "Gate", options => $"{Readable.Duration(options.GatePatience)}, stable for {Readable.Duration(options.GateStability)}", 14, 30 },
            { "Force", options => YesNo(options.Force), 5 },
            { "No block", options => YesNo(options.NoBlock), 8 },
            { "Backups", options => options.BackupPath ?? options.BackupFolder, 16, Wide },
        }),
        Report<SchemaReport>(SchemaView.Report, new()
        {
            { "Name", report => report.Name, 20, 40 },
            { "Revisions", report => string.Join(", ", report.Revisions ?? []), 9 },
            { "Heads", report => string.Join(", ", report.Heads), 5 },
            { "Fit", report => report.Own is { } own ? SchemaView.Verdict(own.Verdict) : "", 8 },
            { "Compared", report => report.Comparison is { } other ? SchemaView.Verdict(other.Verdict) : "", 8 },
            { "Migrations", report => Invariant($"{report.Migrations.Count}"), 10, Side.Right },
        }),
        Row(new Table<SchemaComparison>
        {
            { "Verdict", comparison => SchemaView.Verdict(comparison.Verdict), 8 },
            { "Image", comparison => ImageName(comparison.Image), 24, 60 },
            { "Revisions", comparison => string.Join(", ", comparison.Revisions), 9, 20 },
            { "Heads", comparison => string.Join(", ", comparison.Heads), 5, 20 },
            { "Upgrades", comparison => Invariant($"{comparison.Upgrades.Count}"), 8, Side.Right },
            { "Downgrades", comparison => Invariant($"{comparison.Downgrades.Count}"), 10, Side.Right },
        }),
        Row(new Table<MigrationGraph>
        {
            { "Heads", graph => string.Join(", ", graph.Heads), 20, 40 },
            { "Migrations", graph => Invariant($"{graph.Migrations.Count}"), 10, Side.Right },
            { "Problems", graph => string.Join("; ", graph.Missing.Select(revision => $"{revision} is missing").Concat(graph.Problems)), 30, Wide },
        }),
        Row(new Table<Migration>
        {
            { "Revision", migration => migration.Revision, 12, 40 },
            { "Parents", migration => string.Join(", ", migration.Parents), 8, 24, 1 },
            { "Back", SchemaView.Reversible, 12 },
            { "About", migration => migration.Message, 24, 60 },
            { "A downgrade drops", SchemaView.Drops, 18, Wide },
        }),
        Row(new Table<SchemaOperation>
        {
            { "Kind", operation => operation.Kind.ToString(), 16 },
            { "Table", operation => operation.Table, 20, 40 },
            { "Name", operation => operation.Name, 16, 40 },
            { "Conditional", operation => YesNo(operation.IsConditional), 11, 11, 1 },
            { "Text", operation => operation.Text, 20, Wide },
        }),
        Report<DatabaseReport>(BackupView.Database, new()
        {
            { "Location", database => database.Location, 30, 60 },
            { "Kind", database => database.Kind.ToString(), 8 },
            { "Revision", database => database.Revision, 8, 16 },
            { "Rows", database => Invariant($"{database.TotalRows:#,0}"), 10, Side.Right },
            { "Size", database => Paint.Size(database.Size), 8, Side.Right },
        }),
        Row(new Table<TableRows>
        {
            { "Table", table => table.Table, 30, 60 },
            { "Rows", table => Invariant($"{table.Rows:#,0}"), 12, Side.Right },
        }),
        Row(new Table<DatabaseCheck>
        {
            { "Name", check => check.Name, 22, 40 },
            { "Passed", check => Paint.Mark(check.Passed), 6 },
            { "Duration", check => Readable.Duration(check.Duration), 10, Side.Right },
            { "Detail", check => check.Detail, 30, Wide },
        }),
        new BackupRowView(Backups),
        Report<BackupReport>(BackupView.Report, new()
        {
            { "Backup", report => Path.GetFileName(report.BackupPath), 34, 60 },
            { "Usable", report => Paint.Mark(report.Usable), 6 },
            { "Revision", report => report.Revision, 8, 16 },
            { "Age", report => Readable.Age(report.Age), 11, Side.Right },
            { "Checksum", report => BackupView.Outcome(report.Checksum), 8 },
            { "Integrity", report => BackupView.Outcome(report.Integrity), 9 },
            { "Restored", report => BackupView.Outcome(report.Restored), 8 },
            { "Verified", report => BackupView.Outcome(report.Verified), 8 },
            { "Problem", report => report.Problem, 20, Wide },
        }),
        Report<BackupCadence>(BackupView.Cadence, new()
        {
            { "Deployment", cadence => cadence.DeploymentName ?? Marks.None, 18, 40 },
            { "Kind", cadence => cadence.Kind.ToString(), 8 },
            { "Backups", cadence => Invariant($"{cadence.Backups}"), 7, Side.Right },
            { "Proven", cadence => Invariant($"{cadence.Proven}"), 6, Side.Right },
            { "Age", cadence => cadence.Age is { } age ? Readable.Age(age) : Marks.None, 11, Side.Right },
            { "Largest gap", cadence => cadence.LargestGap is { } gap ? Readable.Age(gap) : Marks.None, 11, Side.Right },
            { "Meets RPO", cadence => YesNo(cadence.MeetsRpo), 9 },
        }),

        // Act
        Report<ImageRollbackResult>(ActionView.Rollback, new()
        {
            { "Name", result => result.Name, 20, 40 },
            { "Done", result => Paint.Mark(result.Succeeded), 4 },
            { "Put back", result => YesNo(result.Reverted), 8 },
            { "From", result => result.Before?.ToString(), 17 },
            { "To", result => result.After?.ToString(), 17 },
            { "Outage", result => result.Outage?.ToString(), 8, Side.Right },
            { "Duration", result => Readable.Duration(result.Duration), 10, Side.Right },
        }),
        Report<RollbackResult>(PlanView.Result, new()
        {
            { "Id", result => result.Id, 8 },
            { "Name", result => result.Name, 20, 40 },
            { "Done", result => Paint.Mark(result.Succeeded), 4 },
            { "From", result => result.Before?.ToString(), 17 },
            { "To", result => result.After?.ToString(), 17 },
            { "Database", result => PlanView.Decision(result.Strategy), 15 },
            { "Outage", result => result.Outage?.ToString(), 8, Side.Right },
        }),
        Report<SchemaDowngradeResult>(SchemaView.Downgrade, new()
        {
            { "Name", result => result.Name, 20, 40 },
            { "Done", result => Paint.Mark(result.Succeeded), 4 },
            { "From", result => string.Join(", ", result.RevisionsBefore), 8 },
            { "To", result => result.To, 8 },
            { "Application", result => result.Application.ToString(), 11 },
            { "Backup", result => result.BackupPath, 20, Wide },
        }),
        Report<RestoreResult>(ActionView.Restore, new()
        {
            { "Kind", result => result.Kind.ToString(), 8 },
            { "Done", result => Paint.Mark(result.Succeeded), 4 },
            { "Before", result => result.RevisionBefore, 8 },
            { "Revision", result => result.Revision, 8 },
            { "Rows", result => Invariant($"{result.TotalRows:#,0}"), 10, Side.Right },
            { "Outage", result => Readable.Duration(result.Outage), 8, Side.Right },
            { "Application", result => result.Application.ToString(), 11 },
            { "Kept", result => result.Kept, 20, Wide },
        }),
        Row(new Table<StepResult>
        {
            { "   #", step => Invariant($"{step.Number}"), 4, Side.Right },
            { "Step", step => step.Name, 24, 60 },
            { "Outcome", step => Outcome(step.Outcome), 9 },
            { "Duration", step => Readable.Duration(step.Duration), 10, Side.Right },
            { "Detail", step => Paint.ShortDigests(step.Detail ?? ""), 20, Wide },
        }),
        Row(new Table<GateResult>
        {
            { "Passed", gate => Paint.Mark(gate.Passed), 6 },
            { "Duration", gate => Readable.Duration(gate.Duration), 10, Side.Right },
            { "Finding", gate => gate.Reason ?? gate.Health?.Explanation, 40, Wide },
        }),
        Row(new Table<Outage>
        {
            { "Outage", outage => outage.ToString(), 20, 30 },
            { "Began (UTC)", outage => outage.Began is { } began ? Moment(began) : Marks.None, 12 },
            { "Ended (UTC)", outage => outage.Ended is { } ended ? Moment(ended) : Marks.None, 12 },
            { "Probes", outage => Invariant($"{outage.Probes}"), 6, Side.Right },
            { "Failed", outage => Invariant($"{outage.Failed}"), 6, Side.Right },
        }),
        Row(new Table<Pin>
        {
            { "Variable", pin => pin.Variable ?? "image:", 20, 30 },
            { "Before", pin => Paint.ShortDigests(pin.OldValue ?? Marks.None), 16, 50 },
            { "Now", pin => Paint.ShortDigests(pin.NewValue), 16, 50 },
            { "File", pin => pin.Path, 20, Wide },
        }),
        Row(AlertView.Silences),
        Row(new Table<SchemaLoss>
        {
            { "Table", loss => loss.Table, 24, 40 },
            { "Column", loss => loss.Column ?? Marks.None, 16, 40 },
            { "Rows", loss => Invariant($"{loss.Rows:#,0}"), 10, Side.Right },
            { "Revision", loss => loss.Revision, 8, 20 },
            { "Conditional", loss => YesNo(loss.IsConditional), 11 },
        }),

        // Verify
        Report<ObservationResult>(ObservationView.Result, new()
        {
            { "Name", result => result.Name ?? result.Uri.ToString().TrimEnd('/'), 20, 40 },
            { "Outcome", result => ObservationView.Word(result.Outcome), 12 },
            { "Build", result => result.Identity?.ToString() ?? Marks.None, 17 },
            { "Observed", result => Readable.Duration(result.Observed), 10, Side.Right },
            { "Available", result => ObservationView.Percent(result.Availability), 9, Side.Right },
            { "Restarts", result => Invariant($"{result.Restarts}"), 8, Side.Right },
        }),
        Row(ObservationView.Changes),
        Row(new Table<LatencyPercentiles>
        {
            { "p50", latency => Invariant($"{latency.P50:0.#} ms"), 10, Side.Right },
            { "p95", latency => Invariant($"{latency.P95:0.#} ms"), 10, Side.Right },
            { "p99", latency => Invariant($"{latency.P99:0.#} ms"), 10, Side.Right },
            { "Calls", latency => Invariant($"{latency.Calls}"), 6, Side.Right },
        }),

        // Record
        Row(new Table<RollbackRecord>
        {
            { "Id", rollback => rollback.Id, 8 },
            { "Started (UTC)", rollback => Minute(rollback.StartedAt), 16 },
            { "Name", rollback => rollback.Name, 17, 40 },
            { "From", rollback => rollback.VersionBefore ?? ImageName(rollback.ImageBefore), 7, 24, 1 },
            { "To", To, 7, 24 },
            { "State", rollback => PlanView.State(rollback.State), 10 },
            { "Outage", rollback => rollback.Outage is { } outage ? Readable.Duration(outage) : Marks.None, 10, Side.Right },
            { "What", rollback => What(rollback), 15, 15, 2 },
        }),
        Row(new Table<RollbackStep>
        {
            { "   #", step => Invariant($"{step.Number}"), 4, Side.Right },
            { "Step", step => step.Name, 24, 60 },
            { "Outcome", step => step.Outcome is { } outcome ? Outcome(outcome) : "not ended", 9 },
            { "Took", step => step.EndedAt is { } ended ? Readable.Duration(ended - step.StartedAt) : "", 10, Side.Right },
            { "Detail", step => Paint.ShortDigests(step.Detail ?? ""), 20, Wide },
        }),
        Report<Incident>(IncidentView.Report, new()
        {
            { "Id", incident => incident.Id, 8 },
            { "Began (UTC)", incident => Minute(incident.Times.StartedAt), 16 },
            { "Name", incident => incident.Name, 17, 40 },
            { "From", incident => incident.From.ToString(), 17 },
            { "To", incident => incident.To.ToString(), 17 },
            { "State", incident => PlanView.State(incident.State), 10 },
            { "Outage", incident => incident.Times.Outage is { } outage ? Readable.Duration(outage) : Marks.None, 10, Side.Right },
        }),
        Row(IncidentView.Events),
        Row(new Table<IncidentBuild>
        {
            { "Version", build => build.Version ?? Marks.None, 10, 20 },
            { "Commit", build => Commit(build.GitSha), 7 },
            { "Digest", build => Digest(build.Digest), 20, 20, 1 },
            { "Built (UTC)", build => build.BuildTime is { } time ? Minute(time) : Marks.None, 16 },
            { "Image", build => ImageName(build.Image), 30, Wide },
        }),
        Row(new Table<IncidentSymptom>
        {
            { "Status", symptom => symptom.Status?.ToString() ?? Marks.None, 11 },
            { "Diagnosis", symptom => symptom.Diagnosis?.ToString() ?? Marks.None, 17 },
            { "Finding", symptom => symptom.Explanation, 30, Wide },
        }),
        Row(new Table<IncidentTimes>
        {
            { "Deployed (UTC)", times => Second(times.DeployedAt), 19 },
            { "Not well since", times => Second(times.SymptomSince), 19 },
            { "Held since", times => Second(times.HeldSince), 19 },
            { "Not well for", times => Length(times.Downtime), 12, Side.Right },
            { "Outage", times => Length(times.Outage), 10, Side.Right },
        }),
        Row(new Table<IncidentDecision>
        {
            { "About", decision => decision.About, 10, 16 },
            { "Choice", decision => Paint.ShortDigests(decision.Choice), 16, 40 },
            { "Why", decision => decision.Reason, 30, Wide },
        }),
        Row(new Table<IncidentLoss>
        {
            { "Rows dropped", loss => loss.IsKnown ? Invariant($"{loss.RowsDropped:#,0}") : Marks.None, 12, Side.Right },
            { "Out of service", loss => loss.Written is { } written ? Readable.Age(written) : Marks.None, 14, Side.Right },
            { "Lost", loss => loss.ToString(), 30, Wide },
        }),
        Row(new Table<IncidentKept>
        {
            { "Kept", kept => kept.What, 30, Wide },
            { "How it is brought back", kept => kept.Command ?? Marks.None, 30, Wide },
        }),
        Row(new Table<IncidentNote>
        {
            { "When (UTC)", note => Minute(note.At), 16 },
            { "Who", note => note.By, 10, 20 },
            { "Note", note => note.Text, 30, Wide },
        }),
        Row(new Table<BlockedImage>
        {
            { "Version", blocked => blocked.Version ?? Marks.None, 10, 20 },
            { "Commit", blocked => Commit(blocked.GitSha), 7 },
            { "Digest", blocked => Digest(blocked.Digest), 20, 20, 1 },
            { "Blocked (UTC)", blocked => Minute(blocked.BlockedAt), 16 },
            { "By", blocked => blocked.BlockedBy, 10, 20 },
            { "Reason", blocked => blocked.Reason, 20, Wide },
        }),
        Report<ReleaseReport>(ReleaseReportView.Report, new()
        {
            { "Image", report => ImageName(report.Image), 24, 60 },
            { "Build", report => report.Version ?? Marks.None, 8, 16 },
            { "Verdict", ReleaseReportView.Verdict, 12 },
            { "Failed", report => Names(report, ReleaseOutcome.Failed), 12, 40 },
            { "Unknown", report => Names(report, ReleaseOutcome.Unknown), 12, 40 },
            { "Warned", report => Names(report, ReleaseOutcome.Warned), 12, 40 },
        }),
        Row(ReleaseReportView.Checks),
        Row(new Table<KnownGoodBuild>
        {
            { "Version", good => good.Version ?? Marks.None, 10, 20 },
            { "Commit", good => Commit(good.GitSha), 7 },
            { "Digest", good => Digest(good.Digest), 20, 20, 1 },
            { "Since (UTC)", good => Minute(good.ProvenAt), 16 },
            { "By", good => good.ProvenBy, 10, 20 },
            { "Reason", good => good.Reason, 20, Wide },
        }),
    }.ToDictionary(view => view.Type);

    /// <summary>How a record is shown; null for anything else.</summary>
    public static RecordView? Of(Type type) => ByType.GetValueOrDefault(type);

    /// <summary>All of them, for the build.</summary>
    public static IEnumerable<RecordView> All => ByType.Values;

    private static string What(RollbackRecord operation) => operation.Kind switch
    {
        OperationKind.ImageRollback => "image rollback",
        OperationKind.SchemaDowngrade => "downgrade",
        OperationKind.Restore => "restore",
        _ => PlanView.Decision(operation.Strategy),
    };

    private static string To(RollbackRecord operation) => operation.Target == operation.Image ? ImageName(operation.Image) : operation.Target;

    private static RowView<T> Row<T>(Table<T> table)
        where T : class => new(table);

    private static ReportView<T> Report<T>(Func<T, int, string> text, Table<T> table)
        where T : class => new(text, table);

    private static string State(Deployment deployment) => (deployment.State, deployment.Health) switch
    {
        _ when deployment.Unfinished is not null => Paint.Bad($"unfinished, {deployment.State}"),
        ("running", "healthy") => Paint.Good("running, healthy"),
        ("running", null) => Paint.Good("running"),
        ("running", var health) => Paint.Warn($"running, {health}"),
        var (state, _) => Paint.Bad(state),
    };

    private static string State(CheckState state) => state switch
    {
        CheckState.Ok => Paint.Good("ok"),
        CheckState.Info => "info",
        CheckState.Stalled or CheckState.Degraded => Paint.Warn(HealthView.State(state)),
        _ => Paint.Bad(HealthView.State(state)),
    };

    private static string Outcome(StepOutcome outcome) => ActionView.Outcome(outcome) + " " + (outcome switch
    {
        StepOutcome.Done => "done",
        StepOutcome.Skipped => "skipped",
        StepOutcome.Failed => "failed",
        _ => "undone",
    });

    // Behind a tag, the digest says nothing more to a reader.
    private static string ImageName(string image)
    {
        var at = image.IndexOf("@sha256:", StringComparison.Ordinal);
        var name = at < 0 ? image : image[..at];
        return name.LastIndexOf(':') > name.LastIndexOf('/') ? name : Paint.ShortDigests(image);
    }

    private static string Names(ReleaseReport report, ReleaseOutcome outcome) =>
        string.Join(", ", report.Checks.Where(check => check.Outcome == outcome).Select(check => check.Name));

    private static string Commit(string? sha) => sha is null ? Marks.None : sha.Length > 7 ? sha[..7] : sha;

    private static string Digest(string? digest) => digest is null ? Marks.None : Paint.ShortDigests(digest);

    private static string YesNo(bool? value) => value switch { true => "yes", false => "no", _ => Marks.None };

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static string Minute(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);

    private static string Second(DateTimeOffset? time) => time?.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture) ?? Marks.None;

    private static string Length(TimeSpan? time) => time is { } known ? Readable.Duration(known) : Marks.None;

    private static string Moment(DateTimeOffset time) => time.UtcDateTime.ToString("HH:mm:ss.fff", CultureInfo.InvariantCulture);
}
