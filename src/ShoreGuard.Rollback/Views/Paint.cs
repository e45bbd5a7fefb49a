using System.Globalization;
using System.Management.Automation.Host;
using System.Text;
using System.Text.RegularExpressions;

namespace ShoreGuard.Rollback.Views;

/// <summary>Words, numbers, marks and colours as the views show them.</summary>
/// <remarks>PowerShell takes the colours out where $PSStyle.OutputRendering or the host wants plain text.</remarks>
internal static partial class Paint
{
    private const string Reset = "\e[0m";
    private const int MostLines = 500;

    public static string Good(string text) => $"\e[32m{text}{Reset}";
    public static string Warn(string text) => $"\e[33m{text}{Reset}";
    public static string Bad(string text) => $"\e[31m{text}{Reset}";
    public static string Faint(string text) => text.Length == 0 ? "" : $"\e[2m{text}{Reset}";
    /// <summary>As PowerShell paints the header of a table.</summary>
    public static string Header(string text) => $"\e[32;1m{text}{Reset}";

    public static string Mark(bool good) => good ? Good(Marks.Good) : Bad(Marks.Bad);

    /// <summary>Columns there are to write in; one is left free, so that no terminal wraps.</summary>
    public static int Width(PSHost? host)
    {
        try
        {
            return Math.Clamp(host?.UI?.RawUI?.WindowSize.Width ?? 0, 0, 200) is var width and >= 40 ? width - 1 : 119;
        }
        catch (Exception)
        {
            // A host without a screen.
            return 119;
        }
    }

    /// <summary>A paragraph behind a label, broken between words, every line at the same column.</summary>
    public static string Labelled(string label, string text, int width, int indent = 2, int column = 14)
    {
        var result = new StringBuilder().Append(' ', indent).Append(Faint(label)).Append(' ', Math.Max(1, column - indent - label.Length));
        var lines = Wrap(text, Math.Max(20, width - column));
        return result.AppendJoin("\n" + new string(' ', column), lines).ToString();
    }

    /// <summary>Lines of at most so many characters, broken between words; a word that is longer is broken where a path or a name can be.
    /// Colours go on in the next line.</summary>
    public static IReadOnlyList<string> Wrap(string text, int width)
    {
        var lines = new List<string>();
        var line = new StringBuilder();
        var colour = "";
        foreach (var word in text.Split((char[])[' ', '\n', '\r', '\t'], StringSplitOptions.RemoveEmptyEntries))
        {
            // Whoever wrote so much wants something else than to be read.
            if (lines.Count >= MostLines)
            {
                line.Append(colour.Length > 0 ? Reset : "").Append(Marks.More);
                break;
            }
            var rest = word;
            if (line.Length > 0 && Length(line.ToString()) is > 0 and var used)
            {
                if (used + 1 + Length(rest) > width)
                    Break();
                else
                    line.Append(' ');
            }
            for (; Length(rest) > width; rest = rest[Cut(rest, width)..])
            {
                Append(rest[..Cut(rest, width)]);
                Break();
            }
            Append(rest);
        }
        lines.Add(line.ToString());
        return lines;

        void Append(string part)
        {
            line.Append(part);
            if (Colours().Matches(part) is { Count: > 0 } found)
                colour = found[^1].Value == Reset ? "" : found[^1].Value;
        }

        void Break()
        {
            lines.Add(colour.Length > 0 ? line.Append(Reset).ToString() : line.ToString());
            line.Clear().Append(colour);
        }
    }

    /// <summary>How many characters of a text are seen.</summary>
    public static int Length(string text) => text.Contains('\e', StringComparison.Ordinal) ? Colours().Replace(text, "").Length : text.Length;

    /// <summary>A text, filled up to a width.</summary>
    public static string Pad(string text, int width, bool right = false)
    {
        var fill = new string(' ', Math.Max(0, width - Length(text)));
        return right ? fill + text : text + fill;
    }

    // Behind the last sign at which a path or a name can be broken, else where there is no more room.
    private static int Cut(string word, int width)
    {
        var at = 0;
        var last = 0;
        for (var seen = 0; at < word.Length && seen < width;)
        {
            if (Colours().Match(word, at) is { Success: true } colour && colour.Index == at)
            {
                at += colour.Length;
                continue;
            }
            seen++;
            at++;
            if ("/-_:@.,=&".Contains(word[at - 1], StringComparison.Ordinal))
                last = at;
        }
        return last > width / 2 ? last : at;
    }

    [GeneratedRegex(@"\e\[[0-9;]*m")]
    private static partial Regex Colours();

    /// <summary>The first digits of every digest in a text; the object has them all.</summary>
    public static string ShortDigests(string text)
    {
        const string Algorithm = "sha256:";
        const int Shown = 12;
        for (var at = 0; (at = text.IndexOf(Algorithm, at, StringComparison.Ordinal)) >= 0;)
        {
            var start = at += Algorithm.Length;
            while (at < text.Length && char.IsAsciiHexDigit(text[at]))
                at++;
            if (at - start > Shown)
                text = string.Concat(text.AsSpan(0, start + Shown), Marks.More, text.AsSpan(at));
            at = Math.Min(start + Shown, text.Length);
        }
        return text;
    }

    public static string Size(long bytes)
    {
        string[] units = ["B", "KiB", "MiB", "GiB", "TiB"];
        var unit = 0;
        var value = (double)bytes;
        for (; value >= 1024 && unit < units.Length - 1; unit++)
            value /= 1024;
        return value.ToString(unit == 0 || value >= 10 ? "0" : "0.0", CultureInfo.InvariantCulture) + " " + units[unit];
    }

    public static string Count(long number, string one, string? many = null) => Invariant($"{number:#,0} {(number == 1 ? one : many ?? one + "s")}");

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
