namespace ShoreGuard.Rollback.Engine.Alerts;

/// <summary>What the rules of ShoreGuard's documentation do in truth.</summary>
internal static class AlertFacts
{
    /// <summary>The relation as a sentence, and what else the alert may come from, where it may be taken for a symptom.</summary>
    public static string Explain(string name, AlertRelation relation, string sentence)
    {
        var text = $"{char.ToUpperInvariant(sentence[0])}{sentence[1..]}.";
        return relation is AlertRelation.AfterDeploy or AlertRelation.Recurring && Note(name) is { } note ? $"{text} {note}" : text;
    }

    private static string? Note(string name) => name switch
    {
        "ShoreGuardDown" => "The documentation's rule fires as well where /metrics wants a key (HTTP 401): SHOREGUARD_METRICS_PUBLIC.",
        "HighErrorRate" => "The documentation's rule fires at any answer with a status of 500 to 599, that of /readyz included.",
        _ => null,
    };
}
