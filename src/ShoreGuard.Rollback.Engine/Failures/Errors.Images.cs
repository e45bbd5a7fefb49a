using static ShoreGuard.Rollback.FailureKind;

namespace ShoreGuard.Rollback.Engine;

internal static partial class Errors
{
    public static ShoreGuardException ImageReferenceInvalid(string text) => Make(
        nameof(ImageReferenceInvalid), InvalidArgument, text,
        $"'{text}' is not an image reference.",
        "Write REPOSITORY:TAG or REPOSITORY@sha256:DIGEST, for example ghcr.io/flohofstetter/shoreguard:0.27.0.");

    public static ShoreGuardException ImageNotFound(string image, IReadOnlyList<string> nearest) => Untouched(
        nameof(ImageNotFound), ObjectNotFound, image,
        $"The image {image} does not exist in the registry or on this "
            + $"engine.{(nearest.Count > 0 ? $" Nearest on this engine: {string.Join(", ", nearest)}." : "")}",
        "Get-ShoreGuardRelease lists the releases to go back to, docker image ls the images on this engine.");

    public static ShoreGuardException RegistryUnreachable(string image, string why) => Untouched(
        nameof(RegistryUnreachable), ConnectionError, image,
        $"The image {image} is not on this engine, and its registry does not answer: {why.TrimEnd('.')}.",
        "Check the registry and the engine's network, or load the image with docker load, then run the same command again.");

    public static ShoreGuardException RegistryDenied(string image, string why) => Untouched(
        nameof(RegistryDenied), AuthenticationError, image,
        $"The registry refuses access to {image}: {why.TrimEnd('.')}.",
        "Log in with an account that can pull it (docker login), or give a credential with -Credential.");

    public static ShoreGuardException PullFailed(string image, string why, Exception? inner = null) => Untouched(
        nameof(PullFailed), ReadError, image,
        $"Pulling {image} failed: {why.TrimEnd('.')}.",
        "Check the registry and the free space in the engine's data folder, then run the same command again.", inner);

    public static ShoreGuardException PullDiskFull(string image, string why, Exception? inner = null) => Untouched(
        nameof(DiskFull), ResourceUnavailable, image,
        $"The engine has no space left for {image}: {why.TrimEnd('.')}.",
        "Free space in the engine's data folder (docker system df shows what uses it), then run the same command again.", inner);

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

    public static ShoreGuardException CosignMissing(string image) => Untouched(
        nameof(CosignMissing), ResourceUnavailable, image,
        $"The signature of {image} cannot be verified: cosign is not on PATH.",
        "Install cosign (https://docs.sigstore.dev/cosign/system_config/installation/), or leave -VerifySignature out.");

    public static ShoreGuardException SignatureNotChecked(string image, string why) => Untouched(
        nameof(SignatureNotChecked), ResourceUnavailable, image,
        $"The signature of {image} could not be verified: {why.TrimEnd('.')}. Whether it is signed is not known.",
        "Let cosign reach the registry, and for a signature without a key Sigstore's public services, from here or through a proxy (HTTPS_PROXY).");

    public static ShoreGuardException SignatureMissing(string image) => Untouched(
        nameof(SignatureMissing), SecurityError, image,
        $"The image {image} is not signed.",
        "Ask its publisher, or name another target. Leave -VerifySignature out only if you know where the image comes from.");

    public static ShoreGuardException SignatureInvalid(string image, string rules, string why) => Untouched(
        nameof(SignatureInvalid), SecurityError, image,
        $"cosign does not confirm that {image} is {rules}: {why.TrimEnd('.')}.",
        "Check -SignatureKey, or -CertificateIdentity and -OidcIssuer. If they are correct, do not run this image.");

    public static ShoreGuardException SignatureNotInRegistry(string image) => Untouched(
        nameof(SignatureNotInRegistry), SecurityError, image,
        $"The signature of {image} cannot be verified: signatures are kept in the registry, and the image was not found in one.",
        "Make the registry reachable, or name an image in a registry with -Image.");

