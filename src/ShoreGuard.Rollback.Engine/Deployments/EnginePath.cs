using System.Text.RegularExpressions;

namespace ShoreGuard.Rollback.Engine.Deployments;

/// <summary>Paths that another machine has written: where a deployment's files and mounts are, by the rules of that machine and not of ours.</summary>
/// <remarks>
/// Compose writes its own machine's paths into labels, an engine those of its own: either may be Windows where we are Linux, and the other way round.
/// </remarks>
internal static partial class EnginePath
{
    /// <summary>Whether a path is absolute, on whatever system.</summary>
    public static bool IsRooted(string path) => path.StartsWith('/') || IsOfWindows(path);

    /// <summary>A path below a folder, with the folder's own separators.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="path">What is below it.</param>
    public static string Join(string folder, string path)
    {
        if (folder.Length == 0 || path.Length == 0)
            return folder + path;
        return IsOfWindows(folder)
            ? $@"{folder.TrimEnd('\\', '/')}\{path.TrimStart('\\', '/').Replace('/', '\\')}"
            : $"{folder.TrimEnd('/')}/{path.TrimStart('/')}";
    }

    private static bool IsOfWindows(string path) => Drive().IsMatch(path) || path.StartsWith(@"\\", StringComparison.Ordinal);

    [GeneratedRegex(@"\A[A-Za-z]:[/\\]")]
    private static partial Regex Drive();
}
