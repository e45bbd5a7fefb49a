using System.Diagnostics;

namespace ShoreGuard.Rollback.Engine.Probing;

/// <summary>Asks <c>/healthz</c> again and again while something is changed, and measures how long nobody was served.</summary>
/// <remarks>Each request is a connection of its own, as a new client's would be.</remarks>
internal sealed class OutageProber : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly CancellationTokenSource _stop = new();
    private readonly HttpClient _client;
    private readonly Lock _lock = new();
    private readonly Task _loop;
    private volatile Uri _target;
    private int _probes;
    private int _failed;
    private TimeSpan _closedGaps;
    private DateTimeOffset? _began;
    private DateTimeOffset? _ended;
    private (DateTimeOffset At, long Ticks)? _gap;

    private OutageProber(Uri uri)
    {
        _client = new HttpClient(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.Zero, UseProxy = false, AllowAutoRedirect = false }) { Timeout = Patience };
        _target = new Uri(uri, "healthz");
        _loop = Task.Run(LoopAsync);
    }

    /// <summary>Goes on where the application answers now.</summary>
    public void Follow(Uri uri) => _target = new Uri(uri, "healthz");

    /// <summary>Starts probing.</summary>
    public static OutageProber Start(Uri uri) => new(uri);

    /// <summary>What has been measured so far. An outage that goes on counts up to now.</summary>
    public Outage Measured
    {
        get
        {
            lock (_lock)
            {
                return new Outage
                {
                    Duration = _closedGaps + (_gap is { } open ? Stopwatch.GetElapsedTime(open.Ticks) : TimeSpan.Zero),
                    Began = _began,
                    Ended = _gap is null ? _ended : null,
                    Probes = _probes,
                    Failed = _failed,
                };
            }
        }
    }

    /// <summary>Waits for the first request to end; whether it was answered.</summary>
    public async Task<bool> FirstAnsweredAsync()
    {
        while (Measured.Probes == 0)
            await Task.Delay(Interval).ConfigureAwait(false);
        return Measured.Failed == 0;
    }

    /// <summary>Waits until the present outage is over, but not longer than the limit.</summary>
    public async Task WaitForAnswerAsync(TimeSpan limit)
    {
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed < limit && Measured is { Began: not null, Ended: null })
            await Task.Delay(Interval).ConfigureAwait(false);
    }

    private async Task LoopAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            var (at, ticks) = (DateTimeOffset.UtcNow, Stopwatch.GetTimestamp());
            Note(await AnswersAsync(_target).ConfigureAwait(false), at, ticks);
            await Task.Delay(Interval, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<bool> AnswersAsync(Uri target)
    {
        try
        {
            using var answer = await _client.GetAsync(target, HttpCompletionOption.ResponseContentRead, _stop.Token).ConfigureAwait(false);
            return answer.IsSuccessStatusCode;
        }
        catch (Exception error) when (error is HttpRequestException or OperationCanceledException or IOException)
        {
            return false;
        }
    }

    private void Note(bool answered, DateTimeOffset at, long ticks)
    {
        // A request that was broken off because the measurement ended says nothing.
        if (_stop.IsCancellationRequested)
            return;
        lock (_lock)
        {
            _probes++;
            if (!answered)
            {
                _failed++;
                _began ??= at;
                _gap ??= (at, ticks);
            }
            else if (_gap is { } gap)
            {
                _closedGaps += Stopwatch.GetElapsedTime(gap.Ticks);
                _ended = DateTimeOffset.UtcNow;
                _gap = null;
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _loop.ConfigureAwait(false);
        _client.Dispose();
        _stop.Dispose();
    }
}
