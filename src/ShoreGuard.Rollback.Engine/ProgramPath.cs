namespace ShoreGuard.Rollback.Engine;

/// <summary>Which file a program's name stands for.</summary>
/// <remarks>
/// By PATH alone. Windows looks into the current folder first (CreateProcessW), and so does .NET everywhere: whoever can write there would have
/// a program of theirs run under the name of docker, cosign or a credential helper.
/// </remarks>
internal static class ProgramPath
{
    private const UnixFileMode Executable = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <summary>The full path of a program; null when no folder of PATH has it.</summary>
    /// <param name="program">Its name, without <c>.exe</c>; a path is taken as it is.</param>
    public static string? Find(string program)
    {
        if (Path.GetFileName(program) != program)
            return program;
        var file = OperatingSystem.IsWindows() && !program.EndsWith(".exe", StringComparison.OrdinalIgnoreCase) ? program + ".exe" : program;
        return Folders().Select(folder => Path.Combine(folder, file)).FirstOrDefault(IsProgram);
    }

    /// <summary>The folders of PATH; a relative one, and an empty one, would be the current folder again.</summary>
    public static IEnumerable<string> Folders() =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Select(folder => folder.Trim('"')).Where(Path.IsPathFullyQualified);

    private static bool IsProgram(string path) =>
        File.Exists(path) && (OperatingSystem.IsWindows() || (File.GetUnixFileMode(path) & Executable) != 0);
}
