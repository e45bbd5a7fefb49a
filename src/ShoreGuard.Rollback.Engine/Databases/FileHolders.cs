using System.Globalization;
using ShoreGuard.Rollback.Engine.Files;

namespace ShoreGuard.Rollback.Engine.Databases;

/// <summary>Which other processes have a file open. Those inside containers are seen too: they are processes of the same kernel.</summary>
internal static class FileHolders
{
    /// <summary>The holders as <c>name (process id)</c>; empty where the platform or the rights do not tell.</summary>
    public static IReadOnlyList<string> Find(string path)
    {
        if (!OperatingSystem.IsLinux() || NativeFile.Identify(path) is not { } wanted)
            return [];
        var holders = new List<string>();
        foreach (var process in Directory.EnumerateDirectories("/proc"))
        {
            var name = Path.GetFileName(process);
            if (int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var id) && id != Environment.ProcessId && Holds(process, wanted))
                holders.Add($"{Command(process)} (process {id})");
        }
        return holders;
    }

    private static bool Holds(string process, NativeFile.Identity wanted)
    {
        try
        {
            return Directory.EnumerateFileSystemEntries(Path.Combine(process, "fd"))
                .Any(descriptor => NativeFile.Identify(descriptor) is { } open && open.Inode == wanted.Inode && open.Device == wanted.Device);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return false; // Ended meanwhile, or another user's.
        }
    }

    private static string Command(string process)
    {
        try
        {
            return File.ReadAllText(Path.Combine(process, "comm")).Trim();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return "unknown";
        }
    }
}
