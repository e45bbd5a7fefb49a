using ShoreGuard.Rollback.Engine.Deployments;
using static ShoreGuard.Rollback.FailureKind;

namespace ShoreGuard.Rollback.Engine;

internal static partial class Errors
{
    public static ShoreGuardException ImageReferenceInvalid(string text) => Make(
        "ImageReferenceInvalid", InvalidArgument, text,
        $"'{text}' is not an image reference.",
        "Give it as REPOSITORY:TAG or REPOSITORY@sha256:DIGEST, for example ghcr.io/flohofstetter/shoreguard:0.27.0.");

    public static ShoreGuardException ImageNotFound(string image, IReadOnlyList<string> nearest) => Make(
        "ImageNotFound", ObjectNotFound, image,
        $"The image {image} does not exist in the registry or on this engine. Nothing was changed."
            + (nearest.Count > 0 ? $" Nearest on this engine: {string.Join(", ", nearest)}." : ""),
        "Get-ShoreGuardDeployment | Get-ShoreGuardRelease lists what one can go back to; docker image ls shows what is on this engine.");

    public static ShoreGuardException RegistryUnreachable(string image, string why) => Make(
        "RegistryUnreachable", ConnectionError, image,
        $"The registry of {image} does not answer, and the image is not on this engine: {why.TrimEnd('.')}. Nothing was changed.",
        "Check the registry and the engine's network, or load the image with docker load, then run the same command again.");

    public static ShoreGuardException RegistryDenied(string image, string why) => Make(
        "RegistryDenied", AuthenticationError, image,
        $"The registry refuses to give {image}: {why.TrimEnd('.')}. Nothing was changed.",
        "Log in with an account that may (docker login), then run the same command again.");

    public static ShoreGuardException PullFailed(string image, string why, Exception? inner = null) => Make(
        "PullFailed", ReadError, image,
        $"Pulling {image} failed: {why.TrimEnd('.')}. Nothing was changed.",
        "Check the registry and the space under the engine's data folder, then run the same command again.", inner);

    public static ShoreGuardException PullDiskFull(string image, string why, Exception? inner = null) => Make(
        "DiskFull", ResourceUnavailable, image,
        $"The engine has no space left for {image}: {why.TrimEnd('.')}. Nothing was changed.",
        "Make room under the engine's data folder (docker system df shows what takes it; remove what you know is not needed), then run the same command again.", inner);

    /// <summary>Which of the pull errors an engine's message means. The engine gives most of them the same HTTP status.</summary>
    public static ShoreGuardException FromPull(string image, string message, Exception? inner = null)
    {
        bool Says(params string[] words) => words.Any(word => message.Contains(word, StringComparison.OrdinalIgnoreCase));
        if (Says("manifest unknown", "not found", "name unknown", "NAME_UNKNOWN"))
            return ImageNotFound(image, []);
        if (Says("unauthorized", "denied", "authentication required", "no basic auth credentials"))
            return RegistryDenied(image, message);
        if (Says("dial tcp", "no such host", "connection refused", "i/o timeout", "Client.Timeout", "TLS handshake", "server gave HTTP response", "EOF"))
            return RegistryUnreachable(image, message);
        if (Says("no space left on device"))
            return PullDiskFull(image, message, inner);
        return PullFailed(image, message, inner);
    }

    public static ShoreGuardException CosignMissing(string image) => Make(
        "CosignMissing", ResourceUnavailable, image,
        $"The signature of {image} cannot be verified: there is no program cosign on PATH. Nothing was changed.",
        "Install cosign (https://docs.sigstore.dev/cosign/system_config/installation/), or leave -VerifySignature out.");

    public static ShoreGuardException SignatureMissing(string image) => Make(
        "SignatureMissing", SecurityError, image,
        $"The image {image} is not signed. Nothing was changed.",
        "Ask whoever published it, and name another target; leave -VerifySignature out only if you know where the image comes from.");

    public static ShoreGuardException SignatureInvalid(string image, string rules, string why) => Make(
        "SignatureInvalid", SecurityError, image,
        $"cosign does not confirm that {image} is {rules}: {why.TrimEnd('.')}. Nothing was changed.",
        "Check -SignatureKey, or -CertificateIdentity and -OidcIssuer. If they are right, do not run this image.");

