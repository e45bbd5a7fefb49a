using System.Management.Automation;
using ShoreGuard.Rollback.Tests;

namespace ShoreGuard.Rollback.EndToEnd.Tests.Databases;

/// <summary>What goes wrong in the middle of a restore through the container leaves one whole database under its name, and the next restore puts the
/// rest in order.</summary>
public sealed class ContainerSqliteFaultTests
{
    private static readonly string[] VolumeSteps = ["Copy the backup beside", "Prove the copy", "Stop sgtest-", "Lock the old database",
        "Keep the old database", "Prove the database in its place", "Start sgtest-"];
    private static readonly string[] LayerSteps = ["Copy the backup beside", "Prove the copy", "Stop sgtest-", "Check that the container",
        "Keep the old database", "Prove the database in its place", "Start sgtest-"];

    [Theory]
    [InlineData(true)]
    [FullData(false)]
    public void The_operator_stops_it_at_any_step(bool volume)
    {
        using var app = Changed(volume, out var backup);
        var undone = 0;
        foreach (var step in Sampling.Half(volume ? VolumeSteps : LayerSteps))
        {
            Assert.Null(app.Module.RunAndStopAt(RestoreScript(app, backup), step));
            if (Settle(app, step, backup) == "first,lost")
                undone++;
            else
                app.Add("lost");
        }
        Assert.True(undone >= 2, $"It was undone {undone} times only.");
    }

    [Theory]
    [InlineData(true)]
    [FullData(false)]
    public void The_operator_s_process_is_killed_at_any_step_and_the_next_restore_puts_in_order_what_it_left(bool volume)
    {
        using var app = Changed(volume, out var backup);
        foreach (var step in Sampling.Third(volume ? VolumeSteps : LayerSteps, first: volume ? 0 : 1))
        {
            KillAt(app, backup, step);
            // Whole, the one or the other; nothing of ours runs on.
            Assert.Contains(app.Gateways(), (string[])["first,lost", "first"]);
            app.WaitUntil("without a helper that runs", () => app.Helpers().Count == 0);
            if (app.IsRunning)
                app.Add("after");
            var result = app.Restore(backup).ThrowIfFailed().Single();
            Assert.True(result.Text("Succeeded") == "True", step);
            Assert.Equal("first", app.Gateways());
            Assert.DoesNotContain(app.Files(withSizes: true), file =>
                file.Contains("restoring", StringComparison.Ordinal) && (volume || !file.EndsWith(" 0", StringComparison.Ordinal)));
            app.AssertNoHelper();
            app.Docker("start", app.Name);
            app.Add("lost");
        }
    }

    [Theory]
    [FullData(true)]
    [InlineData(false)]
    public void A_request_that_does_not_reach_the_engine_is_undone_or_done_again(bool volume)
    {
        using var app = Changed(volume, out var backup);
        var (failed, dropped, left) = (0, "", 0);
        using var proxy = EngineProxy.Start(onRequest: line =>
        {
            if (IsChange(line) && Interlocked.Decrement(ref left) == 0)
            {
                dropped = line;
                throw new IOException("dropped by the test");
            }
        });
        app.Host = proxy.Host;
        for (var number = 1; ; number += Sampling.Step)
        {
            (dropped, left) = ("", number);
            var run = app.Restore(backup);
            if (dropped.Length == 0)
            {
                Assert.Equal("True", run.ThrowIfFailed().Single().Text("Succeeded"));
                break;
            }
            Assert.True(run.Errors.Count <= 1
                && run.Errors.All(error => error.ErrorDetails?.RecommendedAction.Length > 0), $"{dropped}: {string.Join('\n', run.Errors)}");
            Assert.DoesNotContain(run.Errors, error => error.FullyQualifiedErrorId.StartsWith("UndoFailed", StringComparison.Ordinal));
            var gateways = Settle(app, dropped, backup, mayBeStopped: run.Output.Any(result => result.Text("Application") == "StartFailed"));
            Assert.True((run.Errors.Count > 0) == (gateways == "first,lost"), $"{dropped}: {gateways} {string.Join('\n', run.Errors)}");
            if (gateways == "first")
                app.Add("lost");
            else
                failed++;
        }
        Assert.True(failed >= (Sampling.IsFull ? 6 : 1), $"{failed} requests only mattered.");
    }

