using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using ShoreGuard.Rollback.Tests;

namespace ShoreGuard.Rollback.Engine.Tests.Databases;

/// <summary>An operator's own process, with the module as it is laid out, killed (SIGKILL) as it makes a certain system call.</summary>
/// <remarks>strace counts the calls of every thread for itself, so a call is named by its name and its number in its thread, among those on certain
/// files.</remarks>
public static partial class OperatorProcess
{
    private const string Calls = "copy_file_range,sync_file_range,fsync,fdatasync,pwrite64,ftruncate,link,rename,unlink,chmod";

    /// <summary>Why it cannot be done here; null when it can.</summary>
    public static string? Unable { get; } = FindWhyNot();

    /// <summary>A call that changes something in a folder.</summary>
    /// <param name="Call">Its name.</param>
    /// <param name="Number">Which it is of its name in its thread.</param>
    /// <param name="Suffixes">The files on which calls are counted, by what follows the database's name; none for all files.</param>
    /// <param name="What">For people.</param>
    public sealed record Moment(string Call, int Number, string[] Suffixes, string What)
    {
        public override string ToString() => What;
    }

    /// <summary>Runs a command to its end, and tells every call that changes something beside a database, in order.</summary>
    public static IReadOnlyList<Moment> Watch(string command, string database, params string[] suffixes)
    {
        var (log, folder) = (Path.GetTempFileName(), Path.GetDirectoryName(database)!);
        try
        {
            Assert.Equal(0, Run(["-y", "-o", log, .. On(database, suffixes)], command));
            var numbers = new Dictionary<(string Thread, string Call), int>();
            var moments = new List<Moment>();
            foreach (var line in File.ReadLines(log).Select(line => Line().Match(line)).Where(match => match.Success))
            {
                var call = line.Groups["call"].Value;
                var key = (line.Groups["thread"].Value, call);
                numbers[key] = numbers.GetValueOrDefault(key) + 1;
                if (line.Groups["rest"].Value is var rest && rest.Contains(folder + "/", StringComparison.Ordinal))
                    moments.Add(new(call, numbers[key], suffixes, $"{call}({rest.Replace(folder + "/", "", StringComparison.Ordinal)}"));
            }
            return moments;
        }
        finally
        {
            File.Delete(log);
        }
    }

    /// <summary>Runs a command and kills its process when it is about to make a call; false when it ended before.</summary>
    public static bool KillAt(Moment moment, string command, string database) =>
        Run(["-o", "/dev/null", .. On(database, moment.Suffixes), "-e",
            string.Create(CultureInfo.InvariantCulture, $"inject={moment.Call}:signal=SIGKILL:when={moment.Number}")], command) != 0;

    private static IEnumerable<string> On(string database, string[] suffixes) => suffixes.SelectMany(suffix => (string[])["-P", database + suffix]);

    private static int Run(string[] options, string command)
    {
        string[] arguments = ["-f", "-e", "trace=" + Calls, .. options, .. Pwsh.Command, "-Command", $"Import-Module '{Repository.Manifest}'; {command}"];
        using var process = Process.Start(new ProcessStartInfo("strace", arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        Assert.True(process.WaitForExit(TimeSpan.FromMinutes(1)), $"It did not end: {command}");
        _ = Task.WaitAll([output, error], TimeSpan.FromSeconds(10));
        return process.ExitCode;
    }

    private static string? FindWhyNot()
    {
        if (!OperatingSystem.IsLinux())
            return "Killing at a system call takes Linux's strace.";
        try
        {
            using var process = Process.Start(
                new ProcessStartInfo("strace", ["-f", "-e", "trace=none", "-o", "/dev/null", "true"]) { RedirectStandardError = true })!;
            process.WaitForExit();
            return process.ExitCode == 0 ? null : "strace may not watch processes here.";
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return "strace is not installed.";
        }
    }

    [GeneratedRegex(@"^(?<thread>\d+) +(?<call>\w+)\((?<rest>.*)$", RegexOptions.ExplicitCapture)]
    private static partial Regex Line();
}
