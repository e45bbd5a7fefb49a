namespace ShoreGuard.Rollback.Engine.State;

/// <summary>Where the module remembers things between runs: the journal, and which deployment is being changed.</summary>
public static class StateFolder
{
    private static readonly AsyncLocal<string?> Given = new();

    /// <summary>The one that the operator has named, else below <c>$XDG_STATE_HOME</c>, else <c>~/.local/state</c> (the XDG base directory specification), on Windows <c>%LocalAppData%</c>.</summary>
    public static string Path => Given.Value ?? Default;

    /// <summary>Another folder for the work that is under way, and for all that it starts.</summary>
    /// <param name="path">The folder, absolute; made where it is missing.</param>
    public static void Use(string path) => Given.Value = path;

    /// <summary>Where backups are made and looked for when the operator names no folder.</summary>
    /// <param name="path">The state folder that the operator has named; null for the default one.</param>
    public static string BackupsIn(string? path) => System.IO.Path.Combine(path ?? Default, "backups");

    // One that is not there yet is made; an account without any would have a path that begins in the current folder.
    private static string Own(Environment.SpecialFolder folder) =>
        Environment.GetFolderPath(folder, Environment.SpecialFolderOption.DoNotVerify) is { Length: > 0 } own ? own : System.IO.Path.GetTempPath();

    private static string Default
    {
        get
        {
            if (Environment.GetEnvironmentVariable("XDG_STATE_HOME") is { } set && System.IO.Path.IsPathFullyQualified(set))
                return System.IO.Path.Combine(set, "shoreguard-rollback");
            if (OperatingSystem.IsWindows())
                return System.IO.Path.Combine(Own(Environment.SpecialFolder.LocalApplicationData), "ShoreGuard.Rollback");
            return System.IO.Path.Combine(Own(Environment.SpecialFolder.UserProfile), ".local", "state", "shoreguard-rollback");
        }
    }
}
