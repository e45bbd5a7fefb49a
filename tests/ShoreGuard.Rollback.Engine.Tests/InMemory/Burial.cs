using System.Runtime.Versioning;
using System.Text.Json.Nodes;
using ShoreGuard.Rollback.Engine.Files;

namespace ShoreGuard.Rollback.Engine.Tests.InMemory;

/// <summary>What the system does when a process has gone, and cannot do here since the process of the tests lives on.</summary>
internal static class Burial
{
    // More than a number of a process can be (PID_MAX_LIMIT of Linux is 4194304).
    private const int NobodysProcess = 4_194_305;

    /// <summary>Skips a test where nobody can be buried.</summary>
    public static void RequirePossible() =>
        Assert.SkipWhen(OperatingSystem.IsWindows(), "What a killed process had open is let go here by renaming its folder, which Windows refuses.");

    /// <summary>The process of an actor is gone: its marks name one that is not there, and what it has open is open to nobody.</summary>
    public static void Bury(Scene scene)
    {
        RequirePossible();
        foreach (var container in scene.World.Containers)
            Rename(container.Config["Labels"] as JsonObject ?? []);
        foreach (var folder in (string[])["state", "volumes", "backups"])
            LetGo(Path.Combine(scene.World.Folder, folder));
        foreach (var holder in Directory.EnumerateFiles(scene.World.Folder, "*.holder", SearchOption.AllDirectories)
            .Where(path => !path.Contains(".gone", StringComparison.Ordinal)))
            File.WriteAllText(holder, Rename(File.ReadAllText(holder)));
    }

    private static void Rename(JsonObject labels)
    {
        foreach (var (label, value) in labels.ToList())
            labels[label] = Rename((string?)value ?? "");
    }

    private static string Rename(string text) =>
        text.Replace($"\"process\":{Environment.ProcessId},", $"\"process\":{NobodysProcess},", StringComparison.Ordinal);

    // Locks and open files belong to a file, and not to its name: those of the name are others from now on.
    private static void LetGo(string folder)
    {
        if (OperatingSystem.IsWindows() || !Directory.Exists(folder))
            return;
        var gone = $"{folder}.gone{Guid.NewGuid():n}";
        Directory.Move(folder, gone);
        Copy(new(gone), folder);
    }

    // Not by cp(1): a process that is just being started has open what all others here have, until it runs its own program (fork(2)), and they wait for that.
    [UnsupportedOSPlatform("windows")]
    private static void Copy(DirectoryInfo folder, string to)
    {
        Directory.CreateDirectory(to, folder.UnixFileMode);
        foreach (var entry in folder.EnumerateFileSystemInfos())
        {
            Assert.Null(entry.LinkTarget);
            if (entry is DirectoryInfo inner)
                Copy(inner, Path.Combine(to, inner.Name));
            else
                CopyFile((FileInfo)entry, Path.Combine(to, entry.Name));
        }
        Directory.SetLastWriteTimeUtc(to, folder.LastWriteTimeUtc);
    }

    // Not as .NET opens and copies files, which heeds the locks of the dead.
    [UnsupportedOSPlatform("windows")]
    private static void CopyFile(FileInfo file, string to)
    {
        using (var source = NativeFile.OpenWithoutWaiting(file.FullName))
        using (var target = File.OpenHandle(to, FileMode.CreateNew, FileAccess.Write))
            Assert.Equal(file.Length, NativeFile.CopyRange(source, target, 0, file.Length));
        File.SetUnixFileMode(to, file.UnixFileMode);
        File.SetLastWriteTimeUtc(to, file.LastWriteTimeUtc);
    }
}
