using System.Diagnostics;

namespace ShoreGuard.Rollback.Engine.Files;

/// <summary>What to do about others who have a file open.</summary>
internal static class FileConflict
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5), Pause = TimeSpan.FromMilliseconds(50);

    // EWOULDBLOCK of flock on Linux and on macOS, ERROR_SHARING_VIOLATION of Windows.
    private const int WouldBlock = 11, WouldBlockOnMac = 35, SharingViolation = unchecked((int)0x80070020);

    /// <summary>Whether another process has it.</summary>
    public static bool IsOthers(Exception error) => error is IOException { HResult: WouldBlock or WouldBlockOnMac or SharingViolation };

    /// <summary>Whether another program lets nobody open a file, which Windows does where it is asked to. SQLite says of it that it cannot open it.</summary>
    public static bool IsHeld(string path)
    {
        try
        {
            SharedFile.OpenHandle(path).Dispose();
            return false;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return IsOthers(error);
        }
    }

    /// <summary>Renames or replaces a file. On Windows it is tried again for some seconds: an editor, a virus scanner or a synchronizing program may
    /// have it open for a moment.</summary>
    /// <remarks>There a file that is open is refused to be replaced with ERROR_ACCESS_DENIED as well (MoveFileExW).</remarks>
    public static void Retry(Action change)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                change();
                return;
            }
            catch (Exception error) when (OperatingSystem.IsWindows() && (IsOthers(error) || error is UnauthorizedAccessException) && clock.Elapsed < Patience)
            {
                Thread.Sleep(Pause);
            }
        }
    }
}
