using System.Collections;

namespace ShoreGuard.Rollback.Views;

/// <summary>The side of a column at which its texts stand.</summary>
internal enum Side
{
    Left,
    Right,
}

/// <summary>Columns that follow the window: the least important ones go where there is no room, what is long is wrapped, and nothing is cut.</summary>
internal sealed class Table<T> : IEnumerable
{
    /// <summary>For a column of text, which takes what room there is.</summary>
    public const int Wide = 200;

    private readonly List<Column> _columns = [];

    private sealed record Column(string Label, Func<T, string?> Text, int Min, int Max, int Drop, bool IsRight);

    public IReadOnlyList<(string Label, bool IsRight)> Columns => [.. _columns.Select(column => (column.Label, column.IsRight))];

    /// <summary>Adds a column of texts.</summary>
    /// <param name="label">What stands above it.</param>
    /// <param name="text">What it shows.</param>
    /// <param name="min">The characters it takes at least.</param>
    /// <param name="max">The characters it takes at most where there is room; 0 for no more than the least.</param>
    /// <param name="drop">Which go first where there is no room: the highest. 0 for one that stays.</param>
    public void Add(string label, Func<T, string?> text, int min, int max = 0, int drop = 0) => Add(label, text, min, max, drop, Side.Left);

    /// <summary>Adds a column of figures.</summary>
    public void Add(string label, Func<T, string?> text, int min, Side side) => Add(label, text, min, 0, 0, side);

    /// <summary>Adds a column of figures that may be wider.</summary>
    public void Add(string label, Func<T, string?> text, int min, int max, Side side) => Add(label, text, min, max, 0, side);

    public string Cell(T record, string label) => _columns.First(column => column.Label == label).Text(record) ?? "";

    private void Add(string label, Func<T, string?> text, int min, int max, int drop, Side side)
    {
        var least = Math.Max(min, label.Length);
        _columns.Add(new(label, text, least, Math.Max(least, max), drop, side == Side.Right));
    }

    /// <summary>The header in a window of this width.</summary>
    public string Header(int width) => Header(Layout(width, _columns));

    /// <summary>One record in a window of this width: its lines.</summary>
    public IReadOnlyList<string> Row(T record, int width) => Row(record, Layout(width, _columns));

    /// <summary>All records, in columns that are as wide as what is in them.</summary>
    public IEnumerable<string> Rows(IReadOnlyList<T> records, int width, bool header = true)
    {
        var layout = Layout(width, [.. _columns.Select(column => Fitted(column, records, header))]);
        return (header ? new[] { Header(layout) } : []).Concat(records.SelectMany(record => Row(record, layout)));
    }

    private static Column Fitted(Column column, IReadOnlyList<T> records, bool header)
    {
        var widest = Math.Max(header ? column.Label.Length : 1, records.Max(record => Paint.Length(column.Text(record) ?? "")));
        // A figure is not wrapped.
        return column.IsRight
            ? column with { Min = widest, Max = widest }
            : column with { Min = Math.Min(column.Min, widest), Max = Math.Min(column.Max, widest) };
    }

    private static List<(Column Column, int Width)> Layout(int width, IReadOnlyList<Column> columns)
    {
        var shown = columns.ToList();
        while (Needed(shown) > width && shown.Max(column => column.Drop) is > 0 and var least)
            shown.Remove(shown.Last(column => column.Drop == least));
        var widths = shown.Select(column => column.Min).ToArray();
        for (var left = width - Needed(shown); left > 0;)
        {
            var growing = Enumerable.Range(0, shown.Count).Where(at => widths[at] < shown[at].Max).Take(left).ToList();
            if (growing.Count == 0)
                break;
            growing.ForEach(at => widths[at]++);
            left -= growing.Count;
        }
        return [.. shown.Zip(widths)];
    }

    private static int Needed(List<Column> columns) => columns.Sum(column => column.Min) + columns.Count - 1;

    private static string Header(List<(Column Column, int Width)> layout) =>
        Paint.Header(Line(layout.Select(each => each.Column.Label), layout));

    private static string Line(IEnumerable<string> cells, List<(Column Column, int Width)> layout) =>
        string.Join(' ', cells.Zip(layout, (cell, each) => Paint.Pad(cell, each.Width, each.Column.IsRight))).TrimEnd();

    private static List<string> Row(T record, List<(Column Column, int Width)> layout)
    {
        var cells = layout.Select(each => each.Column.Text(record) ?? "").ToArray();
        var lines = new List<string>();
        // What a row leads with is its name: whole, on a line of its own where it is long.
        if (Paint.Length(cells[0]) > layout[0].Width && layout.Count > 1)
        {
            lines.Add(cells[0]);
            cells[0] = "";
        }
        var wrapped = cells.Select((cell, at) => Paint.Wrap(cell, layout[at].Width)).ToArray();
        for (var line = 0; line < wrapped.Max(cell => cell.Count); line++)
            lines.Add(Line(wrapped.Select(cell => line < cell.Count ? cell[line] : ""), layout));
        return lines;
    }

    IEnumerator IEnumerable.GetEnumerator() => _columns.GetEnumerator();
}
