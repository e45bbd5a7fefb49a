using System.Collections.Concurrent;
using System.Globalization;

namespace ShoreGuard.Rollback.Engine.Tests.InMemory;

/// <summary>Every cmdlet after every kill, with every hand in between: no row is lost, nothing is left that nobody was told of, and there is always a
/// way out.</summary>
[Collection(nameof(Busy))]
public sealed class HistoryTests
{
    private static readonly bool IsFull = Environment.GetEnvironmentVariable("ROLLBACK_TEST_FULL") is "1";

    [Theory]
    [InlineData(Begun.ImageRollback)]
    [InlineData(Begun.HotSwap)]
    [InlineData(Begun.Downgrade)]
    [InlineData(Begun.Restore)]
    [InlineData(Begun.UndoOfRestore)]
    [InlineData(Begun.RollbackWithDowngrade)]
    [InlineData(Begun.RollbackWithRestore)]
    public async Task Whatever_is_killed_and_whoever_acts_then(Begun begun)
    {
        Burial.RequirePossible();
        var changes = await History.ChangesOfAsync(begun);
        var all = (from at in Enumerable.Range(0, changes.Count)
                   from moment in Enum.GetValues<Moment>()
                   from hands in Enum.GetValues<Hands>()
                   from next in Enum.GetValues<NextCall>()
                   from whose in Enum.GetValues<Whose>()
                   select new History(begun, at, moment, hands, next, whose)).ToArray();
        var faults = new ConcurrentBag<string>();
        var chosen = IsFull ? all : Sample(all);
        await Parallel.ForEachAsync(chosen, new ParallelOptions { MaxDegreeOfParallelism = 32 }, async (history, _) =>
        {
            try
            {
                if (await history.RunAsync() is { } fault)
                    faults.Add($"{history} ({changes[history.At]}): {fault}");
            }
            catch (Exception error)
            {
                faults.Add($"{history} ({changes[history.At]}): {error}");
            }
        });
        Assert.True(faults.IsEmpty, $"{faults.Count} of {chosen.Length} histories: {string.Join('\n', faults.Order().Take(20))}");
    }

    // The same ones in every run: what is found once is found again.
    private static History[] Sample(History[] all)
    {
        var count = int.TryParse(Environment.GetEnvironmentVariable("ROLLBACK_TEST_HISTORIES"), CultureInfo.InvariantCulture, out var wanted) ? wanted : 300;
        var random = new Random(int.Parse(Environment.GetEnvironmentVariable("ROLLBACK_TEST_SEED") ?? "7", CultureInfo.InvariantCulture));
        return [.. all.OrderBy(_ => random.Next()).Take(count)];
    }
}
