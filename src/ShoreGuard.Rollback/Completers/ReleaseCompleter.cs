using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using ShoreGuard.Rollback.Engine.Deployments;
using ShoreGuard.Rollback.Engine.Releases;

namespace ShoreGuard.Rollback.Completers;

/// <summary>Offers versions, commits and images: of the repository that was named, of the deployment that was given, else of those that run here.</summary>
public sealed class ReleaseCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        var found = Completion.Ask(cancellation => FindAsync(parameterName, fakeBoundParameters, cancellation));
        return Completion.Results(found, wordToComplete);
    }

    private static async Task<IReadOnlyList<string>> FindAsync(string parameter, IDictionary bound, CancellationToken cancellation)
    {
        var deployment = Completion.BoundDeployment(bound);
        var host = deployment?.DockerHost ?? Completion.Bound(bound, "DockerHost");
        var repositories = Completion.Bound(bound, "Repository") is { } named ? [named]
            : deployment is not null ? [RepositoryOf(deployment.Image)]
            : (await DeploymentCatalog.ListImagesAsync("shoreguard", host, cancellation).ConfigureAwait(false)).Select(RepositoryOf);
        var values = new List<string>();
        foreach (var repository in repositories.OfType<string>().Distinct(StringComparer.Ordinal))
        {
            var tags = await ReleaseCatalog.ListTagsAsync(repository, host, cancellation).ConfigureAwait(false);
            values.AddRange(parameter switch
            {
                "Version" => tags.Where(ReleaseCatalog.IsVersion),
                "GitSha" => tags.Select(ReleaseCatalog.CommitOf).OfType<string>(),
                _ => tags.Select(tag => $"{repository}:{tag}"),
            });
        }
        return values;
    }

    private static string? RepositoryOf(string image) => image.StartsWith("sha256:", StringComparison.Ordinal) ? null : ImageReference.TryParse(image)?.Repository;
}
