using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using ShoreGuard.Rollback.Engine;
using ShoreGuard.Rollback.Engine.Releases;
using ShoreGuard.Rollback.Engine.State;

namespace ShoreGuard.Rollback.Completers;

/// <summary>Offers versions, commits and images of the repository that was named, or of the deployments that were given or are piped in.</summary>
public class ReleaseCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        var deployments = GivenDeployments.Of(commandAst, fakeBoundParameters);
        var found = Completion.Ask(
            (state, cancellation) => FindAsync(state, parameterName, deployments, fakeBoundParameters, cancellation), fakeBoundParameters);
        return Completion.Results(found, wordToComplete);
    }

    private protected virtual Task<IReadOnlyList<string>> ListTagsAsync(
        StateStore state, string repository, string? dockerHost, CancellationToken cancellation) =>
        ReleaseCatalog.ListTagsAsync(repository, dockerHost, cancellation);

    private async Task<IReadOnlyList<Suggestion>> FindAsync(
        StateStore state, string parameter, GivenDeployments deployments, IDictionary bound, CancellationToken cancellation)
    {
        var values = new List<Suggestion>();
        foreach (var (repository, host) in await RepositoriesAsync(deployments, bound, cancellation).ConfigureAwait(false))
        {
            var tags = await ListTagsAsync(state, repository, host, cancellation).ConfigureAwait(false);
            values.AddRange(Values(parameter, repository, tags).Select(value => new Suggestion(value)));
        }
        return values;
    }

    private static IEnumerable<string> Values(string parameter, string repository, IReadOnlyList<string> tags) => parameter switch
    {
        "Version" => tags.Where(ReleaseCatalog.IsVersion),
        "GitSha" => tags.Select(ReleaseCatalog.CommitOf).OfType<string>(),
        _ => tags.Select(tag => $"{repository}:{tag}"),
    };

    private static async Task<IEnumerable<(string Repository, string? DockerHost)>> RepositoriesAsync(
        GivenDeployments deployments, IDictionary bound, CancellationToken cancellation)
    {
        if (Completion.Bound(bound, "Repository") is { } named)
            return [(named, Completion.Bound(bound, "DockerHost"))];
        return (await deployments.FindAsync(cancellation).ConfigureAwait(false))
            .Select(deployment => (Repository: RepositoryOf(deployment.Image), deployment.DockerHost))
            .Where(source => source.Repository is not null).Select(source => (source.Repository!, (string?)source.DockerHost)).Distinct();
    }

    private static string? RepositoryOf(string image) =>
        image.StartsWith("sha256:", StringComparison.Ordinal) ? null : ImageReference.TryParse(image)?.Repository;
}

/// <summary>Offers what can be gone back to: nothing that is blocked.</summary>
public sealed class TargetCompleter : ReleaseCompleter
{
    private protected override Task<IReadOnlyList<string>> ListTagsAsync(
        StateStore state, string repository, string? dockerHost, CancellationToken cancellation) =>
        ReleaseCatalog.ListFreeTagsAsync(state, repository, dockerHost, cancellation);
}
