using System.Management.Automation;
using System.Text.Json.Nodes;
using ShoreGuard.Rollback.Tests;

namespace ShoreGuard.Rollback.EndToEnd.Tests.Schema;

/// <summary>What Get-ShoreGuardSchema says of databases and images.</summary>
public sealed class SchemaTests : IDisposable
{
    private readonly ModuleHost _module = new();

    public void Dispose() => _module.Dispose();

    [Fact]
    public void Every_release_has_the_history_that_it_was_built_with()
    {
        var releases = JsonNode.Parse(File.ReadAllText(Path.Combine(Repository.Root, "tests", "stand-in", "releases.json")))!["releases"]!.AsArray();
        foreach (var release in releases)
        {
            var (image, head) = ($"{Stack.Repository}:{release!["version"]}", (string)release["head"]!);
            Docker.Run("pull", "--quiet", image);
            var report = _module.Run("Get-ShoreGuardSchema -Image $args[0]", image).ThrowIfFailed().Single();
            Assert.Equal([head], report.Texts("Heads"));
            var expected = Enumerable.Range(1, int.Parse(head)).Reverse().Select(number => $"{number:000}").ToList();
            Assert.Equal(expected, Migrations(report).Select(migration => migration.Text("Revision")));
            Assert.All(Migrations(report), migration => Assert.Equal(migration.Text("Revision") != "018", (bool)migration.At("IsReversible")!));
            Assert.Empty(report.List("Problems"));
        }
    }

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    public void A_deployment_is_held_against_its_own_image_and_another_one_running_or_not(string database)
    {
        using var project = StandInProject.Start("0.28.0", database, waitUntilReady: false);
        project.WaitUntil("live", () => project.Answers("healthz"));
        Docker.Run("pull", "--quiet", $"{Stack.Repository}:0.27.0");
        Docker.Run("pull", "--quiet", $"{Stack.Repository}:0.29.0");
        var before = DateTimeOffset.UtcNow;

        var older = Read(project, "-CompareTo $args[0]", $"{Stack.Repository}:0.27.0").ThrowIfFailed().Single();
        Assert.Equal(("017", "Same", "Ahead"), (older.Text("Revision"), older.Text("Own.Verdict"), older.Text("Comparison.Verdict")));
        Assert.Equal("017", Assert.Single(older.List("Comparison.Downgrades")).Text("Revision"));
        Assert.DoesNotContain(Docker.EventsSince(before), line =>
            line.Contains(project.Name, StringComparison.Ordinal) && !line.Contains("exec", StringComparison.Ordinal));

        project.Compose("stop", "shoreguard");
        var newer = Read(project, "-CompareTo $args[0]", $"{Stack.Repository}:0.29.0").ThrowIfFailed().Single();
        Assert.Equal(("017", "Behind", "True"), (newer.Text("Revision"), newer.Text("Comparison.Verdict"), newer.Text("Comparison.Starts")));

        Docker.Run("pull", "--quiet", $"{Stack.Repository}:0.26.0");
        File.WriteAllText(project.EnvFile, File.ReadAllText(project.EnvFile).Replace("0.28.0", "0.26.0", StringComparison.Ordinal));
        project.Compose("up", "--detach", "--no-start");
        Assert.Equal("Unknown", Read(project, "").ThrowIfFailed().Single().Text("Own.Verdict"));
    }

    [Fact]
    public void An_alembic_version_with_several_rows_or_none_is_what_it_is()
    {
        using var box = new Databases.PostgresSandbox().Fill("017");
        Assert.Equal(["017"], _module.Run("Get-ShoreGuardSchema -DatabaseUrl $args[0]", box.Url).ThrowIfFailed().Single().Texts("Revisions"));
        box.Sql(box.Database, "INSERT INTO alembic_version VALUES ('x')");
        Assert.Equal(["017", "x"], _module.Run("Get-ShoreGuardSchema -DatabaseUrl $args[0]", box.Url).ThrowIfFailed().Single().Texts("Revisions"));
        box.Sql(box.Database, "DELETE FROM alembic_version");
        Assert.Empty(_module.Run("Get-ShoreGuardSchema -DatabaseUrl $args[0]", box.Url).ThrowIfFailed().Single().Texts("Revisions"));
        box.Sql(box.Database, "DROP TABLE alembic_version");
        _module.Run("Get-ShoreGuardSchema -DatabaseUrl $args[0]", box.Url).Error("DatabaseForeign", ErrorCategory.InvalidData);
    }

