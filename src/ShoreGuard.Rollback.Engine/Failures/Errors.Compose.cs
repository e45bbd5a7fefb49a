using static ShoreGuard.Rollback.FailureKind;

namespace ShoreGuard.Rollback.Engine;

internal static partial class Errors
{
    private const string PinYourself = "use -Pin None and pin the image yourself.";

    public static ShoreGuardException ComposeFileMissing(string name, string path) => Untouched(
        nameof(ComposeFileMissing), ObjectNotFound, path,
        $"The rollback cannot be pinned: the Compose file {path}, from which {name} was created, is not on this machine.",
        $"Run the command on the machine that has the Compose file under that path, or {PinYourself}");

    public static ShoreGuardException ComposeFileFromInput(string name) => Untouched(
        nameof(ComposeFileMissing), ObjectNotFound, name,
        $"The rollback cannot be pinned: Docker Compose read the file from which {name} was created from its standard input.",
        $"Deploy it from a file, or {PinYourself}");

    public static ShoreGuardException PinNotDecisive(string name, string variable, string path, string given, string running) => Untouched(
        nameof(PinNotDecisive), InvalidOperation, name,
        $"A pin in {variable} would prove nothing: with what is known here, {path} gives '{given}' and not {running}, which runs. The value comes from "
        + "elsewhere: "
            + "a shell, a pipeline, or an environment file that Docker Compose was given.",
        $"Export {variable} as it was when {name} was deployed, use -Pin ComposeFile to write the image into the Compose file, or {PinYourself}");

    public static ShoreGuardException CopiedSecretsUnknown(string name) => Untouched(
        nameof(CopiedSecretsUnknown), InvalidOperation, name,
        $"{name} has files in /run/secrets that are not mounted. Its Compose files cannot be read here, so which files the new container would lack is not "
        + "known.",
        "Run the command on the machine that has the Compose files of the project.");

    public static ShoreGuardException ComposeFileUnreadable(string path, string why, Exception? inner = null) => Untouched(
        nameof(ComposeFileUnreadable), InvalidData, path,
        $"The Compose file {path} cannot be read: {why.TrimEnd('.')}.",
        $"Fix the file (docker compose config shows what is wrong), or {PinYourself}", inner);

    public static ShoreGuardException ComposeServiceMissing(string path, string service) => Untouched(
        nameof(ComposeServiceMissing), ObjectNotFound, path,
        $"The Compose file {path} has no service '{service}'.",
        $"The file has changed since the container was created. Restore the service, or {PinYourself}");

    public static ShoreGuardException PinNotWritable(string path, Exception inner) => Make(
        nameof(PinNotWritable), inner is UnauthorizedAccessException ? PermissionDenied : WriteError, path,
        $"{path} cannot be written: {Reason(inner)}.",
        $"Run as the owner of the Compose project, or {PinYourself}", inner);

    public static ShoreGuardException PinFileChanged(string path) => Make(
        nameof(PinFileChanged), ResourceBusy, path,
        $"Somebody changed {path} during the rollback, so it is left as it is now.",
        "Check what was changed, then run the same command again.");

    public static ShoreGuardException PinImpossible(string name, PinTarget wanted, string why) => Untouched(
        nameof(PinImpossible), InvalidOperation, name,
        $"{name} cannot be pinned with -Pin {wanted}: {why}.",
        $"Leave -Pin out, so that the Compose file decides where to pin, or {PinYourself}");

    public static ShoreGuardException PinWithoutEffect(string path, string? wouldRun, string target) => Untouched(
        nameof(PinWithoutEffect), InvalidResult, path,
        $"With the pin in {path}, Docker Compose would run {wouldRun ?? "a build of its own"} instead of {target}.",
        $"Check which image docker compose config shows for the service, or {PinYourself}");

    public static ShoreGuardException ComposeServiceBuilt(string path, string service) => Untouched(
        nameof(ComposeServiceBuilt), InvalidOperation, path,
        $"The service '{service}' in {path} has build: and no image:, so no release of it can be pulled, and the next docker compose up would build the "
            + "checkout again.",
        "Name a published image with -Image REPOSITORY:TAG, which is then also written to the Compose file. Or check out the old commit and build it: "
            + "git checkout COMMIT, docker compose up --build.");

    public static ShoreGuardException ComposeServiceEmpty(string path, string service) => Untouched(
        nameof(ComposeServiceEmpty), InvalidData, path,
        $"The service '{service}' in {path} has neither image: nor build:.",
        $"The file has changed since the container was created. Give the service an image:, or {PinYourself}");

    public static ShoreGuardException ComposeServiceIncluded(string path, string service) => Untouched(
        nameof(ComposeServiceIncluded), NotImplemented, path,
        $"The service '{service}' is not in {path}, nor in a file that it includes and that is on this machine.",
        "Use -Pin None and pin the image where it is defined yourself.");

    public static ShoreGuardException ComposeImageNotEditable(string path, string service, string why) => Untouched(
        nameof(ComposeImageNotEditable), InvalidOperation, path,
        $"The image: of the service '{service}' in {path} cannot be edited: {why}.",
        $"Give the service an image: of its own with a variable in it, such as image: REPOSITORY:${{SHOREGUARD_VERSION}}, or {PinYourself}");
}
