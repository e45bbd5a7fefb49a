using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;

namespace ShoreGuard.Rollback.EndToEnd.Tests;

/// <summary>What clients of an application do while it is changed: one comes anew every 5 ms, others stay connected and ask again and again.</summary>
internal sealed class Visitors : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentQueue<string> _failures = new();
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly Task[] _loops;
    private int _answered;

    public Visitors(Uri uri) => _loops = [ComeAsync(uri), StayAsync(uri, "version"), StayAsync(uri, "healthz")];

    /// <summary>How many requests were answered.</summary>
    public int Answered => _answered;

    /// <summary>What became of each request that was not, and when it was sent.</summary>
    public IReadOnlyCollection<string> Failures => _failures;

    /// <summary>Sends no more, and waits for the answers to those that were sent.</summary>
    public async Task LeaveAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_loops);
    }

    private async Task ComeAsync(Uri uri)
    {
        using var client = Client(TimeSpan.Zero);
        var sent = new List<Task>();
        while (!_stop.IsCancellationRequested)
        {
            sent.Add(AskAsync(client, new Uri(uri, "healthz")));
            await Task.Delay(5);
        }
        await Task.WhenAll(sent);
    }

    private async Task StayAsync(Uri uri, string path)
    {
        using var client = Client(TimeSpan.FromMinutes(10));
        while (!_stop.IsCancellationRequested)
        {
            await AskAsync(client, new Uri(uri, path));
            await Task.Delay(20);
        }
    }

    private static HttpClient Client(TimeSpan lifetime) =>
        new(new SocketsHttpHandler { PooledConnectionLifetime = lifetime, UseProxy = false }) { Timeout = Patience };

    private async Task AskAsync(HttpClient client, Uri uri)
    {
        var sent = _clock.Elapsed.TotalSeconds.ToString("0.000 s: ", CultureInfo.InvariantCulture);
        try
        {
            using var answer = await client.GetAsync(uri);
            if (answer.IsSuccessStatusCode)
                Interlocked.Increment(ref _answered);
            else
                _failures.Enqueue($"{sent}{answer.StatusCode}");
        }
        catch (Exception error) when (error is HttpRequestException or System.Net.Sockets.SocketException or OperationCanceledException)
        {
            _failures.Enqueue(sent + error.Message);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await LeaveAsync();
        _stop.Dispose();
    }
}