    [Theory]
    [InlineData(true)]
    [FullData(false)]
    public void An_undo_whose_requests_do_not_reach_the_engine_loses_neither_database(bool volume)
    {
        using var app = Changed(volume, out var backup, megabytes: 1);
        var (dropped, left) = ("", 0);
        using var proxy = EngineProxy.Start(onRequest: line =>
        {
            if (IsChange(line) && Interlocked.Decrement(ref left) == 0)
            {
                dropped = line;
                throw new IOException("dropped by the test");
            }
        });
        app.Host = proxy.Host;
        app.Module.Run($"$global:restored = {app.Find} | Restore-ShoreGuardDatabase -BackupPath $args[0] -Transport Container -Confirm:$false", backup)
            .ThrowIfFailed();
        for (var number = 1; ; number += Sampling.Step)
        {
            (dropped, left) = ("", number);
            var run = app.Module.Run("$restored | Restore-ShoreGuardDatabase -Undo -Confirm:$false -OutVariable global:undone");
            Assert.DoesNotContain(run.Errors, error => error.FullyQualifiedErrorId.StartsWith("UndoFailed", StringComparison.Ordinal));
            var undone = run.Errors.Count == 0;
            Assert.True(app.Gateways() == (undone ? "first,lost" : "first"), $"{dropped}: {app.Gateways()} {string.Join('\n', run.Errors)}");
            if (undone)
            {
                left = 0;
                app.Docker("start", app.Name);
                app.Module.Run("$global:restored = $undone[0] | Restore-ShoreGuardDatabase -Undo -Confirm:$false").ThrowIfFailed();
                Assert.Equal("first", app.Gateways());
            }
            app.Docker("start", app.Name);
            if (dropped.Length == 0)
                break;
        }
        app.AssertNoHelper();
    }

    [Fact]
    public void The_container_that_works_on_it_is_killed()
    {
        using var app = Changed(volume: true, out var backup, megabytes: 150);
        var folder = app.Docker("volume", "inspect", app.Volume, "--format", "{{.Mountpoint}}").Trim();
        var run = Meanwhile(() => app.Restore(backup), () =>
        {
            app.WaitUntil("copied", () => Directory.EnumerateFiles(folder, "*.restoring-*").Any(file => new FileInfo(file).Length > 150 << 20));
            foreach (var helper in app.Helpers())
                app.Docker("kill", helper);
        });
        run.Error("AgentLost", ErrorCategory.ConnectionError);
        Assert.Equal("True", run.Single().Text("Reverted"));
        Assert.Equal("first,lost", Settle(app, "killed", backup));
    }

    [Fact]
    public void There_is_no_room_for_the_copy()
    {
        var options = new[] { "--opt", "type=tmpfs", "--opt", "device=tmpfs", "--opt", "o=size=1m,uid=1000,mode=0700" };
        var volume = $"sgtest-small-{Guid.NewGuid().ToString("n")[..8]}";
        using var app = new SqliteApplication(volume: true);
        var backup = app.BackUp();
        Docker.Run(["volume", "create", .. options, volume]);
        var name = $"{app.Name}-small";
        try
        {
            Docker.Run("run", "--detach", "--name", name, "--volume", $"{volume}:/home/shoreguard/.config/shoreguard", app.Image);
            Docker.WaitUntilLive(name);
            var run = app.Module.Run(
                $"Get-ShoreGuardDeployment -Name {name} | Restore-ShoreGuardDatabase -BackupPath $args[0] -Transport Container -Confirm:$false", backup);
            run.Error("DiskFull", ErrorCategory.ResourceUnavailable);
        }
        finally
        {
            Docker.Remove(name);
            Docker.Run("volume", "rm", volume);
        }
    }

    /// <summary>An application whose database has a row that its backup has not.</summary>
    private static SqliteApplication Changed(bool volume, out string backup, int megabytes = 20)
    {
        var app = new SqliteApplication(volume);
        app.Grow(megabytes);
        backup = app.BackUp();
        app.Add("lost");
        return app;
    }

    /// <summary>What must hold whatever happened: one whole database, the application runs, and nothing is left; gives the gateways.</summary>
    private static string Settle(SqliteApplication app, string when, string backup, bool mayBeStopped = false)
    {
        var gateways = app.Gateways();
        Assert.True(gateways is "first,lost" or "first", $"{when}: {gateways}");
        if (mayBeStopped)
            app.Docker("start", app.Name);
        Assert.True(app.IsRunning, $"{when}: the application does not run");
        Assert.DoesNotContain(app.Files(withSizes: true), file =>
            file.Contains("restoring", StringComparison.Ordinal) && !file.EndsWith(" 0", StringComparison.Ordinal));
        Assert.True(File.Exists(backup), when);
        app.AssertNoHelper();
        return gateways;
    }

    private static RunResult Meanwhile(Func<RunResult> work, Action fault)
    {
        var doing = Task.Run(fault);
        var run = work();
        doing.GetAwaiter().GetResult();
        return run;
    }

    private static string RestoreScript(SqliteApplication app, string backup) =>
        $"{app.Find} | Restore-ShoreGuardDatabase -BackupPath '{backup}' -Transport Container -Confirm:$false -Verbose";

    private static void KillAt(SqliteApplication app, string backup, string step) => KilledProcess.At(RestoreScript(app, backup), step);

    // The probes of an application that is waited for are programs run inside it: many, and each asked again.
    private static bool IsChange(string request) =>
        !request.StartsWith("GET ", StringComparison.Ordinal)
            && !request.StartsWith("HEAD ", StringComparison.Ordinal) && !request.Contains("/exec", StringComparison.Ordinal);
}