    public static ShoreGuardException SignatureNotInRegistry(string image) => Make(
        "SignatureNotInRegistry", SecurityError, image,
        $"{image} was not found in a registry, where signatures are kept, so nobody can say who made it. Nothing was changed.",
        "Make the registry reachable, or name an image of a registry with -Image.");

    public static ShoreGuardException SignatureKeyMissing(string path) => Make(
        "SignatureKeyNotFound", ObjectNotFound, path,
        $"There is no public key at {path}. Nothing was changed.",
        "Give -SignatureKey the path of a file such as cosign.pub, or an address that cosign knows (env://, awskms://, hashivault:// and others).");

    public static ShoreGuardException TargetIsRunning(string name, string image) => Make(
        "TargetIsRunning", InvalidOperation, name,
        $"{name} already runs {image}. Nothing was changed.",
        "Name another target with -Version, -GitSha or -Image.");

    public static ShoreGuardException ImageGone(string name, string imageId) => Make(
        "ImageGone", ObjectNotFound, name,
        $"The image that {name} was made from ({imageId}) is no longer on the engine, so nobody can tell its settings from the image's. Nothing was changed.",
        "Pull the image the container was made from again, or deploy the target with Compose.");

    public static ShoreGuardException AutoRemove(string name) => Make(
        "AutoRemoveContainer", InvalidOperation, name,
        $"{name} was started with --rm: stopping it would delete it, and with it the way back. Nothing was changed.",
        "Start it again without --rm first.");

    public static ShoreGuardException ContainerPaused(string name) => Make(
        "ContainerPaused", InvalidOperation, name,
        $"{name} is paused: nobody could say how it was before, nor put it back so. Nothing was changed.",
        $"docker unpause {name}, or docker stop {name}, and try again.");

    public static ShoreGuardException ImagePlatform(string image, string theirs, string ours) => Make(
        "ImagePlatformMismatch", InvalidData, image,
        $"The image {image} is built for {theirs}; this engine runs {ours}. Nothing was changed.",
        "Choose an image for this platform.");

    public static ShoreGuardException BakedIdentityMismatch(string image, IReadOnlyList<string> differences) => Make(
        "ImageIdentityMismatch", InvalidData, image,
        $"The image {image} is not what it says it is: {string.Join("; ", differences)}. The pipeline is wrong, not the code. Nothing was changed.",
        "Check what the release pipeline published under this tag, or name another target with -Version, -GitSha or a digest with -Image.");

    private static string Replicas(int others) => others switch { 0 => "", 1 => " (and the other replica)", _ => $" (and the {others} other replicas)" };

    private static string Short(string image) => ImageReference.TryParse(image)?.ToShortString() ?? image;

    public static ShoreGuardException GateRefused(ImageRollbackResult result, int others) => new(
        "GateRefused", InvalidResult, result.Name,
        $"{Short(result.Image)} did not pass its gate: {result.Reason?.TrimEnd('.')}. {result.Name}{Replicas(others)} has {Short(result.ImageBefore)} as before.",
        result.Recommendation ?? "Look at the result's Gate.Log and Gate.Health, then choose another target.")
    { Result = result };

    public static ShoreGuardException RollbackReverted(ImageRollbackResult result, int others, Exception cause) => new(
        "RollbackReverted", cause is ShoreGuardException known ? known.Kind : InvalidOperation, result.Name,
        $"The rollback of {result.Name}{Replicas(others)} failed and was undone: {Reason(cause)}. It is as it was before, with {Short(result.ImageBefore)}.",
        cause is ShoreGuardException { Recommendation: var advice } ? advice : "Put right what the message names, then run the same command again.", cause)
    { Result = result };

    public static ShoreGuardException TargetMigratesForward(string image, IReadOnlyList<string> heads, string current) => Make(
        "TargetMigratesForward", InvalidOperation, image,
        $"{image} would migrate the database forward to revision {string.Join(", ", heads)}, which {current} does not know: there would be no way back. Nothing was changed.",
        "This is an upgrade and not a rollback: back the database up with Backup-ShoreGuardDatabase and deploy with Compose, or name an older target.");

    public static ShoreGuardException StrategyImpossible(string name, SwitchStrategy strategy, string why) => Make(
        "StrategyImpossible", InvalidOperation, name,
        $"{name} cannot be switched by {strategy}: {why}. Nothing was changed.",
        "Use -Strategy Auto, which chooses what the topology allows.");

