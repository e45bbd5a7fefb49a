using ShoreGuard.Rollback.Engine.Schema;

namespace ShoreGuard.Rollback.Engine.Databases;

/// <summary>What to do after a restore that left the application stopped.</summary>
internal static class RestoreAdvice
{
    /// <summary>Why the application may not be started on the restored database.</summary>
    public static string WhyLeft(MigrationGraph? migrations, string revision) => migrations switch
    {
        null => $"the migration head of its image cannot be read, so nobody knows whether it would change the schema {revision}",
        _ when migrations.Knows(revision) => $"its image would migrate the database from {revision} forward to {string.Join(", ", migrations.Heads)} again",
        _ => $"its image does not know revision {revision} and would not start",
    };

    /// <summary>For an application that ran before.</summary>
    public static string LeftStopped(Deployment deployment, MigrationGraph? migrations, string revision) =>
        $"{deployment.Name} stays stopped, because {WhyLeft(migrations, revision)}. {Next(deployment, revision)}";

    /// <summary>For an application that did not run before.</summary>
    public static string Stopped(Deployment deployment, string revision) =>
        $"{deployment.Name} was stopped before and still is. {Next(deployment, revision)}";

    private static string Next(Deployment deployment, string revision) =>
        $"Start an image whose head is {revision}: Get-ShoreGuardDeployment -Name {deployment.Name} | Invoke-ShoreGuardImageRollback -Version <release whose head is {revision}>";
}
