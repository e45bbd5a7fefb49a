using System.Management.Automation;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ShoreGuard.Rollback.Tests;

namespace ShoreGuard.Rollback.EndToEnd.Tests.Deployments;

/// <summary>The ways to reach an engine: by TCP, with TLS certificates, by a context, and one that refuses old versions of its API.</summary>
[Collection(nameof(Alone))]
public sealed class EngineTests : IDisposable
{
    private readonly ModuleHost _host = new();
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("sgtest-engine-");
    private readonly X509Certificate2 _authority = MakeAuthority();

    [Fact]
    public void An_engine_that_refuses_anything_below_1_44_is_rolled_back_on_all_the_same()
    {
        using var project = StandInProject.Start("0.32.0");
        using var engine = EngineProxy.Start(oldestApi: new Version(1, 44));
        var run = _host.Run(
            $"Get-ShoreGuardDeployment -Project {project.Name} -DockerHost {engine.Host} | Invoke-ShoreGuardImageRollback -Version 0.27.0 -GateTimeoutSec 15 "
            + "-StabilitySec 0.3 -Confirm:$false");
        Assert.Equal("0.27.0", run.Single().Text("After.Version"));
        Assert.Empty(run.Errors);
        Assert.Empty(engine.Refused);
        Assert.Equal("0.27.0", project.AnsweringVersion);
    }

    [Fact]
    public void With_certificates_of_the_environment()
    {
        using var project = StandInProject.Start("0.32.0");
        using var engine = StartWithTls();
        WriteCertificates(_folder.FullName, _authority);
        using var _ = new Variables(("DOCKER_CERT_PATH", _folder.FullName), ("DOCKER_TLS_VERIFY", "1"));
        var run = _host.Run(
            $"Get-ShoreGuardDeployment -Project {project.Name} -DockerHost {engine.Host} | Invoke-ShoreGuardImageRollback -Version 0.27.0 -GateTimeoutSec 15 "
            + "-StabilitySec 0.3 -Confirm:$false");
        Assert.Empty(run.Errors);
        Assert.Equal("0.27.0", run.Single().Text("After.Version"));
        Assert.Equal(engine.Host, run.Single().Text("Deployment.DockerHost"));
    }

    [Fact]
    public void An_engine_that_cannot_be_trusted_or_does_not_trust_us()
    {
        _ = Stack.Repository;
        using var engine = StartWithTls();
        using var stranger = MakeAuthority();
        WriteCertificates(_folder.FullName, _authority, trusted: stranger);
        using (new Variables(("DOCKER_CERT_PATH", _folder.FullName), ("DOCKER_TLS_VERIFY", "1")))
            _host.Run($"Get-ShoreGuardDeployment -DockerHost {engine.Host}").Error("EngineTlsFailed", ErrorCategory.SecurityError);

        WriteCertificates(_folder.FullName, stranger, trusted: _authority);
        using (new Variables(("DOCKER_CERT_PATH", _folder.FullName), ("DOCKER_TLS_VERIFY", "1")))
            Assert.Matches("^Engine(TlsFailed|Unreachable),",
                Assert.Single(_host.Run($"Get-ShoreGuardDeployment -DockerHost {engine.Host}").Errors).FullyQualifiedErrorId);

        File.WriteAllText(Path.Combine(_folder.FullName, "key.pem"), "not a key");
        using (new Variables(("DOCKER_CERT_PATH", _folder.FullName), ("DOCKER_TLS_VERIFY", "1")))
            _host.Run($"Get-ShoreGuardDeployment -DockerHost {engine.Host}").Error("DockerCertificateInvalid", ErrorCategory.InvalidData);
    }

