using System.Net.Sockets;
using System.Diagnostics;
using ShoreGuard.Rollback.Engine.Deployments.Docker;

namespace ShoreGuard.Rollback.Engine.Probing;

/// <summary>Asks <c>/healthz</c> again and again while something is changed, and measures how long nobody was served.</summary>
internal sealed class OutageProber : IAsyncDisposable
{
    // The application that starts meanwhile needs the processor: twenty looks a second say enough.
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan RehearsalInterval = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly CancellationTokenSource _stop = new();
    private readonly Func<CancellationToken, Task<bool?>> _answers;
    private readonly IDisposable _client;
    private readonly Lock _lock = new();
    private readonly Task _loop;
    private readonly Aim? _aim;
    private volatile bool _isRehearsing;
    private int _asked;
    private int _probes;
    private int _failed;
    private TimeSpan _closedGaps;
    private TimeSpan _resolution;
    private long? _lastAnswered;
    private DateTimeOffset? _began;
    private DateTimeOffset? _ended;
    private (DateTimeOffset At, long Ticks)? _gap;

    private readonly TimeProvider _clock;

    private OutageProber(Func<CancellationToken, Task<bool?>> answers, IDisposable client, TimeProvider clock, Aim? aim = null)
    {
        _clock = clock;
        _answers = answers;
        _client = client;
        _aim = aim;
        _loop = Task.Run(LoopAsync);
    }

    /// <summary>Starts probing an address.</summary>
    /// <remarks>Each request is a connection of its own, as a new client's would be.</remarks>
    /// <param name="uri">The address.</param>
    /// <param name="clock">By which it waits between two.</param>
    public static OutageProber Start(Uri uri, TimeProvider clock)
    {
        var aim = new Aim(uri);
        return new(aim.AnswersAsync, aim, clock, aim);
    }

    /// <summary>Starts probing whichever container has a name, at its own address.</summary>
    /// <param name="engine">Its engine.</param>
    /// <param name="name">The name.</param>
    /// <param name="isAskedInside">Whether to ask inside its network, although something else may lead there.</param>
    public static OutageProber Start(IContainerEngine engine, string name, bool isAskedInside)
    {
        var container = new ServingContainer(engine, name, isAskedInside);
        return new(container.AnswersAsync, container, engine.Clock);
    }

    /// <summary>Goes on at another address: that of whoever serves from now on. The measurement stays one.</summary>
    public void Retarget(Uri uri) => _aim?.At(uri);

    /// <summary>What has been measured so far; null when no request has reached anything that could fail. An outage that goes on counts up to now.</summary>
    public Outage? Measured
    {
        get
        {
            lock (_lock)
            {
                return _probes == 0 ? null : new Outage
                {
                    Duration = _closedGaps + (_gap is { } open ? Stopwatch.GetElapsedTime(open.Ticks) : TimeSpan.Zero),
                    Began = _began,
                    Ended = _gap is null ? _ended : null,
                    Probes = _probes,
                    Failed = _failed,
                    Resolution = _resolution,
                };
            }
        }
    }

    /// <summary>Asks as often as it can until something is done, so that the runtime compiles what asking takes now and not in the outage.</summary>
    public async Task RehearseAsync(Task until)
    {
        _isRehearsing = true;
        try
        {
            await until.ConfigureAwait(false);
        }
        finally
        {
            _isRehearsing = false;
        }
    }

    /// <summary>Waits for the first request to end; whether it was answered.</summary>
    public async Task<bool> FirstAnsweredAsync()
    {
        while (Volatile.Read(ref _asked) == 0)
            await Task.Delay(Interval, _clock).ConfigureAwait(false);
        return Measured is { Failed: 0 };
    }

    /// <summary>Waits until the present outage is over, but not longer than the limit.</summary>
    public async Task WaitForAnswerAsync(TimeSpan limit)
    {
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed < limit && Measured is { Began: not null, Ended: null })
            await Task.Delay(Interval, _clock).ConfigureAwait(false);
    }

    private async Task LoopAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            var (at, ticks) = (DateTimeOffset.UtcNow, Stopwatch.GetTimestamp());
            if (await _answers(_stop.Token).ConfigureAwait(false) is { } answered)
                Note(answered, at, ticks);
            Interlocked.Increment(ref _asked);
            await Task.Delay(_isRehearsing ? RehearsalInterval : Interval, _clock, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private void Note(bool answered, DateTimeOffset at, long ticks)
    {
        // A request that was broken off because the measurement ended says nothing.
        if (_stop.IsCancellationRequested)
            return;
        lock (_lock)
        {
            // The first one, which sets everything up, is over before anything is changed.
            if (_probes > 1 && _lastAnswered is { } last && Stopwatch.GetElapsedTime(last, ticks) is var apart && apart > _resolution)
                _resolution = apart;
            _lastAnswered = answered ? ticks : null;
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

    // What is asked, which may become another address on the way.
    private sealed class Aim(Uri first) : IDisposable
    {
        private readonly Lazy<HttpClient> _client = new(() =>
            new(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.Zero, UseProxy = false, AllowAutoRedirect = false }) { Timeout = Patience });

        private Uri? _next = new(first, "healthz");
        private Uri _target = first;
        private Knock? _knock;

        public void At(Uri uri) => Volatile.Write(ref _next, new(uri, "healthz"));

        public async Task<bool?> AnswersAsync(CancellationToken cancellation)
        {
            if (Interlocked.Exchange(ref _next, null) is { } next)
            {
                _target = next;
                _knock?.Dispose();
                _knock = Knock.CanAsk(next) ? new(next, Patience) : null;
            }
            return _knock is { } knock ? await knock.AskAsync(cancellation).ConfigureAwait(false) is >= 200 and < 300
                : await AnswersOverTlsAsync(cancellation).ConfigureAwait(false);
        }

        private async Task<bool> AnswersOverTlsAsync(CancellationToken cancellation)
        {
            try
            {
                using var answer = await _client.Value.GetAsync(_target, HttpCompletionOption.ResponseContentRead, cancellation).ConfigureAwait(false);
                return answer.IsSuccessStatusCode;
            }
            catch (Exception error) when (error is HttpRequestException or SocketException or OperationCanceledException or IOException)
            {
                return false;
            }
        }

        public void Dispose()
        {
            _knock?.Dispose();
            if (_client.IsValueCreated)
                _client.Value.Dispose();
        }
    }
}
