using ShoreGuard.Rollback.Tests;

namespace ShoreGuard.Rollback.EndToEnd.Tests.Rollbacks;

/// <summary>Our process killed (SIGKILL) in each of its writes to the journal: resumed, the target serves; reverted, everything is as before. Nothing
/// else is left.</summary>
public abstract class RollbackKillTests : IDisposable
{
    private const string Target = "0.27.0";

    // One of the releases is not what its tag says, which is a reason to stop.
    private const string Arguments = $"-Version {Target} -Force";

    private readonly ModuleHost _module = new();

    public void Dispose()
    {
        _module.Dispose();
        GC.SuppressFinalize(this);
    }

    // A class for each, so that they run beside each other.
    public sealed class Sqlite : RollbackKillTests
    {
        public static TheoryData<string, bool> Cases() => Sampled("sqlite");

        [Theory]
        [MemberData(nameof(Cases))]
        public void In_each_write_to_the_journal(string newer, bool resumed) => Kill("sqlite", newer, resumed);
    }

    public sealed class Postgres : RollbackKillTests
    {
        public static TheoryData<string, bool> Cases() => Sampled("postgres");

        [Theory]
        [MemberData(nameof(Cases))]
        public void In_each_write_to_the_journal(string newer, bool resumed) => Kill("postgres", newer, resumed);
    }

    // What is rolled back: by the image alone, by a downgrade, by a restore; and then resumed or reverted.
    private static TheoryData<string, bool> Sampled(string database)
    {
        var data = new TheoryData<string, bool>();
        var all = from newer in new[] { "0.32.0", "0.28.0", "0.29.0" } from resumed in new[] { false, true } select (newer, resumed);
        foreach (var (newer, resumed) in Sampling.Of(all, each => InSample(database, each.newer, each.resumed)))
            data.Add(newer, resumed);
        return data;
    }

    private protected void Kill(string database, string newer, bool resumed)
    {
        using var made = RollbackCase.Make(_module, Target, newer, database);
        var journal = new StoppingJournal(_module, made.State);
        journal.StopAt(0);
        var writes = CountWrites(made, journal, newer);
        var points = Enumerable.Range(1, writes)
            .Where(point => Sampling.IsFull || point % 30 == (resumed ? 13 : 18) || point == writes - (resumed ? 1 : 0)).ToList();
        Assert.True(writes > 25 && points.Count >= 2, $"{writes} writes");
        foreach (var point in points)
        {
            var before = made.Fingerprint(_module);
            journal.StopAt(point);
            var where = $"write {point} of {writes}, {KillInTheMiddle(made, journal)}";
            journal.StopAt(0);
            if (resumed)
                Resume(made, newer, where);
            else
                Revert(made, newer, where, before);
        }
        TestContext.Current.SendDiagnosticMessage(
            $"Back from {newer} on {database}, killed at {points.Count} of {writes} writes to the journal, {(resumed ? "resumed" : "reverted")}.");
    }

    private static bool InSample(string database, string newer, bool resumed) =>
        (database, newer, resumed) is ("sqlite", "0.28.0", true) or ("sqlite", "0.32.0", false) or ("postgres", "0.29.0", false);

    // One that nobody stops; then everything is deployed again.
    private int CountWrites(RollbackCase made, StoppingJournal journal, string newer)
    {
        _module.Run(made.Command(Arguments)).ThrowIfFailed();
        var writes = journal.Writes;
        made.Redeploy(newer);
        return writes;
    }

    private void Revert(RollbackCase made, string newer, string where, string before)
    {
        var unfinished = _module.Run($"Get-ShoreGuardRollback -Unfinished -Name '{made.Project.Container}' -StatePath '{made.State}'").ThrowIfFailed().Output;
        // Killed before its first write was there, or after its last: there is nothing to undo, or all of it.
        var id = unfinished.Count == 1 ? unfinished[0].Text("Id") : null;
        if (id is not null)
        {
            // Where everything else is looked for, too.
            var told = _module.Run($$"""
                Get-ShoreGuardDeployment -Project {{made.Project.Name}} -StatePath '{{made.State}}' |
                    ForEach-Object { $_.Unfinished; ($_ | Test-ShoreGuardHealth).Recommendation }
                """).ThrowIfFailed().Texts;
            Assert.True(told.Count == 2 && told.All(text => text.Contains(id, StringComparison.Ordinal)), $"{where}: {string.Join('\n', told)}");
            var run = _module.Run($"Undo-ShoreGuardRollback {id} -StatePath '{made.State}' -Confirm:$false");
            Assert.True(run.Errors.Count == 0, $"{where}: {string.Join('\n', run.Errors)}");
            Assert.True(run.Output.Count == 1, $"{where}: {run.Output.Count} objects");
        }
        AssertNothingIsUnfinished(made, where);
        if (made.Project.AnsweringVersion == Target)
            Assert.Fail($"{where}: the target still answers");
        var after = made.Fingerprint(_module);
        // What held already has another container when it has been undone; everything else is the same to the last byte.
        if (after != before)
            Assert.True(Comparable(after) == Comparable(before), $"{where}:\n{before}\n---\n{after}");
        made.Redeploy(newer);
    }

    // Without the ids of containers, their images' digests, and the pin that a whole rollback writes.
    private static string Comparable(string fingerprint) =>
        string.Join('\n',
        fingerprint.Split('\n').Where(line => !line.Contains("-shoreguard-1 ", StringComparison.Ordinal) && !line.Contains(".env ", StringComparison.Ordinal)));

    private void Resume(RollbackCase made, string newer, string where)
    {
        var unfinished = _module.Run($"Get-ShoreGuardRollback -Unfinished -Name '{made.Project.Container}' -StatePath '{made.State}'").ThrowIfFailed().Output;
        var run = unfinished.Count == 1
            ? _module.Run($"$args[0] | Resume-ShoreGuardRollback -StatePath '{made.State}' -Confirm:$false", unfinished[0])
            : made.Project.AnsweringVersion == Target ? null : _module.Run(made.Command(Arguments));
        Assert.True(run is null || run.Errors.Count == 0, $"{where}: {string.Join('\n', run?.Errors ?? [])}");
        Assert.True(made.Project.AnsweringVersion == Target, $"{where}: {made.Project.AnsweringVersion} answers");
        Assert.True(made.Rows(_module).StartsWith("016:", StringComparison.Ordinal), where);
        Assert.True(made.LeftOvers().Length == 0, $"{where}: {made.LeftOvers()}");
        AssertNothingIsUnfinished(made, where);
        made.Redeploy(newer);
    }

    private void AssertNothingIsUnfinished(RollbackCase made, string where) =>
        Assert.True(_module.Run($"Get-ShoreGuardRollback -Unfinished -Name '{made.Project.Container}' -StatePath '{made.State}'")
            .ThrowIfFailed().Output.Count == 0, $"{where}: something is unfinished");

    // Gives the last step that the process told of.
    private static string KillInTheMiddle(RollbackCase made, StoppingJournal journal)
    {
        using var process = new KilledProcess($"{made.Command(Arguments)} -Verbose");
        var ended = false;
        for (var until = DateTime.UtcNow.AddSeconds(90); !ended && !journal.IsStopped(); Thread.Sleep(20))
            ended = DateTime.UtcNow > until || process.HasEnded;
        process.Kill();
        var last = process.WaitUntilKilled() is [.., var line] ? line : "";
        Assert.False(ended, $"It was not stopped, and said at last: {last}");
        return last;
    }
}
