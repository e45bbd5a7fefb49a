using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using ShoreGuard.Rollback.Tests;

namespace ShoreGuard.Rollback.EndToEnd.Tests.Windows;

/// <summary>PowerShell for Windows, under Wine, with the module in it. The stack's engine is behind its own named pipe, which is where a client on
/// Windows looks without being told.</summary>
internal sealed class WindowsPwsh : IDisposable
{
    private const string Program = "out/windows/pwsh/pwsh.exe";

    private readonly EngineProxy _engine = EngineProxy.Start();
    private readonly DirectoryInfo _folder = Directory.CreateDirectory(Path.Combine(Repository.Root, "out", "windows", $"sgtest-{Guid.NewGuid():n}"));

    public WindowsPwsh()
    {
        Assert.SkipUnless(File.Exists(Path.Combine(Repository.Root, Program)), $"There is no {Program}: run ./build.sh test -Suite windows.");
        Directory.CreateDirectory(Path.Combine(_folder.FullName, "share"));
    }

    /// <summary>A folder that both sides see, by its path here.</summary>
    public string Folder => _folder.FullName;

    /// <summary>The same folder, by its path there.</summary>
    public string There => $@"Z:\opt\checkout\out\windows\{_folder.Name}";

    /// <summary>A folder in it, as a share of another machine.</summary>
    public string Share => $@"\\sgtest\{_folder.Name}\share";

    /// <summary>Runs a script with the module imported, in the state folder of this instance; what came out, with all its streams, and its exit code.</summary>
    public (string Output, int ExitCode) Run(string script)
    {
        File.WriteAllText(Path.Combine(Folder, "script.ps1"), $$"""
            $ErrorActionPreference = 'Stop'
            [Console]::OutputEncoding = [Text.Encoding]::UTF8
            $PSStyle.OutputRendering = 'PlainText'
            Add-Type -Path '{{There}}\PipeRelay.cs'
            [{{typeof(PipeRelay).FullName}}]::Start('docker_engine', {{new Uri(_engine.Host).Port}})
            $env:SHOREGUARD_IMAGE_REPOSITORY = '{{Stack.Repository}}'
            $env:XDG_STATE_HOME = '{{There}}\state'
            trap { "$($_.Exception)" }
            Import-Module ./out/ShoreGuard.Rollback/ShoreGuard.Rollback.psd1
            {{script}}
            """);
        File.Copy(Path.Combine(AppContext.BaseDirectory, "PipeRelay.cs"), Path.Combine(Folder, "PipeRelay.cs"), overwrite: true);
        return Start("-NonInteractive", "-File", $@"{There}\script.ps1");
    }

    /// <summary>Runs a script that has to succeed, and gives the objects that it wrote.</summary>
    public JsonArray Objects(string script)
    {
        var (output, code) = Run($$"""
            $all = @(& { {{script}} })
            "`n--- $(ConvertTo-Json -InputObject $all -Depth 4 -Compress -EnumsAsStrings)"
            """);
        var json = output.Split('\n').LastOrDefault(line => line.StartsWith("--- ", StringComparison.Ordinal));
        Assert.True(code == 0 && json is not null, $"{script}\n{code}: {output}");
        return JsonNode.Parse(json![4..])!.AsArray();
    }

    /// <summary>Runs a script that has to succeed with one object.</summary>
    public JsonNode Object(string script) => Assert.Single(Objects(script))!;

    /// <summary>Runs pwsh.exe with arguments of its own.</summary>
    public static (string Output, int ExitCode) Start(params string[] arguments)
    {
        var start = new ProcessStartInfo("bash", [Path.Combine(Repository.Root, "eng", "with-wine.sh"), Program, "-NoProfile", .. arguments])
        {
            RedirectStandardOutput = true, RedirectStandardError = true, StandardOutputEncoding = Encoding.UTF8,
        };
        return Pwsh.Run(start).Result;
    }

    public void Dispose()
    {
        _engine.Dispose();
        _folder.Delete(recursive: true);
    }
}
