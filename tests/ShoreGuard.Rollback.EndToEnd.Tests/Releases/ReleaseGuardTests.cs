using System.Management.Automation;
using ShoreGuard.Rollback.Tests;

namespace ShoreGuard.Rollback.EndToEnd.Tests.Releases;

/// <summary>Releases that are to be deployed, on a real engine, with a real registry and cosign.</summary>
public sealed class ReleaseGuardTests : IDisposable
{
    private readonly ModuleHost _host = new();
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("sgtest-guard-");

    public void Dispose()
    {
        _host.Dispose();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public void A_release_is_tested_before_it_is_deployed_and_nothing_changes()
    {
        using var project = StandInProject.Borrow("0.27.0");
        using var own = new OwnRepository();
        own.Push("0.28.0", "0.28.0");
        own.Push("0.29.0", "0.29.0");
        own.Push("0.26.0", "0.27.9");
        var key = Signer.MakeKey(_folder.FullName);
        var before = (string?)Docker.Inspect(project.Container)["Id"];
        RunResult Test(string parameters) => _host.Run(
            $"Get-ShoreGuardDeployment -Name {project.Container} | Test-ShoreGuardRelease -SignatureKey '{key}' -StatePath "
            + $"'{_folder.FullName}/state' {parameters}");
        string Outcomes(PSObject report) => string.Join(' ', report.List("Checks").Select(check => $"{check.Text("Name")}:{check.Text("Outcome")}"));

        var report = Test($"-Image {own.Name}:0.28.0").ThrowIfFailed().Single();
        Assert.Equal("NotBlocked:Passed Signature:Warned Reversible:Passed Backup:Warned KnownIdentity:Passed", Outcomes(report));
        Assert.Equal(("True", "0.28.0"), (report.Text("Passed"), report.Text("Version")));

        // What lacks is made good.
        Assert.Equal(["False"], Test($"-Image {own.Name}:0.28.0 -Require Signature, Backup -Quiet").ThrowIfFailed().Texts);
        Signer.Sign($"{own.Name}:0.28.0", key);
        _host.Run($"Get-ShoreGuardDeployment -Name {project.Container} | Backup-ShoreGuardDatabase '{_folder.FullName}/backups' -StatePath "
            + $"'{_folder.FullName}/state'").ThrowIfFailed();
        report = Test($"-Image {own.Name}:0.28.0 -Require Signature, Reversible, Backup, KnownIdentity").ThrowIfFailed().Single();
        Assert.True(report.Text("Passed") == "True", report.Text("Explanation"));

        // One whose migration is one way, one whose tag lies, and one that is blocked by its commit, under whatever tag.
        report = Test($"-Image {own.Name}:0.29.0 -Require Reversible").ThrowIfFailed().Single();
        Assert.Contains("Reversible:Failed", Outcomes(report), StringComparison.Ordinal);
        Assert.Contains("018 cannot be taken back", report.Text("Explanation"), StringComparison.Ordinal);
        report = Test($"-Image {own.Name}:0.27.9 -Require KnownIdentity").ThrowIfFailed().Single();
        Assert.Contains("KnownIdentity:Failed", Outcomes(report), StringComparison.Ordinal);
        own.PushChanged("0.28.0", "another", "LABEL another=1");
        _host.Run($"Block-ShoreGuardImage -GitSha 28ba9d6 -Reason 'a test' -StatePath '{_folder.FullName}/state'").ThrowIfFailed();
        report = Test($"-Image {own.Name}:another").ThrowIfFailed().Single();
        Assert.Contains("NotBlocked:Failed", Outcomes(report), StringComparison.Ordinal);

        _host.Run($"Test-ShoreGuardRelease -Image {own.Name}:0.99.0").Error("ImageNotFound", ErrorCategory.ObjectNotFound);
        Assert.Equal(before, (string?)Docker.Inspect(project.Container)["Id"]);
    }
}
