using ShoreGuard.Rollback.Engine.Releases;

namespace ShoreGuard.Rollback.Pipeline;

/// <summary>Makes the engine's rules for signatures of a cmdlet's parameters.</summary>
internal static class SignatureParameters
{
    /// <summary>The rules. A path is the operator's: relative to where the session is. Pipeline thread only.</summary>
    /// <exception cref="ShoreGuardException"><c>PathNotFileSystem</c>.</exception>
    public static SignatureRules Of(ShoreGuardCommand command, string? key, string? identity, string? issuer)
    {
        var isAddress = key?.Contains("://", StringComparison.Ordinal) != false;
        return new() { Key = isAddress ? key : command.ResolvePath(key!), CertificateIdentity = identity, OidcIssuer = issuer };
    }
}
