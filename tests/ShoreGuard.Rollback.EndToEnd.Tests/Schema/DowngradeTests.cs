using System.Collections;
using System.Management.Automation;
using ShoreGuard.Rollback.Tests;

namespace ShoreGuard.Rollback.EndToEnd.Tests.Schema;

/// <summary>Downgrades of real databases, with the application around them.</summary>
public sealed class DowngradeTests : IDisposable
{
    private readonly ModuleHost _module = new();

    public void Dispose() => _module.Dispose();

    [Theory]
    [FullData("sqlite")]
    [InlineData("postgres")]
    public void A_database_goes_down_to_the_head_of_an_older_release_which_then_serves_it(string database)
    {
        using var project = StandInProject.Start("0.26.0", database);
        project.AddGateway("kept");
        project.DeployAndWait("0.28.0");
        project.Sql("INSERT INTO policy_apply_proposals (gateway_name, sandbox_name, chunk_id, yaml_text, proposed_by, proposed_at) VALUES ('g', 's', 'c', "
            + "'y', 'p', '2026-01-01')");
        var gateways = project.GatewayCount;

        var started = _module.Run($"Get-ShoreGuardDeployment -Project {project.Name}").Single().Text("StartedAt");
        var since = DateTimeOffset.UtcNow;
        Assert.Empty(
            _module.Run($"Get-ShoreGuardDeployment -Project {project.Name} | Invoke-ShoreGuardSchemaDowngrade -To 015 -BackupFolder '{project.Folder}/backups' "
            + "-WhatIf").ThrowIfFailed().Output);
        Assert.Equal(started, _module.Run($"Get-ShoreGuardDeployment -Project {project.Name}").Single().Text("StartedAt"));
        Assert.False(Directory.Exists(Path.Combine(project.Folder, "backups")));
        Assert.DoesNotContain(Docker.EventsSince(since), line => line.Contains($"{project.Name}-", StringComparison.Ordinal));

        var run = _module.Downgrade(project, "-To 015").ThrowIfFailed();
        var result = run.Single();
        Assert.Equal(("True", "017", "015", "LeftStopped"),
            (result.Text("Succeeded"), result.Texts("RevisionsBefore")[0], result.Text("Revision"), result.Text("Application")));
        Assert.Equal(["policy_apply_proposals: 1 row", "sandbox_boot_hooks: 0 rows"], result.Texts("Losses"));
        Assert.Contains(run.Verbose, text =>
            text.Contains("dropped for good: policy_apply_proposals: 1 row; sandbox_boot_hooks: 0 rows", StringComparison.Ordinal));
        Assert.Contains(run.Verbose, text => text.Contains("Running downgrade 017 -> 016", StringComparison.Ordinal));
        Assert.Contains(result.Texts("Output"), text => text.Contains("Running downgrade 016 -> 015", StringComparison.Ordinal));
        Assert.DoesNotContain(run.Verbose.Concat(result.Texts("Output")), text => text.Contains(StandInProject.Password, StringComparison.Ordinal));
        Assert.Contains("Invoke-ShoreGuardImageRollback", result.Text("Recommendation"), StringComparison.Ordinal);
        Assert.Equal("exited", result.Text("Deployment.State"));
        Assert.Equal("017", _module.Run("Get-ShoreGuardBackup -LiteralPath $args[0]", result.Text("BackupPath")).ThrowIfFailed().Single().Text("Revision"));
        Assert.Equal("015", _module.Revision(project));
        Downgrading.AssertNothingIsLeftOver(project);

        var again = _module.Downgrade(project, "-To 015").ThrowIfFailed().Single();
        Assert.Equal(("True", "StayedStopped", ""), (again.Text("Succeeded"), again.Text("Application"), again.Text("BackupPath") ?? ""));
        Assert.Empty(again.List("Steps"));

        project.DeployAndWait("0.26.0");
        Assert.Equal(gateways, project.GatewayCount);

        // And what was dropped is in the backup.
        project.DeployAndWait("0.28.0");
        Assert.Equal("0", project.Sql("SELECT count(*) FROM policy_apply_proposals"));
        _module.Run($"Get-ShoreGuardDeployment -Project {project.Name} | Restore-ShoreGuardDatabase -BackupPath $args[0] -Confirm:$false",
            result.Text("BackupPath")).ThrowIfFailed();
        project.WaitUntil("live", () => project.AnsweringVersion == "0.28.0");
        Assert.Equal("1", project.Sql("SELECT count(*) FROM policy_apply_proposals"));
    }

