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
        Assert.Equal((variable, isWhole), (ImageTemplate.Parse(image).Variable, ImageTemplate.Parse(image).IsWhole));

    [Theory]
    [InlineData("ghcr.io/a/b:${V}", "0.27.0")]
    [InlineData("ghcr.io/a/b:${V:-latest}", "0.27.0")]
    [InlineData("${REPO}/b:${V:?set V}", "0.27.0")]
    [InlineData("${IMAGE}", "ghcr.io/a/b:0.27.0")]
    [InlineData("ghcr.io/a/c:${V}", null)]
    [InlineData("${OTHER:?set OTHER}/b:${V}", null)]
    [InlineData("ghcr.io/a/b:${V:+latest}", null)]
    [InlineData("ghcr.io/a/b:0.27.0", null)]
    public void The_variable_gets_the_value_that_makes_the_image(string image, string? value) =>
        Assert.Equal(value, ImageTemplate.Parse(image).ValueFor(ImageReference.Parse("ghcr.io/a/b:0.27.0"), Known));

    [Theory]
    [InlineData("ghcr.io/a/b:0.28.0", "ghcr.io/a/b:0.27.0")]
    [InlineData("ghcr.io/a/b", "ghcr.io/a/b:0.27.0")]
    [InlineData("${REPO}/b:0.28.0@sha256:11", "${REPO}/b:0.27.0")]
    [InlineData("${REPO:-x}/b:0.28.0", "${REPO:-x}/b:0.27.0")]
    [InlineData("${REPO:-x:5000}/b", "ghcr.io/a/b:0.27.0")]
    [InlineData("ghcr.io/a/c:0.28.0", "ghcr.io/a/b:0.27.0")]
    public void The_repository_stays_as_it_is_written_where_it_is_the_images(string before, string after) =>
        Assert.Equal(after, ImageTemplate.Parse(before).With(ImageReference.Parse("ghcr.io/a/b:0.27.0"), Known));

    private static string? Known(string name) => name == "REPO" ? "ghcr.io/a" : null;
}
