using ShoreGuard.Rollback.Engine.Deployments;
using ShoreGuard.Rollback.Engine.Deployments.Docker;
using ShoreGuard.Rollback.Engine.Releases;

namespace ShoreGuard.Rollback.Engine.Operations.Guarding;

/// <summary>The gate of a deploy: is the release blocked, is it what it says it is, and is there a way back from it? Changes nothing, not even by a
/// pull.</summary>
public sealed class ReleaseTest
{
    private const string MakeReadable = "Make its registry reachable, or pull it, then run the same command again.";

    private readonly ReleaseTestRequest _request;
    private readonly IContainerEngine _engine;
    private readonly IReporter _reporter;

    private ReleaseTest(ReleaseTestRequest request, IContainerEngine engine, IReporter reporter) =>
        (_request, _engine, _reporter) = (request, engine, reporter);

    /// <summary>Looks at everything. What cannot be told is part of the report.</summary>
    /// <exception cref="ShoreGuardException"><c>ImageReferenceInvalid</c>, <c>ImageNotFound</c>, <c>RegistryUnreachable</c>, <c>RegistryDenied</c>,
    /// <c>DeploymentGone</c>,
    /// <c>SignatureKeyNotFound</c>.</exception>
    public static async Task<ReleaseReport> RunAsync(ReleaseTestRequest request, IReporter reporter, CancellationToken cancellation)
    {
        using var engine = await ContainerEngines.ConnectAsync(request.Deployment?.DockerHost ?? request.DockerHost, cancellation).ConfigureAwait(false);
        return await new ReleaseTest(request, engine, reporter).RunAsync(cancellation).ConfigureAwait(false);
    }

    private async Task<ReleaseReport> RunAsync(CancellationToken cancellation)
    {
        var resolver = new ImageResolver(_engine, _request.State.Blocklist, _request.Credential, _reporter);
        var found = await resolver.FindAsync(Candidates(), cancellation).ConfigureAwait(false);
        var running = _request.Deployment is { } deployment ? await _engine.InspectImageAsync(deployment.ImageId, cancellation).ConfigureAwait(false) : null;
        var seen = await resolver.ReadAsync(found, running, cancellation).ConfigureAwait(false);
        var target = new ReleaseUnderTest(found, seen);
        var signature = CheckSignatureAsync(target, cancellation);
        var reversible = ReleaseSchema.CheckAsync(_engine, _request.Deployment, target, cancellation);
        var backup = ReleaseBackup.CheckAsync(_request, _reporter, cancellation);
        // Of one that fails, the others come to their end all the same: the engine is theirs until then.
        await Task.WhenAll(signature, reversible, backup).ConfigureAwait(false);
        List<(string Name, ReleaseFinding Finding)> findings =
        [
            (ReleaseJudgement.NotBlocked, CheckBlocked(target)),
            (nameof(ReleaseRequirement.Signature), await signature.ConfigureAwait(false)),
            (nameof(ReleaseRequirement.Reversible), await reversible.ConfigureAwait(false)),
            (nameof(ReleaseRequirement.Backup), await backup.ConfigureAwait(false)),
            (nameof(ReleaseRequirement.KnownIdentity), CheckIdentity(target)),
        ];
        return Report(target, [.. findings.Select(each => (ReleaseJudgement.Row(each.Name, each.Finding, _request.Required), each.Finding.Next))]);
    }

    private IReadOnlyList<ImageReference> Candidates()
    {
        if (_request.Image is { } image)
            return [ImageReference.Parse(image)];
        return new ImageTarget { Version = _request.Version }.Candidates(ImageReference.Parse(_request.Deployment!.Image));
    }

