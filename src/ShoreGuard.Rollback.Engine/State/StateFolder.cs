namespace ShoreGuard.Rollback.Engine.State;

/// <summary>Where the module remembers things between runs: the journal, and which deployment is being changed.</summary>
public static class StateFolder
{
    private static readonly AsyncLocal<string?> Given = new();

    /// <summary>The one that the operator has named, else <c>$XDG_STATE_HOME</c> or <c>~/.local/state</c> (the XDG base directory specification), on Windows <c>%LocalAppData%</c>.</summary>
    public static string Path => Given.Value ?? Default;

    /// <summary>Another folder for the work that is under way, and for all that it starts.</summary>
    /// <param name="path">The folder, absolute; made where it is missing.</param>
    public static void Use(string path) => Given.Value = path;

    /// <summary>Where backups are made and looked for when the operator names no folder.</summary>
    /// <param name="path">The state folder that the operator has named; null for the default one.</param>
    public static string BackupsIn(string? path) => System.IO.Path.Combine(path ?? Default, "backups");

    private static string Default
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
