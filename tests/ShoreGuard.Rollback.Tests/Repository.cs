using System.Diagnostics;

namespace ShoreGuard.Rollback.Tests;

/// <summary>Where things are in the checkout that these tests were built from.</summary>
public static class Repository
{
    public static string Root { get; } = FindRoot();

    public static string Layout => Path.Combine(Root, "out", "ShoreGuard.Rollback");

    public static string Manifest => Path.Combine(Layout, "ShoreGuard.Rollback.psd1");

    /// <summary>The stand-in host, in the configuration that these tests were built in: .../bin/&lt;configuration&gt;/net10.0/.</summary>
    public static string Host
    {
        get
        {
            var framework = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
            return Path.Combine(Root, "eng", "PwshHost", "bin", framework.Parent!.Name, framework.Name, "ShoreGuard.PwshHost.dll");
        }
    }

    /// <summary>Runs a command in a fresh process of the stand-in host; what it printed, and its exit code.</summary>
    public static async Task<(string Output, int ExitCode)> RunInFreshProcess(string command)
    {
        using var process = Process.Start(new ProcessStartInfo("dotnet", ["exec", Host, "-NoProfile", "-Command", command])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.GetTempPath(),
        })!;
        var error = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (output + await error, process.ExitCode);
    }

    private static string FindRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "ShoreGuard.sln")))
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("These tests are run from a checkout.");
        return folder;
    }
}
