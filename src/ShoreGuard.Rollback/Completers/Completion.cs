using System.Collections;
using System.Management.Automation;

namespace ShoreGuard.Rollback.Completers;

/// <summary>What all completers do the same way.</summary>
internal static class Completion
{
    // Longer nobody waits for a key that was pressed.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>Runs work that asks an engine or a registry. Whatever goes wrong, and whatever takes too long, completes nothing.</summary>
    public static IReadOnlyList<string> Ask(Func<CancellationToken, Task<IReadOnlyList<string>>> work)
    {
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            var asking = Task.Run(() => work(patience.Token));
            // Work that does not look at its token is left behind.
            return asking.Wait(Patience + TimeSpan.FromMilliseconds(250)) ? asking.Result : [];
        }
        catch (Exception)
        {
            return [];
        }
    }

    /// <summary>Those values that go on as what was typed, in the same quotes, each once.</summary>
    public static IEnumerable<CompletionResult> Results(IEnumerable<string> values, string? typed)
    {
        var quote = typed is ['\'' or '"', ..] ? typed[..1] : "";
        var begun = (typed ?? "").Trim('\'', '"');
        return values.Where(value => value.StartsWith(begun, StringComparison.OrdinalIgnoreCase)).Distinct(StringComparer.Ordinal)
            .Select(value => new CompletionResult(quote + value + quote, value, CompletionResultType.ParameterValue, value));
    }

    /// <summary>The text given to another parameter of the same command; null without one.</summary>
    public static string? Bound(IDictionary? parameters, string name) => parameters?[name] switch
    {
        PSObject { BaseObject: string text } => text,
        string text => text,
        _ => null,
    };

    /// <summary>The deployment given to the same command; null without one.</summary>
    public static Deployment? BoundDeployment(IDictionary? parameters) =>
        parameters?["Deployment"] is PSObject value ? value.BaseObject as Deployment : parameters?["Deployment"] as Deployment;
}
