using System.Diagnostics;
using System.Globalization;

namespace ShoreGuard.Rollback.Engine.Files;

/// <summary>Which other processes have a file open. Those inside containers are seen too: they are processes of the same kernel.</summary>
internal static class FileHolders
{
    private const int AccessMode = 3;
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    /// <summary>The holders as <c>name (process id)</c>; empty where the platform or the rights do not tell.</summary>
    /// <param name="path">The file.</param>
    /// <param name="writersOnly">Whether those that can only read it, such as a program that copies it, are left out. Windows does not tell them apart,
    /// and so none are found there.</param>
    public static IReadOnlyList<string> Find(string path, bool writersOnly = false)
    {
        if (LookFor(path, writersOnly) is not { } look || look(path) is not { Count: > 0 } holders)
            return [];
        // A process that is just being started here has open what we have, until it runs its own program (fork(2)); a scanner has it for a moment.
        var clock = Stopwatch.StartNew();
        do
        {
            Thread.Sleep(Moment);
            holders = look(path).IntersectBy(holders.Keys, holder => holder.Key).ToDictionary();
        }
        while (holders.Count > 0 && clock.Elapsed < Patience && holders.Keys.All(MayBeStarting));
        return [.. holders.Select(holder => $"{holder.Value} (process {holder.Key})")];
    }

    /// <summary>Who has a file open, in a sentence about it; <c>another program</c> where that is not told.</summary>
    public static string Program(string path) => Find(path) is { Count: > 0 } holders ? string.Join(", ", holders) : "another program";

    // Of the file that has the name now, whatever has it at the second look.
    private static Func<string, Dictionary<int, string>>? LookFor(string path, bool writersOnly)
    {
        if (OperatingSystem.IsWindows())
            return writersOnly ? null : RestartManager.HoldersOf;
        return OperatingSystem.IsLinux() && NativeFile.Identify(path) is { } wanted ? _ => Look(wanted, writersOnly) : null;
    }

    // On a busy machine that takes a while. Until then it is our child and has our command line, as a second PowerShell that was started here has for good.
    private static bool MayBeStarting(int process)
    {
        try
        {
            return File.ReadLines($"/proc/{process}/status").Contains($"PPid:\t{Environment.ProcessId}")
                && File.ReadAllText($"/proc/{process}/cmdline") == File.ReadAllText("/proc/self/cmdline");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    // By the process, whose name can be another one a moment later (prctl(2), execve(2)).
    private static Dictionary<int, string> Look(NativeFile.Identity wanted, bool writersOnly)
    {
        var holders = new Dictionary<int, string>();
        foreach (var process in Directory.EnumerateDirectories("/proc"))
        {
            var name = Path.GetFileName(process);
            if (int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var id)
                && id != Environment.ProcessId && Holds(process, wanted, writersOnly))
                holders[id] = Command(process);
        }
        return holders;
    }

    private static bool Holds(string process, NativeFile.Identity wanted, bool writersOnly)
    {
        try
        {
            return NativeFile.OpenFilesOf(process)
                .Any(descriptor => NativeFile.Identify(descriptor) is { } open && open.IsSameFile(wanted) && (!writersOnly || MayWrite(process, descriptor)));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return false; // Ended meanwhile, or another user's.
        }
    }

    // As open(2) was told, in octal (proc_pid_fdinfo(5)).
    private static bool MayWrite(string process, string descriptor)
    {
        var flags = File.ReadLines(Path.Combine(process, "fdinfo", Path.GetFileName(descriptor)))
            .FirstOrDefault(line => line.StartsWith("flags:", StringComparison.Ordinal));
        return flags is not null && (Convert.ToInt32(flags[6..].Trim(), 8) & AccessMode) != 0;
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
