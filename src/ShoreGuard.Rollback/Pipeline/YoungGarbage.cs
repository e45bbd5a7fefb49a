namespace ShoreGuard.Rollback.Pipeline;

/// <summary>Keeps short-lived garbage small while a cmdlet's work runs, so that its memory does not depend on the processor or on the size of a
/// database.</summary>
/// <remarks>
/// .NET lets its youngest generation grow with the processor's largest cache: to 80 MiB where that is large, as on rented machines
/// (<c>GCGen0MaxBudget</c> in <see cref="GC.GetConfigurationVariables"/>), and whoever hosts PowerShell decides on that, not a module. The
/// engine's HTTP leaves some 20 to 30 MB of garbage for each gigabyte that flows out of a container or into one.
/// </remarks>
internal sealed class YoungGarbage
{
    private const long Limit = 16 << 20;

    private long _allocatedThen = GC.GetTotalAllocatedBytes();

    /// <summary>Clears it if enough has gathered; to be called every now and then. Takes a few milliseconds when it does.</summary>
    public void Clear()
    {
        var allocated = GC.GetTotalAllocatedBytes();
        if (allocated - _allocatedThen < Limit)
            return;
        GC.Collect(0, GCCollectionMode.Forced, blocking: true);
        _allocatedThen = allocated;
    }
}
