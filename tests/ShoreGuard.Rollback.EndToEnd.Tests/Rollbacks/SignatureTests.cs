using System.Management.Automation;
using ShoreGuard.Rollback.Tests;

namespace ShoreGuard.Rollback.EndToEnd.Tests.Rollbacks;

/// <summary>With -VerifySignature nothing is pulled that cosign does not vouch for.</summary>
public sealed class SignatureTests : IDisposable
{
    private readonly ModuleHost _host = new();
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("sgtest-keys-");

    // Signatures are kept beside the image; the other tests' repository stays as it is.
    private readonly string _image = $"{Stack.Repository}-signed-{Guid.NewGuid().ToString("n")[..8]}:0.27.0";

    public SignatureTests()
    {
        Docker.Run("tag", $"{Stack.Repository}:0.27.0", _image);
        Docker.Run("push", "--quiet", _image);
    }

    [Fact]
    public void An_image_that_is_signed_with_the_key_is_rolled_back_to()
    {
        using var project = StandInProject.Borrow("0.32.0");
        var key = Signer.MakeKey(_folder.FullName);
        Signer.Sign(_image, key);
        var result = _host.RollBack(project, $"-Image {_image} -SignatureKey {key}").Single();
        Assert.Equal($"signed with the key {key}", result.Text("Signature"));
        Assert.Equal("0.27.0", project.AnsweringVersion);
        // The digest that was verified is the one that runs.
        Assert.EndsWith(result.Text("Digest")!, (string)Docker.Inspect(project.Container)["Config"]!["Image"]!, StringComparison.Ordinal);
    }

    [Fact]
    public void An_image_that_is_not_signed_or_by_somebody_else_is_refused_before_anything_is_pulled()
    {
        using var project = StandInProject.Borrow("0.32.0");
        Docker.Run("image", "rm", _image);
        var (key, other) = (Signer.MakeKey(_folder.FullName), Signer.MakeKey(_folder.FullName, "other"));
        Refused(project, $"-SignatureKey {key}", "SignatureMissing", ErrorCategory.SecurityError);

        Signer.Sign(_image, other);
        Docker.Run("image", "rm", _image);
        Refused(project, $"-SignatureKey {key}", "SignatureInvalid", ErrorCategory.SecurityError);
        // ShoreGuard's own workflows did not sign it; where Sigstore cannot be reached, nobody can even look who did, and that is no verdict.
        RefusedUnsigned(project, "-VerifySignature");
        RefusedUnsigned(project, "-CertificateIdentity somebody@example.org -OidcIssuer https://example.org");
        Refused(project, $"-SignatureKey {_folder.FullName}/gone.pub", "SignatureKeyNotFound", ErrorCategory.ObjectNotFound);
    }

    [Fact]
    public void An_image_of_no_registry_has_no_signature_to_look_at()
    {
        using var project = StandInProject.Borrow("0.32.0");
        var local = $"sgtest-local-{Guid.NewGuid().ToString("n")[..8]}:0.27.0";
        Docker.Run("tag", $"{Stack.Repository}:0.27.0", local);
        try
        {
            _host.RollBack(project, $"-Image {local} -SignatureKey {Signer.MakeKey(_folder.FullName)}")
                .Error("SignatureNotInRegistry", ErrorCategory.SecurityError);
        }
        finally
        {
            Docker.Run("image", "rm", local);
        }
    }

    private void RefusedUnsigned(StandInProject project, string arguments) =>
        Refused(project, arguments, "SignatureInvalid|SignatureNotChecked", ErrorCategory.SecurityError, ErrorCategory.ResourceUnavailable);

    private void Refused(StandInProject project, string arguments, string id, params ErrorCategory[] categories)
    {
        var run = _host.RollBack(project, $"-Image {_image} {arguments}");
        Assert.Empty(run.Output);
        run.Error(id, categories);
        Assert.EndsWith(":0.32.0", (string)Docker.Inspect(project.Container)["Config"]!["Image"]!, StringComparison.Ordinal);
        Assert.Equal("", Docker.Run("image", "ls", "--quiet", _image));
    }

    public void Dispose()
    {
        _host.Dispose();
        _folder.Delete(recursive: true);
        if (Docker.Run("image", "ls", "--quiet", _image).Length > 0)
            Docker.Run("image", "rm", "--force", _image);
    }
}