    [Theory]
    [FullData("sqlite")]
    [InlineData("postgres")]
    public void Columns_that_are_dropped_are_counted_and_their_rows_stay(string database)
    {
        using var project = StandInProject.Start("0.26.0", database);
        project.AddGateway("kept");
        var result = _module.Downgrade(project, "-To 003").ThrowIfFailed().Single();
        Assert.Equal(("True", "003"), (result.Text("Succeeded"), _module.Revision(project)));
        Assert.Contains("gateways.description: 1 value", result.Texts("Losses"));
        Assert.Contains(result.Texts("Losses"), loss => loss.StartsWith("gateways.labels_json: ", StringComparison.Ordinal));
        var rows = _module.Run(
            $"(Get-ShoreGuardDeployment -Project {project.Name} | Get-ShoreGuardDatabase).Rows | ForEach-Object {{ \"$($_.Table) $($_.Rows)\" }}")
            .ThrowIfFailed().Texts;
        Assert.Contains("gateways 1", rows);
        Assert.DoesNotContain(rows, row => row.StartsWith("audit_log", StringComparison.Ordinal));
    }

    [Fact]
    public void An_older_release_that_is_deployed_already_starts_once_the_newer_image_has_taken_the_database_down()
    {
        using var project = StandInProject.Start("0.27.0");
        project.AddGateway("kept");
        project.DeployAndWait("0.28.0");
        project.Deploy("0.27.0");
        project.WaitUntil("refusing to start", () => Docker.Run("logs", project.Container).Contains("locate revision", StringComparison.Ordinal));

        _module.Downgrade(project, "-To 016").Error("DatabaseRevisionUnknown", ErrorCategory.InvalidOperation);
        var result = _module.Downgrade(project, $"-To 016 -Image {Stack.Repository}:0.28.0").ThrowIfFailed().Single();
        Assert.Equal(("True", "Ready"), (result.Text("Succeeded"), result.Text("Application")));
        project.WaitUntil("ready", () => project.Answers("readyz"));
        Assert.Equal(("0.27.0", 1), (project.AnsweringVersion, project.GatewayCount));
    }

    [Fact]
    public void A_stopped_application_stays_so()
    {
        using var project = StandInProject.Start("0.28.0", waitUntilReady: false);
        project.WaitUntil("live", () => project.Answers("healthz"));
        project.Compose("stop", "shoreguard");
        var result = _module.Downgrade(project, "-To 016").ThrowIfFailed().Single();
        Assert.Equal(("True", "StayedStopped", "016"), (result.Text("Succeeded"), result.Text("Application"), _module.Revision(project)));
    }

