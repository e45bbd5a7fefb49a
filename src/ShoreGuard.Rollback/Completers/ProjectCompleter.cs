using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using ShoreGuard.Rollback.Engine.Deployments;

namespace ShoreGuard.Rollback.Completers;

/// <summary>Offers the Compose projects in which ShoreGuard is a service.</summary>
public sealed class ProjectCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        var service = Completion.Bound(fakeBoundParameters, "Service") ?? "shoreguard";
        var host = Completion.Bound(fakeBoundParameters, "DockerHost");
        return Completion.Results(Completion.AskTexts(cancellation => DeploymentCatalog.ListProjectsAsync(service, host, cancellation)), wordToComplete);
    }
}
