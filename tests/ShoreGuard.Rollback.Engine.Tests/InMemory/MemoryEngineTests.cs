namespace ShoreGuard.Rollback.Engine.Tests.InMemory;

/// <summary>The module on an engine in memory, from end to end.</summary>
public sealed class MemoryEngineTests : IDisposable
{
    private readonly Scene _scene = new();

    [Theory]
    [InlineData(SwitchStrategy.Recreate)]
    [InlineData(SwitchStrategy.HotSwap)]
    public async Task An_image_is_rolled_back(SwitchStrategy strategy)
    {
        _scene.Deploy("0.27.1");
        _scene.Register("one");
        Assert.Null(await _scene.Operator.TryAsync(it => it.ImageRollbackAsync("0.27.0", strategy)));
        Assert.Equal(("0.27.0", "one"), (_scene.ServingVersion, string.Join(' ', _scene.ServedGateways)));
        _scene.AssertNothingIsLeftOver();
    }

    [Theory]
    [InlineData("0.27.2", "ready")]
    [InlineData("0.27.3", "exit code 1")]
    public async Task A_target_that_does_not_hold_is_put_back(string target, string why)
    {
        _scene.Deploy("0.27.1");
        var error = await _scene.Operator.TryAsync(it => it.ImageRollbackAsync(target));
        Assert.Equal("GateRefused", error?.Id);
        Assert.Contains(why, error!.Message, StringComparison.Ordinal);
        Assert.Equal("0.27.1", _scene.ServingVersion);
        _scene.AssertNothingIsLeftOver();
    }

    [Fact]
    public async Task Image_and_database_are_rolled_back()
    {
        _scene.Deploy("0.28.0");
        _scene.Register("one");
        Assert.Null(await _scene.Operator.TryAsync(it => it.RollbackAsync("0.27.0", RollbackStrategy.Downgrade)));
        Assert.Equal(("0.27.0", "one"), (_scene.ServingVersion, string.Join(' ', _scene.ServedGateways)));
        _scene.AssertNothingIsLeftOver();
    }

    [Fact]
    public async Task A_database_is_downgraded_and_restored()
    {
        _scene.Deploy("0.28.0");
        string? backup = null;
        Assert.Null(await _scene.Operator.TryAsync(async it => backup = await it.BackupAsync()));
        _scene.Register("later");
        Assert.Null(await _scene.Operator.TryAsync(it => it.RestoreAsync(backup!)));
        Assert.Empty(_scene.ServedGateways);
        Assert.Null(await _scene.Operator.TryAsync(it => it.DowngradeAsync("016")));
        Assert.Null(_scene.ServingVersion);
        _scene.AssertNothingIsLeftOver();
    }

    public void Dispose() => _scene.Dispose();
}
