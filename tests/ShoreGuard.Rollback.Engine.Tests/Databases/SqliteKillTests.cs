using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using ShoreGuard.Rollback.Engine.Databases.Sqlite;
using ShoreGuard.Rollback.Engine.Deployments;
using ShoreGuard.Rollback.Engine.Files;

namespace ShoreGuard.Rollback.Engine.Tests.Databases;

/// <summary>A restore whose process is killed (SIGKILL): the database under the name is whole, the old one or the new one, and the next call puts in
/// order what is left.</summary>
public sealed partial class SqliteKillTests : IDisposable
{
    private readonly Sandbox _box = new();

    public void Dispose() => _box.Dispose();

    [Fact]
    public async Task A_process_is_killed_at_every_call_that_changes_something()
    {
        Assert.SkipWhen(OperatorProcess.Unable is not null, OperatorProcess.Unable ?? "");
        var source = _box.Killed("017", "source");
        var backup = _box.Real("016", "backup.sqlite");
        var (old, restored) = (_box.Content(source), _box.Content(backup));
        var (one, other) = (Lay(source, "watched-1"), Lay(source, "watched-2"));
        IReadOnlyList<OperatorProcess.Moment> moments = [
            .. OperatorProcess.Watch(Restore(backup, one), one).Where(moment => moment.Call is "copy_file_range" or "sync_file_range" or "chmod" or "rename"),
            .. OperatorProcess.Watch(Restore(backup, other), other, "", "-wal", "-journal")
            .Where(moment => moment.Call is not ("copy_file_range" or "chmod" or "rename"))];
        var killed = new ConcurrentQueue<(string Moment, bool IsNew)>();
        await Parallel.ForEachAsync(moments.Index(), new ParallelOptions { MaxDegreeOfParallelism = 3 }, async (entry, _) =>
        {
            var (index, moment) = entry;
            var target = Lay(source, $"killed-{index}");
            if (OperatorProcess.KillAt(moment, Restore(backup, target), target))
                killed.Enqueue((moment.What, await Inspect(moment, target, backup, old, restored)));
        });
        var told = $"{killed.Count} of {moments.Count} moments:\n{string.Join('\n', killed)}";
        TestContext.Current.TestOutputHelper?.WriteLine(told);
        Assert.True(killed.Count >= 20, told);
        Assert.True(killed.Any(one => one is { IsNew: false } && one.Moment.StartsWith("link(", StringComparison.Ordinal)), told);
        Assert.True(killed.Any(one => one is { IsNew: false } && one.Moment.StartsWith("rename(", StringComparison.Ordinal)), told);
        Assert.True(killed.Any(one => one.IsNew), told);
    }

    /// <summary>Whether the killed restore has left the new database; that it is whole, told of, and put in order.</summary>
    private async Task<bool> Inspect(OperatorProcess.Moment moment, string target, string backup, string old, string restored)
    {
        var folder = Path.GetDirectoryName(target)!;
        var left = string.Join(", ", Directory.GetFiles(folder).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        var now = _box.Content(target);
        Assert.True(now == old || now == restored, $"Killed at {moment}: the database is neither the old one nor the new one. There is {left}.");

        // Whoever looks next sees which it is, and can back it up.
        var revision = now == restored ? "016" : "017";
        Assert.Equal(revision, (await _box.BackUp(target, Path.Combine(folder, "backups"))).Revision);

        var result = await _box.Restore(backup, target);
        Assert.Equal(revision, result.RevisionBefore);
        Assert.Equal((restored, now), (_box.Content(target), _box.Content(result.Kept!)));
        var names = Directory.GetFiles(folder).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal).ToList();
        Assert.True(names[0] == "shoreguard.db" && names.Skip(1).All(name => KeptDatabase().IsMatch(name)), $"Killed at {moment}: {string.Join(", ", names)}");
        if (left.Contains(".restoring-", StringComparison.Ordinal))
            Assert.Contains(result.Steps, step => step is { Name: "Clean up what a killed restore has left", Outcome: StepOutcome.Done });
        return now == restored;
    }

