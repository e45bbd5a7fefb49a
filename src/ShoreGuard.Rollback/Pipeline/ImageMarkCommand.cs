using System.Management.Automation;
using ShoreGuard.Rollback.Deserialized;

namespace ShoreGuard.Rollback.Pipeline;

/// <summary>A cmdlet about an image that the journal marks: by its digest, its commit or both.</summary>
public abstract class ImageMarkCommand : JournalCommand
{
    /// <summary>The image's reference. Its digest counts, and a reference without one needs -Digest or -GitSha beside it. Takes Image from the
    /// objects of other cmdlets.</summary>
    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true)]
    [AllowNull]
    public string? Image { get; set => field = value is { Length: > 0 } ? value : null; }

    /// <summary>The registry's digest of the image: sha256: and 64 hexadecimal digits.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [AllowNull]
    [DigestForm(OrNothing = true)]
    public string? Digest { get; set; }

    /// <summary>The commit that was built into the image, seven hexadecimal digits or more, with or without the tag's prefix sha-.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [AllowNull]
    [MarkedCommitForm(OrNothing = true)]
    public string? GitSha { get; set; }

    /// <summary>The identity of the image, as the objects of Get-ShoreGuardDeployment and Test-ShoreGuardHealth have it: its commit counts.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [AllowNull]
    [Record(typeof(BuildIdentity))]
    public BuildIdentity? Identity { get; set; }

    /// <summary>The digest that is meant; null when none is.</summary>
    private protected string? MeantDigest => Digest is { Length: > 0 } ? Digest : Image?.Split('@') is [_, var digest] ? digest : null;

    /// <summary>The commit that is meant, in lower case and without a prefix; null when none is.</summary>
    private protected string? MeantCommit
    {
        get
        {
            var text = (GitSha is { Length: > 0 } ? GitSha : Identity?.GitSha)?.ToLowerInvariant();
            return text?.StartsWith("sha-", StringComparison.Ordinal) == true ? text[4..] : text;
        }
    }
}
