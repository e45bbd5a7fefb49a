using ShoreGuard.Rollback.Engine.Incidents;
using ShoreGuard.Rollback.Engine.Operations.Execution;
using ShoreGuard.Rollback.Engine.State;

namespace ShoreGuard.Rollback.Engine.Tests.Incidents;

/// <summary>Every rollback has an incident, told from what is written down of it, however little that is.</summary>
public sealed class IncidentCatalogTests : IDisposable
{
    private static readonly DateTimeOffset Since = new(2026, 11, 22, 3, 2, 8, TimeSpan.Zero);
    private readonly string _folder = Directory.CreateTempSubdirectory("shoreguard-test-").FullName;

    private StateStore State => new(_folder);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task One_whose_record_alone_is_known_is_told_as_far_as_it_goes()
    {
        await RollAsync("a1b2c3d4", RollbackState.Succeeded);

        var incident = Assert.Single(new IncidentCatalog(State).All());

        Assert.Equal(("0.28.0", "0.27.0", "not known"), (incident.From.ToString(), incident.To.ToString(), incident.Loss.ToString()));
        Assert.Null(incident.Symptom);
        Assert.Equal(incident.Times.EndedAt, incident.Times.HeldSince);
        Assert.Contains("was not written down", IncidentExport.Write(incident, IncidentFormat.Html), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_was_wrong_at_first_stays_however_often_it_is_resumed()
    {
        await RollAsync("a1b2c3d4", RollbackState.Succeeded);
        State.Incidents.Begin("a1b2c3d4", Beginning("first"));
        State.Incidents.Begin("a1b2c3d4", Beginning("second"));
        State.Incidents.End("a1b2c3d4", new() { Loss = new() { IsKnown = true }, HeldSince = Since.AddMinutes(3) });

        var incident = new IncidentCatalog(State).Find("A1B2");

        Assert.Equal(("first", TimeSpan.FromMinutes(3), "none"), (incident.Symptom!.Explanation, incident.Times.Downtime, incident.Loss.ToString()));
        Assert.Equal("NotReady", incident.Symptom.Status.ToString());
    }

    [Fact]
    public async Task A_shared_list_that_cannot_be_read_is_no_reason_to_tell_nothing()
    {
        await RollAsync("a1b2c3d4", RollbackState.Succeeded);
        var state = new StateStore(_folder, Path.Combine(_folder, "away", "blocked.jsonl"));
        var incident = Assert.Single(new IncidentCatalog(state).All());
        Assert.Contains(incident.FollowUps, task => task.Contains("Block-ShoreGuardImage", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Notes_are_added_in_their_order_without_what_is_secret()
    {
        await RollAsync("a1b2c3d4", RollbackState.Reverted);
        new IncidentCatalog(State).AddNote("a1b2", "first");
        var incident = new IncidentCatalog(State).AddNote("a1b2", "the password=hunter2 was in the log");
        Assert.Equal(["first", "the password=*** was in the log"], incident.Notes.Select(note => note.Text));
        Assert.Equal("IncidentNoteInvalid", Assert.Throws<ShoreGuardException>(() => new IncidentCatalog(State).AddNote("a1b2", " \n ")).Id);
        Assert.Equal("IncidentNoteInvalid", Assert.Throws<ShoreGuardException>(() => new IncidentCatalog(State).AddNote("a1b2", new('x', 20_001))).Id);
        Assert.Equal("IncidentNotFound", Assert.Throws<ShoreGuardException>(() => new IncidentCatalog(State).AddNote("ffff", "x")).Id);
    }

    [Fact]
    public async Task What_was_watched_afterwards_is_part_of_it_where_it_is_the_build_that_it_went_to()
    {
        await RollAsync("a1b2c3d4", RollbackState.Succeeded);
        new IncidentCatalog(State).Observe(Seen("0.28.0"), SilentReporter.Instance);
        Assert.Null(new IncidentCatalog(State).Find("a1b2").Observation);

        new IncidentCatalog(State).Observe(Seen("0.27.0"), SilentReporter.Instance);

        var incident = new IncidentCatalog(State).Find("a1b2");
        Assert.Equal((ObservationOutcome.Held, 0.5, "Health"),
            (incident.Observation!.Outcome, incident.Observation.Availability, Assert.Single(incident.Observation.Changes).What));
        Assert.Equal(IncidentEventKind.Observation, incident.Events[^1].Kind);
        Assert.DoesNotContain(incident.FollowUps, task => task.Contains("Watch-ShoreGuardDeployment", StringComparison.Ordinal));
        Assert.Contains("Held after 15 min: All was well.", IncidentExport.Write(incident, IncidentFormat.Markdown), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(2, false)]
    [InlineData(1, true)]
    public async Task Whether_the_objective_was_met_is_said(int hours, bool isMet)
    {
        await RollAsync("a1b2c3d4", RollbackState.Succeeded);
        State.Incidents.End("a1b2c3d4", new() { Loss = new() { IsKnown = true, Written = TimeSpan.FromHours(hours), Rpo = TimeSpan.FromHours(1) } });
        var incident = new IncidentCatalog(State).Find("a1b2");
        Assert.Equal(isMet, incident.Loss.MeetsRpo);
        Assert.Contains(
            $"objective of 1 h 0 min was {(isMet ? "met" : "missed")}", IncidentExport.Write(incident, IncidentFormat.Html), StringComparison.Ordinal);
    }

    private static ObservationResult Seen(string version) => new()
    {
        Name = "prod", Uri = new("http://127.0.0.1:8888/"), Outcome = ObservationOutcome.Held, Identity = new() { Source = "x", Version = version },
        StartedAt = DateTimeOffset.UtcNow.AddSeconds(1), EndedAt = DateTimeOffset.UtcNow.AddSeconds(901), ObservationWindow = TimeSpan.FromMinutes(15),
        Looks = 180, Availability = 0.5,
        Changes = [new() { At = DateTimeOffset.UtcNow, Name = "prod", What = "Health", To = "Degraded", Explanation = "x", IsRegression = false }],
        Explanation = "All was well.", Recommendation = "y",
        Deployment = new()
        {
            Name = "prod", ContainerId = "c", Image = "r/x:0.27.0", ImageId = "sha256:0", State = "running", DockerHost = "unix:///docker.sock",
            Database = new() { Kind = DatabaseKind.Sqlite, Url = "sqlite:////x" },
        },
    };

    [Fact]
    public async Task An_undo_is_part_of_the_incident_and_none_of_its_own()
    {
        await RollAsync("a1b2c3d4", RollbackState.Succeeded);
        await RollAsync("e5f60718", RollbackState.Succeeded, reverts: "a1b2c3d4");

        var incident = Assert.Single(new IncidentCatalog(State).All());

        Assert.Equal(IncidentEventKind.Undo, incident.Events[^1].Kind);
        Assert.Contains("e5f60718", Assert.Single(incident.FollowUps), StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_that_is_unfinished_says_how_it_is_brought_to_its_end()
    {
        await RollAsync("a1b2c3d4", state: null);
        var incident = new IncidentCatalog(State).Find("a1b2");
        Assert.True(incident.Events.Single(each => each.Kind == IncidentEventKind.Rollback).GoesOn);
        Assert.Contains("Resume-ShoreGuardRollback a1b2c3d4", Assert.Single(incident.FollowUps), StringComparison.Ordinal);
    }

    [Fact]
    public void To_read_makes_no_file()
    {
        Assert.Empty(new IncidentCatalog(State).All());
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder));
    }

    private static IncidentBeginning Beginning(string explanation) => new()
    {
        From = new() { Image = "r/x:0.28.0", Version = "0.28.0" },
        To = new() { Image = "r/x:0.27.0", Version = "0.27.0" },
        Symptom = new() { Status = HealthStatus.NotReady, Explanation = explanation },
        Onset = new(Since, "the engine"),
        DecidedAt = Since.AddMinutes(1),
    };

    private async Task RollAsync(string id, RollbackState? state, string? reverts = null)
    {
        var record = new RollbackRecord
        {
            Id = id, Kind = OperationKind.Rollback, Name = "prod", DockerHost = "unix:///docker.sock", State = RollbackState.Unfinished,
                Strategy = RollbackStrategy.ImageOnly,
            ImageBefore = "r/x:0.28.0", Image = "r/x:0.27.0", VersionBefore = "0.28.0", Version = "0.27.0", Reverts = reverts,
            StartedAt = DateTimeOffset.UtcNow, ProcessId = 1, Machine = "here",
        };
        using var log = await RollbackLog.BeginAsync(State, held: null,
            new(record, new() { BackupFolder = "" }, new() { ContainerBefore = "c", ImageBefore = "r/x:0.28.0", WasRunning = true, BackupFolder = "" }));
        if (state is { } ended)
            log.Close(ended, null, TimeSpan.FromSeconds(1), []);
    }
}
