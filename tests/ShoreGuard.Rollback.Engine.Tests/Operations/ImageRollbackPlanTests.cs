using System.Text.Json.Nodes;
using Microsoft.Data.Sqlite;
using ShoreGuard.Rollback.Engine.Deployments.Docker;
using ShoreGuard.Rollback.Engine.Operations;
using ShoreGuard.Rollback.Engine.Schema;
using ShoreGuard.Rollback.Engine.State;
using ShoreGuard.Rollback.Engine.Tests.Releases;

namespace ShoreGuard.Rollback.Engine.Tests.Operations;

/// <summary>What the run of an image rollback would refuse is refused by its plan, of an image that is on the engine and of one that would have to be
/// pulled.</summary>
public sealed class ImageRollbackPlanTests : IAsyncDisposable
{
    private const string Running = "32c96f3e8a1b70d542ce9f01b63a8d74e5f2017b";
    private const string Commit = "27d0c5a1e94f38b6720d1c5eaf83b40967e2d15c";

    private readonly string _folder = Directory.CreateTempSubdirectory("shoreguard-test-").FullName;
    private readonly string _old = NewId();
    private readonly FakeEngine _engine = new();
    private readonly FakeRegistry _registry = new();

    private StateStore Store => new(Path.Combine(_folder, "state"));

