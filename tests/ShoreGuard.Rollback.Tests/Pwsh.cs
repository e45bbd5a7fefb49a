using System.Diagnostics;
using System.Text.Json.Nodes;

namespace ShoreGuard.Rollback.Tests;

/// <summary>The PowerShell that the module is tested in: the one that runs the build, else the one that the repository pins.</summary>
public static class Pwsh
{
    private static readonly string Program = Environment.GetEnvironmentVariable("ROLLBACK_TEST_PWSH") ?? FindPinned();

    /// <summary>How it is started, with what it prints redirected.</summary>
    public static ProcessStartInfo Start(params IEnumerable<string> arguments)
    {
        string[] all = [.. Command, .. arguments];
        return new(all[0], all[1..]) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = Path.GetTempPath() };
    }

    /// <summary>How a command with the module is started.</summary>
    public static ProcessStartInfo StartWithModule(string command) => Start("-Command", $"Import-Module '{Repository.Manifest}' -ErrorAction Stop; {command}");

    /// <summary>Runs a command in a fresh process; what it printed, and its exit code.</summary>
    public static Task<(string Output, int ExitCode)> Run(string command) => Run(Start("-Command", command));

    /// <summary>Runs a process to its end; what it printed, and its exit code.</summary>
    public static async Task<(string Output, int ExitCode)> Run(ProcessStartInfo start)
    {
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (output + await error, process.ExitCode);
    }

    /// <summary>Its program, and the arguments that all need.</summary>
    public static IReadOnlyList<string> Command =>
        Program.EndsWith(".dll", StringComparison.Ordinal) ? ["dotnet", "exec", Program, "-NoProfile"] : [Program, "-NoProfile"];

    /// <summary>Where it is, with all that it needs.</summary>
    public static string Home => Path.GetDirectoryName(Program)!;

    // A test may be run by hand, without the build.
    private static string FindPinned()
    {
        var tools = JsonNode.Parse(File.ReadAllText(Path.Combine(Repository.Root, ".config", "dotnet-tools.json")))!;
        var packages = Environment.GetEnvironmentVariable("NUGET_PACKAGES")
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        var pinned = Path.Combine(packages, "powershell", (string)tools["tools"]!["powershell"]!["version"]!, "tools", "net10.0", "any",
            OperatingSystem.IsWindows() ? "win" : "unix", "pwsh.dll");
        return File.Exists(pinned) ? pinned : throw new InvalidOperationException($"There is no {pinned}: run 'dotnet tool restore' in {Repository.Root}.");
    }
}
