using System.Management.Automation;
using ShoreGuard.Rollback.EndToEnd.Tests.Schema;
using ShoreGuard.Rollback.Tests;

namespace ShoreGuard.Rollback.EndToEnd.Tests.Rollbacks;

/// <summary>Orders of kills, cmdlets, operators and hands in which rows were lost, or from which no way led out.</summary>
public sealed class LossTests : IDisposable
{
    private const string Target = "0.27.0";
    private readonly ModuleHost _module = new();

    public void Dispose() => _module.Dispose();

    [Fact]
    public void A_killed_downgrade_keeps_a_restore_out_and_does_not_replace_what_was_written_after_it()
    {
        using var image = DowngradeTests.FailingHalfWay();
        using var project = StandInProject.Start(Target);
        project.AddGateway("kept");
        project.Deploy(image);
        Downgrading.KillAt(project, "-To 016", "Running downgrade f1 -> 016");
        project.WaitUntil("half-way down", () =>
            Docker.Run("ps", "--quiet", "--filter", $"label=shoreguard.rollback.downgrade={project.Container}").Length == 0);
        var (find, backup) = ($"Get-ShoreGuardDeployment -Project {project.Name}",
            Directory.EnumerateFiles(Path.Combine(project.Folder, "backups"), "*.sqlite").Single());

        var refused = _module.Run($"{find} | Restore-ShoreGuardDatabase -BackupPath '{backup}' -Confirm:$false")
            .Error("RollbackUnfinished", ErrorCategory.InvalidOperation);
        Assert.Contains("Resume-ShoreGuardRollback", refused.ErrorDetails.RecommendedAction, StringComparison.Ordinal);

        // Somebody has enough of it: the application is started by hand, and takes the database up again.
        project.Compose("start", "shoreguard");
        project.WaitUntil("live", () => project.Answers("healthz"));
        foreach (var name in (string[])["one", "two", "three"])
            project.AddGateway(name);
        Assert.Contains(
            "gateways +3", _module.Downgrade(project, "-To f1").Error("RowsWritten", ErrorCategory.InvalidOperation).ToString(), StringComparison.Ordinal);
        Assert.Equal(4, project.GatewayCount);

        var run = _module.Downgrade(project, "-To f1 -Force").ThrowIfFailed();
        Assert.Contains(run.Warnings, warning => warning.Contains("is kept, with whatever was written to it since", StringComparison.Ordinal));
        Assert.Equal("f1", run.Single().Text("Revision"));
    }

    [Theory]
    [InlineData("Invoke-ShoreGuardRollback", "a rollback ")]
    [FullData("Invoke-ShoreGuardImageRollback", "image rollback ")]
    public async Task Two_operators_from_two_state_folders_are_one_too_many(string cmdlet, string kind)
    {
        // An image rollback that can be begun, and takes its time: nothing speaks against its target but that it never becomes ready.
        var isImage = cmdlet.EndsWith("ImageRollback", StringComparison.Ordinal);
        using var made = RollbackCase.Make(_module, Target, isImage ? "0.32.0" : "0.28.0", "postgres");
        using var other = new ModuleHost();
        var rows = made.Project.GatewayCount;
        var first = Task.Run(() => other.Run(isImage
            ? $"{made.Deployment} | {cmdlet} -Version 0.30.0 -Force -GateTimeoutSec 8 -Confirm:$false -StatePath '{made.Project.Folder}/other'"
            : $"{made.Deployment} | {cmdlet} -Version {Target} {RollbackCase.Gate} -BackupFolder '{made.Folder}' -Confirm:$false -StatePath "
                + $"'{made.Project.Folder}/other'"));
        made.Project.WaitUntil("under way", () => first.IsCompleted
            || Docker.Names($"name={made.Project.Name}").Any(name => name.EndsWith("-shoreguard-lock", StringComparison.Ordinal)));

        var refused = _module.Run(made.Command($"-Version {Target}")).Error("RollbackInProgress", ErrorCategory.ResourceBusy).ToString();

        Assert.Contains($"{kind.TrimStart('a').Trim()}", refused, StringComparison.Ordinal);
        Assert.Contains($"by {Environment.UserName} on {Environment.MachineName}, process {other.ProcessId}, since ", refused, StringComparison.Ordinal);
        var run = await first;
        if (!isImage)
            Assert.Equal("True", run.ThrowIfFailed().Single().Text("Succeeded"));
        made.Project.WaitUntil("ready", () => made.Project.Answers("healthz"));
        Assert.Equal((rows, ""), (made.Project.GatewayCount, made.LeftOvers()));
    }

