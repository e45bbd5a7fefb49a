using System.Text.Json.Nodes;
using ShoreGuard.Rollback.Engine.Deployments.Docker;
using ShoreGuard.Rollback.Engine.Rollbacks;

namespace ShoreGuard.Rollback.Engine.Tests.Rollbacks;

/// <summary>One at a time for all who may use an engine, and what a killed process has left of it.</summary>
public sealed class EngineLockTests : IAsyncLifetime
{
    private const string Name = "prod-shoreguard-lock", Label = "shoreguard.rollback.lock";
    private readonly string _folder = Directory.CreateTempSubdirectory("shoreguard-test-").FullName;
    private readonly FakeEngine _fake = new() { MakesContainers = true };
    private DockerEngine _engine = null!;

    public async ValueTask InitializeAsync()
    {
        StateFolder.Use(_folder);
        _fake["/containers/prod/json"] = new() { ["Id"] = "c", ["Name"] = "/prod", ["Image"] = "sha256:1" };
        _engine = await DockerEngine.ConnectAsync(_fake.Host, TestContext.Current.CancellationToken);
    }

    public ValueTask DisposeAsync()
    {
        _engine.Dispose();
        _fake.Dispose();
        Directory.Delete(_folder, recursive: true);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Whoever_comes_second_is_refused_from_any_state_folder_and_told_who_is_first()
    {
        await using (await Take(new("restore")))
        {
            StateFolder.Use(Directory.CreateDirectory(Path.Combine(_folder, "other")).FullName);
            var refused = await Refused("RollbackInProgress", new("rollback", "a1b2c3d4"));
            Assert.Contains($"restore by {Environment.UserName} on {Environment.MachineName}, process {Environment.ProcessId}, since ", refused, StringComparison.Ordinal);
        }
        Assert.Empty(_fake.Made);
        await (await Take(new("rollback", "a1b2c3d4"))).DisposeAsync();
    }

    [Fact]
    public async Task What_a_process_has_left_that_is_gone_is_taken_over_and_what_one_elsewhere_has_is_not()
    {
        var own = ProcessIdentity.Own();
        Leave(Holder(new("image rollback")) with { Process = own with { Started = own.Started.AddDays(-1) } });
        await (await Take(new("image rollback"))).DisposeAsync();
        Assert.Empty(_fake.Made);

        Leave(Holder(new("image rollback")) with { Machine = "elsewhere", Process = own with { Machine = "elsewhere" } });
        var refused = await Refused("RollbackInProgress", new("image rollback"));
        Assert.All((string[])["on elsewhere", $"docker rm {Name}"], part => Assert.Contains(part, refused, StringComparison.Ordinal));
        Assert.Single(_fake.Made);
    }

    // Its database may be half-way down, and how to put it back stands there alone.
    [Theory]
    [InlineData("rollback", "a1b2c3d4", "Resume-ShoreGuardRollback a1b2c3d4")]
    [InlineData("schema downgrade", null, "Invoke-ShoreGuardSchemaDowngrade")]
    public async Task What_has_changed_the_database_and_is_recorded_elsewhere_is_left_to_who_began_it(string kind, string? rollback, string advice)
    {
        var own = ProcessIdentity.Own();
        var killed = Holder(new(kind, rollback, NeedsRecord: true)) with { Process = own with { Started = own.Started.AddDays(-1) }, User = "somebody", HasRecordHere = false };
        Leave(killed with { State = "/home/somebody/state" });
        var refused = await Refused("OperationElsewhere", new("restore"));
        Assert.All((string[])["somebody", "-StatePath '/home/somebody/state'", advice], part => Assert.Contains(part, refused, StringComparison.Ordinal));
        if (rollback is not null)
            await (await Take(new("recovery of the rollback", rollback, Mends: true))).DisposeAsync();
        else
            _fake.Remove(Name);

        // Here it is known, or it was killed before there was anything to write down.
        Leave(killed);
        await (await Take(new("restore"))).DisposeAsync();
        Assert.Empty(_fake.Made);
    }

    [Fact]
    public async Task One_that_is_left_on_purpose_keeps_others_out_and_not_its_own_recovery()
    {
        await using (var held = await Take(new("rollback", "a1b2c3d4", NeedsRecord: true)))
            held.Leave();
        Assert.Single(_fake.Made);
        await Refused("RollbackInProgress", new("restore"));
        await (await Take(new("recovery of the rollback", "a1b2c3d4", Mends: true))).DisposeAsync();
        Assert.Empty(_fake.Made);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("{}")]
    [InlineData("cut off {")]
    public async Task One_that_says_nothing_is_nobodys_to_remove(string? label)
    {
        _fake[$"/containers/{Name}/json"] = new() { ["Id"] = "l", ["Config"] = new JsonObject { ["Labels"] = label is null ? [] : new JsonObject { [Label] = label } } };
        _fake.Refuses = Name;
        Assert.Contains(Name, await Refused("LockForeign", new("restore")), StringComparison.Ordinal);
    }

    private Task<DeploymentLock> Take(LockClaim claim) => DeploymentLock.TakeAsync(_engine, "prod", claim, TestContext.Current.CancellationToken);

    private async Task<string> Refused(string id, LockClaim claim)
    {
        var error = await Assert.ThrowsAsync<ShoreGuardException>(() => Take(claim));
        Assert.Equal(id, error.Id);
        return error.Message + error.Recommendation;
    }

    private static LockHolder Holder(LockClaim claim) => LockHolder.Own(claim);

    private void Leave(LockHolder holder) => _fake.Make(Name, new() { [Label] = holder.ToJson() });
}
