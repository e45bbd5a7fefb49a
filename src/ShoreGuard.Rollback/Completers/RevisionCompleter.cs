using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using ShoreGuard.Rollback.Engine.Databases;

namespace ShoreGuard.Rollback.Completers;

/// <summary>Offers the revisions that an image knows: the one that was named, or those of the deployments that were given or are piped in.</summary>
public sealed class RevisionCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        var deployments = GivenDeployments.Of(commandAst, fakeBoundParameters);
        var image = Completion.Bound(fakeBoundParameters, "Image");
        return Completion.Results(Completion.Ask(cancellation => FindAsync(deployments, image, cancellation)), wordToComplete);
    }

    private static async Task<IReadOnlyList<Suggestion>> FindAsync(GivenDeployments deployments, string? image, CancellationToken cancellation)
    {
        var revisions = new List<Suggestion>();
        var given = await deployments.FindAsync(cancellation).ConfigureAwait(false);
        foreach (var source in given.Select(deployment => (Image: image ?? deployment.ImageId, deployment.DockerHost)).Distinct())
        {
            foreach (var revision in await SchemaInspection.ListRevisionsAsync(source.Image, source.DockerHost, cancellation).ConfigureAwait(false))
                revisions.Add(new(revision));
        }
        return revisions;
    }
}
