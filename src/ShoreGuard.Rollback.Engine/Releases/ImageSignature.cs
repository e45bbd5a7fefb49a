using System.Text.RegularExpressions;

namespace ShoreGuard.Rollback.Engine.Releases;

/// <summary>Who has to have signed an image.</summary>
public sealed record SignatureRules
{
    // A certificate of a GitHub workflow names the workflow's file as its subject (docs.sigstore.dev, "OIDC in Fulcio").
    private const string PublishedIdentity = @"(?i)^https://github\.com/flohofstetter/shoreguard/\.github/workflows/";
    private const string PublishedIssuer = "https://token.actions.githubusercontent.com";

    /// <summary>A public key, as a path or an address that cosign knows; null for a keyless signature.</summary>
    public string? Key { get; init; }
    /// <summary>The subject of the signing certificate; null for any workflow of ShoreGuard's repository.</summary>
    public string? CertificateIdentity { get; init; }
    /// <summary>Who has vouched for that subject; null for GitHub.</summary>
    public string? OidcIssuer { get; init; }

    /// <summary>For people: what was found to be true.</summary>
    public override string ToString() => Key is not null
        ? $"signed with the key {Key}"
        : $"signed by {CertificateIdentity ?? "a workflow of ShoreGuard's repository"}, says {OidcIssuer ?? PublishedIssuer}";

    /// <summary>As cosign wants to be told.</summary>
    internal IEnumerable<string> Arguments => Key is not null
        // A key is trusted by itself; the public log vouches for the moment at which a short-lived certificate was used.
        ? ["--key", Key, "--insecure-ignore-tlog=true"]
        : [.. CertificateIdentity is null ? (string[])["--certificate-identity-regexp", PublishedIdentity] : ["--certificate-identity", CertificateIdentity],
            "--certificate-oidc-issuer", OidcIssuer ?? PublishedIssuer];
}

/// <summary>Asks cosign whether an image of a registry is signed as it has to be.</summary>
internal static partial class ImageSignature
{
    private const int NoSignature = 10;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <summary>Returns when a signature holds; pulls nothing.</summary>
    /// <exception cref="ShoreGuardException"><c>SignatureMissing</c>, <c>SignatureInvalid</c>, <c>SignatureNotChecked</c>, <c>CosignMissing</c>.</exception>
    public static async Task VerifyAsync(ImageReference image, SignatureRules rules, CancellationToken cancellation)
    {
        // The digest alone: a tag may name something else a moment later.
        var reference = $"{image.Repository}@{image.Digest}";
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(Patience);
        try
        {
            var outcome = await ToolProcess.RunAsync("cosign", ["verify", .. rules.Arguments, reference], new Dictionary<string, string?>(), patience.Token)
                .ConfigureAwait(false)
                ?? throw Errors.CosignMissing(reference);
            if (outcome.ExitCode != 0)
                throw Refusal(reference, rules, outcome);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw Errors.SignatureNotChecked(reference, $"cosign did not answer within {Readable.Duration(Patience)}");
        }
    }

    // Exit codes: cosign's cmd/cosign/errors; older releases end every failure with 1.
    internal static ShoreGuardException Refusal(string image, SignatureRules rules, ToolProcess.Outcome outcome)
    {
        var reason = outcome.Stderr.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .FirstOrDefault(line => line.StartsWith("Error: ", StringComparison.Ordinal))?["Error: ".Length..]
                ?? $"cosign ended with exit code {outcome.ExitCode}";
        return outcome.ExitCode == NoSignature || reason.StartsWith("no signatures found", StringComparison.Ordinal)
            ? Errors.SignatureMissing(image)
            : Unreachable().IsMatch(reason) ? Errors.SignatureNotChecked(image, reason)
            : Errors.SignatureInvalid(image, rules.ToString(), reason);
    }

    // Of a network that cannot be used, as Go's net package says it, whatever cosign was at.
    [GeneratedRegex("dial (tcp|udp)|no such host|server misbehaving|connection (refused|reset)|network is unreachable|no route to host|i/o timeout"
        + "|TLS handshake timeout|deadline exceeded|Client\\.Timeout exceeded", RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase)]
    private static partial Regex Unreachable();
}
