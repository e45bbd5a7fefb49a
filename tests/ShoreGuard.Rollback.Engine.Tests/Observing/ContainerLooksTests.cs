using System.Text.Json.Nodes;
using ShoreGuard.Rollback.Engine.Deployments;
using ShoreGuard.Rollback.Engine.Deployments.Docker;
using ShoreGuard.Rollback.Engine.Observing;
using Xunit;

namespace ShoreGuard.Rollback.Engine.Tests.Observing;

/// <summary>What an engine's descriptions of one container say.</summary>
public sealed class ContainerLooksTests
{
    private const string Id = "aaaaaaaaaaaa1111111111111111111111111111111111111111111111111111";
    private static readonly DateTimeOffset Now = new(2026, 11, 22, 3, 0, 0, TimeSpan.Zero);

    private readonly ContainerLooks _looks = new(Describe(Container()), TimeSpan.FromSeconds(15));

    [Fact]
    public void One_that_goes_on_is_well()
    {
        for (var look = 0; look < 3; look++)
            Assert.Equal((LookVerdict.Well, 0), Verdict(Container()));
    }

    [Fact]
    public void One_that_was_restarted_before_is_well_and_once_more_it_has_crashed()
    {
        Assert.Equal((LookVerdict.Well, 0), Verdict(Container(restarts: 4)));
        var crashed = Look(Container(restarts: 6, started: "2026-11-22T02:59:59Z"));
        Assert.Equal((LookVerdict.Unwell, true, 2), (crashed.Verdict, crashed.IsCertain, crashed.Restarts));
    }

    [Fact]
    public void One_that_somebody_has_started_again_is_well_and_that_is_told()
    {
        var first = Look(Container());
        var again = Look(Container(started: "2026-11-22T02:59:59Z"));
        Assert.Equal((LookVerdict.Well, 1), (again.Verdict, again.Restarts));
        Assert.NotEqual(first.State, again.State);
        Assert.Contains("started it again", again.Explanation, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("restarting", 1, false, "Unwell")]
    [InlineData("exited", 1, false, "Unwell")]
    [InlineData("exited", 3, false, "Unwell")]
    [InlineData("exited", 137, true, "Unwell")]
    [InlineData("exited", 137, false, "Other")]
    [InlineData("exited", 143, false, "Other")]
    [InlineData("exited", 0, false, "Other")]
    [InlineData("paused", 0, false, "Other")]
    public void One_that_does_not_run_has_crashed_or_was_stopped(string state, int code, bool outOfMemory, string verdict)
    {
        Look(Container());
        var look = Look(Container(state, code: code, outOfMemory: outOfMemory));
        Assert.Equal(verdict, look.Verdict.ToString());
        Assert.Equal(look.Verdict == LookVerdict.Unwell, look.IsCertain);
        Assert.False(look.Served);
    }

    [Fact]
    public void One_in_its_place_is_certain_and_none_has_to_be_confirmed()
    {
        var other = Look(Container(id: Id.Replace('a', 'b')));
        Assert.Equal((LookVerdict.Other, true), (other.Verdict, other.IsCertain));
        Assert.Contains("bbbbbbbbbbbb", other.State, StringComparison.Ordinal);
        var gone = _looks.Of(null, Describe(Container()) with { State = "removed" }, Now);
        Assert.Equal((LookVerdict.Other, false), (gone.Verdict, gone.IsCertain));
    }

    private (LookVerdict, int) Verdict(ContainerView container) => Look(container) is var look ? (look.Verdict, look.Restarts) : default;

    private Look Look(ContainerView container) => _looks.Of(container, Describe(container), Now);

    private static Deployment Describe(ContainerView container) => DeploymentCatalog.Describe(container, image: null, "unix:///nowhere");

    private static ContainerView Container(string state = "running", string id = Id, int code = 0, int restarts = 0, string started = "2026-11-22T02:00:00Z",
        bool outOfMemory = false) => Parsed(new()
    {
        ["Id"] = id,
        ["Name"] = "/prod-shoreguard-1",
        ["Image"] = "sha256:1",
        ["RestartCount"] = restarts,
        ["State"] = new JsonObject { ["Status"] = state, ["Running"] = state == "running", ["ExitCode"] = code, ["OOMKilled"] = outOfMemory,
            ["StartedAt"] = started },
        ["Config"] = new JsonObject { ["Image"] = "shoreguard:0.27.0" },
    });

    // As an engine's answer is read.
    private static ContainerView Parsed(JsonObject container) => new(JsonNode.Parse(container.ToJsonString())!.AsObject());
}