    public ImageRollbackPlanTests()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "volume"));
        Know(_old, 17);
        _engine[$"/images/{_old}/json"] = Image(_old, "0.32.0", Running, "amd64");
        _engine["/containers/app/json"] = new()
        {
            ["Id"] = "app",
            ["Name"] = "/app",
            ["Image"] = _old,
            ["State"] = new JsonObject { ["Status"] = "exited" },
            ["Config"] = new JsonObject { ["Image"] = $"{_registry.Image}:0.32.0",
                ["Env"] = new JsonArray("SHOREGUARD_DATABASE_URL=sqlite:////data/shoreguard.db") },
            ["HostConfig"] = new JsonObject { ["NetworkMode"] = "bridge" },
            ["Mounts"] = new JsonArray(new JsonObject { ["Type"] = "bind", ["Source"] = Path.Combine(_folder, "volume"), ["Destination"] = "/data" }),
        };
    }

    public async ValueTask DisposeAsync()
    {
        await _engine.DisposeAsync();
        await _registry.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_target_that_fits_is_planned_with_nothing_to_say_about_it(bool isHere)
    {
        Publish(isHere, head: 16);
        Database("016");
        var plan = await PlanAsync();
        Assert.DoesNotContain(plan.Warnings, warning =>
            warning.Contains("schema", StringComparison.Ordinal) || warning.Contains("gate decides", StringComparison.Ordinal));
        Assert.DoesNotContain("migrates", plan.Description, StringComparison.Ordinal);
        Assert.Empty(_engine.Changes);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_target_that_does_not_know_the_schema_is_refused_with_what_does_know_a_way(bool isHere)
    {
        Publish(isHere, head: 16);
        Database("017");
        var error = await RefusedAsync("TargetSchemaUnfit");
        Assert.Contains("ahead of it by 017", error.Message, StringComparison.Ordinal);
        Assert.Contains("Invoke-ShoreGuardRollback", error.Recommendation, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_target_with_a_head_that_the_running_image_does_not_know_leaves_no_way_back(bool isHere)
    {
        Publish(isHere, head: 18);
        Database("017");
        Assert.Contains("018", (await RefusedAsync("TargetMigratesForward")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_target_that_takes_the_database_forward_is_told_in_the_question_and_as_a_warning(bool isHere)
    {
        Publish(isHere, head: 17);
        Database("015");
        var plan = await PlanAsync();
        Assert.Contains("its start migrates the database forward from 015 to 017", plan.Description, StringComparison.Ordinal);
        Assert.Contains(plan.Warnings, warning =>
            warning.Contains("At its start, the target migrates the database up to 017 (016, 017)", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Where_the_migrations_cannot_be_known_without_a_pull_the_question_says_so()
    {
        Publish(isHere: false, head: null);
        Database("017");
        var plan = await PlanAsync();
        Assert.Contains("whether it knows the schema is found out after the pull", plan.Description, StringComparison.Ordinal);
        Assert.Contains(plan.Warnings, warning => warning.Contains("is found out after the pull, before anything is stopped", StringComparison.Ordinal));
        Assert.Empty(_engine.Changes);
    }

    [Fact]
    public async Task A_database_that_cannot_be_read_is_told_and_is_no_reason_not_to_switch_the_image()
    {
        Publish(isHere: true, head: 16);
        Assert.Contains((await PlanAsync()).Warnings, warning =>
            warning.StartsWith("Cannot determine whether", StringComparison.Ordinal) && warning.EndsWith("The gate decides.", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_target_that_is_not_what_its_tag_says_is_refused(bool isHere)
    {
        Publish(isHere, head: 16, version: "0.27.1.dev3");
        Database("016");
        Assert.Contains("0.27.1.dev3", (await RefusedAsync("ImageIdentityMismatch")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_target_for_another_platform_is_refused(bool isHere)
    {
        Publish(isHere, head: 16, architecture: "arm64");
        Database("016");
        Assert.Contains("linux/arm64", (await RefusedAsync("ImagePlatformMismatch")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_target_built_from_a_blocked_commit_is_refused_whatever_its_digest(bool isHere)
    {
        Publish(isHere, head: 16);
        Database("016");
        Store.Blocklist.Add(new() { GitSha = Commit, Reason = "it is bad", BlockedAt = DateTimeOffset.UtcNow, BlockedBy = "operator" });
        await RefusedAsync("ImageBlocked");
    }

    [Fact]
    public async Task A_tag_that_there_is_not_is_refused()
    {
        Database("016");
        await RefusedAsync("ImageNotFound");
    }

    [Fact]
    public async Task A_registry_that_cannot_be_asked_from_here_is_told()
    {
        Publish(isHere: false, head: 16);
        Database("016");
        _registry.Falsify = (_, _) => "no manifest"u8.ToArray();
        var warnings = (await PlanAsync()).Warnings;
        Assert.Contains(warnings, warning => warning.Contains("was built from is checked after the pull", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_deployment_that_somebody_else_changes_is_refused_and_no_lock_is_made()
    {
        Publish(isHere: true, head: 16);
        Database("016");
        await PlanAsync();
        Assert.False(Directory.Exists(Store.Folder));
        using var engine = await DockerEngine.ConnectAsync(_engine.Host, TestContext.Current.CancellationToken);
        _engine.MakesContainers = true;
        await using (await DeploymentLock.TakeAsync(engine, "app", new(Store, "restore"), TestContext.Current.CancellationToken))
        {
            _engine.Changes.Clear();
            Assert.Contains($"process {Environment.ProcessId}", (await RefusedAsync("RollbackInProgress")).Message, StringComparison.Ordinal);
        }
        _engine.Changes.Clear();
        await PlanAsync();
    }

    // Somebody else was first, between the plan and the lock.
    [Fact]
    public async Task A_deployment_that_is_another_one_than_planned_is_left_as_it_is()
    {
        Publish(isHere: true, head: 16);
        Database("016");
        var plan = await PlanAsync();
        _engine["/containers/app/json"] = new() { ["Id"] = "another", ["Name"] = "/app", ["Image"] = _old };
        _engine.MakesContainers = true;
        var refused = await Assert.ThrowsAsync<ShoreGuardException>(() =>
            ImageRollback.ExecuteAsync(plan, SilentReporter.Instance, TestContext.Current.CancellationToken));
        Assert.Equal("DeploymentGone", refused.Id);
        // The lock with its record, and nothing else.
        Assert.Equal(["POST /containers/create", "PUT", "DELETE"],
            _engine.Changes.Select(change => change.StartsWith("POST", StringComparison.Ordinal) ? change : change.Split(' ')[0]));
        Assert.Empty(_engine.Made);
    }

    private async Task<ReplicaRollbackPlan> PlanAsync()
    {
        var deployment = new Deployment
        {
            Name = "app",
            ContainerId = "app",
            Image = $"{_registry.Image}:0.32.0",
            ImageId = _old,
            State = "exited",
            Database = new() { Kind = DatabaseKind.Sqlite, Url = "sqlite:////data/shoreguard.db" },
            DockerHost = _engine.Host,
        };
        return await ImageRollback.PlanAsync([new() { State = Store, Deployment = deployment, Target = new() { Version = "0.27.0" } }], SilentReporter.Instance,
            TestContext.Current.CancellationToken);
    }

    private async Task<ShoreGuardException> RefusedAsync(string id)
    {
        var error = await Assert.ThrowsAsync<ShoreGuardException>(PlanAsync);
        Assert.Equal(id, error.Id);
        Assert.Empty(_engine.Changes);
        return error;
    }

    private void Publish(bool isHere, int? head, string version = "0.27.0", string architecture = "amd64")
    {
        // A time of its own makes it an image that no cache knows from another run.
        var digest = _registry.Push("0.27.0", version, Commit, $"2026-03-16T09:00:00.{Random.Shared.Next():0000000000}Z", architecture);
        _engine[$"/distribution/{_registry.Image}:0.27.0/json"] = new() { ["Descriptor"] = new JsonObject { ["digest"] = digest } };
        // By either of its names an engine may know it: its configuration's digest, or the manifest's.
        if (head is { } known)
            Know(digest, known);
        if (isHere)
            _engine[$"/images/{_registry.Image}@{digest}/json"] = Image(digest, version, Commit, architecture);
    }

    private static JsonObject Image(string id, string version, string sha, string architecture) => new()
    {
        ["Id"] = id,
        ["Os"] = "linux",
        ["Architecture"] = architecture,
        ["RepoDigests"] = new JsonArray(),
        ["Config"] = new JsonObject { ["Env"] = new JsonArray($"SHOREGUARD_VERSION={version}", $"SHOREGUARD_GIT_SHA={sha}") },
    };

    private static void Know(string id, int head) => MigrationCache.Own.Keep(id, new()
    {
        Migrations = [.. Enumerable.Range(1, head)
            .Reverse().Select(number => new Migration { Revision = $"{number:000}", Parents = number == 1 ? [] : [$"{number - 1:000}"] })],
    });

    private void Database(string revision)
    {
        using var connection = new SqliteConnection($"Data Source={Path.Combine(_folder, "volume", "shoreguard.db")};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = $"CREATE TABLE alembic_version (version_num TEXT); INSERT INTO alembic_version VALUES ('{revision}')";
        command.ExecuteNonQuery();
    }

    private static string NewId() => $"sha256:{Guid.NewGuid():n}{Guid.NewGuid():n}";
}
