using ShoreGuard.Rollback.Engine.Deployments.Compose;

namespace ShoreGuard.Rollback.Engine.Tests.Deployments;

public sealed class ImageTemplateTests
{
    [Theory]
    [InlineData("ghcr.io/a/b:${V}", "V", false)]
    [InlineData("ghcr.io/a/b:${V:-latest}", "V", false)]
    [InlineData("ghcr.io/a/b:$V", "V", false)]
    [InlineData("ghcr.io/a/b:${V-${W:-latest}}", "V", false)]
    [InlineData("ghcr.io/a/b:${V:?set V}", "V", false)]
    [InlineData("${REPO:-localhost:5000/a/b}:${V:-latest}", "V", false)]
    [InlineData("${IMAGE}", "IMAGE", true)]
    [InlineData("${IMAGE:-ghcr.io/a/b:0.27.0}", "IMAGE", true)]
    [InlineData("$IMAGE", "IMAGE", true)]
    [InlineData("ghcr.io/a/b:0.27.0", null, false)]
    [InlineData("ghcr.io/a/b", null, false)]
    [InlineData("${REGISTRY}/a/b:0.27.0", null, false)]
    [InlineData("ghcr.io/a/b:v${MAJOR}.${MINOR}", null, false)]
    [InlineData("ghcr.io/a/b:${V", null, false)]
    [InlineData("", null, false)]
    public void The_variable_that_decides_the_tag_is_found(string image, string? variable, bool isWhole) =>
        Assert.Equal(new ImageTemplate(variable, isWhole), ImageTemplate.Parse(image));
}