    // Whenever the second one comes: one wins, the other is refused, and what was acknowledged is there.
    [Fact]
    public async Task Two_operators_at_once_lose_no_row()
    {
        using var other = new ModuleHost();
        foreach (var seconds in Sampling.Sixth([0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 5.0]))
        {
            using var made = RollbackCase.Make(_module, Target, "0.28.0", "postgres");
            using var stop = new CancellationTokenSource();
            var writing = Task.Run(() => Write(made.Project, stop.Token));
            string Command(string state) =>
                $"{made.Deployment} | Invoke-ShoreGuardRollback -Version {Target} {RollbackCase.Gate} -BackupFolder '{made.Folder}' -Confirm:$false -StatePath "
                + $"'{made.Project.Folder}/{state}'";

            var first = Task.Run(() => other.Run(Command("one")));
            await Task.Delay(TimeSpan.FromSeconds(seconds), TestContext.Current.CancellationToken);
            RunResult[] runs = [_module.Run(Command("two")), await first];
            await stop.CancelAsync();
            var acknowledged = await writing;

            var lost = Assert.Single(runs, run => run.Errors.Count > 0);
            // Which came so late that the other had ended finds nothing to go back from.
            Assert.Contains(lost.Errors.Single().FullyQualifiedErrorId.Split(',')[0],
                (string[])["RollbackInProgress", "TargetIsRunning", "DeploymentGone", "RollbackImpossible"]);
            Assert.Equal("True", runs.Single(run => run != lost).Single().Text("Succeeded"));
            Assert.Equal((Target, ""), (made.Project.AnsweringVersion, made.LeftOvers()));
            // One may have been written whose answer was cut off.
            Assert.InRange(made.Project.GatewayCount, acknowledged + 2, acknowledged + 3);
        }
    }

    // How many were acknowledged.
    private static int Write(StandInProject project, CancellationToken cancellation)
    {
        var written = 0;
        for (var number = 0; !cancellation.IsCancellationRequested; number++)
        {
            if (project.TryAddGateway($"written-{number}"))
                written++;
            Thread.Sleep(20);
        }
        return written;
    }

