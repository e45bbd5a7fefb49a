using System.Globalization;
using System.Text.RegularExpressions;
using ShoreGuard.Rollback.EndToEnd.Tests;
using ShoreGuard.Rollback.Tests;

namespace ShoreGuard.Rollback.Benchmarks;

/// <summary>How long a rollback takes to write itself down, on the engine and in the journal, all its writes together.</summary>
internal static partial class RecordCost
{
    private const int Runs = 7;
    private const double Target = 300;
    // The second has the schema of the target.
    private const string From = "0.28.0", FromAlike = "0.32.0", To = "0.27.0";

    public static IReadOnlyList<Measurement> Measure(Action<string> log)
    {
        log($"What the record costs, {Runs} runs each ...");
        using var project = StandInProject.Start(From);
        using var host = new ModuleHost();
        var pipe = $"Get-ShoreGuardDeployment -Project {project.Name} |";
        var gate = "-StabilitySec 0.3 -Confirm:$false -Verbose";
        var (switches, downgrades) = (new List<double>(), new List<double>());
        for (var run = 0; run < Runs; run++)
        {
            var tell = run == 0 ? log : null;
            downgrades.Add(
                Cost(host, $"{pipe} Invoke-ShoreGuardRollback -Version {To} -Strategy Downgrade -BackupFolder '{project.Folder}' -NoBlock {gate}", tell));
            Deploy(project, FromAlike);
            switches.Add(Cost(host, $"{pipe} Invoke-ShoreGuardImageRollback -Version {To} -Force {gate}", tell));
            Deploy(project, From);
        }
        return
        [
            new("All writes of its record, image rollback", "target", "ms", Measurement.Median(switches), Target, Runs),
            new("All writes of its record, rollback that downgrades", "target", "ms", Measurement.Median(downgrades), Target, Runs),
        ];
    }

    private static void Deploy(StandInProject project, string version)
    {
        project.Deploy(version);
        Docker.WaitUntilLive(project.Container);
    }

    private static double Cost(ModuleHost host, string command, Action<string>? log)
    {
        var line = host.Run(command).ThrowIfFailed().Verbose.Single(line => WrittenDown().IsMatch(line));
        log?.Invoke(line);
        return double.Parse(WrittenDown().Match(line).Groups[1].Value, CultureInfo.InvariantCulture);
    }

    [GeneratedRegex(@"Written down in (\d+) ms")]
    private static partial Regex WrittenDown();
}
