using ShoreGuard.Rollback.Engine.Deployments.Docker;

namespace ShoreGuard.Rollback.Engine.Operations.Guarding;

/// <summary>Whether the schema that a release brings can be taken back to the one that is there.</summary>
internal static class ReleaseSchema
{
    /// <summary>Holds the release's migrations against the deployment's database.</summary>
    /// <exception cref="ShoreGuardException"><c>DeploymentGone</c>.</exception>
    public static async Task<ReleaseFinding> CheckAsync(
        IContainerEngine engine, Deployment? deployment, ReleaseUnderTest target, CancellationToken cancellation)
    {
        if (deployment is null)
            return new(null, "without a deployment there is no schema to go back to", $"Pipe the deployment in: {Advice.Pipe(null, "Test-ShoreGuardRelease")}");
        var container = await engine.InspectContainerAsync(deployment.ContainerId, cancellation).ConfigureAwait(false)
            ?? throw Errors.DeploymentGone(deployment.Name, engine.Host);
        var name = target.Found.Reference.ToString();
        var schema = await TargetSchema.ReadAsync(engine, deployment, container, name, target.Seen, target.Digest, cancellation).ConfigureAwait(false);
        return schema is null ? new(true, "the database does not outlive its container, so there is nothing to take back") : Judge(schema, target);
    }

    /// <summary>What the schema says. Asks nobody.</summary>
    public static ReleaseFinding Judge(TargetSchema schema, ReleaseUnderTest target) => (schema.Wanted, schema.Comparison) switch
    {
        (null, _) when schema.NeedsPull => new(
            null, "its migrations are in the image, which is not on the engine", $"Pull it, then run the same command again: docker pull {target.Image}"),
        ({ IsBroken: true }, _) => new(false, "its migrations do not lead to one head, so it would not start", "Deploy another release.") { IsDecisive = true },
        (_, null) => new(null, $"cannot determine which migrations it would run: {schema.Unread ?? "the database is at no revision"}"),
        (_, { Starts: false } comparison) => new(
            false, $"it would not start: {comparison.Explanation}", "Roll the database back with it instead: Get-ShoreGuardRollbackPlan") { IsDecisive = true },
        (_, { Upgrades.Count: 0 } comparison) => new(true, $"the schema stays at {string.Join(", ", comparison.Revisions)}"),
        (_, { } comparison) when comparison.Upgrades.FirstOrDefault(migration => !migration.IsReversible) is { } first => new(
            false, $"{first.Revision} cannot be taken back: {first.Obstacle!.TrimEnd('.')}",
            "Back the database up just before it is deployed: after that, the only way back is a restore."),
        (_, { } comparison) => new(true, $"it would migrate the database to {string.Join(", ", comparison.Heads)}, and every step of that can be taken back"),
    };
}
