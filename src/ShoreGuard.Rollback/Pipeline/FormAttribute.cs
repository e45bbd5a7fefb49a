using System.Collections;
using System.Management.Automation;
using System.Text.RegularExpressions;

namespace ShoreGuard.Rollback.Pipeline;

/// <summary>Refuses what is not written as it has to be, and says how that is: ValidatePattern shows its regular expression instead.</summary>
/// <param name="pattern">What matches.</param>
/// <param name="form">What it is not, and what to give, after "'...' is not".</param>
[AttributeUsage(AttributeTargets.Property)]
internal abstract class FormAttribute(string pattern, string form) : ValidateArgumentsAttribute
{
    /// <summary>Whether it may be missing, as a property of what comes from the pipeline may.</summary>
    public bool OrNothing { get; init; }

    /// <inheritdoc/>
    protected override void Validate(object arguments, EngineIntrinsics engineIntrinsics)
    {
        foreach (var each in arguments is IEnumerable several and not string ? several : new[] { arguments })
        {
            var text = each?.ToString() ?? "";
            if (!(OrNothing && text.Length == 0) && !Regex.IsMatch(text, pattern))
                throw new ValidationMetadataException($"'{text}' is not {form}.");
        }
    }
}

/// <summary>A release, by the tag of its image.</summary>
internal sealed class VersionFormAttribute() : FormAttribute(@"\Av?[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}\z", "a release: give a tag, such as 0.27.0");

/// <summary>A commit, or the beginning of one.</summary>
internal sealed class CommitFormAttribute() : FormAttribute(
    @"\A(sha-)?[0-9A-Fa-f]{4,40}\z", "a commit: give 4 to 40 hexadecimal digits, such as a1b2c3d or sha-a1b2c3d");

/// <summary>A commit, or a pattern of some.</summary>
internal sealed class CommitsFormAttribute() : FormAttribute(
    @"\A(sha-)?([0-9A-Fa-f]{4,40}|[0-9A-Fa-f]*[*?\[][0-9A-Fa-f*?\[\]-]*)\z",
    "a commit: give 4 to 40 hexadecimal digits, such as a1b2c3d or sha-a1b2c3d, or a pattern, such as a1*");

/// <summary>A commit by which an image is to be known later, so that chance does not make two of it.</summary>
internal sealed class MarkedCommitFormAttribute() : FormAttribute(
    @"\A(sha-)?[0-9A-Fa-f]{7,40}\z", "a commit to know an image by: give 7 to 40 hexadecimal digits, such as a1b2c3d");

/// <summary>A path of an API, and never another host: a key is sent with it.</summary>
internal sealed class ApiPathFormAttribute() : FormAttribute(
    @"\A/(?!/)\S*\z", "a path of the API: begin it with one slash, and leave no space in it, such as /metrics");

/// <summary>A registry's digest.</summary>
internal sealed class DigestFormAttribute() : FormAttribute(
    @"\Asha256:[0-9a-f]{64}\z", "a digest: give sha256: and 64 hexadecimal digits, as Get-ShoreGuardRelease shows them");

/// <summary>The id of a rollback, or the beginning of one.</summary>
internal sealed class RollbackIdFormAttribute() : FormAttribute(
    @"\A[0-9A-Fa-f]{4,32}\z", "the id of a rollback: give at least its first 4 digits, as Get-ShoreGuardRollback shows them");

/// <summary>The id of a silence.</summary>
internal sealed class SilenceIdFormAttribute() : FormAttribute(
    @"\A[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\z", "the id of a silence: give it whole, as New-ShoreGuardSilence shows it");
