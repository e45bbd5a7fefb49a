using ShoreGuard.Rollback.Engine.Files;

namespace ShoreGuard.Rollback.Engine.State;

/// <summary>Where the module remembers things between runs: the journal, and which deployment is being changed.</summary>
public static class StateFolder
{
    private static readonly AsyncLocal<string?> Given = new();

    /// <summary>The one that the operator has named, else the user's own.</summary>
    public static string Path => Given.Value ?? UserFolder.State;

    /// <summary>Another folder for the work that is under way, and for all that it starts.</summary>
    /// <param name="path">The folder, absolute; made where it is missing.</param>
    public static void Use(string path) => Given.Value = path;

    /// <summary>Where backups are made and looked for when the operator names no folder.</summary>
    /// <param name="path">The state folder that the operator has named; null for the default one.</param>
    public static string BackupsIn(string? path) => System.IO.Path.Combine(path ?? UserFolder.State, "backups");
}
