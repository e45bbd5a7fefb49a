using System.Diagnostics;
using System.Globalization;

namespace ShoreGuard.Rollback.Engine.Databases;

/// <summary>Reports how far a file has grown, for work that does not say so itself.</summary>
internal sealed class FileProgress : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    private readonly CancellationTokenSource _done = new();
    private readonly Task _watching;

    /// <summary>Begins to watch.</summary>
    /// <param name="activity">What is being done.</param>
    /// <param name="path">The file that grows.</param>
    /// <param name="expected">The bytes it will have; null when nobody knows.</param>
    /// <param name="reporter">Where it is reported.</param>
    public FileProgress(string activity, string path, long? expected, IReporter reporter)
        : this(activity, () => new FileInfo(path) is { Exists: true } file ? file.Length : 0, expected, reporter)
    {
    }

    /// <summary>Begins to watch something else that grows.</summary>
    /// <param name="activity">What is being done.</param>
    /// <param name="bytes">How many bytes it has now.</param>
    /// <param name="expected">The bytes it will have; null when nobody knows.</param>
    /// <param name="reporter">Where it is reported.</param>
    public FileProgress(string activity, Func<long> bytes, long? expected, IReporter reporter) =>
        _watching = WatchAsync(activity, bytes, expected, reporter);

    private async Task WatchAsync(string activity, Func<long> bytes, long? expected, IReporter reporter)
    {
        var clock = Stopwatch.StartNew();
        using var timer = new PeriodicTimer(Interval);
        try
        {
            while (await timer.WaitForNextTickAsync(_done.Token).ConfigureAwait(false))
                reporter.Progress(Describe(activity, bytes(), expected, clock.Elapsed));
        }
        catch (OperationCanceledException)
        {
            reporter.Progress(new(activity, "Done", 100, Completed: true));
        }
    }

    /// <summary>Bytes, rate and remaining time as a progress report.</summary>
    public static ProgressUpdate Describe(string activity, long bytes, long? expected, TimeSpan elapsed)
    {
        var rate = bytes / Math.Max(elapsed.TotalSeconds, 0.001);
        var of = expected is { } all ? $" of {MiB(all)}" : "";
        var status = $"{MiB(bytes)} MiB{of}, {MiB(rate)} MiB/s";
        if (expected is not { } total || total <= 0)
            return new(activity, status);
        var left = TimeSpan.FromSeconds(Math.Max(0, total - bytes) / Math.Max(rate, 1));
        return new(activity, status, Math.Min(100, 100.0 * bytes / total), left);
    }

    private static string MiB(double bytes) => (bytes / 1048576).ToString("0.0", CultureInfo.InvariantCulture);

    /// <summary>Ends the report.</summary>
    public async ValueTask DisposeAsync()
    {
        await _done.CancelAsync().ConfigureAwait(false);
        await _watching.ConfigureAwait(false);
        _done.Dispose();
    }
}
