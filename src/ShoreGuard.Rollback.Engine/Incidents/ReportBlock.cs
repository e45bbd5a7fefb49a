namespace ShoreGuard.Rollback.Engine.Incidents;

/// <summary>A part of a report, whatever it is written as.</summary>
internal abstract record ReportBlock;

/// <summary>A heading, and what stands under it.</summary>
internal sealed record ReportSection(string Title, IReadOnlyList<ReportBlock> Blocks);

/// <summary>A paragraph.</summary>
internal sealed record ReportText(string Text) : ReportBlock;

/// <summary>Labels and their values.</summary>
internal sealed record ReportFacts(IReadOnlyList<(string Label, string Value)> Facts) : ReportBlock;

/// <summary>A table.</summary>
internal sealed record ReportTable(IReadOnlyList<string> Columns, IReadOnlyList<IReadOnlyList<string>> Rows) : ReportBlock;

/// <summary>Things to do.</summary>
internal sealed record ReportTasks(IReadOnlyList<string> Tasks) : ReportBlock;

/// <summary>Lines as somebody else has written them.</summary>
internal sealed record ReportLines(IReadOnlyList<string> Lines) : ReportBlock;
