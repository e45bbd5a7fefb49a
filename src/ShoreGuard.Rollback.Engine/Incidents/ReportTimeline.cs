using System.Globalization;
using System.Net;
using System.Text;

namespace ShoreGuard.Rollback.Engine.Incidents;

/// <summary>Draws what happened on one axis of time, as SVG.</summary>
/// <remarks>Between a deploy and an outage there may be a day, and the outage may be a fifth of a second: the axis is wide where much happened. Every
/// stretch between two moments has a width that grows with the logarithm of its length.</remarks>
internal sealed class ReportTimeline
{
    private const int Left = 12, Right = 12, Top = 8, LaneHeight = 46, BarHeight = 12, AxisHeight = 40, LabelWidth = 80;
    private const double Least = 0.35;

    private readonly IReadOnlyList<IncidentEvent> _events;
    private readonly int _width;
    private readonly IReadOnlyList<(DateTimeOffset At, double X)> _axis;

    private ReportTimeline(IReadOnlyList<IncidentEvent> events, int width)
    {
        (_events, _width) = (events, width);
        _axis = Axis();
    }

    /// <summary>The picture.</summary>
    /// <param name="events">What happened.</param>
    /// <param name="width">Its width, in CSS pixels.</param>
    /// <param name="kind">The class by which a style sheet knows it.</param>
    public static string Draw(IReadOnlyList<IncidentEvent> events, int width, string kind) => new ReportTimeline(events, width).Draw(kind);

    private int Height => Top + (_events.Count * LaneHeight) + AxisHeight;

    private string Draw(string kind)
    {
        var svg = new StringBuilder();
        AppendInvariant(svg, $"<svg class=\"timeline {kind}\" viewBox=\"0 0 {_width} {Height}\" width=\"{_width}\" height=\"{Height}\"");
        AppendInvariant(svg, $" role=\"img\" xmlns=\"http://www.w3.org/2000/svg\">");
        AppendInvariant(svg, $"<title>{Encode(string.Join("; ", _events))}</title>");
        foreach (var (_, x) in _axis)
            AppendInvariant(svg, $"<line class=\"grid\" x1=\"{x:0.#}\" x2=\"{x:0.#}\" y1=\"{Top}\" y2=\"{Height - AxisHeight + 4}\"/>");
        for (var lane = 0; lane < _events.Count; lane++)
            Lane(svg, _events[lane], Top + (lane * LaneHeight));
        Ticks(svg);
        return svg.Append("</svg>").ToString();
    }

    private void Lane(StringBuilder svg, IncidentEvent each, int y)
    {
        var (from, bar) = (X(each.At), y + 24);
        var middle = bar + (BarHeight / 2);
        var to = each.EndedAt is { } ended ? X(ended) : each.GoesOn ? _width - Right : from;
        AppendInvariant(svg, $"<g class=\"{each.Kind.ToString().ToLowerInvariant()}\">");
        AppendInvariant(svg, $"<text class=\"what\" x=\"{Left}\" y=\"{y + 16}\">{Encode(Label(each))}</text>");
        AppendInvariant(svg, $"<line class=\"lane\" x1=\"{Left}\" x2=\"{_width - Right}\" y1=\"{middle}\" y2=\"{middle}\"/>");
        if (each.EndedAt is null && !each.GoesOn)
            AppendInvariant(svg, $"<path class=\"mark\" d=\"M{from:0.#} {bar - 2} l8 8 l-8 8 l-8 -8 z\"/>");
        else
        {
            var length = Math.Max(4, to - from);
            AppendInvariant(svg, $"<rect class=\"mark{(each.GoesOn ? " open" : "")}\" x=\"{from:0.#}\" y=\"{bar}\" width=\"{length:0.#}\"");
            AppendInvariant(svg, $" height=\"{BarHeight}\" rx=\"3\"/>");
        }
        svg.Append("</g>");
    }

    private string Label(IncidentEvent each)
    {
        var time = each.At.UtcDateTime.ToString("HH:mm:ss", CultureInfo.InvariantCulture);
        var length = each.EndedAt is { } ended ? $", {Readable.Duration(ended - each.At)}" : each.GoesOn ? ", goes on" : "";
        var room = Math.Max(10, ((_width - Left - Right) / 7) - time.Length - length.Length - 3);
        var what = PlainText.Of($"{each.Kind}: {each.Text}", longest: 200);
        return $"{time}  {(what.Length > room ? what[..(room - 1)] + "…" : what)}{length}";
    }

    // As many times as there is room for, the first and the last in any case.
    private void Ticks(StringBuilder svg)
    {
        var y = Height - AxisHeight + 20;
        var free = double.NegativeInfinity;
        var last = _axis[^1];
        foreach (var (at, x) in _axis)
        {
            var isLast = at == last.At;
            if (x < free || (!isLast && x > last.X - (1.5 * LabelWidth) && last.X > LabelWidth))
                continue;
            var (anchor, place) = x < LabelWidth / 2.0 ? ("start", (double)Left)
                : x > _width - (LabelWidth / 2.0) ? ("end", _width - (double)Right)
                : ("middle", x);
            AppendInvariant(svg, $"<text class=\"tick\" x=\"{place:0.#}\" y=\"{y}\" text-anchor=\"{anchor}\">{at.UtcDateTime:HH:mm:ss}</text>");
            AppendInvariant(svg, $"<text class=\"tick\" x=\"{place:0.#}\" y=\"{y + 14}\" text-anchor=\"{anchor}\">{at.UtcDateTime:yyyy-MM-dd}</text>");
            free = x + LabelWidth;
        }
    }

    private List<(DateTimeOffset At, double X)> Axis()
    {
        var moments = _events.SelectMany(each => each.EndedAt is { } ended ? new[] { each.At, ended } : [each.At]).Distinct().Order().ToList();
        var widths = moments.Zip(moments.Skip(1), (from, to) => Math.Max(Least, Math.Log10(1 + (to - from).TotalSeconds))).ToList();
        var room = _width - Left - Right - (_events.Any(each => each.GoesOn) ? LaneHeight : 0);
        var unit = widths.Count == 0 ? 0 : (room - 16) / widths.Sum();
        var axis = new List<(DateTimeOffset, double)>();
        var x = Left + 8.0;
        for (var at = 0; at < moments.Count; at++)
        {
            axis.Add((moments[at], x));
            if (at < widths.Count)
                x += widths[at] * unit;
        }
        return axis;
    }

    private double X(DateTimeOffset at) => _axis.First(each => each.At == at).X;

    private static void AppendInvariant(StringBuilder svg, FormattableString part) => svg.Append(part.ToString(CultureInfo.InvariantCulture));

    private static string Encode(string text) => WebUtility.HtmlEncode(PlainText.Of(text));
}
