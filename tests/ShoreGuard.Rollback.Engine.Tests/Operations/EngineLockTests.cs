using System.Text.Json.Nodes;
using ShoreGuard.Rollback.Engine.Deployments.Docker;
using ShoreGuard.Rollback.Engine.Operations;
using ShoreGuard.Rollback.Engine.Operations.Execution;
using ShoreGuard.Rollback.Engine.State;
using ShoreGuard.Rollback.Engine.Tests.InMemory;

namespace ShoreGuard.Rollback.Engine.Tests.Operations;

/// <summary>One at a time for all who may use an engine, and what a killed process has left of it.</summary>
public sealed class EngineLockTests : IAsyncLifetime
{
    private const string Name = "prod-shoreguard-lock", Label = "shoreguard.rollback.lock";
    private readonly string _folder = Directory.CreateTempSubdirectory("shoreguard-test-").FullName;
    private readonly FakeEngine _fake = new() { MakesContainers = true };
    private DockerEngine _engine = null!;

    private StateStore State => new(_folder);

    // Of another user, or on another machine.
    private StateStore Elsewhere => new(Directory.CreateDirectory(Path.Combine(_folder, "other")).FullName);

    public async ValueTask InitializeAsync()
    {
        _fake["/containers/prod/json"] = new() { ["Id"] = "c", ["Name"] = "/prod", ["Image"] = "sha256:1" };
        _engine = await DockerEngine.ConnectAsync(_fake.Host, TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        _engine.Dispose();
        await _fake.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Whoever_comes_second_is_refused_from_any_state_folder_and_told_who_is_first()
    {
        await using (await Take(new(State, "restore")))
        {
            var refused = await Refused("RollbackInProgress", new(Elsewhere, "rollback", "a1b2c3d4"));
            Assert.Contains(
                $"restore by {Environment.UserName} on {Environment.MachineName}, process {Environment.ProcessId}, since ", refused, StringComparison.Ordinal);
        }
        Assert.Empty(_fake.Made);
        await (await Take(new(State, "rollback", "a1b2c3d4"))).DisposeAsync();
    }

    [Fact]
    public async Task What_a_process_has_left_that_is_gone_is_taken_over_and_what_one_elsewhere_has_is_not()
    {
        var own = ProcessIdentity.Own();
        Leave(Holder(new(State, "image rollback")) with { Process = own with { Started = own.Started.AddDays(-1) } });
        await (await Take(new(State, "image rollback"))).DisposeAsync();
        Assert.Empty(_fake.Made);

        Leave(Holder(new(State, "image rollback")) with { Machine = "elsewhere", Process = own with { Machine = "elsewhere" } });
        var refused = await Refused("RollbackInProgress", new(State, "image rollback"));
        Assert.All((string[])["on elsewhere", $"docker rm {Name}"], part => Assert.Contains(part, refused, StringComparison.Ordinal));
        Assert.Single(_fake.Made);
    }

    [Theory]
    [InlineData("lock")]
    [InlineData("holder")]
    public async Task A_lock_file_that_is_a_link_is_not_followed(string kind)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Links need a privilege there.");
        var (locks, theirs) = (Directory.CreateDirectory(Path.Combine(_folder, "locks")).FullName, Path.Combine(_folder, "theirs"));
        File.WriteAllText(theirs, "theirs");
        var link = Path.Combine(locks, $"{DeploymentLock.KeyOf(_engine.Host, "prod")}.{kind}");
        File.CreateSymbolicLink(link, theirs);
        Assert.Contains(link, await Refused("LockFileForeign", new(State, "restore")), StringComparison.Ordinal);
        Assert.Equal("theirs", File.ReadAllText(theirs));
        Assert.True(File.Exists(link));

        File.Delete(link);
        await (await Take(new(State, "restore"))).DisposeAsync();
    }

    [Fact]
    public async Task A_lock_file_of_another_user_is_not_taken()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess, "Only root gives files away.");
        var path = Path.Combine(Directory.CreateDirectory(Path.Combine(_folder, "locks")).FullName, $"{DeploymentLock.KeyOf(_engine.Host, "prod")}.lock");
        File.WriteAllText(path, "theirs");
        await System.Diagnostics.Process.Start("chown", ["1000", path]).WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.Contains("belongs to another user", await Refused("LockFileForeign", new(State, "restore")), StringComparison.Ordinal);

