using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using ShoreGuard.Rollback.Engine.Deployments;

namespace ShoreGuard.Rollback.Completers;

/// <summary>Offers the names of ShoreGuard's containers.</summary>
public sealed class DeploymentNameCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        var host = Completion.Bound(fakeBoundParameters, "DockerHost");
        return Completion.Results(Completion.AskTexts(cancellation => DeploymentCatalog.ListNamesAsync("shoreguard", host, cancellation)), wordToComplete);
    }
}
