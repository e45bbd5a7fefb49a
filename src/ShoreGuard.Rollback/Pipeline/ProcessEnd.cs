using System.Runtime.InteropServices;

namespace ShoreGuard.Rollback.Pipeline;

/// <summary>Keeps a process that is told to end (its terminal is closed, its service stopped) until what was half done is put back.</summary>
/// <remarks>SIGHUP and SIGTERM; on Windows the closing of the console and the system's shutdown.</remarks>
internal sealed class ProcessEnd : IDisposable
{
    private readonly ManualResetEventSlim _putBack = new();
    private readonly PosixSignalRegistration[] _registrations;
    private volatile bool _isComing;

    /// <summary>Listens from now on.</summary>
    /// <param name="stop">Stops what is under way.</param>
    /// <param name="limit">How long the process is kept at most.</param>
    public ProcessEnd(Action stop, TimeSpan limit)
    {
        // The process ends, as it would have, when this returns.
        void Keep(PosixSignalContext signal)
        {
            _isComing = true;
            stop();
            _putBack.Wait(limit);
        }
        _registrations = [PosixSignalRegistration.Create(PosixSignal.SIGHUP, Keep), PosixSignalRegistration.Create(PosixSignal.SIGTERM, Keep)];
    }

    /// <summary>Nothing is left to put back. Where the process is to end, its next command does not begin.</summary>
    public void Dispose()
    {
        _putBack.Set();
        if (_isComing)
            Thread.Sleep(TimeSpan.FromSeconds(10));
        foreach (var registration in _registrations)
            registration.Dispose();
    }
}
