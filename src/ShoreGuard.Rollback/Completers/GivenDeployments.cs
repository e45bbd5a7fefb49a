using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using ShoreGuard.Rollback.Engine.Deployments;

namespace ShoreGuard.Rollback.Completers;

/// <summary>The deployments that a command which is being typed will work on, read from its text. Nothing of the text is run.</summary>
internal sealed class GivenDeployments
{
    private readonly IReadOnlyList<Deployment> _given;
    private readonly DeploymentQuery? _query;

    private GivenDeployments(IReadOnlyList<Deployment> given, DeploymentQuery? query = null) => (_given, _query) = (given, query);

    /// <summary>Reads the text. PowerShell's thread only: commands are looked up in it.</summary>
    public static GivenDeployments Of(CommandAst? command, IDictionary? bound)
    {
        try
        {
            return Completion.BoundDeployment(bound) is { } given ? new([given])
                : VariableBefore(command) is { } variable ? new(Completion.Deployments(variable))
                : new([], QueryBefore(command, Completion.Bound(bound, "DockerHost")));
        }
        catch (Exception)
        {
            return new([]);
        }
    }

    /// <summary>Finds them; none where only running the text would tell which engine is meant.</summary>
    public async Task<IReadOnlyList<Deployment>> FindAsync(CancellationToken cancellation)
    {
        var found = new List<Deployment>(_given);
        if (_query is null)
            return found;
        await foreach (var deployment in DeploymentCatalog.FindAsync(_query, _ => { }, cancellation).ConfigureAwait(false))
            found.Add(deployment);
        return found;
    }

    // The name of the variable with which the pipeline begins; null where it begins with something else.
    private static string? VariableBefore(CommandAst? command) =>
        command?.Parent is PipelineAst { PipelineElements: [CommandExpressionAst { Expression: VariableExpressionAst variable }, ..] }
            ? variable.VariablePath.UserPath : null;

    // What the Get-ShoreGuardDeployment before the command asks for; everything that runs here where there is none.
    private static DeploymentQuery? QueryBefore(CommandAst? command, string? dockerHost)
    {
        var before = command?.Parent is PipelineAst pipeline ? pipeline.PipelineElements.TakeWhile(element => !ReferenceEquals(element, command)) : [];
        return before.OfType<CommandAst>().LastOrDefault(IsSource) is { } source
            ? Read(StaticParameterBinder.BindCommand(source, true).BoundParameters)
            : new() { DockerHost = dockerHost };
    }

    private static bool IsSource(CommandAst command) =>
        command.GetCommandName() is { } name && name.Split('\\')[^1].Equals("Get-ShoreGuardDeployment", StringComparison.OrdinalIgnoreCase);

    private static DeploymentQuery? Read(IDictionary<string, ParameterBindingResult> bound)
    {
        var host = Constants(bound, "DockerHost");
        return host is [] && bound.ContainsKey("DockerHost") ? null : new()
        {
            Names = Constants(bound, "Name"),
            Projects = Constants(bound, "Project"),
            Service = Constants(bound, "Service") is [var service] ? service : "shoreguard",
            DockerHost = host is [var address] ? address : null,
        };
    }

    // What is no constant narrows nothing: to know it, code would have to run.
    private static IReadOnlyList<string> Constants(IDictionary<string, ParameterBindingResult> bound, string parameter)
    {
        if (!bound.TryGetValue(parameter, out var given))
            return [];
        try
        {
            return (given.ConstantValue ?? given.Value?.SafeGetValue()) switch
            {
                string text => [text],
                IEnumerable several => [.. several.OfType<object>().Select(each => each.ToString()!)],
                _ => [],
            };
        }
        catch (InvalidOperationException)
        {
            return [];
        }
    }
}