    [Fact]
    public void A_chain_with_a_step_that_refuses_is_refused_before_its_first_step_and_names_the_backup_that_would_serve()
    {
        using var project = StandInProject.Start("0.27.0");
        project.DeployAndWait("0.29.0");
        var none = Refused(project, "-To 016", "SchemaIrreversible", ErrorCategory.InvalidOperation);
        Assert.Contains("018: its downgrade() refuses: the descriptions of the gateways are gone", none.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("017:", none.ToString(), StringComparison.Ordinal);
        Assert.Contains("has none; name another folder", none.ErrorDetails.RecommendedAction, StringComparison.Ordinal);

        Directory.CreateDirectory(Path.Combine(project.Folder, "backups"));
        var backup = Path.Combine(project.Folder, "backups", "shoreguard-20261122T031214Z.sqlite");
        File.Copy(Path.Combine(AppContext.BaseDirectory, "Data", "backups", "shoreguard-sqlite-016.sqlite"), backup);
        Assert.Contains($"-BackupPath '{backup}'",
            Refused(project, "-To 016", "SchemaIrreversible", ErrorCategory.InvalidOperation).ErrorDetails.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public void Bad_input_is_a_clear_error_and_changes_nothing()
    {
        using var project = StandInProject.Start("0.28.0", waitUntilReady: false);
        project.WaitUntil("live", () => project.Answers("healthz"));
        Docker.Run("pull", "--quiet", $"{Stack.Repository}:0.27.0");
        Docker.Run("pull", "--quiet", $"{Stack.Repository}:0.29.0");
        foreach (var revision in new[] { "42", "'-1'", "01", "head", "base", "'017:016'" })
            Assert.Contains("015", Refused(project, $"-To {revision}", "RevisionUnknown", ErrorCategory.ObjectNotFound).ToString(), StringComparison.Ordinal);
        Refused(project, $"-To 018 -Image {Stack.Repository}:0.29.0", "RevisionNotBelow", ErrorCategory.InvalidArgument);
        Refused(project, $"-To 016 -Image {Stack.Repository}:0.27.0", "DatabaseRevisionUnknown", ErrorCategory.InvalidOperation);
        Refused(project, $"-To 016 -Image {Stack.Repository}:9.9.9", "ImageNotHere", ErrorCategory.ObjectNotFound);
        Refused(project, "-To 016 -Image shoreguard-standin-application", "MigrationsUnreadable|ImageNotHere", ErrorCategory.InvalidData,
            ErrorCategory.ObjectNotFound);
        project.Sql("INSERT INTO alembic_version VALUES ('016')");
        Refused(project, "-To 015", "SchemaSeveralRevisions", ErrorCategory.InvalidData);
        project.Sql("DELETE FROM alembic_version");
        Refused(project, "-To 015", "SchemaNotStamped", ErrorCategory.InvalidData);
    }

    [Theory]
    [InlineData("sqlite")]
    [FullData("postgres")]
    public void A_failure_half_way_down_puts_the_backup_back_and_the_application_runs_again(string database)
    {
        using var image = FailingHalfWay();
        using var project = StandInProject.Start("0.27.0", database);
        project.AddGateway("kept");
        project.Deploy(image);
        var run = _module.Downgrade(project, "-To 016");
        var error = run.Error("DowngradeFailed", ErrorCategory.InvalidResult);
        Assert.Contains("never_made", error.ToString(), StringComparison.Ordinal);
        AssertPutBack(project, run.Single());
        Assert.Contains(run.Single().Texts("Output"), text => text.Contains("Running downgrade f2 -> f1", StringComparison.Ordinal));
    }

    [Fact]
    public void A_step_that_takes_rows_no_script_names_is_put_back()
    {
        using var image = DerivedImage.WithScripts("0.27.0", new()
        {
            ["g1.py"] = Downgrading.Script("g1", "016",
                "op.create_table('parents', sa.Column('id', sa.Integer, primary_key=True))\n"
                + "op.create_table('children', sa.Column('id', sa.Integer, sa.ForeignKey('parents.id', ondelete='CASCADE')))\n"
                + "op.execute('INSERT INTO parents VALUES (1)')\nop.execute('INSERT INTO children VALUES (1)')",
                "op.execute('DELETE FROM parents')"),
        });
        using var project = StandInProject.Start("0.27.0", "postgres");
        project.Deploy(image);
        var run = _module.Downgrade(project, "-To 016");
        Assert.Contains("children has 0 rows and had 1", run.Error("DowngradeFailed", ErrorCategory.InvalidResult).ToString(), StringComparison.Ordinal);
        project.WaitUntil("live", () => project.Answers("healthz"));
        Assert.Equal("1", project.Sql("SELECT count(*) FROM children"));
        Assert.Equal("g1", _module.Revision(project));
    }

    [Fact]
    public void Somebody_else_in_the_database_is_found_before_the_application_is_stopped()
    {
        using var project = StandInProject.Start("0.28.0", "postgres", waitUntilReady: false);
        project.WaitUntil("live", () => project.Answers("healthz"));
        Docker.ExecBehind($"{project.Name}-db-1", "psql", "--username=shoreguard", "--command=SELECT pg_sleep(120)", "shoreguard");
        var started = (string?)Docker.Inspect(project.Container)["State"]!["StartedAt"];
        _module.Downgrade(project, "-To 016").Error("DatabaseBusy", ErrorCategory.ResourceBusy);
        Assert.Equal(started, (string?)Docker.Inspect(project.Container)["State"]!["StartedAt"]);
        Assert.Equal("017", _module.Revision(project));
    }

    [Theory]
    [FullData("sqlite")]
    [InlineData("postgres")]
    public void Ctrl_C_in_the_middle_puts_the_backup_back(string database)
    {
        using var image = SlowHalfWay();
        using var project = StandInProject.Start("0.27.0", database);
        project.AddGateway("kept");
        project.Deploy(image);
        Assert.Null(_module.RunAndStopAt(Downgrading.Command(project, "-To 016"), "Running downgrade s1 -> 016"));
        project.WaitUntil("live", () => project.Answers("healthz"));
        Assert.Equal(("s2", 1), (_module.Revision(project), project.GatewayCount));
        Downgrading.AssertNothingIsLeftOver(project);
        Downgrading.AssertNoCopyIsLeft(project);
    }

    internal static DerivedImage FailingHalfWay() => DerivedImage.WithScripts("0.27.0", new()
    {
        ["f1.py"] = Downgrading.Script(
            "f1", "016", "op.create_table('f1', sa.Column('id', sa.Integer))", $"op.drop_table('f1')\n{Downgrading.Slow}\nop.drop_table('never_made')"),
        ["f2.py"] = Downgrading.Script(
            "f2", "f1", "op.create_table('f2', sa.Column('id', sa.Integer))\nop.execute('INSERT INTO f2 VALUES (7)')", "op.drop_table('f2')"),
    });

    internal static DerivedImage SlowHalfWay() => DerivedImage.WithScripts("0.27.0", new()
    {
        ["s1.py"] = Downgrading.Script(
            "s1", "016", "op.create_table('s1', sa.Column('id', sa.Integer))", $"{Downgrading.Slow}\n{Downgrading.Slow}\nop.drop_table('s1')"),
        ["s2.py"] = Downgrading.Script("s2", "s1", "op.create_table('s2', sa.Column('id', sa.Integer))", "op.drop_table('s2')"),
    });

    private void AssertPutBack(StandInProject project, PSObject result)
    {
        Assert.Equal(
            ("False", "True", "Restarted", "f2"), (result.Text("Succeeded"), result.Text("Reverted"), result.Text("Application"), result.Text("Revision")));
        project.WaitUntil("live", () => project.Answers("healthz"));
        Assert.Equal(("f2", 1), (_module.Revision(project), project.GatewayCount));
        Assert.Equal("7", project.Sql("SELECT id FROM f2"));
        Downgrading.AssertNothingIsLeftOver(project);
        Downgrading.AssertNoCopyIsLeft(project);
    }

    private ErrorRecord Refused(StandInProject project, string arguments, string id, params ErrorCategory[] categories)
    {
        var (started, since) = (_module.Run($"Get-ShoreGuardDeployment -Project {project.Name}").Single().Text("StartedAt"), DateTimeOffset.UtcNow);
        var run = _module.Downgrade(project, arguments);
        Assert.Empty(run.Output);
        Assert.Equal(started, _module.Run($"Get-ShoreGuardDeployment -Project {project.Name}").Single().Text("StartedAt"));
        Assert.DoesNotContain(Docker.EventsSince(since), line => line.Contains($"{project.Name}-", StringComparison.Ordinal));
        return run.Error(id, categories);
    }
}
