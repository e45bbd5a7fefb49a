using System.Diagnostics;
using System.Xml.Linq;

namespace ShoreGuard.Rollback.Tests;

/// <summary>What a scheduler is given to run the verification: it can read it, and what it runs asks nobody.</summary>
public sealed class ScheduleTests : IDisposable
{
    private static readonly XNamespace Task = "http://schemas.microsoft.com/windows/2004/02/mit/task";

    private readonly string _folder = Directory.CreateTempSubdirectory("shoreguard-test-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static string Example(string name) => Path.Combine(Repository.Root, "examples", name);

    // The elements of the schema of the Task Scheduler, in the order in which its sequences have them (learn.microsoft.com, "Task Scheduler Schema").
    [Fact]
    public void The_task_is_one_that_the_task_scheduler_can_import()
    {
        var text = File.ReadAllText(Example("shoreguard-verification.xml"));
        // Register-ScheduledTask is given a text, whose encoding is that of texts and of no file.
        Assert.DoesNotContain("<?xml", text, StringComparison.Ordinal);
        var task = XDocument.Parse(text).Root!;
        Assert.Equal((Task + "Task", "1.3"), (task.Name, (string?)task.Attribute("version")));
        Assert.All(task.Descendants(), element => Assert.Equal(Task, element.Name.Namespace));
        Assert.Equal(["RegistrationInfo", "Triggers", "Principals", "Settings", "Actions"], Names(task));
        Assert.Equal(["StartBoundary", "Repetition", "ScheduleByDay"], Names(task.Element(Task + "Triggers")!.Element(Task + "CalendarTrigger")!));
        Assert.Equal(["Interval", "Duration"], Names(task.Descendants(Task + "Repetition").Single()));
        Assert.True(DateTime.TryParse((string?)task.Descendants(Task + "StartBoundary").Single(), System.Globalization.CultureInfo.InvariantCulture, out _));
        var principal = task.Descendants(Task + "Principal").Single();
        Assert.Equal((string?)principal.Attribute("id"), (string?)task.Element(Task + "Actions")!.Attribute("Context"));
        foreach (var duration in (string[])["Interval", "Duration", "ExecutionTimeLimit"])
            Assert.True(System.Xml.XmlConvert.ToTimeSpan((string)task.Descendants(Task + duration).First()!) > TimeSpan.Zero);
        var action = task.Descendants(Task + "Exec").Single();
        Assert.Equal(["Command", "Arguments"], Names(action));
        AssertAsksNobody((string)action.Element(Task + "Arguments")!);
    }

    [Fact]
    public void The_service_and_its_timer_are_what_systemd_reads()
    {
        var (service, timer) = (Read("shoreguard-verification.service"), Read("shoreguard-verification.timer"));
        Assert.Equal(["Unit", "Service"], service.Select(entry => entry.Section).Distinct());
        Assert.Equal(["Unit", "Timer", "Install"], timer.Select(entry => entry.Section).Distinct());
        Assert.Contains(("Service", "Type", "oneshot"), service);
        Assert.Contains(timer, entry => entry is ("Timer", "OnCalendar", _));
        Assert.Contains(("Install", "WantedBy", "timers.target"), timer);
        var command = Assert.Single(service, entry => entry.Key == "ExecStart").Value;
        Assert.StartsWith("/usr/bin/pwsh ", command, StringComparison.Ordinal);
        AssertAsksNobody(command);
        VerifyWithSystemd();
    }

    // What is run is not on every machine, and systemd looks for it.
    private void VerifyWithSystemd()
    {
        const string Verifier = "/usr/bin/systemd-analyze";
        if (!File.Exists(Verifier))
            return;
        string[] units = ["shoreguard-verification.service", "shoreguard-verification.timer"];
        foreach (var unit in units)
            File.WriteAllText(Path.Combine(_folder, unit), File.ReadAllText(Example(unit)).Replace("/usr/bin/pwsh", "/bin/true", StringComparison.Ordinal));
        using var process = Process.Start(
            new ProcessStartInfo(Verifier, ["verify", .. units.Select(unit => Path.Combine(_folder, unit))]) { RedirectStandardError = true })!;
        var said = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0 && !said.Contains(_folder, StringComparison.Ordinal), said);
    }

    private static void AssertAsksNobody(string arguments)
    {
        Assert.Contains("-NoProfile -NonInteractive -File ", arguments, StringComparison.Ordinal);
        Assert.Contains("Invoke-ScheduledVerification.ps1", arguments, StringComparison.Ordinal);
    }

    private static IEnumerable<string> Names(XElement element) => element.Elements().Select(child => child.Name.LocalName);

    private static List<(string Section, string Key, string Value)> Read(string name)
    {
        var (section, entries) = ("", new List<(string, string, string)>());
        foreach (var line in File.ReadAllLines(Example(name)).Where(line => line.Length > 0 && line[0] != '#'))
        {
            if (line[0] == '[')
                section = line.Trim('[', ']');
            else
                entries.Add((section, line.Split('=', 2)[0], line.Split('=', 2)[1]));
        }
        return entries;
    }
}
