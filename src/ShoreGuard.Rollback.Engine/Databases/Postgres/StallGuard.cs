using ShoreGuard.Rollback.Engine.Files;

namespace ShoreGuard.Rollback.Engine.Databases.Postgres;

/// <summary>Hands on what is written to it, and ends the writer when nothing comes for too long.</summary>
/// <remarks>A damaged length in a dump can keep <c>pg_restore</c> busy for ever, without an error and without a byte.</remarks>
/// <param name="target">Where it goes.</param>
/// <param name="limit">How long nothing may come.</param>
/// <param name="cancellation">Ends the writer too.</param>
internal sealed class StallGuard(Stream target, TimeSpan limit, CancellationToken cancellation) : WriteOnlyStream
{
    private readonly CancellationTokenSource _end = Started(limit, cancellation);

    /// <summary>What ends the writer.</summary>
    public CancellationToken Token => _end.Token;

    /// <summary>Whether it was ended because nothing came.</summary>
    public bool HasStalled => _end.IsCancellationRequested && !cancellation.IsCancellationRequested;

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        target.Write(buffer);
        _end.CancelAfter(limit);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _end.Dispose();
        base.Dispose(disposing);
    }

    private static CancellationTokenSource Started(TimeSpan limit, CancellationToken cancellation)
    {
        var end = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        end.CancelAfter(limit);
        return end;
    }
}
