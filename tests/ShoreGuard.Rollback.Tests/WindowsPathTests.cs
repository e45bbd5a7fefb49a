using System.Management.Automation;

namespace ShoreGuard.Rollback.Tests;

/// <summary>Where files are on Windows: on a share of another machine, on a drive that stands for one, behind a long path, under a name in
/// another case.</summary>
public sealed class WindowsPathTests : IDisposable
{
    private readonly ModuleHost _host;
    private readonly string _folder;
    private readonly string _share;

    public WindowsPathTests()
    {
        Assert.SkipUnless(OperatingSystem.IsWindows(), "Shares, drives and names in any case are of Windows.");
        _folder = Path.Combine(Repository.Root, "out", "windows", $"sgtest-{Guid.NewGuid():n}");
        Directory.CreateDirectory(_folder);
        File.Copy(Path.Combine(Repository.Root, "tests", "ShoreGuard.Rollback.Engine.Tests", "Data", "backups", "shoreguard-sqlite-016.sqlite"),
            Path.Combine(_folder, "shoreguard.db"));
        // Whoever runs the tests may share that folder; an administrator's own share leads to it, too.
        var shared = Environment.GetEnvironmentVariable("ROLLBACK_TEST_SHARE");
        _share = shared is null ? $@"\\localhost\{_folder[0]}${_folder[2..]}" : Path.Combine(shared, Path.GetFileName(_folder));
        _host = new();
    }

    public void Dispose()
    {
        _host.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static string Url(string folder) => $"sqlite:///{folder.Replace('\\', '/')}/shoreguard.db";

    [Fact]
    public void A_database_its_backups_and_its_state_on_a_share()
    {
        var run = _host.Run("""
            param($share, $url)
            $state = @{ StatePath = "$share\state" }
            $backup = Backup-ShoreGuardDatabase -DatabaseUrl $url -Path "$share\backups" @state
            Get-ShoreGuardBackup "$share\backups" | Test-ShoreGuardBackup -Drill
            $restored = $backup | Restore-ShoreGuardDatabase -DatabaseUrl $url -Confirm:$false @state
            $restored, ($restored | Restore-ShoreGuardDatabase -Undo -Confirm:$false @state)
            """, _share, Url(_share)).ThrowIfFailed().Output;
        Assert.Equal((true, true, true), (run[0].Properties["Usable"].Value, run[1].Properties["Succeeded"].Value, run[2].Properties["Succeeded"].Value));
        Assert.StartsWith($@"{_share}\backups\", (string)run[0].Properties["BackupPath"].Value, StringComparison.Ordinal);
        Assert.StartsWith(_share, (string)run[1].Properties["Kept"].Value, StringComparison.Ordinal);
    }

    [Fact]
    public void A_drive_that_stands_for_a_share()
    {
        var run = _host.Run("""
            param($share, $url)
            $null = New-PSDrive -Name SGTEST -PSProvider FileSystem -Root $share
            $null = Backup-ShoreGuardDatabase -DatabaseUrl $url -Path SGTEST:\backups
            Get-ShoreGuardBackup SGTEST:\backups | Test-ShoreGuardBackup
            Remove-PSDrive SGTEST
            """, _share, Url(_folder)).ThrowIfFailed();
        Assert.Equal(true, Assert.Single(run.Output).Properties["Usable"].Value);
    }

    // Longer than MAX_PATH, 260 characters, to which programs were bound once.
    [Fact]
    public void A_long_path()
    {
        var folder = Path.Combine([_folder, .. Enumerable.Repeat(new string('x', 60), 5)]);
        var run = _host.Run("""
            param($folder, $url)
            Backup-ShoreGuardDatabase -DatabaseUrl $url -Path $folder | Test-ShoreGuardBackup -Drill
            """, folder, Url(_folder)).ThrowIfFailed();
        Assert.Equal(true, Assert.Single(run.Output).Properties["Usable"].Value);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_backup_is_not_restored_onto_itself_under_another_name(bool byShare)
    {
        var name = Path.Combine(byShare ? _share : _folder.ToUpperInvariant(), "SHOREGUARD.DB");
        var before = File.ReadAllBytes(Path.Combine(_folder, "shoreguard.db"));
        var run = _host.Run("Restore-ShoreGuardDatabase -BackupPath $args[0] -DatabaseUrl $args[1] -Confirm:$false", name, Url(_folder));
        Assert.StartsWith("BackupIsTarget", Assert.Single(run.Errors).FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllBytes(Path.Combine(_folder, "shoreguard.db")));
    }

    // Of devices, and of machines that do not answer, no more is made than of a file that is not there.
    [Theory]
    [InlineData("Get-ShoreGuardDatabase -DatabaseUrl sqlite:///CON", "DatabaseMissing")]
    [InlineData("Get-ShoreGuardDatabase -DatabaseUrl sqlite:///NUL", "DatabaseMissing")]
    [InlineData(@"Test-ShoreGuardBackup \\sgtest-nowhere\share\shoreguard.sqlite", "BackupNotFound")]
    [InlineData(@"Backup-ShoreGuardDatabase -DatabaseUrl sqlite:///shoreguard.db -Path ?:\backups", "PathNotFileSystem")]
    public void What_is_no_file(string script, string id)
    {
        var error = Assert.Single(_host.Run(script).Errors);
        Assert.StartsWith(id, error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.NotEqual(ErrorCategory.NotSpecified, error.CategoryInfo.Category);
    }
}
