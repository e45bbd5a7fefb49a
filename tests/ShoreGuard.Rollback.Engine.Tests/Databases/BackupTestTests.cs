using System.Net;
using System.Net.Sockets;
using ShoreGuard.Rollback.Engine.Databases;
using ShoreGuard.Rollback.Engine.Files;

namespace ShoreGuard.Rollback.Engine.Tests.Databases;

/// <summary>Whether a backup can be relied on.</summary>
public sealed class BackupTestTests : IDisposable
{
    private readonly Sandbox _box = new();

    public void Dispose() => _box.Dispose();

    [Fact]
    public async Task A_good_backup_passes_and_a_drill_of_it_leaves_nothing()
    {
        var backup = await _box.BackUp(_box.Real("017", "shoreguard.db"));
        Directory.CreateDirectory(_box.Path("scratch"));
        var before = _box.Snapshot();

        var report = await Test(backup.BackupPath, drill: true);

        Assert.True(report.Usable, report.Problem);
        Assert.Equal((ProofOutcome.Passed, ProofOutcome.Passed, ProofOutcome.Passed, ProofOutcome.Passed),
            (report.Checksum, report.Integrity, report.Restored, report.Verified));
        Assert.Equal(report.RestoreDuration + report.CheckDuration, report.Rto);
        Assert.Contains(report.Checks, check => check is { Name: "drill: integrity_check", Passed: true });
        Assert.Equal(before, _box.Snapshot());
    }

    [Fact]
    public async Task What_a_killed_drill_has_left_is_taken_away_by_a_later_one()
    {
        var backup = await _box.BackUp(_box.Real("017", "shoreguard.db"));
        var dead = _box.Real("012", ".shoreguard-drill-1.sqlite");
        using var alive = HeldFile.Create(_box.Path(".shoreguard-drill-2.sqlite"));
        Assert.True((await Test(backup.BackupPath, drill: true)).Usable);
        Assert.Equal((false, true), (File.Exists(dead), File.Exists(alive.Path)));
    }

    [Fact]
    public async Task What_was_not_run_is_no_success()
    {
        var report = await Test(_box.Real("012", "shoreguard-20260101T000000Z.sqlite"));
        Assert.True(report.Usable, report.Problem);
        Assert.Equal((ProofOutcome.NotRun, ProofOutcome.NotRun, ProofOutcome.NotRun, null), (report.Checksum, report.Restored, report.Verified, report.Rto));
    }

    [Theory]
    [InlineData("empty")]
    [InlineData("garbage")]
    [InlineData("truncated")]
    [InlineData("truncated-mid-page")]
    [InlineData("overwritten")]
    [InlineData("foreign")]
    [InlineData("dangling")]
    public async Task What_is_not_good_is_a_report_and_no_drill_is_made_of_it(string what)
    {
        var path = _box.Path("shoreguard-20260101T000000Z.sqlite");
        BadFiles.Make(what, path, _box);
        var report = await Test(path, drill: true);
        Assert.False(report.Usable);
        Assert.NotEmpty(report.Problem!);
        Assert.NotEmpty(report.Recommendation!);
        Assert.Equal((ProofOutcome.Failed, ProofOutcome.NotRun), (report.Integrity, report.Restored));
    }

