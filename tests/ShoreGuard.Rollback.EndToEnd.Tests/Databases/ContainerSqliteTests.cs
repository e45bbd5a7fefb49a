using System.Management.Automation;
using ShoreGuard.Rollback.Tests;

namespace ShoreGuard.Rollback.EndToEnd.Tests.Databases;

/// <summary>A SQLite database that is reached through its container: in a volume, or in the container's own layer; with the application running, or
/// stopped.</summary>
public sealed class ContainerSqliteTests
{
    [Theory]
    [InlineData(true, true)]
    [FullData(true, false)]
    [FullData(false, true)]
    [InlineData(false, false)]
    public void It_is_described_backed_up_and_restored_with_its_owner_and_its_rights(bool volume, bool running)
    {
        using var app = new SqliteApplication(volume);
        app.Python("os.chown(db, 1000, 1234); os.chmod(db, 0o640)");
        if (!running)
            app.Docker("stop", app.Name);
        var report = app.Run("Get-ShoreGuardDatabase -Transport Container").ThrowIfFailed().Single();
        Assert.Equal(
            ("Container", "016", $"{app.Name}:{SqliteApplication.Database}"), (report.Text("Transport"), report.Text("Revision"), report.Text("Location")));
        Assert.Contains(("gateways", 1L), Rows(report));
        // The layer's file has no other way.
        if (!volume)
            Assert.Equal("016", app.Run("Get-ShoreGuardSchema").ThrowIfFailed().Single().Text("Revision"));

        var path = app.BackUp();
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        if (!running)
            app.Docker("start", app.Name);
        app.Add("lost");
        if (!running)
            app.Docker("stop", app.Name);
        Assert.Equal("first,lost", app.Gateways());
        var whatIf = app.Run("Restore-ShoreGuardDatabase -BackupPath $args[0] -Transport Container -WhatIf", path).ThrowIfFailed();
        Assert.Empty(whatIf.Output);
        Assert.Equal("first,lost", app.Gateways());

        var result = app.Restore(path).ThrowIfFailed().Single();
        Assert.Equal(("True", running ? "Ready" : "StayedStopped", "016"), (result.Text("Succeeded"), result.Text("Application"), result.Text("Revision")));
        Assert.Equal("first", app.Gateways());
        Assert.Equal("first,lost", app.Gateways(result.Text("Kept")![(app.Name.Length + 1)..]));
        Assert.Equal(running, app.IsRunning);
        Assert.Contains("shoreguard.db 1000/1234 -rw-r-----", app.Files());
        Assert.DoesNotContain(app.Files(), file => volume && file.Contains("restoring", StringComparison.Ordinal));
        app.AssertNoHelper();
    }

    [Theory]
    [InlineData("--tmpfs", "/memory:mode=1777")]
    [FullData("--mount", "type=tmpfs,destination=/memory,tmpfs-mode=1777")]
    public void What_would_stop_a_container_with_its_database_in_memory_is_refused_and_a_backup_is_made(string option, string mount)
    {
        _ = Stack.Repository;
        using var module = new ModuleHost();
        var name = $"sgtest-{Guid.NewGuid().ToString("n")[..10]}";
        var folder = Directory.CreateTempSubdirectory("shoreguard-test-");
        Docker.Run("run", "--detach", "--name", name, option, mount, "--env", "SHOREGUARD_DATABASE_URL=sqlite:////memory/shoreguard.db",
            $"{Stack.Repository}:0.27.0");
        try
        {
            Docker.WaitUntilLive(name);
            var started = Docker.Run("container", "inspect", name, "--format", "{{.State.StartedAt}}");
            RunResult Run(string command, string? argument = null) => module.Run($"Get-ShoreGuardDeployment -Name {name} | {command}", argument);
            var backup = Run("Backup-ShoreGuardDatabase -Path $args[0]", folder.FullName).ThrowIfFailed();
            Assert.Contains(backup.Warnings, text => text.Contains("it is lost when the container stops", StringComparison.Ordinal));
            Run("Restore-ShoreGuardDatabase -BackupPath $args[0] -Force -Confirm:$false", backup.Single().Text("BackupPath"))
                .Error("DatabaseInMemory", ErrorCategory.InvalidOperation);
            Run("Invoke-ShoreGuardSchemaDowngrade -To 015 -BackupFolder $args[0] -Confirm:$false", folder.FullName)
                .Error("DatabaseInMemory", ErrorCategory.InvalidOperation);
            Run("Invoke-ShoreGuardImageRollback -Version 0.26.0 -Confirm:$false").Error("DatabaseInMemory", ErrorCategory.InvalidOperation);
            Assert.Equal(started, Docker.Run("container", "inspect", name, "--format", "{{.State.StartedAt}}"));
        }
        finally
        {
            Docker.Remove(name);
            folder.Delete(recursive: true);
        }
    }