    public static ShoreGuardException SignatureKeyMissing(string path) => Untouched(
        "SignatureKeyNotFound", ObjectNotFound, path,
        $"The public key {path} does not exist.",
        "Set -SignatureKey to the path of a file such as cosign.pub, or to an address that cosign understands (env://, awskms://, hashivault:// and others).");

    public static ShoreGuardException TargetIsRunning(string name, string image) => Untouched(
        nameof(TargetIsRunning), InvalidOperation, name,
        $"{name} already runs {image}.",
        "Name another target with -Version, -GitSha or -Image.");

    public static ShoreGuardException ImageGone(string name, string imageId) => Untouched(
        nameof(ImageGone), ObjectNotFound, name,
        $"The image of {name} ({imageId}) is no longer on the engine, so the container's own settings cannot be told from the image's.",
        "Pull the image of the container again, or deploy the target with Compose.");

    public static ShoreGuardException AutoRemove(string name) => Untouched(
        "AutoRemoveContainer", InvalidOperation, name,
        $"{name} was started with --rm: stopping it would delete it, and with it the way back.",
        "Start it without --rm first.");

    public static ShoreGuardException ContainerPaused(string name) => Untouched(
        nameof(ContainerPaused), InvalidOperation, name,
        $"{name} is paused, so neither its state before can be checked nor restored.",
        $"Run docker unpause {name} or docker stop {name}, then run the same command again.");

    public static ShoreGuardException ImagePlatform(string image, string theirs, string ours) => Untouched(
        "ImagePlatformMismatch", InvalidData, image,
        $"The image {image} is built for {theirs}, and this engine runs {ours}.",
        "Choose an image for this platform.");

    public static ShoreGuardException BakedIdentityMismatch(string image, IReadOnlyList<string> differences) => Untouched(
        "ImageIdentityMismatch", InvalidData, image,
        $"The image {image} does not match its tag or labels: {string.Join("; ", differences)}. The release pipeline is wrong, not the code.",
        "Check what the release pipeline published under this tag, or name another target with -Version, with -GitSha, or by digest with -Image.");

    private static string Replicas(int others) => others switch { 0 => "", 1 => " (and the other replica)", _ => $" (and the {others} other replicas)" };

    internal static string Short(string image) => ImageReference.TryParse(image)?.ToShortString() ?? image;

    public static ShoreGuardException GateRefused(ImageRollbackResult result, int others) => new(
        nameof(GateRefused), InvalidResult, result.Name,
        $"{Short(result.Image)} did not pass its gate: {result.Reason?.TrimEnd('.')}. {result.Name}{Replicas(others)} {Now(result)}.",
        result.Recommendation ?? "The result's Gate.Log and Gate.Health show why; then choose another target.")
    { Result = result };

    public static ShoreGuardException RollbackReverted(ImageRollbackResult result, int others, Exception cause) => new(
        nameof(RollbackReverted), cause is ShoreGuardException known ? known.Kind : InvalidOperation, result.Name,
        $"The rollback of {result.Name}{Replicas(others)} failed and was undone: {Reason(cause)}. It {Now(result)}.",
        cause is ShoreGuardException { Recommendation: var advice } ? advice : "Fix what the message names, then run the same command again.", cause)
    { Result = result };

    // By the look that the result's deployment is of.
    private static string Now(ImageRollbackResult result) =>
        $"{(result.Deployment.IsRunning ? "runs" : "has")} {Short(result.Deployment.Image)}{(result.Deployment.Image == result.ImageBefore ? " as before" : "")}"
            + (result.Deployment.IsRunning ? "" : ", and does not run");

    public static ShoreGuardException TargetDisturbed(string name, string what) => Make(
        nameof(TargetDisturbed), ResourceBusy, name,
        $"{name} is no longer as it passed its gate: {what}.",
        "Make sure that nobody deploys it now (docker compose up, a pipeline); if nobody does, docker logs of the container says why it ended. Then run the "
        + "same command again.");

