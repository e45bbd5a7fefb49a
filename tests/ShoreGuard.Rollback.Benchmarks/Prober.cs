using System.Diagnostics;

namespace ShoreGuard.Rollback.Benchmarks;

/// <summary>A client that asks every 5 ms, each time on a connection of its own, and notes how long it was not served.</summary>
internal sealed class Prober : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _loop;
    private TimeSpan _outage;

    public Prober(Uri uri, string path = "healthz") => _loop = Task.Run(() => LoopAsync(new Uri(uri, path)));

    /// <summary>From the first request that failed to the first that was answered again, all gaps together.</summary>
    public double OutageMs => _outage.TotalMilliseconds;

    /// <summary>How many requests failed.</summary>
    public int Failed { get; private set; }

    private async Task LoopAsync(Uri uri)
    {
        using var client = new HttpClient(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.Zero, UseProxy = false }) { Timeout = TimeSpan.FromSeconds(2) };
        long? gap = null;
        while (!_stop.IsCancellationRequested)
        {
            var begun = Stopwatch.GetTimestamp();
            if (!await AnswersAsync(client, uri))
            {
                Failed++;
                gap ??= begun;
            }
            else if (gap is { } since)
            {
                _outage += Stopwatch.GetElapsedTime(since);
                gap = null;
            }
            await Task.Delay(5);
        }
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
