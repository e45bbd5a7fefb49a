namespace ShoreGuard.Rollback.Engine.Databases;

/// <summary>What to do after a restore that left the application stopped.</summary>
internal static class RestoreAdvice
{
    /// <summary>Why the application may not be started on the restored database.</summary>
    public static string WhyLeft(MigrationGraph? migrations, string? revision) => migrations switch
    {
        _ when revision is null => "the revision of the database cannot be read, so it is not known whether its image fits",
        null => $"the migration head of its image cannot be read, so it is not known whether it would change the schema {revision}",
        _ when migrations.Knows(revision) => $"its image would migrate the database from {revision} forward to {string.Join(", ", migrations.Heads)} again",
        _ => $"its image does not know revision {revision} and would not start",
    };

    /// <summary>For an application that ran before.</summary>
    public static string LeftStopped(Deployment deployment, MigrationGraph? migrations, string? revision) =>
        $"{deployment.Name} stays stopped, because {WhyLeft(migrations, revision)}. {Next(deployment, revision)}";

    /// <summary>For an application that did not run before.</summary>
    public static string Stopped(Deployment deployment, string? revision) =>
        $"{deployment.Name} was stopped before, and stays so. {Next(deployment, revision)}";

    /// <summary>For one that was told to start, and did not.</summary>
    public static string StartFailed(Deployment deployment) =>
        $"Find out why it does not start (docker logs {deployment.Name}), then run docker start {deployment.Name}. {Undo}";

    /// <summary>For one that was started; null when there is nothing to do.</summary>
    /// <param name="deployment">The deployment.</param>
    /// <param name="state">How it is.</param>
    /// <param name="why">Why it is not ready.</param>
    public static string? Started(Deployment deployment, ApplicationState state, string? why) => state switch
    {
        ApplicationState.NotReady => $"Find out why it is not ready (docker logs {deployment.Name}): {why}. {Undo}",
        ApplicationState.Live => $"It serves as it did before: {why}. Check it: {Advice.Pipe(deployment.Name, "Test-ShoreGuardHealth")}",
        _ => null,
    };

    private const string Undo = "To return to the previous database, pipe this result: $result | Restore-ShoreGuardDatabase -Undo";

    private static string Next(Deployment deployment, string? revision) => revision is null
        ? $"Restore a backup, or start it yourself: docker start {deployment.Name}"
        : $"Start a release that fits revision {revision}: {Advice.Pipe(deployment.Name, "Invoke-ShoreGuardImageRollback -Version VERSION")}. "
            + "Get-ShoreGuardSchema -CompareTo IMAGE says whether an image fits";
}
