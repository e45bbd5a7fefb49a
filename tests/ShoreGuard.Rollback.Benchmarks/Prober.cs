using System.Diagnostics;

namespace ShoreGuard.Rollback.Benchmarks;

/// <summary>A client that asks every 5 ms, each time on a connection of its own, and notes how long it was not served.</summary>
internal sealed class Prober : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _loop;
    private TimeSpan _outage;
    private TimeSpan _worked;
    private volatile Process? _worker;

    public Prober(Uri uri, string path = "healthz") => _loop = Task.Run(() => LoopAsync(new Uri(uri, path)));

    /// <summary>From the first request that failed to the first that was answered again, all gaps together.</summary>
    public double OutageMs => _outage.TotalMilliseconds;

    /// <summary>The process that makes the outage, whose processor time during it is measured.</summary>
    public Process? Worker { get => _worker; set => _worker = value; }

    /// <summary>What of one processor the worker took while nobody was served, in percent.</summary>
    public double WorkerPercent => _outage == TimeSpan.Zero ? 0 : 100 * _worked / _outage;

    /// <summary>How many requests failed.</summary>
    public int Failed { get; private set; }

    private async Task LoopAsync(Uri uri)
    {
        using var client = new HttpClient(
            new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.Zero, UseProxy = false }) { Timeout = TimeSpan.FromSeconds(2) };
        long? gap = null;
        var workedBefore = TimeSpan.Zero;
        while (!_stop.IsCancellationRequested)
        {
            var begun = Stopwatch.GetTimestamp();
            if (!await AnswersAsync(client, uri))
            {
                Failed++;
                if (gap is null)
                    (gap, workedBefore) = (begun, Worked());
            }
            else if (gap is { } since)
            {
                _outage += Stopwatch.GetElapsedTime(since);
                _worked += Worked() - workedBefore;
                gap = null;
            }
            await Task.Delay(5);
        }
    }

    private TimeSpan Worked()
    {
        if (_worker is not { HasExited: false } worker)
            return TimeSpan.Zero;
        worker.Refresh();
        return worker.TotalProcessorTime;
    }

    private static async Task<bool> AnswersAsync(HttpClient client, Uri uri)
    {
        try
        {
            using var answer = await client.GetAsync(uri);
            return answer.IsSuccessStatusCode;
        }
        catch (Exception error) when (error is HttpRequestException or System.Net.Sockets.SocketException or OperationCanceledException)
        {
            return false;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop;
        _stop.Dispose();
    }
}
