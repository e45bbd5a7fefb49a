namespace ShoreGuard.Rollback.Tests;

/// <summary>A file that another program has open so that nobody else can: Windows lets it. That says nothing of what is in the file.</summary>
public sealed class HeldFileTests : IDisposable
{
    private readonly ModuleHost _host;
    private readonly string _folder;

    public HeldFileTests()
    {
        Assert.SkipUnless(OperatingSystem.IsWindows(), "Elsewhere, whoever has a file open keeps nobody from it.");
        _host = new();
        _folder = Directory.CreateTempSubdirectory("shoreguard-test-").FullName;
        File.Copy(Path.Combine(Repository.Root, "tests", "ShoreGuard.Rollback.Engine.Tests", "Data", "backups", "shoreguard-sqlite-016.sqlite"),
            Path.Combine(_folder, "shoreguard.db"));
        Run("Set-ShoreGuardKnownGood -GitSha 0000000 @state; Backup-ShoreGuardDatabase -DatabaseUrl $url -Path $f/backups @state").ThrowIfFailed();
        // Its sidecar, too.
        foreach (var file in Directory.GetFiles(Path.Combine(_folder, "backups")))
            File.Move(file, Path.Combine(_folder, "backups", "shoreguard-20260101T000000Z" + file[file.IndexOf(".sqlite", StringComparison.Ordinal)..]));
    }

    public void Dispose()
    {
        _host?.Dispose();
        if (_folder is not null)
            Directory.Delete(_folder, recursive: true);
    }

    private RunResult Run(string script) => _host.Run(
        $$"""
        $f = $args[0].Replace('\', '/')
        $url = "sqlite:///$f/shoreguard.db"
        $b = "$f/backups/shoreguard-20260101T000000Z.sqlite"
        $state = @{ StatePath = "$f/state" }
        {{script}}
        """, _folder);

    private FileStream Hold(string name) => new(Path.Combine(_folder, name), FileMode.Open, FileAccess.ReadWrite, FileShare.None);

    [Theory]
    [InlineData("shoreguard.db", "Get-ShoreGuardDatabase -DatabaseUrl $url", "DatabaseBusy")]
    [InlineData("shoreguard.db", "Backup-ShoreGuardDatabase -DatabaseUrl $url -Path $f/backups @state", "DatabaseBusy")]
    [InlineData("shoreguard.db", "Restore-ShoreGuardDatabase -BackupPath $b -DatabaseUrl $url -Confirm:$false @state", "DatabaseBusy")]
    [InlineData("backups/shoreguard-20260101T000000Z.sqlite",
        "Restore-ShoreGuardDatabase -BackupPath $b -DatabaseUrl $url -Confirm:$false @state", "BackupBusy")]
    [InlineData("state/journal.db", "Set-ShoreGuardKnownGood -GitSha 0000001 @state", "JournalBusy")]
    [InlineData("state/journal.db", "Get-ShoreGuardRollback @state", "JournalBusy")]
    public void It_is_told_and_what_to_do(string held, string script, string id)
    {
        using var _ = Hold(held);
        var error = Assert.Single(Run(script).Errors);
        Assert.StartsWith(id, error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Equal(System.Management.Automation.ErrorCategory.ResourceBusy, error.CategoryInfo.Category);
        Assert.Contains("lets nobody else", error.ErrorDetails.Message, StringComparison.Ordinal);
        Assert.Contains("then run the same command again", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public void A_backup_is_not_called_bad_for_it()
    {
        using var _ = Hold("backups/shoreguard-20260101T000000Z.sqlite");
        var report = Assert.Single(Run("Test-ShoreGuardBackup $b").ThrowIfFailed().Output);
        Assert.Equal(("False", "NotRun", "NotRun"), (Text(report, "Usable"), Text(report, "Checksum"), Text(report, "Integrity")));
        Assert.Contains("lets nobody else read it", Text(report, "Problem"), StringComparison.Ordinal);
        Assert.DoesNotContain("Do not rely", Text(report, "Recommendation"), StringComparison.Ordinal);
        var listed = Assert.Single(Run("Get-ShoreGuardBackup $f/backups").ThrowIfFailed().Output);
        Assert.Equal("True", Text(listed, "IsUnread"));
    }

    [Fact]
    public void What_its_sidecar_says_is_not_passed_over_in_silence()
    {
        using var _ = Hold("backups/shoreguard-20260101T000000Z.sqlite.json");
        var run = Run("Test-ShoreGuardBackup $b").ThrowIfFailed();
        Assert.Contains(run.Warnings, warning => warning.Contains("cannot be read", StringComparison.Ordinal));
    }

    // Among the checks that come before anything is stopped.
    [Fact]
    public void A_database_that_is_marked_read_only_is_not_begun_with()
    {
        var path = Path.Combine(_folder, "shoreguard.db");
        File.SetAttributes(path, FileAttributes.ReadOnly);
        try
        {
            var error = Assert.Single(Run("Restore-ShoreGuardDatabase -BackupPath $b -DatabaseUrl $url -Confirm:$false @state").Errors);
            Assert.StartsWith("DatabaseReadOnly", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        }
        finally
        {
            File.SetAttributes(path, FileAttributes.Normal);
        }
    }

    private static string? Text(System.Management.Automation.PSObject record, string property) => record.Properties[property].Value?.ToString();
}
