using ShoreGuard.Rollback.Tests;

namespace ShoreGuard.Rollback.EndToEnd.Tests.Schema;

/// <summary>What the tests of downgrades have in common.</summary>
internal static class Downgrading
{
    /// <summary>A read that takes some seconds on either database, and that a script may have without being refused.</summary>
    public const string Slow = "op.execute('SELECT count(*) FROM (WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 6000000) SELECT x "
        + "FROM c) AS counted')";

    /// <summary>A migration script.</summary>
    public static string Script(string revision, string down, string upgrade, string downgrade) => $"""
        import sqlalchemy as sa
        from alembic import op
        revision = '{revision}'
        down_revision = '{down}'
        def upgrade():
            {upgrade.Replace("\n", "\n    ", StringComparison.Ordinal)}
        def downgrade():
            {downgrade.Replace("\n", "\n    ", StringComparison.Ordinal)}
        """;

    /// <summary>Deploys an image that is on the engine alone.</summary>
    public static void Deploy(this StandInProject project, DerivedImage image)
    {
        var (repository, version) = (image.Name.Split(':')[0], image.Name.Split(':')[1]);
        project.Deploy(version, repository);
        project.WaitUntil("live", () => project.AnsweringVersion == version);
    }

    /// <summary>Deploys a release, and waits until it lives.</summary>
    public static void DeployAndWait(this StandInProject project, string version)
    {
        project.Deploy(version);
        project.WaitUntil($"live as {version}", () => project.AnsweringVersion == version && project.Answers("healthz"));
    }

    /// <summary>Runs SQL as the application would, in its container.</summary>
    public static string Sql(this StandInProject project, string sql) => Docker.Exec(project.Container, "python3", "-c", $"""
        from shoreguard import settings
        from sqlalchemy import create_engine, text
        with create_engine(settings.DATABASE_URL).begin() as connection:
            result = connection.execute(text("{sql}"))
            print(result.scalar() if result.returns_rows else "")
        """).Trim();

    public static string Command(StandInProject project, string arguments) =>
        $"Get-ShoreGuardDeployment -Project {project.Name} | Invoke-ShoreGuardSchemaDowngrade {arguments} -BackupFolder '{project.Folder}/backups' "
            + "-Confirm:$false";

    public static RunResult Downgrade(this ModuleHost module, StandInProject project, string arguments) =>
        module.Run($"{Command(project, arguments)} -Verbose");

    public static string? Revision(this ModuleHost module, StandInProject project) =>
        module.Run($"Get-ShoreGuardDeployment -Project {project.Name} | Get-ShoreGuardSchema").ThrowIfFailed().Single().Text("Revision");

    /// <summary>Runs a downgrade in a process of its own, and kills that as it writes a text.</summary>
    public static void KillAt(StandInProject project, string arguments, string text) => KilledProcess.At($"{Command(project, arguments)} -Verbose", text);

    /// <summary>That no whole copy of the database is beside it: in its volume, or on its server.</summary>
    public static void AssertNoCopyIsLeft(StandInProject project)
    {
        if (File.ReadAllText(project.ComposeFile).Contains("shoreguard-db:", StringComparison.Ordinal))
            Assert.Equal("0", project.Sql("SELECT count(*) FROM pg_database WHERE datname LIKE 'shoreguard_%'"));
        else
            Assert.DoesNotContain(
                "before-restore", Docker.Run("exec", project.Container, "ls", "/home/shoreguard/.config/shoreguard"), StringComparison.Ordinal);
    }

    public static void AssertNothingIsLeftOver(StandInProject project) =>
        Assert.Equal("", Docker.Run("ps", "--all", "--quiet", "--filter", $"label=shoreguard.rollback.downgrade={project.Container}"));
}
