using System.Collections;
using System.Management.Automation;
using ShoreGuard.Rollback.Engine.State;

namespace ShoreGuard.Rollback.Completers;

/// <summary>What all completers do the same way.</summary>
internal static class Completion
{
    // Longer nobody waits for a key that was pressed.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>Runs work that asks an engine or a registry. Whatever goes wrong, and whatever takes too long, completes nothing.</summary>
    public static IReadOnlyList<Suggestion> Ask(Func<CancellationToken, Task<IReadOnlyList<Suggestion>>> work) =>
        Ask((_, cancellation) => work(cancellation), bound: null);

    /// <summary>Runs work that asks an engine, a registry or the journal. Whatever goes wrong, and whatever takes too long, completes nothing.</summary>
    /// <param name="work">What is asked.</param>
    /// <param name="bound">The other parameters of the command; its -StatePath names the journal.</param>
    public static IReadOnlyList<Suggestion> Ask(Func<StateStore, CancellationToken, Task<IReadOnlyList<Suggestion>>> work, IDictionary? bound)
    {
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            var state = new StateStore(Bound(bound, "StatePath") is { } path ? Resolve(path) : null);
            var asking = Task.Run(() => work(state, patience.Token));
            // Work that does not look at its token is left behind.
            return asking.Wait(Patience + TimeSpan.FromMilliseconds(250)) ? asking.Result : [];
        }
        catch (Exception)
        {
            return [];
        }
    }

    /// <summary>The same for values without a meaning beside them.</summary>
    public static IReadOnlyList<Suggestion> AskTexts(Func<CancellationToken, Task<IReadOnlyList<string>>> work) =>
        Ask(async cancellation => [.. (await work(cancellation).ConfigureAwait(false)).Select(value => new Suggestion(value))]);

    /// <summary>Those values that go on as what was typed, in the same quotes, each once. Never null, which PowerShell takes as a call for
    /// file names.</summary>
    public static IEnumerable<CompletionResult> Results(IEnumerable<Suggestion> values, string? typed)
    {
        var quote = typed is ['\'' or '"', ..] ? typed[..1] : "";
        var begun = (typed ?? "").Trim('\'', '"');
        return values.Where(value => value.Text.StartsWith(begun, StringComparison.OrdinalIgnoreCase)).DistinctBy(value => value.Text, StringComparer.Ordinal)
            .Select(value => new CompletionResult(quote + value.Text + quote, value.Text, CompletionResultType.ParameterValue, value.Meaning ?? value.Text));
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

    /// <summary>The deployments that a variable of the session holds. It is only read: no code runs.</summary>
    /// <param name="variable">Its name, with its scope where that is given.</param>
    public static IReadOnlyList<Deployment> Deployments(string variable) =>
        [.. ScriptBlock.Create("$ExecutionContext.SessionState.PSVariable.GetValue($args[0])").Invoke(variable).Select(item => item?.BaseObject)
            .SelectMany(item => item is IEnumerable several and not string ? several.Cast<object?>() : [item])
            .Select(item => item is PSObject wrapped ? wrapped.BaseObject : item).OfType<Deployment>()];

    // Where the session is; the process may be elsewhere.
    private static string Resolve(string path) =>
        ScriptBlock.Create("param($path) $ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath($path)").Invoke(path)[0].ToString();
}

/// <summary>A value that is offered.</summary>
/// <param name="Text">The value.</param>
/// <param name="Meaning">What it stands for, shown beside it; null for nothing more than the value.</param>
internal sealed record Suggestion(string Text, string? Meaning = null);
