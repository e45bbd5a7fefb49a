namespace ShoreGuard.Rollback;

/// <summary>What the report of an incident is written as.</summary>
public enum IncidentFormat
{
    /// <summary>GitHub Flavored Markdown, for an issue.</summary>
    Markdown,
    /// <summary>One page for a browser, with a picture of the timeline.</summary>
    Html,
    /// <summary>The incident with all of its properties, for a program.</summary>
    Json,
}
