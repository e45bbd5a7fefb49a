namespace ShoreGuard.Rollback.Engine.Files;

/// <summary>Where a user's programs keep things: by the XDG base directory specification, which its variables say on every system.</summary>
internal static class UserFolder
{
    private const string OnUnix = "shoreguard-rollback", OnWindows = "ShoreGuard.Rollback";

    /// <summary>What is to be kept: <c>$XDG_STATE_HOME</c>, else <c>~/.local/state</c>, on Windows <c>%LocalAppData%</c>.</summary>
    public static string State => Below("XDG_STATE_HOME") ?? (OperatingSystem.IsWindows() ? Local() : Path.Combine(Home(), ".local", "state", OnUnix));

    /// <summary>What can be got again: <c>$XDG_CACHE_HOME</c>, else <c>~/.cache</c>, on macOS <c>~/Library/Caches</c>, on Windows
    /// <c>%LocalAppData%</c>.</summary>
    public static string Cache => Below("XDG_CACHE_HOME") ?? (OperatingSystem.IsWindows() ? Path.Combine(Local(), "cache")
        : OperatingSystem.IsMacOS() ? Path.Combine(Home(), "Library", "Caches", OnUnix) : Path.Combine(Home(), ".cache", OnUnix));

    // A relative path is to be taken for none, as the specification has it: it would be another folder wherever a command is run.
    internal static string? Ours(string? folder) => folder is not null && Path.IsPathFullyQualified(folder) ? Path.Combine(folder, OnUnix) : null;

    private static string? Below(string variable) => Ours(Environment.GetEnvironmentVariable(variable));

    private static string Local() => Path.Combine(Of(Environment.SpecialFolder.LocalApplicationData), OnWindows);

    private static string Home() => Of(Environment.SpecialFolder.UserProfile);

    // One that is not there yet would be an empty text, and a path below it relative.
    private static string Of(Environment.SpecialFolder folder) => Environment.GetFolderPath(folder, Environment.SpecialFolderOption.DoNotVerify);
}
