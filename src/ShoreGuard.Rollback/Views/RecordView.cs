using System.Management.Automation;

namespace ShoreGuard.Rollback.Views;

/// <summary>How a record is shown: its lines in a window, and the columns that Format-Table gets.</summary>
internal abstract class RecordView
{
    /// <summary>What it shows.</summary>
    public abstract Type Type { get; }
    /// <summary>Whether records stand as rows under one header, and not each by itself.</summary>
    public abstract bool IsRow { get; }
    /// <summary>Its columns: name, and whether they are figures, which stand to the right.</summary>
    public abstract IReadOnlyList<(string Label, bool IsRight)> Columns { get; }
    /// <summary>The text of a column.</summary>
    public abstract string Cell(object record, string label);
    /// <summary>The record, line by line.</summary>
    public abstract IReadOnlyList<string> Lines(object record, int width);
    /// <summary>What stands above the first of several records, and again above one that needs another header.</summary>
    public virtual string Header(object record, int width) => "";
}

/// <summary>A record that is shown as a row.</summary>
internal sealed class RowView<T>(Table<T> table) : RecordView
    where T : class
{
    public override Type Type => typeof(T);
    public override bool IsRow => true;
    public override IReadOnlyList<(string Label, bool IsRight)> Columns => table.Columns;
    public override string Cell(object record, string label) => table.Cell((T)record, label);
    public override IReadOnlyList<string> Lines(object record, int width) => table.Row((T)record, width);
    public override string Header(object record, int width) => table.Header(width);
}

/// <summary>A record that is shown by itself; a row for Format-Table only.</summary>
internal sealed class ReportView<T>(Func<T, int, string> text, Table<T> table) : RecordView
    where T : class
{
    public override Type Type => typeof(T);
    public override bool IsRow => false;
    public override IReadOnlyList<(string Label, bool IsRight)> Columns => table.Columns;
    public override string Cell(object record, string label) => table.Cell((T)record, label);
    public override IReadOnlyList<string> Lines(object record, int width) => text((T)record, width).Split('\n');
}

/// <summary>Backups of a list are rows; one that was just made is shown by itself, which its second type name says.</summary>
internal sealed class BackupRowView(Table<Backup> table) : RecordView
{
    public override Type Type => typeof(Backup);
    public override bool IsRow => true;
    public override IReadOnlyList<(string Label, bool IsRight)> Columns => table.Columns;
    public override string Cell(object record, string label) => table.Cell((Backup)record, label);
    public override string Header(object record, int width) => table.Header(width);

    public override IReadOnlyList<string> Lines(object record, int width) => record switch
    {
        Backup made when PSObject.AsPSObject(made).TypeNames.Contains(Made) => ActionView.Backup(made, width).Split('\n'),
        Backup { Problem: { } problem } backup => [.. table.Row(backup, width), .. Paint.Labelled("Problem", problem, width).Split('\n')],
        _ => table.Row((Backup)record, width),
    };

    /// <summary>The second type name.</summary>
    public const string Made = "ShoreGuard.Rollback.Backup#Made";
}

/// <summary>Reports on health are rows, and the unwell say more below.</summary>
internal sealed class HealthRowView : RecordView
{
    private static readonly Table<HealthReport> Table = new()
    {
        { "Deployment", report => report.Name ?? Marks.None, 20, 40 },
        { "Status", report => HealthView.Coloured(report, report.Status.ToString()), 11 },
        { "Live", report => Paint.Mark(report.Live), 4 },
        { "Ready", report => Paint.Mark(report.Ready), 5 },
        { "Build", report => report.Identity?.ToString(), 17 },
        { "Diagnosis", report => report.Diagnosis.ToString(), 17 },
        { "Checks", HealthView.Checks, 20 },
        { "Endpoint", HealthView.Where, 22 },
    };

    public override Type Type => typeof(HealthReport);
    public override bool IsRow => true;
    public override IReadOnlyList<(string Label, bool IsRight)> Columns => Table.Columns;
    public override string Cell(object record, string label) => Table.Cell((HealthReport)record, label);
    public override string Header(object record, int width) => HealthView.Header((HealthReport)record, width);
    public override IReadOnlyList<string> Lines(object record, int width) => HealthView.Row((HealthReport)record, width);
}

/// <summary>Alerts are rows, and each says below how it is related to the deploy.</summary>
internal sealed class AlertRowView : RecordView
{
    public override Type Type => typeof(Alert);
    public override bool IsRow => true;
    public override IReadOnlyList<(string Label, bool IsRight)> Columns => AlertView.Alerts.Columns;
    public override string Cell(object record, string label) => AlertView.Alerts.Cell((Alert)record, label);
    public override string Header(object record, int width) => AlertView.Alerts.Header(width);
    public override IReadOnlyList<string> Lines(object record, int width) => AlertView.Lines((Alert)record, width);
}
