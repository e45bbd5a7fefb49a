using ShoreGuard.Rollback.Engine.Deployments.Docker;
using ShoreGuard.Rollback.Engine.Operations;
using ShoreGuard.Rollback.Engine.Operations.Execution;
using ShoreGuard.Rollback.Engine.Operations.Planning;
using ShoreGuard.Rollback.Engine.State;

namespace ShoreGuard.Rollback.Engine.Tests.Operations;

/// <summary>What is written down of a rollback before, while and after it is made; and how it is known that somebody has changed a plan.</summary>
public sealed class RollbackLogTests : IDisposable
{
    internal const string Host = "unix:///docker.sock";
    private readonly string _folder = Directory.CreateTempSubdirectory("shoreguard-test-").FullName;

    private StateStore State => new(_folder);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Steps_are_there_before_they_are_taken_and_closed_after()
    {
        using var log = await BeginAsync(State, "a1b2c3d4");
        var steps = new StepRecorder("x", SilentReporter.Instance, log);
        await steps.RunAsync("one", () =>
        {
            Assert.Null(Assert.Single(new RollbackJournal(State).Find("a1b2").Steps).Outcome);
            return Task.FromResult<string?>("postgresql://u:secret@h/d");
        }, () => Task.CompletedTask);
        await Assert.ThrowsAsync<InvalidOperationException>(() => steps.RunAsync("two", () => throw new InvalidOperationException("no")));
        await steps.UndoAsync();

        var record = new RollbackJournal(State).Find("A1B2C3D4");
        Assert.Equal((RollbackState.Unfinished, true, "0.27.0"), (record.State, record.IsUnfinished, record.Version));
        Assert.Equal([("one", StepOutcome.Done), ("two", StepOutcome.Failed), ("Undo: one", StepOutcome.Done)],
            record.Steps.Select(step => (step.Name, step.Outcome!.Value)));
        Assert.Equal("postgresql://u:***@h/d", record.Steps[0].Detail);

        log.Close(RollbackState.Reverted, "no", TimeSpan.FromSeconds(1), ["017"]);
        record = Assert.Single(new RollbackJournal(State).All("prod"));
        Assert.Equal((RollbackState.Reverted, "no", TimeSpan.FromSeconds(1)), (record.State, record.Reason, record.Outage));
        Assert.Empty(new RollbackJournal(State).All("other"));
    }

    [Fact]
    public async Task A_step_within_a_step_is_closed_by_itself()
    {
        using var log = await BeginAsync(State, "a1b2c3d4");
        await new StepRecorder("x", SilentReporter.Instance, log).RunAsync("outer", async () =>
        {
            await new StepRecorder("x", SilentReporter.Instance, log).RunAsync("inner", () => Task.FromResult<string?>("in")).ConfigureAwait(false);
            return "out";
        });
        Assert.Equal([("outer", "out"), ("inner", "in")], new RollbackJournal(State).Find("a1b2c3d4").Steps.Select(step => (step.Name, step.Detail!)));
    }

    [Fact]
    public async Task A_plan_is_written_down_once_and_its_note_is_the_latest()
    {
        using (var log = await BeginAsync(State, "a1b2c3d4"))
            await log.WriteAsync(note => note with { Kept = "/kept" });
        Assert.Equal("PlanAlreadyRun", (await Assert.ThrowsAsync<ShoreGuardException>(() => BeginAsync(State, "a1b2c3d4"))).Id);
        Assert.Equal("/kept", new RollbackJournal(State).Get("a1b2c3d4").Note.Kept);
        using var again = await RollbackLog.ContinueAsync(State, held: null, new RollbackJournal(State).Get("a1b2c3d4"));
        Assert.Equal("/kept", again.Note.Kept);
    }

    [Fact]
    public async Task An_unfinished_one_keeps_others_from_its_deployment_and_from_no_other()
    {
        await using var fake = new FakeEngine();
        using var engine = await DockerEngine.ConnectAsync(fake.Host, TestContext.Current.CancellationToken);
        Task<DeploymentLock> Take(string name, string? rollback = null) =>
            DeploymentLock.TakeAsync(engine, name, new(State, "rollback", rollback), TestContext.Current.CancellationToken);
        (await BeginAsync(State, "a1b2c3d4", fake.Host)).Dispose();
        Assert.Equal("RollbackUnfinished", (await Assert.ThrowsAsync<ShoreGuardException>(() => Take("prod"))).Id);
        await (await Take("test")).DisposeAsync();
        await using (await Take("prod", "a1b2c3d4"))
        {
            Assert.Equal(RollbackState.UnderWay, new RollbackJournal(State).Find("a1b2c3d4").State);
            var refused = await Assert.ThrowsAsync<ShoreGuardException>(() => Take("prod"));
            Assert.Equal("RollbackInProgress", refused.Id);
            Assert.Contains($"rollback a1b2c3d4 by {Environment.UserName} on {Environment.MachineName}, process {Environment.ProcessId}, since ",
                refused.Message, StringComparison.Ordinal);
        }
        Assert.Equal(RollbackState.Unfinished, new RollbackJournal(State).Find("a1b2c3d4").State);
    }

