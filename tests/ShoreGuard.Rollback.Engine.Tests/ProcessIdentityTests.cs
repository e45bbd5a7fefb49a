using System.Diagnostics;

namespace ShoreGuard.Rollback.Engine.Tests;

/// <summary>What a killed process has left is told from what one that runs still needs.</summary>
public sealed class ProcessIdentityTests
{
    [Fact]
    public void A_process_that_runs_is_not_gone_and_reads_the_same_again()
    {
        var own = ProcessIdentity.Own();
        Assert.False(own.IsGone());
        Assert.Equal(own, ProcessIdentity.TryParse(own.ToString()));
    }

    [Fact]
    public void A_process_that_has_ended_is_gone()
    {
        // Reads its input to the end, on any system.
        using var other = Process.Start(new ProcessStartInfo("sort") { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        var identity = ProcessIdentity.Own() with { Id = other.Id, Started = other.StartTime.ToUniversalTime() };
        Assert.False(identity.IsGone());
        other.StandardInput.Close();
        other.WaitForExit();
        Assert.True(identity.IsGone());
    }

    [Fact]
    public void Another_process_that_has_got_the_id_is_another_one() =>
        Assert.True((ProcessIdentity.Own() with { Started = DateTimeOffset.UtcNow.AddDays(-1) }).IsGone());

    [Fact]
    public void Of_another_machine_s_process_nothing_is_claimed() =>
        Assert.False((ProcessIdentity.Own() with { Machine = "elsewhere", Id = int.MaxValue }).IsGone());

    // After a power cut, as nobody else knows better.
    [Fact]
    public void A_process_of_this_machine_from_before_its_last_start_is_gone()
    {
        var own = ProcessIdentity.Own();
        Assert.SkipWhen(own.Installation is null || !OperatingSystem.IsLinux(), "This machine has no number of its own that outlasts a start.");
        var before = own with { Machine = $"{Environment.MachineName} 00000000-0000-0000-0000-000000000000 pid:[1]" };
        Assert.True(before.IsGone());
        Assert.False((before with { Installation = "another" }).IsGone());
        Assert.False((before with { Installation = null }).IsGone());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("a label of somebody else's")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("""{"process":"seven"}""")]
    public void What_is_none_is_not_taken_for_one(string? text) => Assert.Null(ProcessIdentity.TryParse(text));
}
