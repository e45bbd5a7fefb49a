using System.Text.RegularExpressions;
using ShoreGuard.Rollback.Tests;

namespace ShoreGuard.Rollback.EndToEnd.Tests.Documentation;

/// <summary>Each example works as it stands, but for the names of hosts, projects and files that are the reader's own.</summary>
public sealed partial class ExampleTests : IClassFixture<ExampleTests.Reader>
{
    private const string BackupName = "shoreguard-20261122T031214Z.sqlite";
    private readonly Reader _reader;

    public ExampleTests(Reader reader) => _reader = reader;

    public static TheoryData<string, string> All()
    {
        var data = new TheoryData<string, string>();
        // One that is shown in several places is run once; those of one deployment follow each other, in the order in which they are read.
        foreach (var (source, command) in Examples.All()
            .DistinctBy(example => example.Command).OrderBy(example => Deployed(example.Command), StringComparer.Ordinal))
            data.Add(source, command);
        return data;
    }

    // Some need what one before them has left, so that they are one case: the order of cases is anybody's.
    [Theory]
    [MemberData(nameof(All), DisableDiscoveryEnumeration = true)]
    public void Every_example_works(string source, string command)
    {
        _reader.Deploy(Deployed(command));
        var unfinished = IsOfUnfinished(command) ? _reader.LeaveUnfinished() : "";
        var adapted = _reader.Adapt(command).Replace("7c1e", unfinished, StringComparison.Ordinal);
        var run = IsOfBlocked(command) ? _reader.RunApart(adapted, Reader.Blocking)
            : IsOfIncidents(command) ? _reader.RunApart(adapted, _reader.WithAnIncident())
            : IsOfRollbacks(command) ? _reader.RunApart(adapted)
            : _reader.Host.Run(adapted);
        Assert.True(run.Errors.Count == 0, $"{source}: {command}\n{string.Join('\n', run.Errors)}");
        if (command.Contains("Close-ShoreGuardRollback", StringComparison.Ordinal))
            _reader.ClearAway();
        else if (unfinished.Length > 0)
            _reader.RunApart(_reader.Adapt("Get-ShoreGuardRollback -Unfinished | Undo-ShoreGuardRollback")).ThrowIfFailed();
    }

    // What has to run for an example to have something to do.
    private static string Deployed(string command) =>
        command.Contains("ImageRollback", StringComparison.Ordinal)
            ? "0.32.0" : command.Contains("ShoreGuardRollback", StringComparison.Ordinal) ? Reader.Newer : "0.27.0";

    // The engine has asked for its health or not yet.
    [GeneratedRegex(@"running, (healthy|starting).*Healthy.*The API wants a key.*the running build matches the published build.*0\.26\.0")]
    private static partial Regex ShownByTheTour();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blanks();

    private static bool IsOfUnfinished(string command) =>
        command.Contains("-Unfinished", StringComparison.Ordinal) || command.Contains("7c1e", StringComparison.Ordinal);

    private static bool IsOfIncidents(string command) => command.Contains("ShoreGuardIncident", StringComparison.Ordinal);
    private static bool IsOfBlocked(string command) =>
        command.Contains("block-ShoreGuardImage", StringComparison.OrdinalIgnoreCase) || command.Contains("BlockedImage", StringComparison.Ordinal);

    // What other tests have left unfinished is theirs, and what a rollback blocks would be blocked for them.
    private static bool IsOfRollbacks(string command) => IsOfUnfinished(command) || command.Contains("Undo-ShoreGuardRollback", StringComparison.Ordinal)
        || command.Contains("Invoke-ShoreGuardRollback", StringComparison.Ordinal);

