using System.Diagnostics;
using ShoreGuard.Rollback.Engine.Databases;
using ShoreGuard.Rollback.Engine.Deployments;
using ShoreGuard.Rollback.Engine.Deployments.Docker;
using ShoreGuard.Rollback.Engine.Probing;
using ShoreGuard.Rollback.Engine.Releases;
using ShoreGuard.Rollback.Engine.Operations.Downgrading;
using ShoreGuard.Rollback.Engine.Operations.Switching;
using ShoreGuard.Rollback.Engine.Schema;

namespace ShoreGuard.Rollback.Engine.Operations.Planning;

/// <summary>The runbook, read to its end without a change: is it the image's fault, where to, does the database have to follow, and what does it
/// cost.</summary>
public static class RollbackPlanner
{
    /// <summary>Reads everything. Changes nothing, not even by a pull.</summary>
    /// <exception cref="ShoreGuardException">
    /// <c>TargetNewer</c>, <c>TargetIsRunning</c>, <c>ImageNotFound</c>, <c>ImageNotHere</c>, <c>ImageIdentityMismatch</c>,
    /// <c>ImageBlocked</c>, <c>MigrationsUnreadable</c>,
    /// <c>MigrationsBroken</c>, <c>SchemaNotStamped</c>, <c>SchemaSeveralRevisions</c>, <c>DatabaseRevisionUnknown</c>, <c>RollbackUnfinished</c>,
    /// <c>PartInterrupted</c>, and those of what cannot be reached.
    /// </exception>
    public static async Task<RollbackPlan> PlanAsync(RollbackRequest request, IReporter reporter, CancellationToken cancellation)
    {
        using var prepared = await PrepareAsync(request, reporter, cancellation).ConfigureAwait(false);
        return prepared.Plan;
    }