        Assert.Equal("theirs", File.ReadAllText(path));
    }

    // A process that is being started while the lock is let go has it for a moment longer, and is nobody who works here.
    [Theory]
    [InlineData(300, null)]
    [InlineData(60_000, "RollbackInProgress")]
    public async Task A_lock_file_that_is_held_and_says_nobody_is_waited_for(int milliseconds, string? refused)
    {
        var path = Path.Combine(Directory.CreateDirectory(Path.Combine(_folder, "locks")).FullName, $"{DeploymentLock.KeyOf(_engine.Host, "prod")}.lock");
        using var held = new FileStream(path, FileMode.Create, FileAccess.ReadWrite, FileShare.None);
        using var over = new Timer(_ => held.Dispose(), null, milliseconds, Timeout.Infinite);
        if (refused is null)
            await (await Take(new(State, "restore"))).DisposeAsync();
        else
            await Refused(refused, new(State, "restore"));
    }

    // Its database may be half-way down, and how to put it back stands there alone.
    [Theory]
    [InlineData("rollback", "a1b2c3d4", "Resume-ShoreGuardRollback a1b2c3d4")]
    [InlineData("schema downgrade", null, "Invoke-ShoreGuardSchemaDowngrade")]
    public async Task What_has_changed_the_database_and_is_recorded_elsewhere_is_left_to_who_began_it(string kind, string? rollback, string advice)
    {
        var own = ProcessIdentity.Own();
        var killed = Holder(new(State, kind, rollback, NeedsRecord: true)) with { Process = own with { Started = own.Started.AddDays(-1) }, User = "somebody",
            HasRecordHere = false };
        Leave(killed with { State = "/home/somebody/state" });
        var refused = await Refused("OperationElsewhere", new(State, "restore"));
        Assert.All((string[])["somebody", "-StatePath '/home/somebody/state'", advice], part => Assert.Contains(part, refused, StringComparison.Ordinal));
        if (rollback is not null)
            await (await Take(new(State, "recovery of the rollback", rollback, Mends: true))).DisposeAsync();
        else
            _fake.Remove(Name);

        // Here it is known, or it was killed before there was anything to write down.
        Leave(killed);
        await (await Take(new(State, "restore"))).DisposeAsync();
        Assert.Empty(_fake.Made);
    }

    // The session of whoever left it lives on.
    [Fact]
    public async Task One_that_is_left_on_purpose_is_unfinished_for_all_and_not_under_way()
    {
        using var scene = new Scene();
        scene.Deploy("0.28.0");
        using var engine = await ContainerEngines.ConnectAsync(scene.World.Host, TestContext.Current.CancellationToken);
        Task<DeploymentLock> TakeThere(LockClaim claim) => DeploymentLock.TakeAsync(engine, Operator.Name, claim, TestContext.Current.CancellationToken);
        var record = RollbackLog.RecordOf(
            "a1b2c3d4", OperationKind.Rollback, RollbackStrategy.Downgrade, RollbackLogTests.Plan("a1b2c3d4").Deployment with { Name = Operator.Name });
        await using (var held = await TakeThere(new(State, "rollback", "a1b2c3d4", NeedsRecord: true)))
        {
            await held.RecordAsync(new(record, new() { BackupFolder = "/b" }, RollbackLogTests.Note()));
            Assert.Equal("RollbackInProgress", (await Assert.ThrowsAsync<ShoreGuardException>(() => TakeThere(new(State, "restore")))).Id);
            held.Leave();
        }
        Assert.Equal("RollbackUnfinished", (await Assert.ThrowsAsync<ShoreGuardException>(() => TakeThere(new(Elsewhere, "restore")))).Id);
        await (await TakeThere(new(Elsewhere, "recovery of the rollback", "a1b2c3d4", Mends: true))).DisposeAsync();
        Assert.Empty(scene.LeftOvers);
    }

    // Between the old lock's end and the new one's name there is a moment in which anybody can make one. What is unfinished is not to be forgotten for it.
    [Fact]
    public async Task Who_makes_a_lock_in_the_middle_of_a_takeover_does_not_lose_the_record()
    {
        using var scene = new Scene();
        scene.Deploy("0.27.1");
        var image = scene.Container(Operator.Name)!.Image["Id"]!;
        Burial.RequirePossible();
        var killed = new Actor { EndsAt = 6, How = Moment.Before };
        await killed.RunAsync(() => scene.Operator.TryAsync(it => it.ImageRollbackAsync("0.27.0")));
        Burial.Bury(scene);
        const string Lock = "sg-shoreguard-lock";
        scene.World.Meanwhile = what =>
        {
            if (what.StartsWith("rename container sg-shoreguard-lock-", StringComparison.Ordinal) && scene.Container(Lock) is null)
                scene.World.Create(
                    Lock, new() { ["Image"] = image.DeepClone(), ["Labels"] = new JsonObject { [Label] = Holder(new(State, "restore")).ToJson() } });
        };
        IReadOnlyList<RollbackRecord> found = [];
        await scene.Operator.TryAsync(async it => found = await it.UnfinishedAsync());
        var id = Assert.Single(found).Id;

        Assert.Equal("RollbackInProgress", (await scene.Operator.TryAsync(it => it.ResumeAsync(id)))?.Id);

        var left = Assert.Single(scene.World.Containers, container => container.Name.StartsWith($"{Lock}-", StringComparison.Ordinal));
        Assert.Contains(left.Files.Values, file => System.Text.Encoding.UTF8.GetString(file).Contains(id, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Who_has_made_a_lock_gives_way_to_a_takeover_under_way()
    {
        using var scene = new Scene();
        scene.Deploy("0.27.1");
        var image = scene.Container(Operator.Name)!.Image["Id"]!;
        scene.World.Meanwhile = what =>
        {
            if (what == "create container sg-shoreguard-lock" && scene.Container("sg-shoreguard-lock-12345678") is null)
                scene.World.Create("sg-shoreguard-lock-12345678",
                    new() { ["Image"] = image.DeepClone(),
                    ["Labels"] = new JsonObject { [Label] = Holder(new(State, "recovery of the rollback", "a1b2c3d4")).ToJson() } });
        };
        Assert.Equal("RollbackInProgress", (await scene.Operator.TryAsync(it => it.ImageRollbackAsync("0.27.0")))?.Id);
        Assert.Null(scene.Container("sg-shoreguard-lock"));
        Assert.Equal("0.27.1", scene.ServingVersion);
    }

    [Theory]
    [InlineData("{\"Format\":2}", "RecordTooNew")]
    [InlineData("{\"Format\":1}", "RecordUnreadable")]
    [InlineData("{\"Format\":1,\"Operation\":{\"Id\":\"a", "RecordUnreadable")]
    [InlineData("", "RecordUnreadable")]
    public async Task A_record_that_cannot_be_read_is_told_and_nothing_is_begun(string text, string id)
    {
        using var scene = new Scene();
        scene.Deploy("0.27.1");
        Burial.RequirePossible();
        var killed = new Actor { EndsAt = 3, How = Moment.Before };
        await killed.RunAsync(() => scene.Operator.TryAsync(it => it.ImageRollbackAsync("0.27.0")));
        Burial.Bury(scene);
        var files = scene.Container("sg-shoreguard-lock")!.Files;
        // Of one that was cut off, the one before it tells.
        if (id == "RecordUnreadable")
        {
            files["/shoreguard-rollback/9999.json"] = System.Text.Encoding.UTF8.GetBytes(text);
            IReadOnlyList<RollbackRecord> found = [];
            await scene.Other.TryAsync(async it => found = await it.UnfinishedAsync());
            Assert.Equal(OperationKind.ImageRollback, Assert.Single(found).Kind);
        }
        foreach (var path in files.Keys)
            files[path] = System.Text.Encoding.UTF8.GetBytes(text);
        foreach (var by in (Operator[])[scene.Other, scene.Operator])
            Assert.Equal(id, (await by.TryAsync(it => it.ImageRollbackAsync("0.27.0")))?.Id);
        Assert.Equal("0.27.1", scene.ServingVersion);
    }

    [Fact]
    public async Task An_engine_that_may_be_read_only_refuses_and_nothing_is_changed()
    {
        using var scene = new Scene();
        scene.Deploy("0.28.0");
        scene.World.IsReadOnly = true;
        foreach (var cmdlet in (Func<Operator, Task>[])[it =>
            it.ImageRollbackAsync("0.27.0"), it => it.DowngradeAsync("016"), it => it.RollbackAsync("0.27.0", RollbackStrategy.Auto)])
            Assert.NotNull(await scene.Operator.TryAsync(cmdlet));
        scene.World.IsReadOnly = false;
        Assert.Equal("0.28.0", scene.ServingVersion);
        Assert.Empty(scene.LeftOvers);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("{}")]
    [InlineData("cut off {")]
    public async Task One_that_says_nothing_is_nobodys_to_remove(string? label)
    {
        _fake[$"/containers/{Name}/json"] = new() { ["Id"] = "l",
            ["Config"] = new JsonObject { ["Labels"] = label is null ? [] : new JsonObject { [Label] = label } } };
        _fake.Refuses = Name;
        Assert.Contains(Name, await Refused("LockForeign", new(State, "restore")), StringComparison.Ordinal);
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
