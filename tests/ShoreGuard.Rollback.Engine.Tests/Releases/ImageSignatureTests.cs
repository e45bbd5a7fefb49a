using ShoreGuard.Rollback.Engine.Releases;

namespace ShoreGuard.Rollback.Engine.Tests.Releases;

/// <summary>What cosign says of an image, and what it says of itself.</summary>
public sealed class ImageSignatureTests
{
    // The first is what cosign of Debian says where no network is.
    [Theory]
    [InlineData(1, """
        WARNING: Could not fetch trusted_root.json from the TUF repository. Continuing with individual targets.
        Error: setting up clients and keys: getting rekor public keys: updating local metadata and targets: error updating to TUF remote mirror: tuf: failed to download 13.root.json: Get "https://tuf-repo-cdn.sigstore.dev/13.root.json": dial tcp: lookup tuf-repo-cdn.sigstore.dev on 192.0.2.53:53: no such host
        """, "SignatureNotChecked", FailureKind.ResourceUnavailable)]
    [InlineData(1, "Error: no matching signatures: invalid signature when validating ASN.1 encoded signature", "SignatureInvalid", FailureKind.SecurityError)]
    [InlineData(12, "", "SignatureInvalid", FailureKind.SecurityError)]
    [InlineData(10, "Error: no signatures found", "SignatureMissing", FailureKind.SecurityError)]
    [InlineData(1, "Error: no signatures found for image", "SignatureMissing", FailureKind.SecurityError)]
    public void What_could_not_be_checked_is_no_verdict(int exitCode, string stderr, string id, FailureKind kind)
    {
        var refusal = ImageSignature.Refusal("registry.test/a@sha256:0", new(), new(exitCode, "", stderr));
        Assert.Equal((id, kind), (refusal.Id, refusal.Kind));
    }
}