    [Fact]
    public async Task An_id_that_is_not_there_or_not_clear_is_an_error()
    {
        Assert.Equal("RollbackNotFound", Assert.Throws<ShoreGuardException>(() => new RollbackJournal(State).Find("a1b2")).Id);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder));
        (await BeginAsync(State, "a1b2c3d4")).Dispose();
        (await BeginAsync(State, "a1b2ffff")).Dispose();
        Assert.Contains(
            "2 rollbacks begin with a1b2", Assert.Throws<ShoreGuardException>(() => new RollbackJournal(State).Find("a1b2")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_journal_that_fails_undoes_the_step_and_does_not_keep_the_others_from_being_undone()
    {
        var undone = new List<string>();
        var log = new FailingLog { FailsAt = "two" };
        var steps = new StepRecorder("x", SilentReporter.Instance, log);
        Func<Task> Undo(string name) => () =>
        {
            undone.Add(name);
            return Task.CompletedTask;
        };
        await steps.RunAsync("one", () => Task.FromResult<string?>(null), Undo("one"));
        await Assert.ThrowsAsync<ShoreGuardException>(() => steps.RunAsync("two", () => Task.FromResult<string?>(null), Undo("two")));
        log.FailsAlways = true;
        Assert.Empty(await steps.UndoAsync());
        // It was not even begun.
        Assert.Equal(["one"], undone);
    }

    [Fact]
    public void A_plan_that_was_changed_or_made_elsewhere_is_known()
    {
        var plan = PlanSeal.Put(Plan("a1b2c3d4"));
        PlanSeal.Check(plan);
        Assert.Equal("PlanEdited", Assert.Throws<ShoreGuardException>(() => PlanSeal.Check(plan with { Image = "x:3" })).Id);
        Assert.Equal("PlanEdited", Assert.Throws<ShoreGuardException>(() => PlanSeal.Check(plan with { Options = plan.Options with { Force = true } })).Id);
        Assert.Equal("PlanEdited", Assert.Throws<ShoreGuardException>(() => PlanSeal.Check(plan with { Strategy = RollbackStrategy.Restore })).Id);
        Assert.Equal("PlanForeign", Assert.Throws<ShoreGuardException>(() => PlanSeal.Check(plan with { Machine = "elsewhere" })).Id);
    }

    [Fact]
    public void What_has_changed_since_a_plan_was_made_is_named()
    {
        var plan = Plan("a1b2c3d4");
        var then = plan with { Facts = PlanFacts.Of(plan, "V=1 in /.env") };
        var later = plan with { Schema = plan.Schema with { Revisions = ["018"] } };
        Assert.Empty(PlanFacts.Changes(then, then with { MadeAt = DateTimeOffset.UtcNow }));
        Assert.Equal(["database was 017, and is 018 now"], PlanFacts.Changes(then, later with { Facts = PlanFacts.Of(later, "V=1 in /.env") }));
        Assert.Equal(["pin was V=1 in /.env, and is none now"], PlanFacts.Changes(then, plan with { Facts = PlanFacts.Of(plan, null) }));
    }

    private sealed class FailingLog : IStepLog
    {
        public string? FailsAt { get; init; }
        public bool FailsAlways { get; set; }

        public int Begin(string name) => Write(name);
        public void End(int step, StepOutcome outcome, string? detail) => Write("");

        private int Write(string name)
        {
            if (FailsAlways || name == FailsAt)
                throw new ShoreGuardException("StateNotWritable", FailureKind.WriteError, null, "full", "make room");
            return 1;
        }
    }

    internal static Task<RollbackLog> BeginAsync(StateStore state, string id, string host = Host) =>
        RollbackLog.BeginAsync(state, held: null, RollbackLog.EntryOf(Plan(id, host), Note(), reverts: null));

    internal static RollbackNote Note() => new() { ContainerBefore = "c", ImageBefore = "x:2", WasRunning = true, BackupFolder = "/b" };

    internal static RollbackPlan Plan(string id, string host = Host)
    {
        var probe = new ProbeResult { Path = "/", LatencyMs = 1 };
        return new()
        {
            Id = id,
            MadeAt = DateTimeOffset.UnixEpoch,
            Machine = Environment.MachineName,
            Deployment = new() { Name = "prod", ContainerId = "c", Image = "x:2", ImageId = "sha256:2", State = "running",
            Database = new() { Kind = DatabaseKind.Sqlite, Url = "" }, DockerHost = host },
            Options = new() { Version = "0.27.0", BackupFolder = "/b" },
            Image = "x:1",
            To = new() { Version = "0.27.0", Source = "x:1" },
            Health = new() { Uri = new("http://localhost"), Status = HealthStatus.NotReady, Live = true, Ready = false, Liveness = probe, Readiness = probe,
            Version = probe, Diagnosis = Diagnosis.ImageSuspected, Explanation = "", Recommendation = "", CheckedAt = default },
            Identity = new() { Verdict = IdentityVerdict.Match, Explanation = "", Recommendation = "", CheckedAt = default },
            Schema = new() { Image = "x:1", Verdict = SchemaVerdict.Same, Revisions = ["017"], Heads = ["017"], Explanation = "" },
            Strategy = RollbackStrategy.ImageOnly,
            Decision = "",
            Switch = SwitchStrategy.Recreate,
            SwitchReason = "",
            Steps = [],
            Recommendation = "",
            Facts = [],
        };
    }
}
