using ShoreGuard.Rollback.Engine.Deployments.Docker;
using ShoreGuard.Rollback.Engine.Operations;
using ShoreGuard.Rollback.Engine.Operations.Downgrading;
using ShoreGuard.Rollback.Engine.State;

namespace ShoreGuard.Rollback.Engine.Tests.Operations;

/// <summary>What a killed process has left is told of the deployment it belongs to, with the command that ends it; what a process is at is not.</summary>
public sealed class UnfinishedWorkTests : IAsyncDisposable
{
    private readonly FakeEngine _engine = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("shoreguard-test-").FullName;

    private StateStore State => new(_folder);

    public async ValueTask DisposeAsync()
    {
        await _engine.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private string Host => _engine.Host;

    [Fact]
    public void Nothing_is_told_where_nothing_was_left()
    {
        Assert.Null(Of("prod"));
        Assert.False(File.Exists(Journal.FileIn(_folder)));
    }

    [Fact]
    public async Task A_rollback_is_told_until_it_has_ended()
    {
        using var log = await RollbackLogTests.BeginAsync(State, "a1b2c3d4", Host);
        await using (await TakeAsync("a1b2c3d4"))
            Assert.Null(Of("prod"));
        Assert.Contains("a1b2c3d4", Of("prod"), StringComparison.Ordinal);
        Assert.Null(Of("other"));
        log.Close(RollbackState.Reverted, "no", null, []);
        Assert.Null(Of("prod"));
    }

    // The old container stands for a deployment of whose name there is none.
    [Theory]
    [InlineData("prod", "prod-shoreguard-new-r1234567")]
    [InlineData("prod-shoreguard-old-r1234567", "prod-shoreguard-old-r1234567")]
    [InlineData("prod", "prod-shoreguard-gate-r1234567")]
    public async Task A_switch_is_told_by_the_names_it_has_left(string deployment, string name)
    {
        Assert.Contains("Invoke-ShoreGuardImageRollback", Of(deployment, name), StringComparison.Ordinal);
        Assert.Null(Of("other", name));
        await using var held = await TakeAsync();
        Assert.Null(Of(deployment, name));
    }

    [Fact]
    public async Task A_downgrade_of_an_earlier_version_is_told_by_its_note_until_it_is_concluded()
    {
        var note = new DowngradeNote
        {
            DockerHost = Host,
            Name = "prod",
            From = ["017"],
            To = "016",
            ImageId = "x",
            Worker = "w",
            WasRunning = true,
            StartedAt = DateTimeOffset.UtcNow,
        };
        var file = new DowngradeFile(State, Host, "prod");
        await file.WriteAsync(note);
        Assert.Contains("Invoke-ShoreGuardSchemaDowngrade", Of("prod"), StringComparison.Ordinal);
        await file.WriteAsync(note with { IsConcluded = true });
        Assert.Null(Of("prod"));
    }

    // From another state folder, or another machine.
    [Fact]
    public void What_somebody_else_is_at_is_not_unfinished_and_what_they_have_left_of_the_database_is_theirs()
    {
        var held = LockHolder.Own(new(State, "rollback", "a1b2c3d4", NeedsRecord: true)) with { State = "/home/somebody/state", HasRecordHere = false };
        var gone = held with { Process = held.Process with { Started = held.Process.Started.AddDays(-1) } };
        Assert.Null(Beside(new() { ["prod"] = held }, "prod", "prod-shoreguard-old-r1234567"));
        Assert.Contains("Resume-ShoreGuardRollback a1b2c3d4", Beside(new() { ["prod"] = gone }, "prod"), StringComparison.Ordinal);
        Assert.Null(Beside(new() { ["prod"] = gone }, "other"));
        Assert.Contains("Invoke-ShoreGuardImageRollback",
            Beside(new() { ["prod"] = gone with { NeedsRecord = false } }, "prod", "prod-shoreguard-old-r1234567"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_journal_that_cannot_be_read_keeps_nobody_from_looking()
    {
        File.WriteAllText(
            Journal.FileIn(_folder), "not a database, and longer than the header of one would be, which is a hundred bytes in all of them ......");
        var work = UnfinishedWork.Read(State, Host, ["prod-shoreguard-new-r1234567"], new Dictionary<string, LockHolder>());
        Assert.NotNull(work.Problem);
        Assert.NotNull(work.Of(Deployment("prod")));
    }

    private async Task<DeploymentLock> TakeAsync(string? rollback = null)
    {
        using var engine = await DockerEngine.ConnectAsync(Host, TestContext.Current.CancellationToken);
        return await DeploymentLock.TakeAsync(engine, "prod", new(State, "rollback", rollback), TestContext.Current.CancellationToken);
    }

    private string? Of(string name, params string[] names) => Beside([], name, names);

    private string? Beside(Dictionary<string, LockHolder> marks, string name, params string[] names) =>
        UnfinishedWork.Read(State, Host, names, marks).Of(Deployment(name));

    private static Deployment Deployment(string name) => RollbackLogTests.Plan("a1b2c3d4").Deployment with { Name = name };
}
