using ShoreGuard.Rollback.Engine.Deployments;

namespace ShoreGuard.Rollback.Engine.Tests.Deployments;

/// <summary>Paths of another machine, which may have another system.</summary>
public sealed class EnginePathTests
{
    [Theory]
    [InlineData("/srv/prod", ".env", "/srv/prod/.env")]
    [InlineData("/srv/prod/", "/data/x.db", "/srv/prod/data/x.db")]
    [InlineData("/", "x.db", "/x.db")]
    [InlineData(@"C:\proj", ".env", @"C:\proj\.env")]
    [InlineData(@"C:\", "data/x.db", @"C:\data\x.db")]
    [InlineData(@"\\nas\share", "/x.db", @"\\nas\share\x.db")]
    [InlineData(@"/srv/a\b", "c", @"/srv/a\b/c")]
    [InlineData("", "compose.yml", "compose.yml")]
    [InlineData("/srv/my.db", "", "/srv/my.db")]
    public void They_are_joined_by_its_rules(string folder, string path, string joined) => Assert.Equal(joined, EnginePath.Join(folder, path));

    [Theory]
    [InlineData("/srv/compose.yml", true)]
    [InlineData(@"C:\proj\compose.yml", true)]
    [InlineData("c:/proj/compose.yml", true)]
    [InlineData(@"\\nas\share\compose.yml", true)]
    [InlineData("compose.yml", false)]
    [InlineData(@"sub\compose.yml", false)]
    public void They_are_absolute_by_its_rules(string path, bool isRooted) => Assert.Equal(isRooted, EnginePath.IsRooted(path));
}
