using System.Runtime.CompilerServices;

namespace ShoreGuard.Rollback.EndToEnd.Tests;

/// <summary>The tests' own journal and locks: the developer's are left alone, and say nothing here.</summary>
internal static class OwnState
{
    [ModuleInitializer]
    internal static void Use()
    {
        var folder = Directory.CreateTempSubdirectory("shoreguard-state-").FullName;
        Environment.SetEnvironmentVariable("XDG_STATE_HOME", folder);
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
    }
}
