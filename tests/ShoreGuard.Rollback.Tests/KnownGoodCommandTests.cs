using System.Management.Automation;

namespace ShoreGuard.Rollback.Tests;

/// <summary>Marking builds as known to be good, in a state folder of one's own, as a user types it.</summary>
public sealed class KnownGoodCommandTests : IDisposable
{
    private const string Digest = "sha256:52ac0000000000000000000000000000000000000000000000000000000000aa";
    private const string Sha = "a1b2c3d4e5f60718293a4b5c6d7e8f9001122334";

    private readonly ModuleHost _host = new();
    private readonly string _state = Path.Combine(Directory.CreateTempSubdirectory("shoreguard-test-").FullName, "state");

    private string Journal => Path.Combine(_state, "journal.db");
    private string State => $"-StatePath '{_state}'";

    public void Dispose()
    {
        _host.Dispose();
        Directory.Delete(Path.GetDirectoryName(_state)!, recursive: true);
    }

    [Fact]
    public void A_build_is_marked_and_the_mark_is_taken_away_again()
    {
        var build = Assert.Single(
            _host.Run($"Set-ShoreGuardKnownGood registry.example/shoreguard:0.27.0@{Digest} -GitSha {Sha} -Version 0.27.0 -Reason 'a week without an "
            + $"alert' {State}").ThrowIfFailed().Output);
        Assert.Equal((Digest, Sha, "0.27.0", "a week without an alert"),
            (build.Properties["Digest"].Value, build.Properties["GitSha"].Value, build.Properties["Version"].Value, build.Properties["Reason"].Value));
        Assert.True(File.Exists(Journal));
        // Another image of the same commit is another build.
        Assert.Equal("NotKnownGood",
            Id(_host.Run($"Set-ShoreGuardKnownGood -Remove -Digest {Digest.Replace("52ac", "62ac", StringComparison.Ordinal)} -GitSha {Sha} {State}")));
        Assert.Single(_host.Run($"Set-ShoreGuardKnownGood -Remove -GitSha {Sha[..7]} {State}").ThrowIfFailed().Output);
        Assert.Equal("NotKnownGood", Id(_host.Run($"Set-ShoreGuardKnownGood -Remove -Digest {Digest} {State}")));
    }

    [Theory]
    [InlineData("registry.example/shoreguard:0.27.0", "KnownGoodUnclear")]
    [InlineData("-Version 0.27.0", "KnownGoodUnclear")]
    [InlineData($"-GitSha {Sha} -Remove", "NotKnownGood")]
    public void What_cannot_be_meant_is_an_error_and_makes_no_journal(string arguments, string id)
    {
        var run = _host.Run($"Set-ShoreGuardKnownGood {arguments} {State}");
        Assert.Equal(id, Id(run));
        Assert.Equal(id, Id(_host.Run($"Set-ShoreGuardKnownGood {arguments} {State} -WhatIf")));
        Assert.NotEmpty(run.Errors[0].ErrorDetails.RecommendedAction);
        Assert.False(Directory.Exists(_state));
    }

    [Theory]
    [InlineData("exited", null, "sgtest-1 is not running (exited)")]
    [InlineData("running", "http://127.0.0.1:1/", "sgtest-1 is Unreachable")]
    [InlineData("running", null, "sgtest-1 is Unreachable")]
    public void A_deployment_that_is_not_well_is_marked_with_a_warning_that_says_what_was_found(string state, string? uri, string found)
    {
        var deployment = $$"""
            [ShoreGuard.Rollback.Deployment]@{ Name = 'sgtest-1'; ContainerId = 'c1'; Image = 'registry.example/shoreguard:0.27.0@{{Digest}}'; ImageId = 'sha256:1'; Digest = '{{Digest}}'
            State = '{{state}}'; {{(uri is null ? "" : $"Uri = '{uri}'; Route = 'PublishedPort';")}} Database = [ShoreGuard.Rollback.DatabaseLocation]@{ Kind = 'Sqlite'; Url = 'sqlite:///x.db' }; DockerHost = 'unix:///nowhere' }
            """;
        foreach (var whatIf in (string[])["-WhatIf", ""])
        {
            var run = _host.Run($"{deployment} | Set-ShoreGuardKnownGood {State} {whatIf}").ThrowIfFailed();
            Assert.StartsWith(found, Assert.Single(run.Warnings), StringComparison.Ordinal);
            Assert.Equal(whatIf == "" ? 1 : 0, run.Output.Count);
        }
        // Named by its image, nobody is asked.
        Assert.Empty(_host.Run($"Set-ShoreGuardKnownGood registry.example/shoreguard:0.27.0@{Digest} {State}").ThrowIfFailed().Warnings);
    }

    [Fact]
    public void Whatif_makes_no_journal()
    {
        Assert.Empty(_host.Run($"Set-ShoreGuardKnownGood -GitSha {Sha} {State} -WhatIf").ThrowIfFailed().Output);
        Assert.False(Directory.Exists(_state));
    }

    [Fact]
    public void A_state_folder_that_cannot_be_one_is_an_error()
    {
        var file = Path.Combine(Path.GetDirectoryName(_state)!, "file");
        File.WriteAllText(file, "");
        var run = _host.Run($"Set-ShoreGuardKnownGood -GitSha {Sha} -StatePath '{file}'");
        Assert.Equal(("StateNotWritable", ErrorCategory.WriteError), (Id(run), run.Errors[0].CategoryInfo.Category));
        Assert.Equal("PathNotFileSystem", Id(_host.Run($"Set-ShoreGuardKnownGood -GitSha {Sha} -StatePath Env:x")));
    }

    private static string Id(RunResult run) => Assert.Single(run.Errors).FullyQualifiedErrorId.Split(',')[0];
}
