namespace ShoreGuard.Rollback.Pipeline;

/// <summary>The one answer of -Quiet for all that was piped in: true only where something was tested, all of it is good, and nothing failed.</summary>
internal sealed class QuietAnswer(ShoreGuardCommand command)
{
    private int _good;
    private int _bad;

    /// <summary>One of them was tested. From any thread.</summary>
    public void Add(bool isGood) => Interlocked.Increment(ref isGood ? ref _good : ref _bad);

    /// <summary>Writes the answer. Pipeline thread only, when everything has been tested.</summary>
    public void Write() => command.WriteObject(_good > 0 && _bad == 0 && !command.HasFailed);
}