    // A damaged database keeps its WAL, which is moved aside with it: it may be the rest of its rows.
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_swap_that_was_killed_with_the_wal_aside_is_put_back(int moment)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There it is exchanged without a second name.");
        var (target, copy, kept) = Interrupted("20260101T000000Z");
        File.WriteAllText(target + "-wal", "the rest");
        var before = File.ReadAllBytes(target);
        if (moment >= 1)
            Assert.True(NativeFile.TryLink(target, kept));
        if (moment >= 2)
            File.Move(target + "-wal", kept + "-wal");
        var mended = Assert.Single(InterruptedRestore.Find(target)).Mend();
        Assert.Contains(Path.GetFileName(copy), mended, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllBytes(target));
        Assert.Equal("the rest", File.ReadAllText(target + "-wal"));
        Assert.Equal(["shoreguard.db", "shoreguard.db-wal"], Names());
        Assert.Equal("016", (await _box.Restore(_box.Real("016", "backup.sqlite"), target)).Revision);
    }

    [Fact]
    public async Task Between_two_renames_where_there_are_no_hard_links_the_old_database_is_found_under_its_kept_name()
    {
        var (target, _, kept) = Interrupted("20260101T000000Z");
        File.Move(target, kept);
        var backup = _box.Real("016", "backup.sqlite");
        using (var plan = await _box.Plan(backup, target))
            Assert.Contains("revision 017", plan.Description, StringComparison.Ordinal);
        var result = await _box.Restore(backup, target);
        Assert.Equal(("017", "016"), (result.RevisionBefore, Sandbox.Revision(target)));
        Assert.Equal("017", Sandbox.Revision(result.Kept!));
        Assert.Equal(3, Names().Count());
    }

    [Fact]
    public void A_wal_that_was_moved_aside_stays_there_when_the_database_was_written_since()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There it is exchanged without a second name.");
        var (target, copy, kept) = Interrupted("20260101T000000Z");
        Assert.True(NativeFile.TryLink(target, kept));
        File.WriteAllText(kept + "-wal", "the rest");
        File.SetLastWriteTimeUtc(copy, DateTime.UtcNow.AddMinutes(-1));
        File.SetLastWriteTimeUtc(target, DateTime.UtcNow);
        Assert.Contains("left aside", Assert.Single(InterruptedRestore.Find(target)).Mend(), StringComparison.Ordinal);
        Assert.Equal(["shoreguard.db", Path.GetFileName(kept), Path.GetFileName(kept) + "-wal"], Names());
    }

    [Fact]
    public void A_kept_database_that_is_another_file_is_never_taken_away()
    {
        var (target, _, kept) = Interrupted("20260101T000000Z");
        _box.Real("012", Path.GetFileName(kept));
        Assert.Single(InterruptedRestore.Find(target)).Mend();
        Assert.Equal(("017", "012"), (Sandbox.Revision(target), Sandbox.Revision(kept)));
    }

    [Fact]
    public async Task A_copy_that_somebody_still_makes_is_left_alone_and_the_second_restore_is_refused()
    {
        var target = _box.Real("017", "shoreguard.db");
        using (var alive = HeldFile.Create(new RestoreFiles(target, "20260101T000000Z").Copy))
        {
            var error = await Assert.ThrowsAsync<ShoreGuardException>(() => _box.Restore(_box.Real("016", "backup.sqlite"), target));
            Assert.Equal(("RestoreUnderWay", FailureKind.ResourceBusy), (error.Id, error.Kind));
            Assert.True(File.Exists(alive.Path));
        }
        Assert.Equal("017", Sandbox.Revision(target));
        Assert.Equal("016", (await _box.Restore(_box.Path("backup.sqlite"), target)).Revision);
    }

    [Fact]
    public async Task What_a_killed_backup_has_left_goes_with_the_next_one_and_a_living_one_stays()
    {
        var database = _box.Real("017", "shoreguard.db");
        Directory.CreateDirectory(_box.Path("backups"));
        var dead = Path.Combine(_box.Path("backups"), ".shoreguard-1.partial");
        File.WriteAllText(dead, "half");
        using var alive = HeldFile.Create(Path.Combine(_box.Path("backups"), ".shoreguard-2.partial"));
        await _box.BackUp(database);
        Assert.Equal((false, true), (File.Exists(dead), File.Exists(alive.Path)));
    }

    private (string Target, string Copy, string Kept) Interrupted(string stamp)
    {
        var target = _box.Real("017", "shoreguard.db");
        File.SetLastWriteTimeUtc(target, DateTime.UtcNow.AddMinutes(-1));
        var files = new RestoreFiles(target, stamp);
        _box.Real("016", Path.GetFileName(files.Copy));
        File.SetLastWriteTimeUtc(files.Copy, DateTime.UtcNow);
        return (target, files.Copy, files.Kept);
    }

    private IEnumerable<string?> Names() => Directory.GetFiles(_box.Folder).Select(Path.GetFileName).Order(StringComparer.Ordinal);

    private string Lay(string source, string folder)
    {
        Directory.CreateDirectory(_box.Path(folder));
        var target = Path.Combine(_box.Path(folder), "shoreguard.db");
        File.Copy(source, target);
        File.Copy(source + "-wal", target + "-wal");
        return target;
    }

    private static string Restore(string backup, string target) => $"Restore-ShoreGuardDatabase '{backup}' -DatabaseUrl 'sqlite:///{target}' -Confirm:$false";

    [GeneratedRegex(@"\.before-restore-\d{8}T\d{6}Z(-\d+)?$", RegexOptions.ExplicitCapture)]
    private static partial Regex KeptDatabase();
}
