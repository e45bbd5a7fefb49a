using CsCheck;
using ShoreGuard.Rollback.Engine.Operations;

namespace ShoreGuard.Rollback.Engine.Tests.Deployments;

public sealed class ImageReferenceTests
{
    private const string Digest = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    [Theory]
    [InlineData("ghcr.io/flohofstetter/shoreguard:0.27.0", "ghcr.io/flohofstetter/shoreguard", "0.27.0", null)]
    [InlineData("localhost:5000/a/b", "localhost:5000/a/b", "latest", null)]
    [InlineData("localhost:5000/a/b:sha-a1b2c3d", "localhost:5000/a/b", "sha-a1b2c3d", null)]
    [InlineData("shoreguard", "shoreguard", "latest", null)]
    [InlineData("a/b@" + Digest, "a/b", null, Digest)]
    [InlineData("a/b:1@" + Digest, "a/b", "1", Digest)]
    [InlineData("[::1]:5000/a:1", "[::1]:5000/a", "1", null)]
    public void A_reference_is_taken_apart(string text, string repository, string? tag, string? digest) =>
        Assert.Equal(new ImageReference { Repository = repository, Tag = tag, Digest = digest }, ImageReference.Parse(text));

    [Theory]
    [InlineData("")]
    [InlineData("A/B")]
    [InlineData("a b")]
    [InlineData("a:")]
    [InlineData("a@sha256:12")]
    [InlineData("-a")]
    [InlineData("a:tag\n")]
    [InlineData("http://a/b:1")]
    public void What_is_no_reference_is_refused_by_name(string text)
    {
        var error = Assert.Throws<ShoreGuardException>(() => ImageReference.Parse(text));
        Assert.Equal(("ImageReferenceInvalid", FailureKind.InvalidArgument, text), (error.Id, error.Kind, error.Target));
    }

    [Fact]
    public void Any_text_is_read_or_refused_and_what_was_read_is_written_the_same() =>
        Gen.String[Gen.Char["abz019.:/@-_A$ []"], 0, 40].Sample(text =>
        {
            if (ImageReference.TryParse(text) is { } reference)
                Assert.Equal(reference, ImageReference.Parse(reference.ToString()));
        });

    [Theory]
    [InlineData("0.27.0", null, "r/s:0.27.0")]
    [InlineData("v0.27.0", null, "r/s:0.27.0")]
    [InlineData(null, "a1b2c3d", "r/s:sha-a1b2c3d|r/s:a1b2c3d")]
    [InlineData(null, "sha-A1B2C3D", "r/s:sha-a1b2c3d|r/s:a1b2c3d")]
    [InlineData(null, "a1b2c3d4e5f60718293a4b5c6d7e8f9001122334", "r/s:sha-a1b2c3d|r/s:a1b2c3d")]
    public void A_target_is_looked_for_under_the_tags_that_the_release_process_pushes(string? version, string? sha, string expected)
    {
        var target = new ImageTarget { Version = version, GitSha = sha };
        Assert.Equal(expected, string.Join('|', target.Candidates(ImageReference.Parse("r/s:0.28.0@" + Digest))));
    }
}