    internal static async Task<PreparedRollback> PrepareAsync(RollbackRequest request, IReporter reporter, CancellationToken cancellation)
    {
        var activity = $"Planning the rollback of {request.Deployment.Name}";
        reporter.Progress(new(activity, "Reading the deployment, the registry and the database"));
        using var engine = await ContainerEngines.ConnectAsync(request.Deployment.DockerHost, cancellation).ConfigureAwait(false);
        var own = request.IsResumed ? request.Id : null;
        await UnfinishedWork.RequireNoneYetAsync(engine, request.State, request.Deployment.Name, own, cancellation).ConfigureAwait(false);
        await RequireNothingInterruptedAsync(engine, request, cancellation).ConfigureAwait(false);
        var clock = new PlanClock();
        var health = clock.TimeAsync("health", () => ProbeAsync(request, cancellation));
        var identity = clock.TimeAsync("identity", () => CheckIdentityAsync(request, cancellation));
        var revisions = clock.TimeAsync("database", () => ReadRevisionsAsync(request, reporter, cancellation));
        try
        {
            var images = await clock.TimeAsync("image", () => PlanImagesAsync(request, reporter, cancellation)).ConfigureAwait(false);
            var target = FindTarget(engine, request, images);
            var known = await revisions.ConfigureAwait(false);
            var schema = await clock.TimeAsync("migrations", () => CompareAsync(engine, images, target, known, cancellation)).ConfigureAwait(false);
            var findings = new PlanFindings
            {
                Stops = await StopsAsync(request, images, health, identity, cancellation).ConfigureAwait(false),
                Target = target,
                Schema = schema,
                Backup = await clock.TimeAsync("backups", () => FindBackupAsync(request, schema, images.Before, cancellation)).ConfigureAwait(false),
            };
            var prepared = await clock.TimeAsync("losses", () => ConcludeAsync(findings, reporter, cancellation)).ConfigureAwait(false);
            reporter.Verbose(clock.ToString());
            return prepared;
        }
        finally
        {
            // What fails first is told; nobody waits for the others, and nobody is to be surprised by them.
            _ = Task.WhenAll(health, identity, revisions)
                .ContinueWith(task => task.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
            reporter.Progress(new(activity, "Planned", Completed: true));
        }
    }

    /// <summary>Refuses, before a target is pulled for its migrations, what no migration could change.</summary>
    /// <exception cref="ShoreGuardException"><c>RollbackImpossible</c>, <c>TargetNewer</c>, <c>PartInterrupted</c>, <c>RollbackInProgress</c>, and
    /// those of a database that cannot be reached or read.</exception>
    internal static async Task RequireNoStopAsync(
        IContainerEngine engine, RollbackRequest request, ImageRollbackPlan images, IReporter reporter, CancellationToken cancellation)
    {
        await DeploymentLock.RequireFreeAsync(engine, request.State, request.Deployment.Name, cancellation).ConfigureAwait(false);
        await RequireNothingInterruptedAsync(engine, request, cancellation).ConfigureAwait(false);
        if (images.Seen.Inspected is { } description)
            RequireOlder(request, images, BakedIdentity.Read(description, images.TargetImage));
        await ReadRevisionsAsync(request, reporter, cancellation).ConfigureAwait(false);
        var stops = await StopsAsync(request, images, ProbeAsync(request, cancellation), CheckIdentityAsync(request, cancellation), cancellation)
            .ConfigureAwait(false);
        if (stops.Obstacles.ToList() is [var (_, next), ..] obstacles)
            throw Errors.RollbackImpossible(images.Before.Name, images.TargetImage, [.. obstacles.Select(obstacle => obstacle.Why)], next);
    }

    private static async Task<PlanStops> StopsAsync(
        RollbackRequest request, ImageRollbackPlan images, Task<HealthReport> health, Task<IdentityReport> identity, CancellationToken cancellation) => new()
    {
        Request = request,
        Images = images,
        Health = await health.ConfigureAwait(false),
        Identity = await identity.ConfigureAwait(false),
        Others = await ImageRollback.FindLeftBehindAsync([images], cancellation).ConfigureAwait(false),
    };

    private static Task<IdentityReport> CheckIdentityAsync(RollbackRequest request, CancellationToken cancellation) =>
        IdentityCheck.RunAsync(new() { Deployment = request.Deployment, Credential = request.Credential }, SilentReporter.Instance, cancellation);

    // What another cmdlet was killed at is that one's to put in order.
    private static async Task RequireNothingInterruptedAsync(IContainerEngine engine, RollbackRequest request, CancellationToken cancellation)
    {
        var name = request.Deployment.Name;
        if (DowngradeFile.Find(request.State, engine.Host, name) is not null)
            throw Errors.PartInterrupted(name, "A schema downgrade", "Invoke-ShoreGuardSchemaDowngrade");
        if (await InterruptedSwitch.FindAsync(engine, name, cancellation).ConfigureAwait(false) is not null)
            throw Errors.PartInterrupted(name, "An image rollback", "Invoke-ShoreGuardImageRollback");
    }

    private static Task<HealthReport> ProbeAsync(RollbackRequest request, CancellationToken cancellation) => 
        HealthProbe.ProbeAsync(request.Deployment, request.Options.IgnoredChecks, request.Alerts, cancellation);

    private static async Task<IReadOnlyList<string>> ReadRevisionsAsync(RollbackRequest request, IReporter reporter, CancellationToken cancellation)
    {
        using var access = await DatabaseAccess.OpenAsync(Database(request), reporter, cancellation).ConfigureAwait(false);
        return await access.Database.ReadRevisionsAsync(cancellation).ConfigureAwait(false) switch
        {
            [] => throw Errors.SchemaNotStamped(request.Deployment.Name),
            [_] one => one,
            var several => throw Errors.SchemaSeveralRevisions(request.Deployment.Name, several),
        };
    }

    private static DatabaseRequest Database(RollbackRequest request) => new() { Deployment = request.Deployment, BaseFolder = request.Options.BackupFolder };

    internal static async Task<ImageRollbackPlan> PlanImagesAsync(RollbackRequest request, IReporter reporter, CancellationToken cancellation)
    {
        var options = request.Options;
        return await ImageRollback.PlanAsync(new ImageRollbackRequest
        {
            State = request.State,
            Deployment = request.Deployment,
            Target = await ChooseAsync(request, reporter, cancellation).ConfigureAwait(false),
            Strategy = options.Switch,
            Gate = new() { Patience = options.GatePatience, Stability = options.GateStability, IgnoredChecks = options.IgnoredChecks,
            SmokeToken = request.SmokeToken },
            Pin = options.Pin,
            // A database that would be lost with the container is an obstacle of the plan.
            Force = true,
            DecidesSchema = true,
            Credential = request.Credential,
        }, reporter, cancellation).ConfigureAwait(false);
    }

    private static async Task<ImageTarget> ChooseAsync(RollbackRequest request, IReporter reporter, CancellationToken cancellation)
    {
        var options = request.Options;
        if (!options.Previous)
            return new() { Version = options.Version, GitSha = options.GitSha, Image = options.Image, RanBefore = request.Reverted is not null };
        var query = new ReleaseQuery
        {
            State = request.State,
            Deployment = request.Deployment,
            Credential = request.Credential,
            Choice = ReleaseChoice.Previous,
        };
        await foreach (var release in ReleaseCatalog.FindAsync(query, reporter, cancellation).ConfigureAwait(false))
            return new() { Image = release.Image };
        // One release, or a failure of its own.
        throw new UnreachableException();
    }

    private static PlanTarget FindTarget(IContainerEngine engine, RollbackRequest request, ImageRollbackPlan images)
    {
        var (reference, digest) = (images.Target.Reference, images.Target.Digest);
        var named = (reference with { Digest = digest }).ToString();
        if (images.Seen.Inspected is not { } description)
            throw Errors.ImageNotHere(named, engine.Host);
        var target = new PlanTarget(named, digest, images.Seen, BakedIdentity.Read(description, reference.ToString()));
        RequireOlder(request, images, target.Identity);
        return target;
    }

    private static void RequireOlder(RollbackRequest request, ImageRollbackPlan images, BuildIdentity target)
    {
        var (from, to) = (ReleaseVersion.TryParse(images.Before.Identity?.Version), ReleaseVersion.TryParse(target.Version));
        if (!request.IsSettled && from is not null && to is not null && to.CompareTo(from) > 0)
            throw Errors.TargetNewer(images.Before.Name, images.Before.Identity!.ToString(), target.ToString());
    }

    private static async Task<PlanSchema> CompareAsync(
        IContainerEngine engine, ImageRollbackPlan images, PlanTarget target, IReadOnlyList<string> revisions, CancellationToken cancellation)
    {
        var before = images.Before;
        var running = MigrationProbe.ReadAsync(engine, before.Image, images.Image, cancellation);
        var wanted = await ReadMigrationsAsync(engine, target, cancellation).ConfigureAwait(false);
        if (wanted.IsBroken)
            throw Errors.MigrationsBroken(target.Image, [.. wanted.Problems, .. wanted.Missing.Select(revision => $"the script of {revision} is missing")]);
        var graph = await running.ConfigureAwait(false);
        var report = new SchemaReport { Name = before.Name, Revisions = revisions, Image = before.Image, Graph = graph, CheckedAt = DateTimeOffset.UtcNow };
        var comparison = report.Compare(target.Image, wanted);
        if (comparison.Verdict == SchemaVerdict.Unknown && !graph.Knows(revisions[0]) && graph.Heads.Count > 0)
            throw Errors.DatabaseRevisionUnknown(before.Name, revisions[0], before.Image, graph.Heads);
        return new(comparison, graph, wanted);
    }

    // Out of the image; where it is not on the engine, as they were read out of it before.
    private static async Task<MigrationGraph> ReadMigrationsAsync(IContainerEngine engine, PlanTarget target, CancellationToken cancellation) =>
        target.Seen.IsHere
        ? await MigrationProbe.ReadAsync(engine, target.Image, target.Seen.Inspected!, cancellation).ConfigureAwait(false)
        : await TargetSchema.FindKnownAsync(target.Seen, target.Digest, cancellation).ConfigureAwait(false)
            ?? throw Errors.ImageNotHere(target.Image, engine.Host);

    // The newest at a revision that the target knows. One that was named has to be such a one.
    private static async Task<Backup?> FindBackupAsync(RollbackRequest request, PlanSchema schema, Deployment before, CancellationToken cancellation)
    {
        var options = request.Options;
        if (options.BackupPath is null
            && (options.Strategy is RollbackStrategy.ImageOnly or RollbackStrategy.Downgrade
            || (options.Strategy == RollbackStrategy.Auto && schema.Comparison.Starts)))
            return null;
        if (options.BackupPath is { } named)
            return await BackupCatalog.ReadAsync(named, cancellation).ConfigureAwait(false);
        var places = request.State.Backups.Of(before).Append(options.BackupFolder).Where(Path.Exists).Distinct().ToList();
        await foreach (var backup in BackupCatalog.FindAsync(places, cancellation).ConfigureAwait(false))
        {
            if ((backup.Problem is null || backup.IsUnread) && backup.Revision is { } revision && schema.Target.Knows(revision)
                && backup.Kind == before.Database.Kind && (backup.DeploymentName is null || backup.DeploymentName == before.Name))
                return backup;
        }
        return null;
    }

    private static async Task<PreparedRollback> ConcludeAsync(PlanFindings found, IReporter reporter, CancellationToken cancellation)
    {
        var decision = found.Decide();
        SchemaDowngrade? downgrade = null;
        if (decision is { Strategy: RollbackStrategy.Downgrade, Obstacle: null })
        {
            var asked = found.Stops.Request;
            var request = new SchemaDowngradeRequest
            {
                State = asked.State,
                Deployment = found.Stops.Images.Before,
                To = found.Schema.DowngradeTo!,
                BackupFolder = asked.Options.BackupFolder,
            };
            downgrade = await SchemaDowngrade.PlanAsync(request, reporter, cancellation).ConfigureAwait(false);
        }
        var plan = found.ToPlan(decision, downgrade?.Losses ?? []);
        (string, bool)? restore = decision.Strategy != RollbackStrategy.Restore ? null
            : found.KeptToRestore is { } kept ? (kept, true)
            : plan.Backup is { } backup ? (backup.BackupPath, false) : null;
        return new() { Plan = plan, Request = found.Stops.Request, Images = found.Stops.Images, Downgrade = downgrade, Restore = restore };
    }
}

/// <summary>The image to go back to.</summary>
/// <param name="Image">Its reference, with the digest where it has one.</param>
/// <param name="Digest">The registry's digest; null for a local image.</param>
/// <param name="Seen">What could be read of it without a pull.</param>
/// <param name="Identity">What it was built with.</param>
internal sealed record PlanTarget(string Image, string? Digest, ImageResolver.Seen Seen, BuildIdentity Identity);

/// <summary>The database between the two images.</summary>
/// <param name="Comparison">The database held against the target.</param>
/// <param name="Running">The migrations of the image that runs.</param>
/// <param name="Target">Those of the target.</param>
internal sealed record PlanSchema(SchemaComparison Comparison, MigrationGraph Running, MigrationGraph Target)
{
    /// <summary>The revision that is left when all that the target does not know is taken back; null when there are several, or none.</summary>
    public string? DowngradeTo
    {
        get
        {
            var stay = Running.Applied(Comparison.Revisions)
                .Except(Comparison.Downgrades.Select(migration => migration.Revision)).ToHashSet(StringComparer.Ordinal);
            return Running.HeadsOf(stay) is [var one] ? one : null;
        }
    }
}
