using ShoreGuard.Rollback.Engine.Schema;

namespace ShoreGuard.Rollback.Engine.Tests.Schema;

public sealed class MigrationGraphTests
{
    private const string Linear = """{"heads":["017"],"migrations":[{"revision":"017","down":["016"]},{"revision":"016","down":[]}]}""";

    [Fact]
    public void An_image_leaves_the_schema_of_its_head_alone_and_no_other()
    {
        var graph = MigrationGraph.TryParse(Linear)!;
        Assert.True(graph.Leaves("017"));
        Assert.False(graph.Leaves("016"));
        Assert.True(graph.Knows("016"));
        Assert.False(graph.Knows("018"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("""{"heads":[],"migrations":[]}""")]
    [InlineData("""{"heads":null,"migrations":null}""")]
    public void What_is_no_graph_is_none(string json) => Assert.Null(MigrationGraph.TryParse(json));
}
