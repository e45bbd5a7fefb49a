using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using ShoreGuard.Rollback.Engine.Files;
using ShoreGuard.Rollback.Engine.Rollbacks.Execution;

namespace ShoreGuard.Rollback.Engine.Rollbacks;

/// <summary>One at a time: held while a deployment is changed, and let go by the system itself when the process dies.</summary>
internal sealed class DeploymentLock : IDisposable
{
    // What opening a file gives that another process holds: EWOULDBLOCK of flock on Linux and on macOS, ERROR_SHARING_VIOLATION of Windows.
    private const int WouldBlock = 11, WouldBlockOnMac = 35, SharingViolation = unchecked((int)0x80070020);

    private readonly FileStream _file;
    private readonly string _holder;

    private DeploymentLock(FileStream file, string holder)
    {
        _file = file;
        _holder = holder;
    }

    private static string Folder => Path.Combine(StateFolder.Path, "locks");

    /// <summary>Takes the lock of a deployment of which no rollback is unfinished.</summary>
    /// <param name="dockerHost">The engine's address.</param>
    /// <param name="name">The deployment's name.</param>
    /// <param name="rollback">The id of the rollback that it is taken for; null when it is for something else.</param>
    /// <exception cref="ShoreGuardException"><c>RollbackInProgress</c>, which names the process that holds it; <c>RollbackUnfinished</c>; <c>StateNotWritable</c>; those of the journal.</exception>
    public static DeploymentLock Take(string dockerHost, string name, string? rollback = null)
    {
        var held = TakeFile(dockerHost, name, rollback);
        try
        {
            if (RollbackJournal.FindUnfinished(dockerHost, name) is { } unfinished && unfinished.Id != rollback)
                throw Errors.RollbackUnfinished(unfinished);
            return held;
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    /// <summary>Whether a process holds the lock of a deployment.</summary>
    public static bool IsHeld(string dockerHost, string name)
    {
        try
        {
            using var file = new FileStream(Path.Combine(Folder, $"{KeyOf(dockerHost, name)}.lock"), FileMode.Open, FileAccess.ReadWrite, FileShare.None);
            return false;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return IsOthers(error);
        }
    }

    /// <summary>Refuses, before anybody is asked, what <see cref="Take(string, string, string?)"/> would refuse afterwards. Makes no file.</summary>
    /// <exception cref="ShoreGuardException"><c>RollbackInProgress</c>, <c>StateNotWritable</c>.</exception>
    public static void RequireFree(string dockerHost, string name)
    {
        if (IsHeld(dockerHost, name))
            throw Errors.RollbackInProgress(name, ReadHolder(HolderOf(dockerHost, name)));
        if (NativeFile.WhyNotWritable(Folder) is { } why)
            throw Errors.StateNotWritable(Folder, why);
    }

    private static string HolderOf(string dockerHost, string name) => Path.Combine(Folder, $"{KeyOf(dockerHost, name)}.holder");

    private static DeploymentLock TakeFile(string dockerHost, string name, string? rollback)
    {
        var folder = Folder;
        var key = KeyOf(dockerHost, name);
        var (path, holder) = (Path.Combine(folder, $"{key}.lock"), HolderOf(dockerHost, name));
        FileStream? file = null;
        try
        {
            Directory.CreateDirectory(folder);
            file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            File.WriteAllText(holder, $"{(rollback is null ? "" : $"rollback {rollback}, ")}process {Environment.ProcessId}, since "
                + $"{Readable.Time(Process.GetCurrentProcess().StartTime)}");
            return new(file, holder);
        }
        catch (Exception error) when (file is null && IsOthers(error))
        {
            throw Errors.RollbackInProgress(name, ReadHolder(holder));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            file?.Dispose();
            throw Errors.StateNotWritable(folder, error);
        }
    }

    private static bool IsOthers(Exception error) => error is IOException { HResult: WouldBlock or WouldBlockOnMac or SharingViolation };

    /// <summary>Takes the locks of several deployments, in the order of their names, so that two who want the same ones do not wait for each other.</summary>
    /// <exception cref="ShoreGuardException">As for one; then none is held.</exception>
    public static IDisposable Take(string dockerHost, IReadOnlyList<string> names)
    {
        var taken = new Several();
        try
        {
            foreach (var name in names.Order(StringComparer.Ordinal))
                taken.Add(Take(dockerHost, name));
            return taken;
        }
        catch
        {
            taken.Dispose();
            throw;
        }
    }

    private sealed class Several : List<DeploymentLock>, IDisposable
    {
        public void Dispose() => ForEach(each => each.Dispose());
    }

    /// <summary>What a deployment's files in the state folder are called.</summary>
    public static string KeyOf(string dockerHost, string name) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{dockerHost}\n{name}")))[..16];

    private static string ReadHolder(string holder)
    {
        try
        {
            return File.ReadAllText(holder);
        }
        catch (IOException)
        {
            return "another process";
        }
    }

    public void Dispose()
    {
        // Before the lock goes: the next holder writes its own.
        File.Delete(_holder);
        _file.Dispose();
    }
}
