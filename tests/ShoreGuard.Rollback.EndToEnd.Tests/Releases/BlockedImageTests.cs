using System.Management.Automation;
using ShoreGuard.Rollback.Tests;

namespace ShoreGuard.Rollback.EndToEnd.Tests.Releases;

/// <summary>A blocked image is marked, left out and refused, until it is unblocked.</summary>
public sealed class BlockedImageTests : IDisposable
{
    private readonly ModuleHost _host = new();

    [Fact]
    public void A_blocked_image_is_marked_left_out_and_refused_until_it_is_unblocked()
    {
        using var own = new OwnRepository();
        own.Push("0.26.0", "0.26.0");
        var commit = own.PushWithOwnCommit("0.27.0", "0.27.0");
        own.Push("0.32.0", "0.32.0");
        var container = own.Run("0.32.0");
        var before = Docker.Inspect(container);
        var (list, rollBack) = ($"Get-ShoreGuardDeployment -Name {container} | Get-ShoreGuardRelease",
            $"Get-ShoreGuardDeployment -Name {container} | Invoke-ShoreGuardImageRollback -StabilitySec 0.3 -Force -Confirm:$false");
        try
        {
            var entry = _host.Run($"{list} -Version 0.27.0 | Block-ShoreGuardImage -Reason 'by a test'").ThrowIfFailed().Single();
            Assert.Equal((commit, "0.27.0"), (entry.Text("GitSha"), entry.Text("Version")));

            var release = Assert.Single(_host.Run(list).ThrowIfFailed().Output, each => (bool)each.At("IsBlocked")!);
            Assert.Equal((commit, "by a test"), (release.Text("GitSha"), release.Text("Blocked.Reason")));
            Assert.Equal("0.26.0", _host.Run($"{list} -Previous").ThrowIfFailed().Single().Text("Version"));
            var error = _host.Run($"{rollBack} -Version 0.27.0").Error("ImageBlocked", ErrorCategory.InvalidOperation);
            Assert.Contains("by a test", error.ToString(), StringComparison.Ordinal);
            // The same commit in an image of another digest is known by what the registry says of it, without a pull.
            own.PushChanged("0.27.0", "changed", "LABEL another=1");
            own.Forget("changed");
            _host.Run($"{rollBack} -Image {own.Name}:changed -WhatIf").Error("ImageBlocked", ErrorCategory.InvalidOperation);
            Assert.Equal("", Docker.Run("image", "ls", "--quiet", $"{own.Name}:changed").Trim());
            Assert.Equal((string?)before["Id"], (string?)Docker.Inspect(container)["Id"]);
        }
        finally
        {
            _host.Run($"Unblock-ShoreGuardImage -GitSha {commit} -Confirm:$false");
        }
        Assert.True((bool)_host.Run($"{rollBack} -Version 0.27.0").ThrowIfFailed().Single().At("Succeeded")!);
    }

    public void Dispose() => _host.Dispose();
}
