using ShoreGuard.Rollback.Engine.Files;

namespace ShoreGuard.Rollback.Engine.Tests.Files;

/// <summary>Where a user's programs keep things.</summary>
public sealed class UserFolderTests
{
    [Fact]
    public void What_a_variable_says_counts() => Assert.Equal(Path.Combine(Path.GetTempPath(), "shoreguard-rollback"), UserFolder.Ours(Path.GetTempPath()));

    // The XDG base directory specification has relative ones ignored: wherever a command is run, they would be another folder.
    [Theory]
    [InlineData("state")]
    [InlineData("./state")]
    [InlineData("")]
    [InlineData(null)]
    public void A_relative_one_counts_for_none(string? set) => Assert.Null(UserFolder.Ours(set));

    [Fact]
    public void It_is_never_relative() =>
        Assert.All((string[])[UserFolder.State, UserFolder.Cache], folder => Assert.True(Path.IsPathFullyQualified(folder), folder));
}
