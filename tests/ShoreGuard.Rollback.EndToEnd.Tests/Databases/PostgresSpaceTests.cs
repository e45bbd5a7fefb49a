using System.Diagnostics;
using System.Management.Automation;
using ShoreGuard.Rollback.Tests;

namespace ShoreGuard.Rollback.EndToEnd.Tests.Databases;

/// <summary>Whether a restore is begun for which there is no room.</summary>
public sealed class PostgresSpaceTests
{
    [Fact]
    public void Where_the_servers_folder_can_be_seen_its_room_is_checked_and_else_it_is_said_that_it_was_not()
    {
        using var box = new PostgresSandbox().Fill("012");
        Assert.Contains(box.Restore(PostgresSandbox.Real("012")).ThrowIfFailed().Verbose, text =>
            text.Contains("was not checked: its data folder cannot be seen from here", StringComparison.Ordinal));
        box.Sql("postgres", $"GRANT pg_read_all_settings TO {box.Role}");
        var seen = box.Restore(PostgresSandbox.Real("012")).ThrowIfFailed().Verbose.Single(text => text.Contains("is estimated at", StringComparison.Ordinal));
        Assert.Matches(@"estimated at \d{8} bytes by the backup's rows; \d+ are free in /", seen);
    }

    [Fact]
    public void In_a_container_its_own_disk_is_asked()
    {
        using var host = new ModuleHost();
        using var project = StandInProject.Start("0.27.0", "postgres");
        var run = host.Run(
            $"Get-ShoreGuardDeployment -Project {project.Name} | Backup-ShoreGuardDatabase -Path $args[0] | Restore-ShoreGuardDatabase -Deployment "
            + $"(Get-ShoreGuardDeployment -Project {project.Name}) -WhatIf -Verbose", project.Folder);
        Assert.Contains(run.ThrowIfFailed().Verbose, text => text.Contains($"are free in the container {project.Name}-db-1", StringComparison.Ordinal));
    }

    [Fact]
    public void A_full_disk_is_found_before_anything_starts()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess && OperatingSystem.IsLinux(), "Only root mounts a small file system.");
        using var box = new PostgresSandbox();
        var folder = Directory.CreateDirectory(Path.Combine(box.Folder, "small")).FullName;
        Run("chmod", "o+rx", box.Folder);
        Run("mount", "-t", "tmpfs", "-o", "size=16m,mode=0777", "tmpfs", folder);
        var place = $"small_{box.Database}";
        try
        {
            Directory.CreateDirectory(Path.Combine(folder, "space"));
            Run("chown", "--reference", box.Query("postgres", "SHOW data_directory")[0], Path.Combine(folder, "space"));
            box.Sql("postgres", $"CREATE TABLESPACE {place} LOCATION '{folder}/space'");
            box.Sql("postgres", $"ALTER DATABASE \"{box.Database}\" SET TABLESPACE {place}");
            box.Sql("postgres", $"GRANT CREATE ON TABLESPACE {place} TO {box.Role}; GRANT pg_read_all_settings TO {box.Role}");
            foreach (var createDb in (bool[])[true, false])
            {
                box.MayCreateDatabases(createDb);
                var error = box.Restore(PostgresSandbox.Real("012")).Error("ServerDiskFull", ErrorCategory.ResourceUnavailable);
                Assert.Contains($"are free in {folder}/space", error.ToString(), StringComparison.Ordinal);
            }
            Assert.Equal([box.Database], box.Databases(""));
            Assert.Equal("0", box.Query(box.Database, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")[0]);
        }
        finally
        {
            box.Sql("postgres", $"DROP DATABASE IF EXISTS \"{box.Database}\" WITH (FORCE)");
            box.Sql("postgres", $"DROP TABLESPACE IF EXISTS {place}");
            Run("umount", folder);
        }
    }

    private static void Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments))!;
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, program);
    }
}
