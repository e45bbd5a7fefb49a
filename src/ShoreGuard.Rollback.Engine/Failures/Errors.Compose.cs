using static ShoreGuard.Rollback.FailureKind;

namespace ShoreGuard.Rollback.Engine;

internal static partial class Errors
{
    public static ShoreGuardException ComposeFileMissing(string name, string path) => Make(
        "ComposeFileMissing", ObjectNotFound, path,
        $"The Compose file {path}, from which {name} was made, cannot be found here, so the rollback cannot be pinned. Nothing was changed.",
        "Run this on the machine and under the path where the Compose file is, or use -Pin None and pin it yourself.");

    public static ShoreGuardException ComposeFileUnreadable(string path, string why, Exception? inner = null) => Make(
        "ComposeFileUnreadable", InvalidData, path,
        $"The Compose file {path} cannot be read: {why.TrimEnd('.')}. Nothing was changed.",
        "Mend the file (docker compose config shows what is wrong), or use -Pin None and pin it yourself.", inner);

    public static ShoreGuardException ComposeServiceMissing(string path, string service) => Make(
        "ComposeServiceMissing", ObjectNotFound, path,
        $"The Compose file {path} has no service '{service}'. Nothing was changed.",
        "The file has changed since the container was made: put the service back, or use -Pin None and pin it yourself.");

    public static ShoreGuardException PinNotWritable(string path, Exception inner) => Make(
        "PinNotWritable", inner is UnauthorizedAccessException ? PermissionDenied : WriteError, path,
        $"{path} cannot be written: {Reason(inner)}.",
        "Run as the owner of the Compose project, or use -Pin None and pin it yourself.", inner);

    public static ShoreGuardException PinFileChanged(string path) => Make(
        "PinFileChanged", ResourceBusy, path,
        $"Somebody else has changed {path} while the rollback ran, so it is left as it is now.",
        "Look at what was changed, then run the same command again.");

    public static ShoreGuardException PinImpossible(string name, PinTarget wanted, string why) => Make(
        "PinImpossible", InvalidOperation, name,
        $"{name} cannot be pinned with -Pin {wanted}: {why}. Nothing was changed.",
        "Leave -Pin out, so that the place is chosen by what the Compose file says, or use -Pin None and pin it yourself.");

    public static ShoreGuardException PinWithoutEffect(string path, string? wouldRun, string target) => Make(
        "PinWithoutEffect", InvalidResult, path,
        $"With the pin in {path}, Docker Compose would run {wouldRun ?? "a build of its own"} and not {target}. Nothing was changed.",
        "Look at what docker compose config shows for the service's image, or use -Pin None and pin it yourself.");

    public static ShoreGuardException ComposeServiceBuilt(string path, string service) => Make(
        "ComposeServiceBuilt", InvalidOperation, path,
        $"The service '{service}' of {path} has build: and no image:, so no release of it can be fetched, and the next 'docker compose up' would build the checkout again. Nothing was changed.",
        "Name a published image with -Image REPOSITORY:TAG, which is then also written into the Compose file, or check the old commit out and build it: git checkout COMMIT, docker compose up --build.");

    public static ShoreGuardException ComposeServiceEmpty(string path, string service) => Make(
        "ComposeServiceEmpty", InvalidData, path,
        $"The service '{service}' of {path} has neither image: nor build:. Nothing was changed.",
        "The file has changed since the container was made: give the service an image:, or use -Pin None and pin it yourself.");

    public static ShoreGuardException ComposeServiceIncluded(string path, string service) => Make(
        "ComposeServiceIncluded", NotImplemented, path,
        $"The service '{service}' is not in {path} but in a file that it includes; such files are neither read nor edited. Nothing was changed.",
        "Use -Pin None and pin it in the included file yourself.");

    public static ShoreGuardException ComposeImageNotEditable(string path, string service, string why) => Make(
        "ComposeImageNotEditable", InvalidOperation, path,
        $"The image: of the service '{service}' in {path} cannot be edited: {why}. Nothing was changed.",
        $"Give the service an image: of its own with a variable in it, such as image: REPOSITORY:${{SHOREGUARD_VERSION}}, or use -Pin None and pin it yourself.");
}