    [Fact]
    public void By_a_context_with_certificates_of_its_own()
    {
        using var project = StandInProject.Borrow("0.27.0");
        using var engine = StartWithTls();
        WriteCertificates(_folder.FullName, _authority);
        // Made by the docker command itself: where it keeps them is its own affair.
        var settings = Directory.CreateDirectory(Path.Combine(_folder.FullName, "settings")).FullName;
        string In(string name) => Path.Combine(_folder.FullName, name);
        Docker.Run(["context", "create", "far", "--docker", $"host={engine.Host},ca={In("ca.pem")},cert={In("cert.pem")},key={In("key.pem")}"],
            new() { ["DOCKER_CONFIG"] = settings });
        Docker.Run(["context", "create", "tunnelled", "--docker", "host=ssh://somebody@example.org"], new() { ["DOCKER_CONFIG"] = settings });

        using (new Variables(("DOCKER_CONFIG", settings)))
        {
            var found = Find(project, "far").Single();
            Assert.Equal(project.Container, found.Text("Name"));
            Assert.Equal(engine.Host, found.Text("DockerHost"));
            // By its address alone, as a deployment remembers it.
            Assert.Equal(project.Container, Find(project, engine.Host).Single().Text("Name"));
            _host.Run("Get-ShoreGuardDeployment -DockerHost tunnelled").Error("DockerHostInvalid", ErrorCategory.InvalidArgument);
            _host.Run("Get-ShoreGuardDeployment -DockerHost no-such-context").Error("DockerHostInvalid", ErrorCategory.InvalidArgument);
        }

        // The chosen one, where neither parameter nor DOCKER_HOST names an engine.
        using (new Variables(("DOCKER_CONFIG", settings), ("DOCKER_HOST", null), ("DOCKER_CONTEXT", "far")))
            Assert.Equal(engine.Host, _host.Run($"Get-ShoreGuardDeployment -Project {project.Name}").Single().Text("DockerHost"));
        Docker.Run(["context", "use", "far"], new() { ["DOCKER_CONFIG"] = settings });
        using (new Variables(("DOCKER_CONFIG", settings), ("DOCKER_HOST", null)))
            Assert.Equal(engine.Host, _host.Run($"Get-ShoreGuardDeployment -Project {project.Name}").Single().Text("DockerHost"));
        using (new Variables(("DOCKER_CONFIG", settings), ("DOCKER_HOST", null), ("DOCKER_CONTEXT", "gone")))
            _host.Run("Get-ShoreGuardDeployment").Error("DockerHostInvalid", ErrorCategory.InvalidArgument);
        File.WriteAllText(Path.Combine(settings, "config.json"), "{ not json");
        using (new Variables(("DOCKER_CONFIG", settings), ("DOCKER_HOST", null)))
            _host.Run("Get-ShoreGuardDeployment").Error("DockerConfigUnreadable", ErrorCategory.InvalidData);
    }

    private RunResult Find(StandInProject project, string host) => _host.Run($"Get-ShoreGuardDeployment -Project {project.Name} -DockerHost {host}");

    private EngineProxy StartWithTls()
    {
        var certificate = Issue(_authority, "127.0.0.1");
        return EngineProxy.Start(certificate, client => client is not null && IsIssuedBy(client, _authority));
    }

    private static void WriteCertificates(string folder, X509Certificate2 authority, X509Certificate2? trusted = null)
    {
        using var own = Issue(authority, "operator");
        File.WriteAllText(Path.Combine(folder, "ca.pem"), (trusted ?? authority).ExportCertificatePem());
        File.WriteAllText(Path.Combine(folder, "cert.pem"), own.ExportCertificatePem());
        File.WriteAllText(Path.Combine(folder, "key.pem"), own.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
    }

    private static X509Certificate2 MakeAuthority()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=Test authority", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }

    private static X509Certificate2 Issue(X509Certificate2 authority, string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        if (IPAddress.TryParse(name, out var address))
            names.AddIpAddress(address);
        else
            names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        using var issued = request.Create(authority, DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddHours(20), RandomNumberGenerator.GetBytes(8));
        using var whole = issued.CopyWithPrivateKey(key);
        return X509CertificateLoader.LoadPkcs12(whole.Export(X509ContentType.Pkcs12), null, X509KeyStorageFlags.Exportable);
    }

    private static bool IsIssuedBy(X509Certificate2 certificate, X509Certificate2 authority)
    {
        using var chain = new X509Chain { ChainPolicy = { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck } };
        chain.ChainPolicy.CustomTrustStore.Add(authority);
        return chain.Build(certificate);
    }

    public void Dispose()
    {
        _host.Dispose();
        _authority.Dispose();
        _folder.Delete(recursive: true);
    }
}
