using System.Collections;
using System.Reflection;
using System.Xml.Linq;

namespace ShoreGuard.HelpBuilder;

/// <summary>Writes what PowerShell has to know of the records: how they are shown, and how they come through jobs, remote sessions and files.</summary>
internal static class TypeData
{
    // A record in a list in a record; each record inside counts anew.
    private const int Depth = 3;
    private const string Converter = "ShoreGuard.Rollback.Deserialized.RecordConverter";
    private const string View = "[ShoreGuard.Rollback.Views.View]";

    /// <summary>The Types.ps1xml.</summary>
    public static XDocument Types(IEnumerable<string> records) => new(new XElement("Types", records.SelectMany(record => new[]
    {
        new XElement("Type", new XElement("Name", record), Standard("SerializationDepth", Depth),
            new XElement("TypeConverter", new XElement("TypeName", Converter))),
        new XElement("Type", new XElement("Name", $"Deserialized.{record}"), Standard("TargetTypeForDeserialization", record)),
    })));

    /// <summary>The Format.ps1xml: the default views of all records, and a table of each for Format-Table.</summary>
    public static XDocument Formats(IReadOnlyList<RecordColumns> records) => new(new XElement("Configuration",
        new XElement("SelectionSets",
            Set("Rows", records.Where(record => record.IsRow).Select(record => record.Type)),
            Set("Reports", records.Where(record => !record.IsRow).Select(record => record.Type).Append("ShoreGuard.Rollback.Backup#Made"))),
        new XElement("ViewDefinitions",
            // Out of band, so that a script that gives objects of several types shows it so, whatever came before; else PowerShell would
            // make a list of its properties. A view with a header above all its objects cannot be that.
            new XElement("View", new XElement("Name", "ShoreGuard.Rollback.Reports"), Selected("Reports"), new XElement("OutOfBand"),
                Lines(new XElement("NewLine"))),
            new XElement("View", new XElement("Name", "ShoreGuard.Rollback.Rows"), Selected("Rows"),
                new XElement("GroupBy", Script($"{View}::Header($_, $Host)"), Custom(Bound(Script($"{View}::Header($_, $Host)")))),
                Lines()),
            records.Select(Table))));

    private static XElement Standard(string name, object value) => new("Members", new XElement("MemberSet", new XElement("Name", "PSStandardMembers"),
        new XElement("Members", new XElement("NoteProperty", new XElement("Name", name), new XElement("Value", value)))));

    private static XElement Set(string name, IEnumerable<string> types) =>
        new("SelectionSet", new XElement("Name", $"ShoreGuard.Rollback.{name}"), new XElement("Types", types.Select(type => new XElement("TypeName", type))));

    private static XElement Selected(string set) => new("ViewSelectedBy", new XElement("SelectionSetName", $"ShoreGuard.Rollback.{set}"));

    // Line by line: in one text with line breaks, PowerShell repeats every colour on every line.
    private static XElement Lines(params XElement[] first) => Custom([.. first,
        Bound(Script($"{View}::Lines($_, $Host)[0]")),
        Bound(
            new XElement("ItemSelectionCondition", Script($"{View}::Lines($_, $Host).Length -gt 1")),
            Script($"$lines = {View}::Lines($_, $Host); $lines[1..($lines.Length - 1)]"),
            new XElement("EnumerateCollection"),
            Custom(new XElement("NewLine"), Bound(Script("$_"))))]);

    private static XElement Table(RecordColumns record) => new("View",
        new XElement("Name", $"{record.Type}.Table"),
        new XElement("ViewSelectedBy", new XElement("TypeName", record.Type)),
        new XElement("TableControl", new XElement("AutoSize"),
            new XElement("TableHeaders", record.Columns.Select(column =>
                new XElement("TableColumnHeader", new XElement("Label", column.Label.Trim()), Alignment(column.IsRight)))),
            new XElement("TableRowEntries", new XElement("TableRowEntry", new XElement("TableColumnItems", record.Columns.Select(column =>
                new XElement("TableColumnItem", Alignment(column.IsRight), Script($"{View}::Cell($_, '{column.Label}')"))))))));

    private static XElement? Alignment(bool isRight) => isRight ? new XElement("Alignment", "Right") : null;

    private static XElement Custom(params XElement[] items) =>
        new("CustomControl", new XElement("CustomEntries", new XElement("CustomEntry", new XElement("CustomItem", items))));

    private static XElement Bound(params XElement[] parts) => new("ExpressionBinding", parts);

    private static XElement Script(string text) => new("ScriptBlock", text);
}

/// <summary>A record's columns, as the module's own views have them.</summary>
internal sealed record RecordColumns(string Type, bool IsRow, IReadOnlyList<(string Label, bool IsRight)> Columns)
{
    /// <summary>Those of every record that is shown.</summary>
    public static IReadOnlyList<RecordColumns> Read(Assembly module)
    {
        var views = module.GetType("ShoreGuard.Rollback.Views.RecordViews", throwOnError: true)!;
        var all = (IEnumerable)views.GetProperty("All", BindingFlags.Public | BindingFlags.Static)!.GetValue(null)!;
        return [.. all.Cast<object>().Select(view => new RecordColumns(
            Get<Type>(view, "Type").FullName!, Get<bool>(view, "IsRow"), Get<IReadOnlyList<(string, bool)>>(view, "Columns")))];
    }

    private static T Get<T>(object view, string name) => (T)view.GetType().GetProperty(name)!.GetValue(view)!;
}
