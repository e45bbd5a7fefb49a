using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Docker.DotNet;
using Microsoft.Net.Http.Client;

namespace ShoreGuard.Rollback.Engine.Deployments.Docker;

/// <summary>The certificates with which an engine is reached over TLS: <c>ca.pem</c>, <c>cert.pem</c> and <c>key.pem</c> of one folder.</summary>
/// <param name="Folder">Where they are.</param>
/// <param name="Verify">Whether the engine's own certificate is checked.</param>
internal sealed record DockerTls(string Folder, bool Verify)
{
    /// <summary>As the variables of the docker command say; null when they ask for no TLS.</summary>
    /// <remarks><c>DOCKER_CERT_PATH</c> alone means TLS without a check of the engine's certificate (moby, <c>client/options.go</c>).</remarks>
    public static DockerTls? FromEnvironment()
    {
        var folder = Environment.GetEnvironmentVariable("DOCKER_CERT_PATH");
        var verify = !string.IsNullOrEmpty(Environment.GetEnvironmentVariable("DOCKER_TLS_VERIFY"));
        if (string.IsNullOrEmpty(folder) && !verify)
            return null;
        return new(string.IsNullOrEmpty(folder) ? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".docker") : folder, verify);
    }

    /// <summary>The certificates, read.</summary>
    /// <exception cref="ShoreGuardException"><c>DockerCertificateInvalid</c>.</exception>
    public Loaded Load()
    {
        try
        {
            var (authority, certificate, key) = (File("ca.pem"), File("cert.pem"), File("key.pem"));
            var roots = new X509Certificate2Collection();
            if (System.IO.File.Exists(authority))
                roots.ImportFromPemFile(authority);
            return new(System.IO.File.Exists(certificate) ? OwnFrom(certificate, key) : null, roots, Verify);
        }
        catch (Exception error) when (error is CryptographicException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw Errors.DockerCertificateInvalid(Folder, error);
        }
    }

    // Windows refuses a key that is in memory alone (dotnet/runtime#23749): by way of PKCS #12 it gets one that it takes.
    private static X509Certificate2 OwnFrom(string certificate, string key)
    {
        var own = X509Certificate2.CreateFromPemFile(certificate, key);
        if (!OperatingSystem.IsWindows())
            return own;
        using (own)
            return X509CertificateLoader.LoadPkcs12(own.Export(X509ContentType.Pkcs12), password: null);
    }

    private string File(string name) => Path.Combine(Folder, name);

    /// <summary>Certificates in memory.</summary>
    /// <param name="Own">Ours, by which the engine knows us; null when it asks for none.</param>
    /// <param name="Roots">Who may vouch for the engine; none means the system's own.</param>
    /// <param name="Verify">Whether anybody has to.</param>
    public sealed record Loaded(X509Certificate2? Own, X509Certificate2Collection Roots, bool Verify)
    {
        public SslClientAuthenticationOptions Options => new()
        {
            ClientCertificates = Own is null ? null : [Own],
            RemoteCertificateValidationCallback = IsTrusted,
        };

        /// <summary>The same for Docker.DotNet.</summary>
        public Credentials Credentials => new TlsCredentials(this);

        public bool IsTrusted(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
        {
            if (!Verify || errors == SslPolicyErrors.None)
                return true;
            // A root of one's own is unknown to the system: the one complaint that is looked into.
            if (errors != SslPolicyErrors.RemoteCertificateChainErrors || Roots.Count == 0 || certificate is not X509Certificate2 theirs)
                return false;
            using var own = new X509Chain { ChainPolicy = { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck } };
            own.ChainPolicy.CustomTrustStore.AddRange(Roots);
            foreach (var element in chain?.ChainElements.Skip(1) ?? [])
                own.ChainPolicy.ExtraStore.Add(element.Certificate);
            return own.Build(theirs);
        }
    }

    private sealed class TlsCredentials(Loaded tls) : Credentials
    {
        public override bool IsTlsCredentials() => true;

        public override HttpMessageHandler GetHandler(HttpMessageHandler innerHandler)
        {
            var handler = (ManagedHandler)innerHandler;
            handler.ClientCertificates = tls.Own is null ? [] : [tls.Own];
            handler.ServerCertificateValidationCallback = tls.IsTrusted;
            return handler;
        }
    }
}
