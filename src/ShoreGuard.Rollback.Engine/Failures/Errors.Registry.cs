using static ShoreGuard.Rollback.FailureKind;

namespace ShoreGuard.Rollback.Engine;

internal static partial class Errors
{
    public static ShoreGuardException RegistryNotAnswering(string repository, string why, Exception? inner = null) => Make(
        nameof(RegistryUnreachable), ConnectionError, repository,
        $"The registry of {repository} cannot be reached: {why.TrimEnd('.')}.",
        "Check its name and the network in between. A proxy is taken from HTTPS_PROXY and NO_PROXY.", inner);

    public static ShoreGuardException RegistryRefuses(string repository, string why) => Make(
        nameof(RegistryDenied), AuthenticationError, repository,
        $"The registry does not allow reading {repository}: {why.TrimEnd('.')}.",
        "Log in with an account that can read it (docker login), or give a credential with -Credential.");

    public static ShoreGuardException RegistryRateLimited(string registry, TimeSpan wait) => Make(
        nameof(RegistryRateLimited), ResourceBusy, registry,
        $"Rate limit of the registry {registry} reached; retry in {Readable.Duration(wait)}.",
        "Run the same command again after that time, or log in (docker login): most registries allow more requests to known users.");

    public static ShoreGuardException RegistryAnswerInvalid(string repository, string why, Exception? inner = null) => Make(
        nameof(RegistryAnswerInvalid), InvalidData, repository,
        $"The registry's answer about {repository} cannot be used: {why.TrimEnd('.')}.",
        "Check the name, and that no proxy answers instead of the registry.", inner);

    public static ShoreGuardException RegistryUnknown(string repository) => Make(
        nameof(RegistryUnknown), InvalidOperation, repository,
        $"The name {repository} contains no registry, and no engine is available that knows its default registry.",
        "Write the registry before the name, for example ghcr.io/flohofstetter/shoreguard.");

    public static ShoreGuardException RepositoryInvalid(string text) => Make(
        nameof(RepositoryInvalid), InvalidArgument, text,
        $"'{text}' is not the name of a repository.",
        "Give it without tag and digest, for example ghcr.io/flohofstetter/shoreguard.");

    public static ShoreGuardException RepositoryNotNamed(string name, string image) => Make(
        nameof(RepositoryNotNamed), InvalidOperation, name,
        $"The repository of {name} is not known: its container was created from '{image}', which names none.",
        $"Name it: {Advice.Pipe(name, "Get-ShoreGuardRelease -Repository ghcr.io/flohofstetter/shoreguard")}");

    public static ShoreGuardException NoReleases(string repository) => Make(
        nameof(NoReleases), ObjectNotFound, repository,
        $"Neither the registry nor the engine has an image of {repository}.",
        "Check the name: Get-ShoreGuardDeployment shows the image that runs, docker image ls those on this engine.");

    public static ShoreGuardException ReleasesUnavailable(string repository, ShoreGuardException obstacle) => Make(
        obstacle.Id, obstacle.Kind, repository,
        $"{obstacle.Message} The engine has no image of {repository} either.",
        obstacle.Recommendation, obstacle);

    public static ShoreGuardException ReleaseNotFound(string repository, string wanted, IReadOnlyList<string> nearest) => Make(
        nameof(ReleaseNotFound), ObjectNotFound, wanted,
        $"{repository} has no release {wanted}." + (nearest.Count > 0 ? $" The newest are {string.Join(", ", nearest)}." : ""),
        "Get-ShoreGuardRelease without -Version and -GitSha lists them all.");

    public static ShoreGuardException NoPreviousRelease(string name, string? running) => Make(
        nameof(NoPreviousRelease), ObjectNotFound, name,
        running is null
            ? $"Cannot determine the previous release: the image of {name} does not say which release it is."
            : $"There is no release before {running}, which {name} runs.",
        "Get-ShoreGuardRelease lists the releases; name one with -Version or -GitSha.");

    public static ShoreGuardException NothingRuns(string repository) => Make(
        "RunningReleaseUnknown", InvalidOperation, repository,
        $"Cannot determine the previous release: no container here runs an image of {repository}.",
        $"Pipe the deployment: {Advice.Pipe(null, "Get-ShoreGuardRelease -Previous")}");

    public static ShoreGuardException GitShaAmbiguous(string repository, string digits, IReadOnlyList<string> candidates) => Make(
        nameof(GitShaAmbiguous), InvalidArgument, digits,
        $"Several commits of {repository} begin with {digits}: {string.Join(", ", candidates)}.",
        "Give more digits.");

    public static ShoreGuardException ExpectationMissing(object? target) => Make(
        nameof(ExpectationMissing), InvalidArgument, target,
        "There is nothing to compare the build with: an address alone does not say which image was published for it.",
        $"Pipe the deployment ({Advice.Pipe(null, "Test-ShoreGuardIdentity")}), or give -Image, -ExpectedVersion, -ExpectedGitSha or -ExpectedBuildTime.");
}
