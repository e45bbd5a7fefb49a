using System.Management.Automation;
using ShoreGuard.Rollback.Engine.Tests.Databases;
using ShoreGuard.Rollback.Tests;

namespace ShoreGuard.Rollback.EndToEnd.Tests.Rollbacks;

/// <summary>A state folder that takes no more: nothing is begun without a journal, and what has begun is put back.</summary>
public sealed class RollbackStateTests : IDisposable
{
    private readonly ModuleHost _module = new();

    public void Dispose() => _module.Dispose();

    [Fact]
    public void Full_or_read_only_from_the_start()
    {
        using var made = RollbackCase.Make(_module, "0.27.0", "0.28.0", "sqlite");
        using var disk = SmallDisk.Mount(made.State, 1);
        var before = made.Fingerprint(_module);

        disk.Fill(but: 0);
        _module.Run(made.Command("-Version 0.27.0")).Error("StateNotWritable", ErrorCategory.WriteError);
        Assert.Equal(before, made.Fingerprint(_module));

        File.Delete(Path.Combine(disk.Path, "fill"));
        _module.Run($"Set-ShoreGuardKnownGood -GitSha 0000000 -StatePath '{made.State}'").ThrowIfFailed();
        disk.MakeReadOnly();
        _module.Run(made.Command("-Version 0.27.0")).Error("StateNotWritable", ErrorCategory.WriteError, ErrorCategory.PermissionDenied);
        Assert.Equal(before, made.Fingerprint(_module));
    }

    [Theory]
    [FullData("Stop the old container")]
    [InlineData("Gate: live")]
    public void Full_on_the_way(string step)
    {
        using var made = RollbackCase.Make(_module, "0.27.0", "0.28.0", "sqlite");
        using var disk = SmallDisk.Mount(made.State, 1);
        var before = made.Fingerprint(_module);
        var fill = Path.Combine(disk.Path, "fill");

        var run = _module.Run($$"""
            & { {{made.Command("-Version 0.27.0")}} -Verbose } 4>&1 | ForEach-Object {
                if ("$_".Contains('{{step}}')) { try { [System.IO.File]::WriteAllBytes('{{fill}}', [byte[]]::new(2MB)) } catch { } }
                if ($_ -isnot [System.Management.Automation.VerboseRecord]) { $_ }
            }
            """);

        var error = run.Error("RollbackReverted", ErrorCategory.WriteError);
        Assert.Contains($"state folder {made.State}", error.ToString(), StringComparison.Ordinal);
        // All but the downgrade's own container, which stays as long as its end cannot be written down; a warning says so.
        Assert.StartsWith(before, made.Fingerprint(_module), StringComparison.Ordinal);
        // How it ended could not be written down. As soon as there is room, it is.
        File.Delete(fill);
        var left = _module.Run($"Get-ShoreGuardRollback -Unfinished -Name '{made.Project.Container}' -StatePath '{made.State}'").ThrowIfFailed().Output;
        foreach (var rollback in left)
            _module.Run($"Undo-ShoreGuardRollback {rollback.Text("Id")} -StatePath '{made.State}' -Confirm:$false").ThrowIfFailed();
        Assert.Empty(_module.Run($"Get-ShoreGuardRollback -Unfinished -Name '{made.Project.Container}' -StatePath '{made.State}'").ThrowIfFailed().Output);
        Assert.Equal(before, made.Fingerprint(_module));
        Assert.Equal("True", _module.Run(made.Command("-Version 0.27.0")).ThrowIfFailed().Single().Text("Succeeded"));
    }
}
