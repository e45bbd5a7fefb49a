using System.Management.Automation;
using ShoreGuard.Rollback.Tests;

namespace ShoreGuard.Rollback.EndToEnd.Tests.Databases;

/// <summary>A SQLite database whose file is mounted into its container by itself, without its folder.</summary>
public sealed class MountedFileTests
{
    // What is committed is in the WAL for a while, and that is in the container's layer: read through the file on the host it would be missing,
    // and it would be played back into a file that is put in its place.
    [Fact]
    public void A_file_that_is_mounted_without_its_folder_is_backed_up_with_its_WAL_and_never_replaced()
    {
        _ = Stack.Repository;
        using var module = new ModuleHost();
        var name = $"sgtest-{Guid.NewGuid().ToString("n")[..10]}";
        var folder = Directory.CreateTempSubdirectory("shoreguard-test-").FullName;
        var file = Path.Combine(folder, "mounted.db");
        File.Copy(Path.Combine(Repository.Root, "tests", "ShoreGuard.Rollback.Engine.Tests", "Data", "backups", "shoreguard-sqlite-016.sqlite"), file);
        Docker.RunProgram("chmod", ["666", file]);
        Docker.Run("run", "--detach", "--name", name, "--publish", "127.0.0.1::8888", "--volume", $"{file}:{SqliteApplication.Database}",
            $"{Stack.Repository}:0.32.0");
        try
        {
            Docker.WaitUntilLive(name);
            HoldOpen(name);
            RunResult Run(string command, string? argument = null) => module.Run($"Get-ShoreGuardDeployment -Name {name} | {command}", argument);
            var backup = Run("Backup-ShoreGuardDatabase -Path $args[0]", folder).ThrowIfFailed();
            Assert.Contains(backup.Warnings, text => text.Contains("its WAL is in the container", StringComparison.Ordinal));
            Assert.Contains(ContainerSqliteTests.Rows(backup.Single()), table => table.Table == "committed");
            Run("Backup-ShoreGuardDatabase -Path $args[0] -Transport Direct", folder).Error("DatabaseNotDirect", ErrorCategory.ResourceUnavailable);
            // Who holds it, the system tells its administrator alone.
            if (Environment.IsPrivilegedProcess)
                module.Run("Backup-ShoreGuardDatabase -Path $args[0] -DatabaseUrl $args[1]", folder, $"sqlite:///{file}")
                    .Error("WalElsewhere", ErrorCategory.ResourceBusy);
            var before = Docker.Inspect(name);
            Run("Restore-ShoreGuardDatabase -BackupPath $args[0] -Force -Confirm:$false", backup.Single().Text("BackupPath"))
                .Error("DatabaseMountedAlone", ErrorCategory.InvalidOperation);
            Run("Invoke-ShoreGuardSchemaDowngrade -To 015 -BackupFolder $args[0] -Confirm:$false", folder)
                .Error("DatabaseMountedAlone", ErrorCategory.InvalidOperation);
            Run("Invoke-ShoreGuardImageRollback -Version 0.26.0 -Confirm:$false").Error("DatabaseMountedAlone", ErrorCategory.InvalidOperation);
            Run("Invoke-ShoreGuardImageRollback -Version 0.26.0 -Strategy HotSwap -Force -Confirm:$false")
                .Error("StrategyImpossible", ErrorCategory.InvalidOperation);
            Assert.Equal((string?)before["State"]!["StartedAt"], (string?)Docker.Inspect(name)["State"]!["StartedAt"]);
            // What had it open is killed with the container, and its rows stay in the WAL: the old container goes on with them.
            const string Forced = "Invoke-ShoreGuardImageRollback -Version 0.27.0 -Force -Confirm:$false";
            var reverted = Run(Forced).Error("RollbackReverted", ErrorCategory.InvalidResult);
            Assert.Contains("without folding its WAL into", reverted.ToString(), StringComparison.Ordinal);
            Assert.Contains("mount the directory instead of the file", reverted.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
            Docker.WaitUntilLive(name);
            Assert.Equal((string?)before["Id"], (string?)Docker.Inspect(name)["Id"]);
            HoldOpen(name);
            Docker.Run("kill", name);
            Assert.Contains(ContainerSqliteTests.Rows(Run("Backup-ShoreGuardDatabase -Path $args[0]", folder).ThrowIfFailed().Single()), table =>
                table.Table == "committed");
            Run(Forced).Error("RollbackReverted", ErrorCategory.InvalidResult);
            // Where the application alone has it open, it folds the WAL in as it ends.
            Docker.Run("start", name);
            Docker.WaitUntilLive(name);
            Assert.Equal("0.27.0", Run(Forced).ThrowIfFailed().Single().Text("After.Version"));
            Assert.Contains(ContainerSqliteTests.Rows(Run("Backup-ShoreGuardDatabase -Path $args[0]", folder).ThrowIfFailed().Single()), table =>
                table.Table == "committed");
        }
        finally
        {
            Docker.Remove(name);
            Directory.Delete(folder, recursive: true);
        }
    }

    // Commits in it, and keeps it open.
    private static void HoldOpen(string container)
    {
        Docker.Run("exec", "--user", "0", container, "rm", "--force", "/written");
        Docker.Run("exec", "--detach", "--user", "0", container, "python3", "-c", $"""
            import sqlite3, time
            c = sqlite3.connect('{SqliteApplication.Database}', isolation_level=None)
            c.execute("PRAGMA journal_mode = WAL").fetchall()
            c.execute("PRAGMA wal_autocheckpoint = 0").fetchall()
            c.execute("CREATE TABLE IF NOT EXISTS committed (n INTEGER)")
            c.execute("INSERT INTO committed VALUES (1)")
            open('/written', 'w').close()
            time.sleep(600)
            """);
        Docker.Exec(container, "sh", "-c", "for i in $(seq 100); do test -e /written && exit; sleep 0.1; done; exit 1");
    }
}
