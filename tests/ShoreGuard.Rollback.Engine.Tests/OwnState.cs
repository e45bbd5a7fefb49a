using System.Runtime.CompilerServices;

namespace ShoreGuard.Rollback.Engine.Tests;

/// <summary>The tests' own journal and locks: the developer's are left alone, and say nothing here.</summary>
internal static class OwnState
{
    [ModuleInitializer]
    internal static void Use()
    {
        var folder = Directory.CreateTempSubdirectory("shoreguard-state-").FullName;
        Environment.SetEnvironmentVariable("XDG_STATE_HOME", folder);
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Remove(folder);
    }

    // On Windows, what a killed writer held may still be open.
    private static void Remove(string folder)
    {
        try
        {
            Directory.Delete(folder, recursive: true);
        }
        catch (IOException)
        {
            // It is a temporary folder.
        }
    }
}
