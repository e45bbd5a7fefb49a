using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using ShoreGuard.Rollback.Engine.Deployments;
using ShoreGuard.Rollback.Engine.Schema;

namespace ShoreGuard.Rollback.Completers;

/// <summary>Offers the revisions that the image knows which was named, that of the deployment which was given, else those that run here.</summary>
public sealed class RevisionCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        Completion.Results(Completion.Ask(cancellation => FindAsync(fakeBoundParameters, cancellation)), wordToComplete);

    private static async Task<IReadOnlyList<string>> FindAsync(IDictionary bound, CancellationToken cancellation)
    {
        var deployment = Completion.BoundDeployment(bound);
        var images = Completion.Bound(bound, "Image") is { } named ? [named]
            : deployment is not null ? [deployment.ImageId]
            : await DeploymentCatalog.ListImagesAsync("shoreguard", null, cancellation).ConfigureAwait(false);
        var revisions = new List<string>();
        foreach (var image in images)
            revisions.AddRange(await SchemaInspection.ListRevisionsAsync(image, deployment?.DockerHost, cancellation).ConfigureAwait(false));
        return revisions;
    }
}