    public static ShoreGuardException TargetTakenDown(ImageRollbackResult result) => new(
        nameof(TargetTakenDown), InvalidResult, result.Name,
        $"The rollback of {result.Name} is done, but {Short(result.Image)} does not serve: {result.Reason}.",
        "Find out who deploys it (docker compose up, a pipeline) or why it ended (docker logs), and deploy it once more: docker compose up -d, in the "
        + "project's folder. Without Compose, docker ps --all shows what is "
            + "there.")
    { Result = result };

    public static ShoreGuardException RollbackStopped(ImageRollbackResult result, int others) => WithResult(
        ActionStopped(
            result.Name, $"The rollback of {result.Name}{Replicas(others)}",
            $"it {(result.Deployment.IsRunning ? "runs" : "has")} {Short(result.ImageBefore)} again{After(result.Outage)}"),
        result);

    private static string After(Outage? outage) => outage switch
    {
        null => "",
        { Began: null } => ", and was not down for a moment",
        { Ended: null } => $", but has not answered for {Readable.Duration(outage.Duration)}",
        _ => $", and was down for {Readable.Duration(outage.Duration)}",
    };

    public static ShoreGuardException CodeNotOfImage(string name, string folder, string source, bool isAsked) => Untouched(
        nameof(CodeNotOfImage), InvalidOperation, name,
        isAsked
            ? $"{name} does not run the code of its image: it imports ShoreGuard from {folder}, which is mounted from {source}. With another image, the same "
                + "code would go on running."
            : $"{name} may not run the code of its image: before that, Python looks into {folder}, which is mounted from {source}, and a container that does "
                + "not run cannot be asked.",
        "Take the mount (and PYTHONPATH, if it is set) out of the Compose file, run docker compose up -d, and try again. Or go back in the mounted source "
        + "itself, and in the database with "
            + "Restore-ShoreGuardDatabase.");

    public static ShoreGuardException RevisionUnexpected(string name, string found, string image, IReadOnlyList<string> heads) => new(
        nameof(RevisionUnexpected), InvalidResult, name,
        $"The database is at revision {found} after the start of {Short(image)}, and not at {string.Join(", ", heads)}, where its scripts end.",
        "Another process that uses this database, or code that is not the image's, may have migrated it: look for those, and try again.");

    public static ShoreGuardException TargetMigratesForward(string image, IReadOnlyList<string> heads, string current) => Untouched(
        nameof(TargetMigratesForward), InvalidOperation, image,
        $"{image} would migrate the database forward to revision {string.Join(", ", heads)}, which {current} does not know. There would be no way back.",
        "That would be an upgrade, not a rollback. Back up the database with Backup-ShoreGuardDatabase and deploy with Compose, or name an older target.");

    public static ShoreGuardException TargetSchemaUnfit(string name, string target, SchemaComparison comparison) => Untouched(
        nameof(TargetSchemaUnfit), InvalidOperation, name,
        $"{target} does not start on the database of {name}: {comparison.Explanation}.",
        comparison.Verdict is SchemaVerdict.Same or SchemaVerdict.Behind
            ? $"Choose another target: {Advice.Pipe(name, "Get-ShoreGuardRelease")}"
            : $"Use Invoke-ShoreGuardRollback with the same target. It takes the database back with the image. To see how, and what that costs: "
                + $"{Advice.Pipe(name, "Get-ShoreGuardRollbackPlan")}");

    public static ShoreGuardException StrategyImpossible(string name, SwitchStrategy strategy, string why) => Untouched(
        nameof(StrategyImpossible), InvalidOperation, name,
        $"{name} cannot be switched with -Strategy {strategy}: {why}.",
        "Use -Strategy Auto, which chooses what the topology allows.");

    public static ShoreGuardException NamespaceOwnerMissing(string name, string owner, string how) => Untouched(
        nameof(NamespaceOwnerMissing), InvalidOperation, name,
        $"{name} shares the namespaces of the container {owner}, which {how}, so no other container can replace it.",
        $"Start {owner}, or deploy it again with Compose, then run the same command again.");

