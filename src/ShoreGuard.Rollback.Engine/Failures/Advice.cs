namespace ShoreGuard.Rollback.Engine;

/// <summary>Commands to type, as advice gives them.</summary>
internal static class Advice
{
    /// <summary>A command for one deployment, and for no other that runs on the same engine.</summary>
    /// <param name="deployment">The deployment's name; null where it is not known, so that the reader has to put it in.</param>
    /// <param name="command">The command, with its parameters.</param>
    public static string Pipe(string? deployment, string command) => $"Get-ShoreGuardDeployment -Name {deployment ?? "NAME"} | {command}";
}
