namespace ShoreGuard.Rollback.Engine.Files;

/// <summary>Why a file could not be opened for oneself alone.</summary>
internal static class FileConflict
{
    // EWOULDBLOCK of flock on Linux and on macOS, ERROR_SHARING_VIOLATION of Windows.
    private const int WouldBlock = 11, WouldBlockOnMac = 35, SharingViolation = unchecked((int)0x80070020);

    /// <summary>Whether another process has it.</summary>
    public static bool IsOthers(Exception error) => error is IOException { HResult: WouldBlock or WouldBlockOnMac or SharingViolation };
}