    // The old container is aside, and Compose knows nothing of that.
    [Fact]
    public void A_person_s_own_up_after_a_kill_keeps_its_rows()
    {
        using var made = RollbackCase.Make(_module, Target, "0.28.0", "sqlite");
        KilledProcess.At($"{made.Command($"-Version {Target}")} -Verbose", "Start the new container");
        made.Project.Up();
        made.Project.WaitUntil("live", () => made.Project.AnsweringVersion == "0.28.0");
        foreach (var name in (string[])["one", "two", "three"])
            made.Project.AddGateway(name);
        // Compose knows its containers by their labels: it has started the old one again, under the name that it has aside.
        var (id, serves) = (Unfinished(made), Serving(made));

        foreach (var verb in (string[])["Resume", "Undo"])
        {
            var refused = _module.Run($"{verb}-ShoreGuardRollback {id} -StatePath '{made.State}' -Confirm:$false").Errors.Single();
            Assert.Equal("RowsWritten", refused.FullyQualifiedErrorId.Split(',')[0]);
            Assert.Contains("gateways +3", refused.ToString(), StringComparison.Ordinal);
            Assert.Contains("Close-ShoreGuardRollback", refused.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
        }
        Assert.Equal((5, serves), (made.Project.GatewayCount, Serving(made)));
        AssertClosed(made, id);
        Assert.Equal((5, serves), (made.Project.GatewayCount, Serving(made)));
    }

    // A closed terminal: what the new build has been told meanwhile stays in service.
    [Fact]
    public void One_that_is_killed_at_its_gate_and_written_to_is_resumed_forwards()
    {
        using var made = RollbackCase.Make(_module, Target, "0.28.0", "sqlite");
        KilledProcess.At($"{made.Command($"-Version {Target}")} -Verbose", "Gate: live");
        made.Project.WaitUntil("live", () => made.Project.AnsweringVersion == Target);
        made.Project.AddGateway("meanwhile");
        var (id, serves) = (Unfinished(made), (string?)Docker.Inspect(made.Project.Container)["Id"]);

        var run = _module.Run($"Resume-ShoreGuardRollback {id} -StatePath '{made.State}' -Confirm:$false").ThrowIfFailed();

        Assert.Contains(run.Warnings, warning => warning.Contains("gateways +1", StringComparison.Ordinal));
        Assert.Equal(("Succeeded", Target, 3), (run.Single().Text("State"), made.Project.AnsweringVersion, made.Project.GatewayCount));
        Assert.Equal((serves, ""), ((string?)Docker.Inspect(made.Project.Container)["Id"], made.LeftOvers()));
        // For good.
        Assert.Contains($"SHOREGUARD_VERSION={Target}@sha256:", File.ReadAllText(made.Project.EnvFile), StringComparison.Ordinal);
        made.Project.Up();
        Assert.Equal(serves, (string?)Docker.Inspect(made.Project.Container)["Id"]);
    }

    // As many rows as before, and not the same.
    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    public void A_row_that_was_changed_meanwhile_is_not_replaced_unasked(string database)
    {
        using var made = RollbackCase.Make(_module, Target, "0.28.0", database);
        KilledProcess.At($"{made.Command($"-Version {Target}")} -Verbose", "Gate: live");
        made.Project.WaitUntil("live", () => made.Project.AnsweringVersion == Target);
        var (id, serves) = (Unfinished(made), (string?)Docker.Inspect(made.Project.Container)["Id"]);
        Change(made, database);

        var refused = _module.Run($"Undo-ShoreGuardRollback {id} -StatePath '{made.State}' -Confirm:$false")
            .Error("RowsWritten", ErrorCategory.InvalidOperation);

        Assert.Contains("at least 1 row (gateways changed)", refused.ToString(), StringComparison.Ordinal);
        Assert.Equal(serves, (string?)Docker.Inspect(made.Project.Container)["Id"]);
        _module.Run($"Undo-ShoreGuardRollback {id} -StatePath '{made.State}' -Force -Confirm:$false").ThrowIfFailed();
        Assert.Equal("0.28.0", made.Project.AnsweringVersion);
    }

    // It has ended well, and served: what was written then is somebody's.
    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    public void A_row_that_was_written_since_a_rollback_ended_is_not_replaced_unasked(string database)
    {
        using var made = RollbackCase.Make(_module, Target, "0.28.0", database);
        var id = _module.Run(made.Command($"-Version {Target}")).ThrowIfFailed().Single().Text("Id");
        made.Project.AddGateway("since");
        var serves = (string?)Docker.Inspect(made.Project.Container)["Id"];
        var undo = $"Undo-ShoreGuardRollback {id} -StatePath '{made.State}'";

        var refused = _module.Run($"{undo} -Confirm:$false").Error("RowsWritten", ErrorCategory.InvalidOperation);

        Assert.Contains($"since the rollback {id} ended: ", refused.ToString(), StringComparison.Ordinal);
        Assert.Contains("gateways +1", refused.ToString(), StringComparison.Ordinal);
        Assert.Empty(_module.Run($"{undo} -WhatIf").ThrowIfFailed().Output);
        Assert.Equal((Target, serves), (made.Project.AnsweringVersion, (string?)Docker.Inspect(made.Project.Container)["Id"]));
        var undone = _module.Run($"{undo} -Force -Confirm:$false").ThrowIfFailed();
        Assert.Contains(undone.Warnings, warning => warning.Contains("gateways +1", StringComparison.Ordinal));
        Assert.Equal("0.28.0", made.Project.AnsweringVersion);
        Assert.NotNull(undone.Single().Text("Kept"));
    }

    // One that is locked may serve all the same: that nobody has written to it is not said of it.
    [Fact]
    public void A_database_that_cannot_be_read_is_not_replaced()
    {
        using var made = RollbackCase.Make(_module, Target, "0.28.0", "postgres");
        KilledProcess.At($"{made.Command($"-Version {Target}")} -Verbose", "Gate: live");
        made.Project.WaitUntil("live", () => made.Project.AnsweringVersion == Target);
        var (id, serves) = (Unfinished(made), (string?)Docker.Inspect(made.Project.Container)["Id"]);
        Docker.Run("exec", "--detach", $"{made.Project.Name}-db-1", "psql", "--username", "shoreguard", "--command",
            "BEGIN; LOCK TABLE gateways IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(600)", "shoreguard");

        _module.Run($"Undo-ShoreGuardRollback {id} -StatePath '{made.State}' -Confirm:$false").Error("DatabaseBusy", ErrorCategory.ResourceBusy);

        Assert.Equal((id, serves), (Unfinished(made), (string?)Docker.Inspect(made.Project.Container)["Id"]));
        Docker.Run("exec", $"{made.Project.Name}-db-1", "psql", "--username", "shoreguard", "--command",
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(600)%' AND pid <> pg_backend_pid()", "shoreguard");
        _module.Run($"Undo-ShoreGuardRollback {id} -StatePath '{made.State}' -Confirm:$false").ThrowIfFailed();
        Assert.Equal("0.28.0", made.Project.AnsweringVersion);
    }

    private static void Change(RollbackCase made, string database)
    {
        const string Sql = "UPDATE gateways SET description = 'changed meanwhile'";
        if (database == "postgres")
            Docker.Run("exec", $"{made.Project.Name}-db-1", "psql", "--username", "shoreguard", "--command", Sql, "shoreguard");
        else
            Docker.Run("exec", made.Project.Container, "python3", "-c",
                $"import os, sqlite3; c = sqlite3.connect(os.path.expanduser('~/.config/shoreguard/shoreguard.db')); c.execute(\"{Sql}\"); c.commit()");
    }

    [Fact]
    public void A_killed_one_whose_old_container_is_gone_can_be_ended()
    {
        using var made = RollbackCase.Make(_module, Target, "0.28.0", "sqlite");
        KilledProcess.At($"{made.Command($"-Version {Target}")} -Verbose", "Gate: live");
        Docker.Remove([.. Docker.Names($"name={made.Project.Name}").Where(name => name.Contains("-shoreguard-old-", StringComparison.Ordinal))]);
        made.Project.WaitUntil("live", () => made.Project.AnsweringVersion == Target);
        var id = Unfinished(made);
        foreach (var verb in (string[])["Resume", "Undo"])
            Assert.Contains($"Close-ShoreGuardRollback {id}",
                _module.Run($"{verb}-ShoreGuardRollback {id} -StatePath '{made.State}' -Confirm:$false")
                .Error("NothingToRevert", ErrorCategory.InvalidOperation).ErrorDetails.RecommendedAction, StringComparison.Ordinal);
        AssertClosed(made, id);
        Assert.Equal(Target, made.Project.AnsweringVersion);
    }

    private static string Serving(RollbackCase made) =>
        (string)Assert.Single(EngineApi.Of().Containers(all: false, $"label=com.docker.compose.project={made.Project.Name}"))["Id"]!;

    private string Unfinished(RollbackCase made) =>
        _module.Run($"Get-ShoreGuardRollback -Unfinished -Name '{made.Project.Container}' -StatePath '{made.State}'").ThrowIfFailed().Single().Text("Id")!;

    // What the engine knows of it ends with it.
    private static string WithoutLock(string fingerprint) => string.Join('\n', fingerprint.Split('\n')
        .Where(line => line.Split(' ') is not [var name, { Length: 64 }, ..] || !IsLock(name))
        .Select(line => string.Join(' ', line.Split(' ').Where(word => !IsLock(word)))));

    private static bool IsLock(string name) => name.EndsWith("-shoreguard-lock", StringComparison.Ordinal);

    // It touches nothing, names what is left, and lets the other cmdlets at the deployment again.
    private void AssertClosed(RollbackCase made, string id)
    {
        Docker.Run("pull", "--quiet", $"{Stack.Repository}:0.26.0");
        var before = WithoutLock(made.Fingerprint(_module));
        var whatIf = _module.Run($"Close-ShoreGuardRollback {id} -StatePath '{made.State}' -WhatIf").ThrowIfFailed();
        Assert.Empty(whatIf.Output);
        var run = _module.Run($"Close-ShoreGuardRollback {id} -StatePath '{made.State}' -Confirm:$false").ThrowIfFailed();
        Assert.Equal("Closed", run.Single().Text("State"));
        Assert.Contains(run.Warnings, warning => warning.Contains(Directory.EnumerateFiles(made.Folder, "*.sqlite").Max()!, StringComparison.Ordinal));
        Assert.Equal(before, WithoutLock(made.Fingerprint(_module)));
        foreach (var left in Docker.Names($"name={made.Project.Name}").Where(name => name.Contains("-shoreguard-old-", StringComparison.Ordinal)))
        {
            var command = Assert.Single(run.Warnings, warning =>
                warning.Contains($"container {left}", StringComparison.Ordinal)).Split(": docker ")[^1].TrimEnd('.');
            Docker.Run(command.Split(' '));
        }
        _module.Run(made.Planning("-Version 0.26.0")).ThrowIfFailed();
        Assert.Empty(_module.Run($"Get-ShoreGuardRollback -Unfinished -Name '{made.Project.Container}' -StatePath '{made.State}'").ThrowIfFailed().Output);
    }
}