    private ReleaseReport Report(ReleaseUnderTest target, IReadOnlyList<(ReleaseCheck Row, string? Next)> checks)
    {
        var (passed, inconclusive, explanation, next) = ReleaseJudgement.Of(checks);
        return new()
        {
            Name = _request.Deployment?.Name,
            Image = target.Image,
            Digest = target.Digest,
            Version = target.Identity?.Version,
            GitSha = target.Identity?.GitSha,
            Passed = passed,
            Inconclusive = inconclusive,
            Checks = [.. checks.Select(check => check.Row)],
            Explanation = explanation,
            Recommendation = next,
            CheckedAt = DateTimeOffset.UtcNow,
        };
    }

    private ReleaseFinding CheckBlocked(ReleaseUnderTest target)
    {
        try
        {
            if (_request.State.Blocklist.Find(target.Digest, target.Identity?.GitSha) is [var blocked, ..])
            {
                return new(
                    false, $"it has been blocked since {Readable.Time(blocked.BlockedAt)} by {blocked.BlockedBy}: {blocked.Reason.TrimEnd('.')}",
                    "Deploy another release, or unblock it: Unblock-ShoreGuardImage");
            }
        }
        catch (ShoreGuardException error)
        {
            return new(null, $"what is blocked cannot be read: {Errors.Finding(error)}", error.Recommendation);
        }
        return target.Identity?.GitSha is null
            ? new(null, $"its digest is not blocked, but its commit cannot be told{target.Why}", MakeReadable)
            : new(true, "neither its digest nor its commit is blocked");
    }

    private async Task<ReleaseFinding> CheckSignatureAsync(ReleaseUnderTest target, CancellationToken cancellation)
    {
        try
        {
            await ImageRollback.VerifySignatureAsync(target.Found, _request.Signature, cancellation).ConfigureAwait(false);
            return new(true, $"it is {_request.Signature}");
        }
        catch (ShoreGuardException error)
            when (error.Id is nameof(Errors.CosignMissing) or nameof(Errors.SignatureNotInRegistry) or nameof(Errors.SignatureNotChecked))
        {
            return new(null, Errors.Finding(error), error.Recommendation);
        }
        catch (ShoreGuardException error) when (error.Id is nameof(Errors.SignatureMissing) or nameof(Errors.SignatureInvalid))
        {
            return new(false, Errors.Finding(error), error.Recommendation);
        }
    }

    private ReleaseFinding CheckIdentity(ReleaseUnderTest target)
    {
        const string Next = "Check what the release pipeline published under this tag.";
        if (target.Seen.Inspected is not { } image)
            return new(null, $"it cannot be told what it was built from{target.Why}", MakeReadable);
        var tag = target.Found.Reference.Tag ?? "";
        var version = _request.Version?.TrimStart('v') ?? (ReleaseTags.Version(tag) is null ? null : tag.TrimStart('v'));
        if (BakedIdentity.Differences(image, version, ReleaseTags.Commit(tag)) is { Count: > 0 } differences)
            return new(false, $"it is not what its tag or its labels say: {string.Join("; ", differences)}", Next);
        return target.Identity is { Version: not null, GitSha: not null }
            ? new(true, $"it was built from {target.Identity}, as its tag and its labels say")
            : new(false, "it does not say which release and commit it was built from", Next);
    }
}

/// <summary>The release that is looked at.</summary>
/// <param name="Found">Where it was found.</param>
/// <param name="Seen">What could be read of it without a pull.</param>
internal sealed record ReleaseUnderTest(ImageResolver.Found Found, ImageResolver.Seen Seen)
{
    /// <summary>Its digest; null for an image that was never in a registry.</summary>
    public string? Digest { get; } = ImageResolver.DigestOf(Found, Seen.Inspected);

    /// <summary>What it was built from; null where it cannot be read.</summary>
    public BuildIdentity? Identity { get; } = Seen.Inspected is { } image ? BakedIdentity.Read(image, Found.Reference.ToString()) : null;

    /// <summary>Its reference, with the digest where it has one.</summary>
    public string Image => (Found.Reference with { Digest = Digest }).ToString();

    /// <summary>Why it could not be read, as the end of a sentence.</summary>
    public string Why => Seen.Unread is { } why ? $": {why}" : "";
}
