using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;

namespace ShoreGuard.Rollback.Engine.Rollbacks;

/// <summary>One at a time: held while a deployment is changed, and let go by the system itself when the process dies.</summary>
internal sealed class DeploymentLock : IDisposable
{
    private readonly FileStream _file;
    private readonly string _holder;

    private DeploymentLock(FileStream file, string holder)
    {
        _file = file;
        _holder = holder;
    }

    /// <summary>Takes the lock of a deployment.</summary>
    /// <exception cref="ShoreGuardException"><c>RollbackInProgress</c>, which names the process that holds it; <c>StateNotWritable</c>.</exception>
    public static DeploymentLock Take(string dockerHost, string name)
    {
        var folder = Path.Combine(StateFolder.Path, "locks");
        var key = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{dockerHost}\n{name}")))[..16];
        var (path, holder) = (Path.Combine(folder, $"{key}.lock"), Path.Combine(folder, $"{key}.holder"));
        try
        {
            Directory.CreateDirectory(folder);
            var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            File.WriteAllText(holder, $"process {Environment.ProcessId}, since {Process.GetCurrentProcess().StartTime.ToUniversalTime():yyyy-MM-dd HH:mm:ss} UTC");
            return new(file, holder);
        }
        catch (IOException) when (File.Exists(holder))
        {
            throw Errors.RollbackInProgress(name, ReadHolder(holder));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw Errors.StateNotWritable(folder, error);
        }
    }

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

/// <summary>Where the module remembers things between runs.</summary>
internal static class StateFolder
{
    /// <summary><c>$XDG_STATE_HOME</c> or <c>~/.local/state</c> (the XDG base directory specification), on Windows <c>%LocalAppData%</c>.</summary>
    public static string Path
    {
        get
        {
            if (OperatingSystem.IsWindows())
                return System.IO.Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData), "ShoreGuard.Rollback");
            var state = Environment.GetEnvironmentVariable("XDG_STATE_HOME") is { Length: > 0 } set
                ? set
                : System.IO.Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".local", "state");
            return System.IO.Path.Combine(state, "shoreguard-rollback");
        }
    }
}