    /// <summary>The package as a gallery would have it, on a machine where nothing is installed.</summary>
    [Fact]
    public async Task The_tour_begins_with_the_installed_package()
    {
        _reader.Deploy("0.27.0");
        var home = Directory.CreateDirectory(Path.Combine(_reader.Folder, "home")).FullName;
        var tour = Examples.All().Where(example => example.Source == "README.md")
            .Select(example => example.Command).SkipWhile(command => command != "Get-ShoreGuardDeployment").Take(5);
        // As the task Pack does, and then as whoever publishes and whoever installs.
        var start = Pwsh.Start("-NonInteractive", "-Command", $$"""
            $ErrorActionPreference = 'Stop'
            $null = New-Item gallery -ItemType Directory
            Compress-PSResource '{{Repository.Layout}}' .
            Register-PSResourceRepository gallery (Join-Path $PWD gallery) -Trusted
            Publish-PSResource -NupkgPath (Get-Item *.nupkg).FullName -Repository gallery
            Install-PSResource ShoreGuard.Rollback -Repository gallery
            Import-Module ShoreGuard.Rollback
            (Get-Module ShoreGuard.Rollback).ModuleBase
            {{_reader.Session}}
            {{string.Join('\n', tour.Select(_reader.Adapt))}}
            """);
        start.WorkingDirectory = home;
        start.Environment["HOME"] = home;
        start.Environment["NO_COLOR"] = "1";
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("XDG_", StringComparison.Ordinal) || name == "PSModulePath").ToList())
            start.Environment.Remove(name);

        var (output, code) = await Pwsh.Run(start);

        Assert.True(code == 0, output);
        Assert.StartsWith($"{home}/.local/share/powershell/Modules/ShoreGuard.Rollback/", output, StringComparison.Ordinal);
        // Long names break lines.
        var read = Blanks().Replace(output, " ");
        Assert.True(ShownByTheTour().IsMatch(read), read);
    }

    /// <summary>Someone who follows the documentation, with a deployment and a working folder.</summary>
    public sealed partial class Reader : IDisposable
    {
        /// <summary>The bad release of the story, which moves the schema on.</summary>
        public const string Newer = "0.28.0";

        private readonly StandInProject _project = StandInProject.Start("0.27.0");
        private string _version = "0.27.0";
        private string? _asDeployed;
        private Monitoring? _monitoring;

        public Reader()
        {
            Host = new ModuleHost();
            Folder = _project.Folder;
            Host.Run(Session).ThrowIfFailed();
            var backup = Host.Run("Get-ShoreGuardDeployment | Backup-ShoreGuardDatabase -Path ./backups").ThrowIfFailed().Single().Text("BackupPath")!;
            File.Copy(backup, Path.Combine(Folder, "backups", BackupName));
            File.Copy(backup, Path.Combine(Folder, BackupName));
            File.Copy(backup, Path.Combine(Folder, "shoreguard.db"));
            Signer.Sign($"{Stack.Repository}:0.27.0", Signer.MakeKey(Folder));
        }

        public ModuleHost Host { get; }
        public string Folder { get; }

        /// <summary>Makes a session be about the deployment.</summary>
        public string Session =>
            $"Set-Location '{Folder}'; $global:PSDefaultParameterValues = @{{ '*-ShoreGuard*:Confirm' = $false; 'Get-ShoreGuardDeployment:Project' = "
            + $"'{_project.Name}'; '*-ShoreGuardImageRollback:StabilitySec' = 0; 'Get-ShoreGuardRollbackPlan:StabilitySec' = 0; "
            + "'Watch-ShoreGuardDeployment:ObservationWindow' = '00:00:01'; 'Watch-ShoreGuardDeployment:IntervalSec' = 0.3; "
            + $"'Watch-ShoreGuardDeployment:NoMark' = $true }}";

        /// <summary>The state folder of examples that block images, which would be blocked for all others.</summary>
        public const string Blocking = "blocking";

        private const string Own = "state", Incidents = "incidents";

        private bool _hasIncident;

        /// <summary>The state folder in which there is an incident of the deployment.</summary>
        public string WithAnIncident()
        {
            if (!_hasIncident)
            {
                Deploy("0.32.0");
                RunApart("Get-ShoreGuardDeployment | Invoke-ShoreGuardImageRollback -Version 0.27.0", Incidents).ThrowIfFailed();
            }
            _hasIncident = true;
            // That of the example before.
            File.Delete(Path.Combine(Folder, "incident.html"));
            return Incidents;
        }

        /// <summary>Runs a command with a state folder of its own.</summary>
        public RunResult RunApart(string command, string state = Own) =>
            Host.Run($"$shared = $env:XDG_STATE_HOME; try {{ $env:XDG_STATE_HOME = '{Path.Combine(Folder, state)}'; {command} }} finally {{ "
                + $"$env:XDG_STATE_HOME = $shared }}");

        public void Deploy(string version)
        {
            if (_version == version && _asDeployed == Describe())
                return;
            // Its database is ahead of the others, which do not start on it.
            if (_version == Newer && version != Newer)
                _project.Compose("down", "--volumes");
            _version = version;
            // An example may have rolled back or restored before: Compose makes it so again.
            _project.Deploy(version);
            // That one never is: it is the bad release of the story.
            _project.WaitUntil("ready", () => _project.AnsweringVersion is not null && (version == Newer || _project.Answers("readyz")));
            _asDeployed = Describe();
        }

        // By what an example that changes something leaves it another.
        private string Describe()
        {
            var container = Docker.Inspect(_project.Container);
            return string.Join('\n', container["Id"], container["State"]!["StartedAt"], container["State"]!["Status"], File.ReadAllText(_project.EnvFile),
                File.ReadAllText(_project.ComposeFile));
        }

        /// <summary>Leaves a rollback behind whose process was killed; gives its id.</summary>
        public string LeaveUnfinished()
        {
            KilledProcess.At(
                $"{Session}; Get-ShoreGuardDeployment | Invoke-ShoreGuardRollback -Version 0.27.0 -BackupFolder ./backups -StabilitySec 0.3 -Verbose",
                "Start the new container", variables: new Dictionary<string, string> { ["XDG_STATE_HOME"] = Path.Combine(Folder, Own) });
            return RunApart(Adapt("Get-ShoreGuardRollback -Unfinished")).ThrowIfFailed().Single().Text("Id")!;
        }

        /// <summary>Takes away what a rollback has left that was ended as it was.</summary>
        public void ClearAway()
        {
            Docker.Remove([.. Docker.Names($"name={_project.Name}").Where(name => name.Contains("-shoreguard-", StringComparison.Ordinal))]);
            _project.Compose("down", "--volumes");
            _version = "";
        }

        /// <summary>The command with what is the reader's own put in.</summary>
        public string Adapt(string command)
        {
            var adapted = Monitored(command)
                .Replace("https://shoreguard.example", _project.Uri.ToString(), StringComparison.Ordinal)
                .Replace("./out/", $"{Repository.Root}/out/", StringComparison.Ordinal)
                .Replace("$env:SHOREGUARD_TOKEN", $"'{StandInProject.Key}'", StringComparison.Ordinal)
                // So that it is seen.
                .Replace("exit 1", "throw", StringComparison.Ordinal)
                // What other tests have interrupted on this engine is theirs.
                .Replace("Get-ShoreGuardRollback -Unfinished", $"Get-ShoreGuardRollback -Unfinished -Name '{_project.Name}*'", StringComparison.Ordinal)
                .Replace("-Project prod", $"-Project {_project.Name}", StringComparison.Ordinal)
                .Replace("prod-shoreguard-1", _project.Container, StringComparison.Ordinal)
                .Replace("a1b2c3d", "27d0c5a", StringComparison.Ordinal)
                .Replace("/var/lib/shoreguard/shoreguard.db", Path.Combine(Folder, "shoreguard.db"), StringComparison.Ordinal);
            // The plan of a line before.
            if (adapted.StartsWith("$plan |", StringComparison.Ordinal))
                adapted = $"$plan = Get-ShoreGuardDeployment | Get-ShoreGuardRollbackPlan -Version 0.27.0 -BackupFolder ./backups; {adapted}";
            // What was just done.
            if (adapted == "$result | Undo-ShoreGuardRollback")
                adapted = $"$result = Get-ShoreGuardDeployment | Invoke-ShoreGuardRollback -Version 0.27.0 -BackupFolder ./backups -StabilitySec "
                    + $"0.3; {adapted}";
            // Nothing listens on the default port here.
            adapted = BareProbe().Replace(adapted, $"$0 {_project.Uri}");
            // And nobody waits for that long.
            return Window().Replace(adapted, "-ObservationWindow 00:00:01");
        }

        // Started for the first command that asks it; the silence that one makes is for the next.
        private string Monitored(string command)
        {
            if (!command.Contains("https://monitoring.example/", StringComparison.Ordinal))
                return command;
            _monitoring ??= new([$"127.0.0.1:{_project.Port}"]);
            return command.Replace("https://monitoring.example/prometheus", _monitoring.PrometheusUri.ToString(), StringComparison.Ordinal)
                .Replace("https://monitoring.example/alertmanager", _monitoring.AlertmanagerUri.ToString(), StringComparison.Ordinal);
        }

        public void Dispose()
        {
            Host.Dispose();
            _monitoring?.Dispose();
            _project.Dispose();
        }

        [GeneratedRegex(@"(?<=^|\()(?:Test-ShoreGuardHealth|Get-ShoreGuardVersion)(?=$|\))")]
        private static partial Regex BareProbe();

        [GeneratedRegex(@"-ObservationWindow [\d:]+")]
        private static partial Regex Window();
    }
}