    public static ShoreGuardException DependentNotRunning(string name, string deployment, string state) => Make(
        nameof(DependentNotRunning), InvalidResult, name,
        $"{name}, which shares the namespaces of {deployment}, did not keep running beside the new container: it is {state}.",
        $"Find out why {name} ends when {deployment} is replaced (docker logs {name}), then run the same command again.");

    public static ShoreGuardException RollbackInProgress(string name, string? holder, (string Machine, string Lock)? elsewhere) => Untouched(
        nameof(RollbackInProgress), ResourceBusy, name,
        $"{name} is being changed by somebody else: {holder ?? "another process"}.",
        "Wait until that has ended; Get-ShoreGuardRollback shows how far a rollback is. If nothing of it goes on any more, end that process, then run the same "
            + "command again: it detects what was interrupted."
            + (elsewhere is var (machine, container)
                ? $" If the process cannot run any more, since {machine} is gone: docker rm {container}" : ""));

    public static ShoreGuardException OperationElsewhere(string name, string holder, string where, string? rollback, string container) => Untouched(
        nameof(OperationElsewhere), InvalidOperation, name,
        $"What somebody else has begun with {name} and its database is unfinished: {holder}. Its process is gone, and its record is not in this journal.",
        $"{where}: "
            + (rollback is { } id ? $"Resume-ShoreGuardRollback {id}, or Undo-ShoreGuardRollback {id}"
                : $"run the interrupted command once more ({Advice.Pipe(name, "Invoke-ShoreGuardSchemaDowngrade")}), which cleans up first")
            + $". If that record is lost, check what runs and its database, then remove the mark of it: docker rm {container}");

    public static ShoreGuardException LockForeign(string name, string container) => Untouched(
        nameof(LockForeign), ResourceExists, name,
        $"The container {container} marks that {name} is being changed, and nothing in it says who made it: another version of this module, or somebody by "
        + "hand.",
        $"Make sure that nobody changes {name} now, then remove it: docker rm {container}");

    // Without the cause as such: whatever fails for it in the middle of something else has to say which disk is full.
    public static ShoreGuardException StateNotWritable(string folder, Exception inner) => Make(
        nameof(StateNotWritable), inner is UnauthorizedAccessException ? PermissionDenied : WriteError, folder,
        $"The module's state folder {folder} cannot be written: {Reason(inner)}. No rollback starts without it, and one that has started is put back.",
        "Check its free space and permissions, or name another folder with -StatePath or XDG_STATE_HOME.");

    public static ShoreGuardException JournalTooNew(string path, int found, int known) => Untouched(
        nameof(JournalTooNew), InvalidData, path,
        $"The journal {path} was written by a newer version of this module: its format is {found}, and this version supports up to {known}.",
        "Update the module: Update-Module ShoreGuard.Rollback.");

    public static ShoreGuardException JournalNotReadable(string path, Exception inner) => Make(
        nameof(JournalNotReadable), inner is UnauthorizedAccessException ? PermissionDenied : ReadError, path,
        $"The journal {path} cannot be read: {Reason(inner)}. What has been rolled back, blocked or marked as known good is not known without it.",
        "Run the command as the user who owns it, or name another state folder with -StatePath or XDG_STATE_HOME.");

    public static ShoreGuardException JournalBusy(string path, string program, Exception inner) => Make(
        nameof(JournalBusy), ResourceBusy, path,
        $"The journal {path} is open in {program}, which lets nobody else open it. "
            + "No rollback starts without it, and one that has started is put back.",
        "Close that program (one that copies or synchronizes the folder, a virus scanner), then run the same command again.", inner);

    public static ShoreGuardException LockFileForeign(string path, string why) => Untouched(
        nameof(LockFileForeign), SecurityError, path,
        $"The lock file {path} {why}. Who may make files in its folder could have the module write to files of others.",
        "Remove it, and let nobody else make files in that folder. Another state folder is chosen by -StatePath or XDG_STATE_HOME.");