    // The swap itself is one change of the folder: after a power failure there is the old database or the new one, and either is whole.
    [Fact]
    public void A_copy_in_a_container_s_own_layer_is_on_the_disk_before_it_takes_the_old_one_s_place()
    {
        using var app = new SqliteApplication(volume: false);
        app.Grow(20);
        var backup = app.BackUp();
        var layer = app.Docker("container", "inspect", app.Name, "--format", "{{index .GraphDriver.Data \"UpperDir\"}}").Trim();
        var copy = $"{layer}{SqliteApplication.Database}.restoring";
        List<string> extents = [];
        using var proxy = EngineProxy.Start(onRequest: line =>
        {
            if (line.StartsWith("PUT ", StringComparison.Ordinal) && File.Exists(copy))
                extents.Add(Docker.RunProgram("filefrag", ["-v", copy]));
        });
        app.Host = proxy.Host;
        app.Restore(backup).ThrowIfFailed();
        Assert.NotEmpty(extents);
        // What the file system has only promised a place on the disk says so (ext4).
        Assert.DoesNotContain(extents, text => text.Contains("delalloc", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(true)]
    [FullData(false)]
    public void A_backup_has_every_row_that_was_committed_before_it_while_the_application_goes_on_writing(bool volume)
    {
        using var app = new SqliteApplication(volume);
        app.PythonBehind("""
            c = sqlite3.connect(db, isolation_level=None)
            c.execute("PRAGMA journal_mode = WAL").fetchall()
            c.execute("PRAGMA wal_autocheckpoint = 0").fetchall()
            c.execute("CREATE TABLE written (n INTEGER PRIMARY KEY)")
            while True:
                c.execute("INSERT INTO written DEFAULT VALUES")
                time.sleep(0.001)
            """);
        app.WaitUntil("writing",
            () => app.Python("print(sqlite3.connect(db).execute(\"SELECT count(*) FROM sqlite_master WHERE name = 'written'\").fetchone()[0])").Trim() == "1"
            && Written() > 50);
        var before = Written();
        Assert.Contains(app.Files(), file => file.StartsWith("shoreguard.db-wal ", StringComparison.Ordinal));
        var backup = app.Run("Backup-ShoreGuardDatabase -Transport Container -Path $args[0]", app.Backups).ThrowIfFailed().Single();
        var after = Written();
        Assert.True(after > before, "The application does not write.");
        var (_, written) = Assert.Single(Rows(backup), table => table.Table == "written");
        Assert.InRange(written, before, after);
        Assert.Equal("True", app.Module.Run("Test-ShoreGuardBackup $args[0] -Drill -Quiet", backup.Text("BackupPath")).ThrowIfFailed().Texts.Single());

        long Written() => long.Parse(app.Python("print(sqlite3.connect(db).execute('SELECT count(*) FROM written').fetchone()[0])"));
    }

    [Theory]
    [FullData(true)]
    [InlineData(false)]
    public void Rows_in_the_wal_of_a_killed_application_are_seen_backed_up_kept_and_never_come_back(bool volume)
    {
        using var app = new SqliteApplication(volume);
        var older = app.BackUp();
        LeaveWal(app);
        var files = app.Files(withSizes: true);
        Assert.Contains(files, file => file.StartsWith("shoreguard.db-wal ", StringComparison.Ordinal) && !file.EndsWith(" 0", StringComparison.Ordinal));

        Assert.Contains(("gateways", 2L), Rows(app.Run("Get-ShoreGuardDatabase -Transport Container").ThrowIfFailed().Single()));
        Assert.Equal(files, app.Files(withSizes: true));
        Assert.Contains(("gateways", 2L), Rows(app.Run("Backup-ShoreGuardDatabase -Transport Container -Path $args[0]", app.Backups).ThrowIfFailed().Single()));

        LeaveWal(app, "later");
        var result = app.Restore(older).ThrowIfFailed().Single();
        Assert.Equal("first", app.Gateways());
        Assert.Equal("first,later,waiting", app.Gateways(result.Text("Kept")![(app.Name.Length + 1)..]));
        Assert.DoesNotContain(app.Files(withSizes: true), file =>
            file.StartsWith("shoreguard.db-", StringComparison.Ordinal) && !file.EndsWith(" 0", StringComparison.Ordinal));
        app.Docker("start", app.Name);
        app.Add("second");
        Assert.Equal("first,second", app.Gateways());
    }

    [Theory]
    [InlineData(true)]
    [FullData(false)]
    public void A_backup_of_another_schema_leaves_the_application_stopped(bool volume)
    {
        using var app = new SqliteApplication(volume);
        var result = app.Restore(Real("sqlite-012.sqlite")).ThrowIfFailed().Single();
        Assert.Equal(("LeftStopped", "016", "012"), (result.Text("Application"), result.Text("RevisionBefore"), result.Text("Revision")));
        Assert.Equal("012", app.Revision());
        Assert.False(app.IsRunning);
    }

    [Theory]
    [InlineData(true, "truncated", "BackupDamaged", ErrorCategory.InvalidData)]
    [InlineData(false, "truncated", "BackupDamaged", ErrorCategory.InvalidData)]
    [InlineData(true, "garbage", "BackupForeign", ErrorCategory.InvalidData)]
    [InlineData(true, "dump", "BackupKindMismatch", ErrorCategory.InvalidData)]
    public void A_backup_that_is_not_good_is_refused_and_nothing_changes(bool volume, string what, string id, ErrorCategory category)
    {
        using var app = new SqliteApplication(volume);
        var path = Path.Combine(app.Backups, "backup.sqlite");
        var real = File.ReadAllBytes(Real("sqlite-016.sqlite"));
        File.WriteAllBytes(path,
            what switch { "truncated" => real[..(real.Length / 2)], "garbage" => [.. Enumerable.Range(0, 9000).Select(i => (byte)(i * 31))],
            _ => File.ReadAllBytes(Real("pg15-012.pgdump")) });
        var files = app.Files(withSizes: true);
        var started = app.Docker("container", "inspect", app.Name, "--format", "{{.State.StartedAt}}");
        app.Restore(path).Error(id, category);
        Assert.Equal(files, app.Files(withSizes: true));
        Assert.Equal(started, app.Docker("container", "inspect", app.Name, "--format", "{{.State.StartedAt}}"));
    }

    [Theory]
    [InlineData(true)]
    [FullData(false)]
    public void Another_container_that_has_the_file_open_keeps_it_and_is_named(bool running)
    {
        using var app = new SqliteApplication(volume: true);
        var path = app.BackUp();
        // Idle and without a lock, as a connection in rollback mode is.
        var neighbour = app.StartNeighbour($"import time; file = open('{SqliteApplication.Database}', 'rb'); time.sleep(600)");
        app.WaitUntil("open elsewhere", () =>
            app.Docker("exec", neighbour, "bash", "-c", "ls -l /proc/1/fd").Contains("shoreguard.db", StringComparison.Ordinal));
        if (!running)
            app.Docker("stop", app.Name);
        var error = app.Restore(path).Error("DatabaseBusy", ErrorCategory.ResourceBusy);
        Assert.Contains(neighbour, error.ToString(), StringComparison.Ordinal);
        Assert.Equal("first", app.Gateways());
        Assert.Equal(running, app.IsRunning);
        Assert.DoesNotContain(app.Files(), file => file.Contains("restor", StringComparison.Ordinal));
        app.AssertNoHelper();
    }

    [Theory]
    [FullData(true)]
    [InlineData(false)]
    public void Another_applications_database_and_a_backup_with_dangling_rows_go_in_with_force_alone(bool volume)
    {
        using var app = new SqliteApplication(volume);
        app.Sql("CREATE TABLE child (g INTEGER REFERENCES gateways (id))");
        app.Sql("INSERT INTO child VALUES (999999)");
        var path = app.BackUp();
        app.Restore(path).Error("BackupDangling", ErrorCategory.InvalidData);

        app.Python("os.remove(db)\nwith sqlite3.connect(db) as c: c.execute('CREATE TABLE others (x)')");
        var good = Real("sqlite-016.sqlite");
        var error = app.Restore(good).Error("RestoreForeign", ErrorCategory.InvalidOperation);
        Assert.Contains("-Force", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
        Assert.Equal("others", app.Query(SqliteApplication.Database, "SELECT name FROM sqlite_schema"));

        var result = app.Restore(path, "-Force").ThrowIfFailed().Single();
        Assert.Equal("first", app.Gateways());
        Assert.Equal("999999", app.Query(SqliteApplication.Database, "SELECT g FROM child"));
        // What was there is kept, whosesoever it is.
        Assert.NotNull(result.Text("Kept"));
        app.Module.Run("$args[0] | Restore-ShoreGuardDatabase -Undo -Force -Confirm:$false", result).ThrowIfFailed();
        Assert.Equal("others", app.Query(SqliteApplication.Database, "SELECT name FROM sqlite_schema"));
    }

    [Fact]
    public void A_database_that_is_not_there_yet_is_made_for_the_folder_s_owner()
    {
        using var app = new SqliteApplication(volume: true);
        var path = app.BackUp();
        app.Docker("stop", app.Name);
        app.Docker("run", "--rm", "--volumes-from", app.Name, "--entrypoint", "rm", app.Image, SqliteApplication.Database);
        app.Run("Get-ShoreGuardDatabase -Transport Container").Error("DatabaseMissing", ErrorCategory.ObjectNotFound);
        var result = app.Restore(path).ThrowIfFailed().Single();
        Assert.Null(result.Text("Kept"));
        Assert.Equal(["shoreguard.db 1000/1000 -rw-------"], app.Files());
        Assert.Equal("first", app.Gateways());
    }

    [Theory]
    [FullData(true, true)]
    [InlineData(true, false)]
    [FullData(false, true)]
    [FullData(false, false)]
    public void A_restore_is_undone_and_its_undoing_as_well_and_each_only_once(bool volume, bool running)
    {
        using var app = new SqliteApplication(volume);
        var path = app.BackUp();
        app.Add("later");
        if (!running)
            app.Docker("stop", app.Name);
        app.Module.Run($"$global:restored = {app.Find} | Restore-ShoreGuardDatabase -BackupPath $args[0] -Transport Container -Confirm:$false", path)
            .ThrowIfFailed();
        Assert.Equal("first", app.Gateways());
        var undone = app.Module.Run("$global:undone = $restored | Restore-ShoreGuardDatabase -Undo -Confirm:$false; $undone").ThrowIfFailed().Single();
        Assert.Equal("first,later", app.Gateways());
        Assert.Equal(running ? "Ready" : "StayedStopped", undone.Text("Application"));
        Assert.Equal("first", app.Gateways(undone.Text("Kept")![(app.Name.Length + 1)..]));
        app.Module.Run("$restored | Restore-ShoreGuardDatabase -Undo -Confirm:$false").Error("KeptMissing", ErrorCategory.ObjectNotFound);
        Assert.Equal("first,later", app.Gateways());
        app.Module.Run("$undone | Restore-ShoreGuardDatabase -Undo -Confirm:$false").ThrowIfFailed();
        Assert.Equal("first", app.Gateways());
        Assert.Contains("shoreguard.db 1000/1000 -rw-------", app.Files());
        app.AssertNoHelper();
    }

    [Fact]
    public void An_image_without_python_is_an_error_that_says_so()
    {
        var image = $"sgtest-bare-{Guid.NewGuid():n}";
        var name = $"sgtest-{Guid.NewGuid().ToString("n")[..10]}";
        using var module = new ModuleHost();
        Docker.RunProgram("bash", ["-c", $"tar --create --files-from /dev/null | docker import - {image}"]);
        try
        {
            Docker.Run("create", "--name", name, "--volume", "/data", "--env", "SHOREGUARD_DATABASE_URL=sqlite:////data/x.db", image, "/none");
            module.Run($"Get-ShoreGuardDeployment -Name {name} | Get-ShoreGuardDatabase -Transport Container")
                .Error("PythonMissing", ErrorCategory.ResourceUnavailable);
            Assert.DoesNotContain(
                image, Docker.Run("ps", "--all", "--filter", "label=shoreguard.rollback.helper", "--format", "{{.Image}}"), StringComparison.Ordinal);
        }
        finally
        {
            Docker.Remove(name);
            Docker.Run("rmi", "--force", image);
        }
    }

    [Fact]
    public void Wrong_combinations_are_errors()
    {
        using var app = new SqliteApplication(volume: false);
        app.Run("Get-ShoreGuardDatabase -Transport Direct").Error("DatabaseNotDirect", ErrorCategory.ResourceUnavailable);
        app.Module.Run("Get-ShoreGuardDatabase -DatabaseUrl sqlite:////x.db -Transport Container")
            .Error("ContainerTransportNeedsDeployment", ErrorCategory.InvalidArgument);
        app.Module.Run("Backup-ShoreGuardDatabase -DatabaseUrl postgresql://u:p@h/d -Transport Container")
            .Error("ContainerTransportNeedsDeployment", ErrorCategory.InvalidArgument);
        var auto = app.Run("Get-ShoreGuardDatabase -Verbose").ThrowIfFailed();
        Assert.Equal("Container", auto.Single().Text("Transport"));
        Assert.Contains(auto.Verbose, line => line.Contains("in the container itself", StringComparison.Ordinal));
        Assert.Contains(auto.Warnings, line => line.Contains("a new container starts without it", StringComparison.Ordinal));
    }

    [Fact]
    public void A_file_on_this_machine_is_reached_directly_by_itself()
    {
        using var app = new SqliteApplication(volume: true);
        Assert.Equal("Direct", app.Run("Get-ShoreGuardDatabase").ThrowIfFailed().Single().Text("Transport"));
    }

    internal static string Real(string name) => Path.Combine(AppContext.BaseDirectory, "Data", "backups", $"shoreguard-{name}");

    internal static IEnumerable<(string Table, long Rows)> Rows(PSObject found) =>
        found.List("Rows").Select(row => (row.Text("Table")!, (long)row.At("Rows")!));

    /// <summary>Kills the application with a row in the WAL alone.</summary>
    private static void LeaveWal(SqliteApplication app, string row = "waiting")
    {
        if (!app.IsRunning)
            app.Docker("start", app.Name);
        app.PythonBehind($"""
            c = sqlite3.connect(db, isolation_level=None)
            c.execute("PRAGMA journal_mode = WAL").fetchall()
            c.execute("PRAGMA wal_autocheckpoint = 0").fetchall()
            c.execute("INSERT INTO gateways (name, endpoint, scheme, registered_at) VALUES ('{row}', 'e', 'http', '2026-01-01')")
            time.sleep(600)
            """);
        app.WaitUntil("with a row in the WAL", () => app.Gateways().Contains(row, StringComparison.Ordinal));
        app.Docker("kill", app.Name);
    }
}
