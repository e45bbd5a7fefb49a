namespace ShoreGuard.Rollback.Engine.Releases.Registry;

/// <summary>When a registry says that it is asked too often, everybody waits as long as it wants, up to a limit.</summary>
internal sealed class RegistryPause(RegistryLocation registry, IReporter reporter)
{
    /// <summary>Longer than this nobody waits: an operator in a hurry wants to know.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Unsaid = TimeSpan.FromSeconds(2);

    private readonly Lock _lock = new();
    private DateTimeOffset _until;

    /// <summary>Returns when the registry may be asked.</summary>
    public async Task WaitAsync(CancellationToken cancellation)
    {
        DateTimeOffset until;
        lock (_lock)
            until = _until;
        var left = until - DateTimeOffset.UtcNow;
        if (left > TimeSpan.Zero)
            await Task.Delay(left, cancellation).ConfigureAwait(false);
    }

    /// <summary>Takes note of what a refusal says about when to come again.</summary>
    /// <exception cref="ShoreGuardException"><c>RegistryRateLimited</c>: that is too far away.</exception>
    public void Begin(HttpResponseMessage refusal)
    {
        var now = DateTimeOffset.UtcNow;
        var wanted = Wanted(refusal, now);
        if (wanted > Limit)
            throw Errors.RegistryRateLimited(registry.Address.Authority, wanted);
        lock (_lock)
        {
            if (now + wanted <= _until)
                return;
            _until = now + wanted;
        }
        reporter.Verbose($"The registry {registry.Address.Authority} has reached its rate limit; waiting {Readable.Duration(wanted)}.");
    }

    internal static TimeSpan Wanted(HttpResponseMessage refusal, DateTimeOffset now) => refusal.Headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } => date > now ? date - now : TimeSpan.Zero,
        _ => Unsaid,
    };
}
