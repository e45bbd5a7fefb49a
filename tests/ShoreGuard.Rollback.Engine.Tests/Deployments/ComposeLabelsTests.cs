using System.Text.Json.Nodes;
using ShoreGuard.Rollback.Engine.Deployments;
using ShoreGuard.Rollback.Engine.Deployments.Docker;

namespace ShoreGuard.Rollback.Engine.Tests.Deployments;

/// <summary>What Compose's labels on a container say.</summary>
public sealed class ComposeLabelsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("shoreguard-test-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    // Compose separates paths by commas, and writes those of a path as they are.
    [Theory]
    [InlineData("/srv/a,b/compose.yml", "/srv/a,b/compose.yml")]
    [InlineData("/srv/compose.yml,/srv/more.yml", "/srv/compose.yml|/srv/more.yml")]
    [InlineData("/srv/a,b/compose.yml,/srv/a,b/more.yml", "/srv/a,b/compose.yml|/srv/a,b/more.yml")]
    [InlineData("/srv/a,b,c/compose.yml", "/srv/a,b,c/compose.yml")]
    [InlineData(@"C:\proj\compose.yml,C:\proj\more.yml", @"C:\proj\compose.yml|C:\proj\more.yml")]
    [InlineData(@"\\nas\share\a,b\compose.yml", @"\\nas\share\a,b\compose.yml")]
    public void A_comma_in_a_path_makes_no_two_of_it(string label, string paths)
    {
        Assert.Equal(paths.Split('|'), Container("/srv", label).Paths("com.docker.compose.project.config_files"));
    }

    // As the first Compose wrote them.
    [Fact]
    public void A_file_that_is_there_is_one_of_its_own()
    {
        File.WriteAllText(Path.Combine(_folder, "more.yml"), "");
        Assert.Equal([Path.Combine(_folder, "compose.yml"), Path.Combine(_folder, "more.yml")],
            Container(_folder, $"{Path.Combine(_folder, "compose.yml")},more.yml").Paths("com.docker.compose.project.config_files"));
    }

    private static ContainerView Container(string folder, string label) => new(new()
    {
        ["Config"] = new JsonObject
        {
            ["Labels"] = new JsonObject { ["com.docker.compose.project.working_dir"] = folder, ["com.docker.compose.project.config_files"] = label },
        },
    });
}
