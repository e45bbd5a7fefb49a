using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace ShoreGuard.Rollback.Completers;

/// <summary>Offers the names of ShoreGuard's checks. Asks nobody: they are the same everywhere.</summary>
public sealed class CheckNameCompleter : IArgumentCompleter
{
    private static readonly (string Name, string Meaning)[] Checks =
    [
        ("background_cleanup", "The task that removes what has expired"),
        ("background_discovery", "The task that looks for gateways; off by default from 0.30.2 on, and then dead"),
        ("background_health_monitor", "The task that watches the gateways"),
        ("background_*", "All background tasks"),
        ("database", "The database answers"),
        ("gateway_registry", "The registry of gateways answers in time"),
        ("gateway_service", "The gateway service is initialised"),
        ("gateways", "Gateways that are not connected"),
    ];

    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        var typed = wordToComplete.Trim('\'', '"');
        return Checks
            .Where(check => check.Name.StartsWith(typed, StringComparison.OrdinalIgnoreCase))
            .Select(check => new CompletionResult(check.Name.Contains('*') ? $"'{check.Name}'" : check.Name, check.Name, CompletionResultType.ParameterValue, check.Meaning));
    }
}
