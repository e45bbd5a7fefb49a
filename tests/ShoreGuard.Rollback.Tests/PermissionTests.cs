using System.Diagnostics;
using System.Net.Sockets;
using System.Runtime.Versioning;

namespace ShoreGuard.Rollback.Tests;

/// <summary>What a user without rights is told. Root may do anything, so each command runs as another user in a process of its own.</summary>
[SupportedOSPlatform("linux")]
public sealed class PermissionTests : IClassFixture<PermissionTests.Readable>, IDisposable
{
    private const string Nobody = "65534";
    private const UnixFileMode ReadableByAll = (UnixFileMode)0b111_101_101;

    private readonly Readable _readable;
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("sgtest-denied-");

    public PermissionTests(Readable readable)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess, "Only root can run a command as another user.");
        _readable = readable;
        _folder.UnixFileMode = ReadableByAll;
        File.Copy(Path.Combine(Repository.Root, "tests", "ShoreGuard.Rollback.Engine.Tests", "Data", "backups", "shoreguard-sqlite-016.sqlite"),
            In("backup.sqlite"));
        File.SetUnixFileMode(In("backup.sqlite"), (UnixFileMode)0b110_100_100);
        Directory.CreateDirectory(In("closed"), (UnixFileMode)0b111_101_101);
        File.Copy(In("backup.sqlite"), In("closed/shoreguard.db"));
        File.SetUnixFileMode(In("closed/shoreguard.db"), (UnixFileMode)0b110_000_000);
        Directory.CreateDirectory(In("open"));
        File.SetUnixFileMode(In("open"), (UnixFileMode)0b111_111_111);
    }

    [Fact]
    public async Task An_engine_whose_socket_is_closed_to_the_user()
    {
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(In("docker.sock")));
        listener.Listen();
        File.SetUnixFileMode(In("docker.sock"), (UnixFileMode)0b110_000_000);
        await Denied($"Get-ShoreGuardDeployment -DockerHost unix://{In("docker.sock")}", "EnginePermissionDenied", "docker");
    }

    [Fact]
    public async Task A_database_that_the_user_may_not_read() =>
        await Denied($"Backup-ShoreGuardDatabase -DatabaseUrl sqlite:///{In("closed/shoreguard.db")} {In("open")} -Confirm:$false", "DatabaseDenied",
            "closed/shoreguard.db");

    [Fact]
    public async Task A_folder_in_which_no_backup_may_be_written() =>
        await Denied($"Backup-ShoreGuardDatabase -DatabaseUrl sqlite:///{In("backup.sqlite")} {In("closed")} -Confirm:$false", "BackupNotWritable", "closed");

    [Fact]
    public async Task A_backup_that_the_user_may_not_read() =>
        await Denied($"Restore-ShoreGuardDatabase -BackupPath {In("closed/shoreguard.db")} -DatabaseUrl sqlite:///{In("open/new.db")} -Confirm:$false",
            "BackupDenied", "closed/shoreguard.db");

    [Fact]
    public async Task A_database_in_a_folder_that_the_user_may_not_change()
    {
        var before = File.ReadAllBytes(In("closed/shoreguard.db"));
        await Denied($"Restore-ShoreGuardDatabase -BackupPath {In("backup.sqlite")} -DatabaseUrl sqlite:///{In("closed/shoreguard.db")} -Confirm:$false",
            "Denied|RestoreNotWritable|DatabaseFolderNotWritable", "closed");
        Assert.Equal(before, File.ReadAllBytes(In("closed/shoreguard.db")));
        Assert.Equal(["shoreguard.db"], Directory.GetFileSystemEntries(In("closed")).Select(Path.GetFileName));
    }

    [Fact]
    public async Task A_state_folder_in_which_the_user_may_not_write() =>
        await Denied($"Set-ShoreGuardKnownGood -GitSha 0000000 -StatePath {In("closed")}", "StateNotWritable", "closed");

    [Fact]
    public async Task A_blocklist_in_a_folder_in_which_the_user_may_not_write() =>
        await Denied($"Block-ShoreGuardImage -GitSha 0000000 -Reason x -BlocklistPath {In("closed/list.jsonl")}", "BlocklistNotWritable", "closed");

    // Root's file, and root's turn that is soon over: what is shared belongs to whoever wrote it last.
    [Fact]
    public async Task A_blocklist_that_another_user_has_made_is_written_where_its_folder_allows_it()
    {
        var list = In("open/list.jsonl");
        File.WriteAllText(list, "");
        File.SetUnixFileMode(list, (UnixFileMode)0b110_110_100);
        var turn = $"{list}.lock";
        File.WriteAllText(turn, "");
        File.SetUnixFileMode(turn, (UnixFileMode)0b110_100_100);
        var over = Task.Delay(TimeSpan.FromSeconds(3), TestContext.Current.CancellationToken).ContinueWith(_ => File.Delete(turn), TaskScheduler.Default);
        var output = await RunAsNobody($"Import-Module '{_readable.Manifest}'; (Block-ShoreGuardImage -GitSha 0000000 -Reason x -BlocklistPath {list}).GitSha");
        await over;
        Assert.Equal("0000000", output.Trim());
        Assert.Equal((UnixFileMode)0b110_110_100, File.GetUnixFileMode(list));
        Assert.Single(File.ReadAllLines(list));
    }

    // Root may be at it: that its lock may not even be opened is no permission to go on without one.
    [Fact]
    public async Task A_restore_beside_that_of_another_user()
    {
        var target = In("open/shoreguard.db");
        File.Copy(In("backup.sqlite"), target);
        File.SetUnixFileMode(target, (UnixFileMode)0b110_110_110);
        File.WriteAllText($"{target}.shoreguard-lock", "");
        await Denied($"Restore-ShoreGuardDatabase -BackupPath {In("backup.sqlite")} -DatabaseUrl sqlite:///{target} -Confirm:$false", "RollbackInProgress",
            "another user", "ResourceBusy");
        Assert.Equal(["shoreguard.db", "shoreguard.db.shoreguard-lock"], Directory.GetFiles(In("open")).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    private async Task Denied(string command, string id, string mentions, string category = "PermissionDenied")
    {
        var output = await RunAsNobody($"Import-Module '{_readable.Manifest}'; {command} -ErrorVariable failed -ErrorAction SilentlyContinue; "
            + "foreach ($each in $failed) "
                + "{ \"$($each.FullyQualifiedErrorId)|$($each.CategoryInfo.Category)|$($each.TargetObject)|$($each.ErrorDetails.RecommendedAction)|$each\" }");
        var parts = Assert.Single(output.Split('\n', StringSplitOptions.RemoveEmptyEntries)).Split('|');
        Assert.Matches($@"\A\w*({id}),", parts[0]);
        Assert.Equal(category, parts[1]);
        Assert.Contains(mentions, parts[2] + parts[4]);
        Assert.NotEmpty(parts[3]);
    }

    private async Task<string> RunAsNobody(string command)
    {
        var start = new ProcessStartInfo("setpriv", ["--reuid", Nobody, "--regid", Nobody, "--clear-groups", .. _readable.Command, "-Command", command])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = _folder.FullName,
        };
        start.Environment["HOME"] = In("open");
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("XDG_", StringComparison.Ordinal)).ToList())
            start.Environment.Remove(name);
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.Equal("", await error);
        return output;
    }

    private string In(string name) => Path.Combine(_folder.FullName, name);

    public void Dispose() => _folder.Delete(recursive: true);

    /// <summary>PowerShell and the module where every user can read them: a checkout and the packages may lie where only their owner can go.</summary>
    public sealed class Readable : IDisposable
    {
        private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("sgtest-readable-");

        public Readable()
        {
            if (!OperatingSystem.IsLinux())
                return;
            _folder.UnixFileMode = ReadableByAll;
            Copy(Repository.Layout, In("module"));
            Copy(Pwsh.Home, In("pwsh"));
        }

        public string Manifest => In("module/ShoreGuard.Rollback.psd1");

        /// <summary>As <see cref="Pwsh.Command"/>, of the copy.</summary>
        public IEnumerable<string> Command =>
            Pwsh.Command.Select(part => part.StartsWith(Pwsh.Home, StringComparison.Ordinal) ? In("pwsh" + part[Pwsh.Home.Length..]) : part);

        public void Dispose() => _folder.Delete(recursive: true);

        private string In(string name) => Path.Combine(_folder.FullName, name);

        private static void Copy(string from, string to)
        {
            Directory.CreateDirectory(to, ReadableByAll);
            foreach (var folder in Directory.GetDirectories(from))
                Copy(folder, Path.Combine(to, Path.GetFileName(folder)));
            foreach (var file in Directory.GetFiles(from))
            {
                var copy = Path.Combine(to, Path.GetFileName(file));
                File.Copy(file, copy);
                File.SetUnixFileMode(copy, ReadableByAll);
            }
        }
    }
}
