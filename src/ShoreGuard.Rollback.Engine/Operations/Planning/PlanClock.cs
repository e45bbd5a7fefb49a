using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;

namespace ShoreGuard.Rollback.Engine.Operations.Planning;

/// <summary>What the making of a plan spends where. Some of it is done at the same time, so that the parts are more than the whole.</summary>
internal sealed class PlanClock
{
    private readonly Stopwatch _whole = Stopwatch.StartNew();
    private readonly ConcurrentQueue<(string Part, TimeSpan Took)> _parts = [];

    /// <summary>Does a part, and keeps how long it took.</summary>
    public async Task<T> TimeAsync<T>(string part, Func<Task<T>> work)
    {
        var clock = Stopwatch.StartNew();
        try
        {
            return await work().ConfigureAwait(false);
        }
        finally
        {
            _parts.Enqueue((part, clock.Elapsed));
        }
    }

    /// <summary>For people.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"Planned in {_whole.Elapsed.TotalMilliseconds:0} "
        + $"ms: {string.Join(", ", _parts.Select(part => string.Create(CultureInfo.InvariantCulture, $"{part.Part} {part.Took.TotalMilliseconds:0}")))}");
}
