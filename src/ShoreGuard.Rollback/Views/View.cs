using System.Management.Automation;
using System.Management.Automation.Host;
using ShoreGuard.Rollback.Deserialized;

namespace ShoreGuard.Rollback.Views;

/// <summary>What ShoreGuard.Rollback.Format.ps1xml calls. Not for scripts: the texts may change in any release.</summary>
/// <remarks>Takes deserialized records too, which PowerShell shows by the views of the live ones.</remarks>
public static class View
{
    /// <summary>A record, line by line, none wider than the window.</summary>
    public static string[] Lines(PSObject shown, PSHost? host) => Lines(shown, Paint.Width(host));

    /// <summary>A record, line by line, none wider than this.</summary>
    public static string[] Lines(PSObject shown, int width)
    {
        var lines = Find(shown) is var (record, view) ? view.Lines(record, width) : [.. shown.Properties.SelectMany(property => Property(property, width))];
        return [.. lines.SelectMany(line => Fitted(line, width))];
    }

    /// <summary>What stands above a row; above several, once.</summary>
    public static string Header(PSObject shown, PSHost? host) => Find(shown) is var (record, view) ? view.Header(record, Paint.Width(host)) : "";

    /// <summary>The text of a column.</summary>
    public static string Cell(PSObject shown, string column)
    {
        if (Find(shown) is not var (record, view))
            return "";
        return view.Cell(record, column);
    }

    private static (object Record, RecordView View)? Find(PSObject shown)
    {
        try
        {
            var record = Bag.TypeOf(shown) is { } type ? Bag.ToRecord(shown, type) : shown.BaseObject;
            return RecordViews.Of(record.GetType()) is { } view ? (LegibleRecord.Of(record), view) : null;
        }
        catch (PSInvalidCastException)
        {
            // Of another version of the module: its properties are shown as they are.
            return null;
        }
    }

    private static string[] Property(PSPropertyInfo property, int width) =>
        Paint.Labelled(property.Name, Legible.Of(property.Value?.ToString() ?? ""), width, column: 26).Split('\n');

    private static IReadOnlyList<string> Fitted(string line, int width)
    {
        if (Paint.Length(line) <= width)
            return [line];
        var indent = new string(' ', Math.Min(line.Length - line.TrimStart(' ').Length, width / 2));
        return [.. Paint.Wrap(line, width - indent.Length - 2).Select((part, at) => at == 0 ? indent + part : $"{indent}  {part}")];
    }
}
