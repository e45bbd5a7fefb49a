namespace ShoreGuard.Rollback.Engine.Deployments.Docker;

/// <summary>Who we are to a registry. No record: those print what they hold.</summary>
public sealed class RegistryCredential
{
    private RegistryCredential(string username, string? password, string? identityToken)
    {
        Username = username;
        Password = password;
        IdentityToken = identityToken;
    }

    /// <summary>A user and a password or access token.</summary>
    public static RegistryCredential OfPassword(string username, string password) => new(username, password, null);

    /// <summary>A token that the registry's token service gave at <c>docker login</c>, to be exchanged for others.</summary>
    internal static RegistryCredential OfToken(string identityToken) => new("", null, identityToken);

    internal string Username { get; }
    internal string? Password { get; }
    internal string? IdentityToken { get; }

    /// <summary>Never the secret.</summary>
    public override string ToString() => IdentityToken is null ? Username : "an identity token";
}
