using System.Text.Json.Nodes;
using ShoreGuard.Rollback.Engine.Databases;

namespace ShoreGuard.Rollback.Engine.Tests.Databases;

/// <summary>Backups in a folder: what is listed, what is told of each, and what is no longer kept.</summary>
public sealed class BackupCatalogTests : IDisposable
{
    private readonly Sandbox _box = new();

    public void Dispose() => _box.Dispose();

    [Fact]
    public async Task A_backup_has_a_sidecar_that_only_its_owner_reads()
    {
        var backup = await _box.BackUp(_box.Real("017", "shoreguard.db"));
        var path = backup.BackupPath + ".json";
        var sidecar = JsonNode.Parse(await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken))!;
        Assert.Equal(("017", backup.Size, backup.Sha256), ((string?)sidecar["revision"], (long)sidecar["size"]!, (string?)sidecar["sha256"]));
        Assert.Equal(40, (int)sidecar["rows"]!["gateways"]!);
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
    }

    [Fact]
    public async Task Backups_are_listed_newest_first_with_or_without_a_sidecar()
    {
        var ours = await _box.BackUp(_box.Real("016", "shoreguard.db"));
        _box.Real("012", "backups/shoreguard-20260101T000000Z.sqlite");
        _box.Real("017", "backups/shoreguard-20260201T000000Z.sqlite");
        await File.WriteAllTextAsync(_box.Path("backups/notes.txt"), "no backup", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(_box.Path("backups/shoreguard-20260101T000000Z.sqlite.partial"), "no backup", TestContext.Current.CancellationToken);

        var found = await Find(_box.Path("backups"));

        Assert.Equal(["016", "017", "012"], found.Select(backup => backup.Revision));
        Assert.Equal((ours.Sha256, ours.CreatedAt), (found[0].Sha256, found[0].CreatedAt));
        Assert.Equal(ours.Rows, found[0].Rows);
        Assert.Equal(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero), found[2].CreatedAt);
        Assert.Null(found[2].Sha256);
        Assert.All(found, backup => Assert.Null(backup.Problem));
    }

    [Fact]
    public async Task A_sidecar_is_known_by_its_backup()
    {
        var backup = await _box.BackUp(_box.Real("017", "shoreguard.db"));
        var sidecar = backup.BackupPath + ".json";

        Assert.True(BackupCatalog.IsSidecar(sidecar));
        Assert.False(BackupCatalog.IsSidecar(backup.BackupPath));
        var error = Assert.Throws<ShoreGuardException>(() => BackupCatalog.NotASidecar(sidecar));
        Assert.Equal(("BackupIsSidecar", sidecar), (error.Id, error.Target));
        Assert.Contains(backup.BackupPath, error.Recommendation, StringComparison.Ordinal);

        File.Delete(backup.BackupPath);
        Assert.False(BackupCatalog.IsSidecar(sidecar));
    }

    [Theory]
    [InlineData("empty", "empty")]
    [InlineData("garbage", "neither as a SQLite file nor as a dump")]
    [InlineData("truncated", "cut off")]
    [InlineData("foreign", "no table alembic_version")]
    public async Task What_cannot_be_read_is_listed_and_says_why(string what, string why)
    {
        Directory.CreateDirectory(_box.Path("backups"));
        BadFiles.Make(what, _box.Path("shoreguard-20260101T000000Z.sqlite"), _box);
        var backup = Assert.Single(await Find(_box.Folder));
        Assert.Null(backup.Revision);
        Assert.Contains(why, backup.Problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{\"rows\": null, \"createdAt\": \"0001-01-01T00:00:00Z\"}")]
    [InlineData("[1, 2")]
    [InlineData("{\"size\": \"many\"}")]
    public async Task A_broken_sidecar_counts_as_none(string content)
    {
        var path = _box.Real("012", "shoreguard-20260101T000000Z.sqlite");
        await File.WriteAllTextAsync(path + ".json", content, TestContext.Current.CancellationToken);
        var backup = Assert.Single(await Find(_box.Folder));
        Assert.Equal(("012", 2026, null), (backup.Revision, backup.CreatedAt.Year, backup.Problem));
    }

    [Fact]
    public async Task A_folder_that_is_not_there_is_an_error() =>
        Assert.Equal("BackupNotFound", (await Assert.ThrowsAsync<ShoreGuardException>(() => Find(_box.Path("nowhere")))).Id);

    [Fact]
    public async Task Only_so_many_backups_of_a_database_are_kept_and_others_are_left_alone()
    {
        var (mine, theirs) = (_box.Real("016", "mine.db"), _box.Real("016", "theirs.db"));
        var other = await _box.BackUp(theirs);
        _box.Real("012", "backups/shoreguard-20200101T000000Z.sqlite");
        var oldest = await _box.BackUp(mine);
        var middle = await _box.BackUp(mine);
        var newest = await _box.BackUp(mine, retention: new(Keep: 2, KeepFor: null));

        var left = Directory.GetFiles(_box.Path("backups")).Select(Path.GetFileName).Order(StringComparer.Ordinal);
        var expected = new[] { other, middle, newest }.SelectMany(backup => (string[])[backup.BackupPath, backup.BackupPath + ".json"])
            .Append("shoreguard-20200101T000000Z.sqlite");
        Assert.Equal(expected.Select(Path.GetFileName).Order(StringComparer.Ordinal), left);
        Assert.False(File.Exists(oldest.BackupPath));
    }

    [Fact]
    public async Task What_either_rule_keeps_stays()
    {
        var path = _box.Real("016", "mine.db");
        var old = await Aged(await _box.BackUp(path), days: 20);
        var recent = await Aged(await _box.BackUp(path), days: 2);
        await _box.BackUp(path, retention: new(Keep: 1, KeepFor: TimeSpan.FromDays(14)));
        Assert.False(File.Exists(old));
        Assert.True(File.Exists(recent));
    }

    [Fact]
    public async Task The_newest_proven_one_is_kept_however_old_it_is()
    {
        var path = _box.Real("016", "mine.db");
        var proven = await Aged(await _box.BackUp(path), days: 20);
        BadFiles.Dangle(path);
        var doubtful = await Aged(await _box.BackUp(path), days: 10);
        // What dangles is told, and the backup is not a proven one.
        await _box.BackUp(path, retention: new(Keep: null, KeepFor: TimeSpan.FromDays(1)));
        Assert.True(File.Exists(proven));
        Assert.False(File.Exists(doubtful));
    }

    private static async Task<string> Aged(Backup backup, int days)
    {
        var sidecar = JsonNode.Parse(await File.ReadAllTextAsync(backup.BackupPath + ".json", TestContext.Current.CancellationToken))!;
        sidecar["createdAt"] = DateTimeOffset.UtcNow.AddDays(-days);
        await File.WriteAllTextAsync(backup.BackupPath + ".json", sidecar.ToJsonString(), TestContext.Current.CancellationToken);
        return backup.BackupPath;
    }

    private static async Task<List<Backup>> Find(params string[] paths)
    {
        var found = new List<Backup>();
        await foreach (var backup in BackupCatalog.FindAsync(paths, TestContext.Current.CancellationToken))
            found.Add(backup);
        return found;
    }
}