    public static ShoreGuardException JournalUnreadable(string path, Exception inner) => Make(
        nameof(JournalUnreadable), inner is Microsoft.Data.Sqlite.SqliteException { SqliteErrorCode: 5 or 6 } ? ResourceBusy : InvalidData, path,
        $"The journal {path} cannot be used: {Reason(inner)}. No rollback starts without it, and one that has started is put back.",
        "Check the disk and the permissions. If the file is damaged, move it away; the lists of blocked and known good images are then lost and must be "
            + "made again.");

    public static ShoreGuardException BlocklistUnreadable(string path, int line, string why) => Untouched(
        nameof(BlocklistUnreadable), InvalidData, path,
        $"Line {line} of the blocklist {path} cannot be read: {why.TrimEnd('.')}. It could be the one that blocks, so that none of it is passed over.",
        "Put that line right. After a merge conflict, keep the lines of both sides. To go on without the list, leave -BlocklistPath out and remove the "
            + "variable SHOREGUARD_BLOCKLIST.");

    public static ShoreGuardException BlocklistNotReadable(string path, Exception inner) => Untouched(
        nameof(BlocklistNotReadable), inner is UnauthorizedAccessException ? PermissionDenied : ReadError, path,
        $"The blocklist {path} cannot be read: {Reason(inner)}. What is blocked is not known without it.",
        "Check that the share is mounted, and its permissions. To go on without the list, leave -BlocklistPath out and remove the variable "
            + "SHOREGUARD_BLOCKLIST.");

    public static ShoreGuardException BlocklistNotWritable(string path, Exception inner) => Untouched(
        nameof(BlocklistNotWritable), inner is UnauthorizedAccessException ? PermissionDenied : WriteError, path,
        $"The blocklist {path} cannot be written: {Reason(inner)}.",
        "Check that the share is mounted, its free space and its permissions, then run the same command again.");

    public static ShoreGuardException BlocklistNotAbsolute(string variable, string path) => Untouched(
        nameof(BlocklistNotAbsolute), InvalidArgument, path,
        $"The variable {variable} names {path}, which depends on the folder that a program runs in.",
        $"Give {variable} the whole path of the file.");

    public static ShoreGuardException BlockTargetUnclear(string? image) => Untouched(
        nameof(BlockTargetUnclear), InvalidArgument, image,
        $"{(image is null ? "No image was given" : $"{image} can be another image tomorrow")}: an image is blocked by its digest or its commit.",
        "Pipe it (Get-ShoreGuardRelease REPOSITORY -Version VERSION | Block-ShoreGuardImage), or give -GitSha, or -Image with a digest.");

    public static ShoreGuardException KnownGoodUnclear(string? image) => Untouched(
        nameof(KnownGoodUnclear), InvalidArgument, image,
        $"{(image is null ? "No build was given" : $"{image} can be another build tomorrow")}: a build is marked by its digest or its commit.",
        "Pipe it (Get-ShoreGuardRelease REPOSITORY -Version VERSION | Set-ShoreGuardKnownGood), or give -GitSha, or -Image with a digest.");

    public static ShoreGuardException NotKnownGood(string image) => Untouched(
        nameof(NotKnownGood), ObjectNotFound, image,
        $"{image} is not marked as known good.",
        "Get-ShoreGuardRelease shows which are.");

    public static ShoreGuardException ImageNotBlocked(string image) => Untouched(
        nameof(ImageNotBlocked), ObjectNotFound, image,
        $"{image} is not blocked.",
        "Get-ShoreGuardRelease shows which are.");

    public static ShoreGuardException ImageBlocked(string image, BlockedImage entry) => Untouched(
        nameof(ImageBlocked), InvalidOperation, image,
        $"{image} has been blocked by {entry.BlockedBy} since {Readable.Time(entry.BlockedAt)}: {entry.Reason.TrimEnd('.')}.",
        "Go back to another release (Get-ShoreGuardRelease lists them). If the image is good after all, unblock it first: Unblock-ShoreGuardImage");
}
