using static ShoreGuard.Rollback.FailureKind;

namespace ShoreGuard.Rollback.Engine;

internal static partial class Errors
{
    public static ShoreGuardException RegistryNotAnswering(string repository, string why, Exception? inner = null) => Make(
        "RegistryUnreachable", ConnectionError, repository,
        $"The registry of {repository} cannot be asked: {why.TrimEnd('.')}.",
        "Check its name and the network between here and there; a proxy is taken from HTTPS_PROXY and NO_PROXY.", inner);

    public static ShoreGuardException RegistryRefuses(string repository, string why) => Make(
        "RegistryDenied", AuthenticationError, repository,
        $"The registry does not let {repository} be read: {why.TrimEnd('.')}.",
        "Log in with an account that may read it (docker login), or give one with -Credential.");

    public static ShoreGuardException RegistryRateLimited(string registry, TimeSpan wait) => Make(
        "RegistryRateLimited", ResourceBusy, registry,
        $"The registry {registry} is asked too often from here, and wants to be left alone for {wait.TotalSeconds:0} s.",
        "Run the same command again after that time, or log in (docker login): most registries let known users ask more often.");

    public static ShoreGuardException RegistryAnswerInvalid(string repository, string why, Exception? inner = null) => Make(
        "RegistryAnswerInvalid", InvalidData, repository,
        $"The registry's answer about {repository} cannot be used: {why.TrimEnd('.')}.",
        "Check that the name is right and that no proxy answers in the registry's place.", inner);

    public static ShoreGuardException RegistryUnknown(string repository) => Make(
        "RegistryUnknown", InvalidOperation, repository,
        $"The name {repository} has no registry in it, and no engine says which one is meant.",
        "Write the registry before the name, for example ghcr.io/flohofstetter/shoreguard.");

    public static ShoreGuardException RepositoryInvalid(string text) => Make(
        "RepositoryInvalid", InvalidArgument, text,
        $"'{text}' is not the name of a repository.",
        "Give it without tag and digest, for example ghcr.io/flohofstetter/shoreguard.");

    public static ShoreGuardException RepositoryNotNamed(string name, string image) => Make(
        "RepositoryNotNamed", InvalidOperation, name,
        $"{name} was made from '{image}', which names no repository, so nobody knows where its releases are.",
        "Name it: Get-ShoreGuardRelease -Repository ghcr.io/flohofstetter/shoreguard");

    public static ShoreGuardException NoReleases(string repository) => Make(
        "NoReleases", ObjectNotFound, repository,
        $"Neither the registry nor the engine has an image of {repository}.",
        "Check the name: Get-ShoreGuardDeployment shows the image that runs, docker image ls those on this engine.");

    public static ShoreGuardException ReleasesUnavailable(string repository, ShoreGuardException obstacle) => Make(
        obstacle.Id, obstacle.Kind, repository,
        $"{obstacle.Message} On the engine there is no image of {repository} either.",
        obstacle.Recommendation, obstacle);

    public static ShoreGuardException ReleaseNotFound(string repository, string wanted, IReadOnlyList<string> nearest) => Make(
        "ReleaseNotFound", ObjectNotFound, wanted,
        $"{repository} has no release {wanted}." + (nearest.Count > 0 ? $" There are: {string.Join(", ", nearest)}." : ""),
        "Get-ShoreGuardRelease without -Version and -GitSha lists them all.");

    public static ShoreGuardException NoPreviousRelease(string name, string? running) => Make(
        "NoPreviousRelease", ObjectNotFound, name,
        running is null
            ? $"The image that {name} runs does not say which release it is, so nobody knows which one was before it."
            : $"There is no release before {running}, which {name} runs.",
        "Get-ShoreGuardRelease lists what there is; name the one you want with -Version or -GitSha.");

    public static ShoreGuardException NothingRuns(string repository) => Make(
        "RunningReleaseUnknown", InvalidOperation, repository,
        $"No container here runs an image of {repository}, so nobody knows what the release before it is.",
        "Pipe the deployment in: Get-ShoreGuardDeployment | Get-ShoreGuardRelease -Previous");

    public static ShoreGuardException GitShaAmbiguous(string repository, string digits, IReadOnlyList<string> candidates) => Make(
        "GitShaAmbiguous", InvalidArgument, digits,
        $"Several commits of {repository} begin with {digits}: {string.Join(", ", candidates)}.",
        "Give more digits of the one you want.");

    public static ShoreGuardException ExpectationMissing(object? target) => Make(
        "ExpectationMissing", InvalidArgument, target,
        "There is nothing to compare the build with: an address alone does not say which image was published for it.",
        "Pipe the deployment in (Get-ShoreGuardDeployment | Test-ShoreGuardIdentity), or give -Image, -ExpectedVersion, -ExpectedGitSha or -ExpectedBuildTime.");
}