    [Theory]
    [InlineData("RUN rm -r /usr/local/lib/python3*/site-packages/shoreguard/alembic", "no folder alembic")]
    [InlineData("RUN rm /usr/local/lib/python3*/site-packages/shoreguard/alembic/versions/*.py && rm -r "
        + "/usr/local/lib/python3*/site-packages/shoreguard/alembic/versions/__pycache__", "no script")]
    [InlineData("RUN rm -r /usr/local/lib/python3*/site-packages/shoreguard", "no Python package shoreguard")]
    [InlineData("RUN rm /usr/bin/python3*", "no Python")]
    [InlineData("RUN printf '#!/bin/sh\\necho out of order >&2; exit 3\\n' > /usr/local/bin/python3 && chmod +x /usr/local/bin/python3", "out of order")]
    public void An_image_without_migrations_that_can_be_read_is_a_clear_error(string change, string why)
    {
        using var image = DerivedImage.Build("0.27.0", change);
        var error = _module.Run("Get-ShoreGuardSchema -Image $args[0]", image.Name).Error("MigrationsUnreadable", ErrorCategory.InvalidData);
        Assert.Contains(why, error.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("Traceback", error.ToString(), StringComparison.Ordinal);
        Assert.Equal("", Docker.Run("ps", "--all", "--quiet", "--filter", $"ancestor={image.Name}"));
    }

    [Fact]
    public void An_image_that_is_not_on_the_engine_is_not_pulled()
    {
        var error = _module.Run("Get-ShoreGuardSchema -Image $args[0]", $"{Stack.Repository}:9.9.9").Error("ImageNotHere", ErrorCategory.ObjectNotFound);
        Assert.Contains("docker pull", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public void Branches_merges_dependencies_and_several_heads_are_read_as_Alembic_has_them()
    {
        using var image = DerivedImage.WithScripts("0.27.0", new()
        {
            ["a.py"] = Script("a", "'016'", "branch_labels = ('left',)"),
            ["b.py"] = Script("b", "'016'"),
            ["m.py"] = Script("m", "('a', 'b')", "replaces = ['a1', 'a2']"),
            ["x.py"] = Script("x", "None", "depends_on = 'left'"),
        });
        var report = _module.Run("Get-ShoreGuardSchema -Image $args[0]", image.Name).ThrowIfFailed().Single();
        Assert.Equal(["m", "x"], report.Texts("Heads"));
        var migrations = Migrations(report).ToDictionary(migration => migration.Text("Revision")!);
        Assert.Equal(["a", "b"], migrations["m"].Texts("Parents").Order());
        Assert.Equal(["a1", "a2"], migrations["m"].Texts("Replaces"));
        Assert.Equal(["left"], migrations["a"].Texts("BranchLabels"));
        Assert.Equal(["a"], migrations["x"].Texts("DependsOn"));
        Assert.Contains("2 heads (m, x)", Assert.Single(report.Texts("Problems")), StringComparison.Ordinal);
        Assert.Equal("About m", migrations["m"].Text("Message"));
    }

    [Theory]
    [InlineData("'lost'", "the script of lost is missing, on which z builds")]
    [InlineData("'016'\nimport no_such_module", "cannot load the scripts")]
    public void A_history_that_Alembic_cannot_follow_is_told_and_read_all_the_same(string down, string problem)
    {
        using var image = DerivedImage.WithScripts("0.27.0", new() { ["z.py"] = Script("z", down) });
        var report = _module.Run("Get-ShoreGuardSchema -Image $args[0]", image.Name).ThrowIfFailed().Single();
        Assert.Contains(report.Texts("Problems"), text => text.Contains(problem, StringComparison.Ordinal));
        Assert.Contains("z", report.Texts("Heads"));
        Assert.Equal(17, Migrations(report).Count);
    }

    private RunResult Read(StandInProject project, string arguments, params object[] more) =>
        _module.Run($"Get-ShoreGuardDeployment -Project {project.Name} | Get-ShoreGuardSchema {arguments}", more);

    private static string Script(string revision, string down, string more = "") =>
        $"\"\"\"About {revision}\n\nAnd more.\n\"\"\"\nrevision = '{revision}'\ndown_revision = {down}\n{more}\n\ndef upgrade():\n    pass\n\n\ndef "
            + "downgrade():\n    pass\n";

    internal static List<PSObject> Migrations(PSObject report) => [.. report.List("Migrations")];
}