    public static ShoreGuardException NamespaceOwnerMissing(string name, string owner, string how) => Make(
        "NamespaceOwnerMissing", InvalidOperation, name,
        $"{name} shares the namespaces of the container {owner}, which {how}, so no other container can be started in its place. Nothing was changed.",
        $"Start {owner} first, or deploy it again with Compose, then run the same command again.");

    public static ShoreGuardException DependentNotRunning(string name, string deployment, string state) => Make(
        "DependentNotRunning", InvalidResult, name,
        $"{name}, which shares the namespaces of {deployment}, did not stay up beside the new container: it is {state}.",
        $"See with docker logs why {name} ends when {deployment} is replaced, then run the same command again.");

    public static ShoreGuardException RollbackInProgress(string name, string holder) => Make(
        "RollbackInProgress", ResourceBusy, name,
        $"A rollback of {name} is under way already: {holder}. Nothing was changed.",
        "Wait until it has ended. If that process hangs, end it, then run the same command again: it finds what was interrupted.");

    // Without the cause as such: whatever fails for it in the middle of something else has to say which disk is full.
    public static ShoreGuardException StateNotWritable(string folder, Exception inner) => Make(
        "StateNotWritable", inner is UnauthorizedAccessException ? PermissionDenied : WriteError, folder,
        $"The module's state folder {folder} cannot be written: {Reason(inner)}. Nothing is begun without it, and what has begun is put back.",
        "Make room there, give yourself the right to it, or name a folder of your own with -StatePath or XDG_STATE_HOME.");

    public static ShoreGuardException JournalTooNew(string path, int found, int known) => Make(
        "JournalTooNew", InvalidData, path,
        $"The journal {path} was written by a newer version of this module: its format is {found}, and this version knows up to {known}. Nothing was changed.",
        "Update the module: Update-Module ShoreGuard.Rollback.");

    public static ShoreGuardException JournalUnreadable(string path, Exception inner) => Make(
        "JournalUnreadable", inner is Microsoft.Data.Sqlite.SqliteException { SqliteErrorCode: 5 or 6 } ? ResourceBusy : InvalidData, path,
        $"The journal {path} cannot be used: {Reason(inner)}. Nothing is begun without it, and what has begun is put back.",
        "Check the disk and the rights; if the file is damaged, move it away: what is blocked and what is known good is then forgotten, and has to be set again.");

    public static ShoreGuardException BlockTargetUnclear(string? image) => Make(
        "BlockTargetUnclear", InvalidArgument, image,
        $"{(image is null ? "Nothing that could be blocked was named" : $"{image} may mean another image tomorrow")}: an image is blocked by its digest or its commit. Nothing was changed.",
        "Pipe it in (Get-ShoreGuardRelease -Version VERSION | Block-ShoreGuardImage), or give -GitSha or an -Image with its digest.");

    public static ShoreGuardException KnownGoodUnclear(string? image) => Make(
        "KnownGoodUnclear", InvalidArgument, image,
        $"{(image is null ? "No build was named" : $"{image} may mean another build tomorrow")}: a build is known by its digest or its commit. Nothing was changed.",
        "Pipe it in (Get-ShoreGuardRelease -Version VERSION | Set-ShoreGuardKnownGood), or give -GitSha or an -Image with its digest.");

    public static ShoreGuardException NotKnownGood(string image) => Make(
        "NotKnownGood", ObjectNotFound, image,
        $"{image} is not marked as known good. Nothing was changed.",
        "Get-ShoreGuardRelease shows what is.");

    public static ShoreGuardException ImageNotBlocked(string image) => Make(
        "ImageNotBlocked", ObjectNotFound, image,
        $"{image} is not blocked. Nothing was changed.",
        "Get-ShoreGuardRelease shows what is.");

    public static ShoreGuardException ImageBlocked(string image, BlockedImage entry) => Make(
        "ImageBlocked", InvalidOperation, image,
        $"{image} is blocked since {entry.BlockedAt.UtcDateTime:yyyy-MM-dd HH:mm} UTC, by {entry.BlockedBy}: {entry.Reason.TrimEnd('.')}. Nothing was changed.",
        "Go back to another release (Get-ShoreGuardRelease), or, if it is good after all, unblock it first: Unblock-ShoreGuardImage.");
}