    [Fact]
    public async Task Of_one_with_rows_that_refer_to_nothing_it_is_said_that_force_restores_it()
    {
        var path = _box.Path("shoreguard-20260101T000000Z.sqlite");
        BadFiles.Make("dangling", path, _box);
        var report = await Test(path);
        Assert.Contains("1 rows of child refer to missing rows of gateways", report.Problem, StringComparison.Ordinal);
        Assert.Contains("restore it with -Force", report.Recommendation, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_that_is_older_than_the_objective_is_not_usable()
    {
        var path = _box.Real("012", "shoreguard-20260101T000000Z.sqlite");
        var report = await Test(path, rpo: TimeSpan.FromDays(1));
        Assert.Equal((false, false, ProofOutcome.Passed), (report.Usable, report.MeetsRpo, report.Integrity));
        Assert.Contains("the RPO is 1 d 0 h", report.Problem, StringComparison.Ordinal);
        Assert.True((await Test(path, rpo: TimeSpan.FromDays(36500))).Usable);
    }

    [Fact]
    public async Task One_that_is_dated_in_the_future_is_never_fresh_nor_the_newest_and_takes_no_others_place()
    {
        var database = _box.Real("017", "shoreguard.db");
        var (old, skewed) = (await _box.BackUp(database), await _box.BackUp(database));
        var sidecar = skewed.BackupPath + ".json";
        File.WriteAllText(sidecar,
            System.Text.RegularExpressions.Regex.Replace(
            File.ReadAllText(sidecar), "(\"createdAt\": *\")20", "${1}21", System.Text.RegularExpressions.RegexOptions.IgnoreCase));

        var report = await Test(skewed.BackupPath, rpo: TimeSpan.FromHours(1));
        Assert.False(report.Usable);
        Assert.Contains("in the future", report.Problem, StringComparison.Ordinal);
        Assert.Contains("clock", report.Recommendation, StringComparison.Ordinal);
        Assert.True((await Test(skewed.BackupPath)).Usable);

        var found = new List<string>();
        await foreach (var backup in BackupCatalog.FindAsync([_box.Path("backups")], TestContext.Current.CancellationToken))
            found.Add(backup.BackupPath);
        Assert.Equal([old.BackupPath, skewed.BackupPath], found);

        var newest = await _box.BackUp(database, retention: new(1, null));
        Assert.Equal((true, false, true), (File.Exists(newest.BackupPath), File.Exists(old.BackupPath), File.Exists(skewed.BackupPath)));
    }

    [Fact]
    public async Task A_drill_without_room_or_folder_says_so_and_is_not_a_success()
    {
        var backup = await _box.BackUp(_box.Real("017", "shoreguard.db"));
        var report = await Test(backup.BackupPath, drill: true, scratch: _box.Path("nowhere"));
        Assert.Equal((false, ProofOutcome.NotRun, ProofOutcome.Passed), (report.Usable, report.Restored, report.Integrity));
        Assert.Contains("nowhere", report.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_is_away_says_nothing_of_the_backup()
    {
        using var nobody = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        nobody.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var url = $"postgresql://shoreguard:secret@127.0.0.1:{((IPEndPoint)nobody.LocalEndPoint!).Port}/shoreguard";
        var report = await Test(Path.Combine(AppContext.BaseDirectory, "Data", "backups", "shoreguard-pg15-017.pgdump"), drill: true,
            database: new() { Url = url, BaseFolder = _box.Folder });
        Assert.Equal((false, ProofOutcome.NotRun, ProofOutcome.NotRun), (report.Usable, report.Integrity, report.Restored));
        Assert.Contains("No PostgreSQL server answers", report.Problem, StringComparison.Ordinal);
        Assert.Contains("Check", report.Recommendation, StringComparison.Ordinal);
        Assert.DoesNotContain("Do not rely on this backup", report.Recommendation, StringComparison.Ordinal);
    }

    // With its sidecar nothing goes unnoticed, wherever the bit is: in a page, in free space, in a text.
    [Fact]
    public async Task One_flipped_bit_is_found_before_anything_is_swapped_at_200_random_places()
    {
        var backup = await _box.BackUp(_box.Real("017", "source.db"));
        var target = _box.Real("012", "shoreguard.db");
        var good = await File.ReadAllBytesAsync(backup.BackupPath, TestContext.Current.CancellationToken);
        var before = await File.ReadAllBytesAsync(target, TestContext.Current.CancellationToken);
        var random = new Random(20261124);
        for (var round = 0; round < 200; round++)
        {
            var (at, bit) = (random.Next(good.Length), random.Next(8));
            var bad = (byte[])good.Clone();
            bad[at] ^= (byte)(1 << bit);
            await File.WriteAllBytesAsync(backup.BackupPath, bad, TestContext.Current.CancellationToken);
            Assert.False((await Test(backup.BackupPath)).Usable, $"bit {bit} of byte {at}");
            await Assert.ThrowsAsync<ShoreGuardException>(() => _box.Restore(backup.BackupPath, target));
        }
        Assert.Equal(before, await File.ReadAllBytesAsync(target, TestContext.Current.CancellationToken));
        await File.WriteAllBytesAsync(backup.BackupPath, good, TestContext.Current.CancellationToken);
        Assert.Contains((await _box.Restore(backup.BackupPath, target)).Checks, check => check is { Name: "backup: SHA-256", Passed: true });
    }

    private Task<BackupReport> Test(string path, bool drill = false, TimeSpan? rpo = null, string? scratch = null, DatabaseRequest? database = null) =>
        BackupTest.RunAsync(
        new() { BackupPath = path, Drill = drill, Rpo = rpo, ScratchFolder = scratch ?? _box.Folder, Database = database }, SilentReporter.Instance,
            TestContext.Current.CancellationToken);
}
