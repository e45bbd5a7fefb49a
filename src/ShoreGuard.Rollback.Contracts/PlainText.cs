using System.Globalization;
using System.Text;

namespace ShoreGuard.Rollback;

/// <summary>Makes a text fit to be shown, whoever wrote it: an application, an image, a registry or a log may say anything.</summary>
/// <remarks>What moves a cursor, hides or reorders what stands beside it is shown as its code, such as <c>\u{1B}</c>.</remarks>
internal static class PlainText
{
    /// <summary>The characters of a text that are shown at most.</summary>
    public const int Longest = 8000;

    /// <summary>The text as one line, of a bounded length. A line break or a tab becomes a space.</summary>
    /// <param name="text">The text.</param>
    /// <param name="longest">The characters that are shown at most.</param>
    public static string Of(string text, int longest = Longest) => IsFit(text, longest) ? text : Fit(text, longest);

    /// <summary>Whether a text can be shown as it is.</summary>
    public static bool IsFit(string text, int longest = Longest)
    {
        if (text.Length > longest)
            return false;
        for (var at = 0; at < text.Length; at++)
        {
            if (char.IsHighSurrogate(text[at]) && at + 1 < text.Length && char.IsLowSurrogate(text[at + 1]))
                at++;
            else if (IsUnfit(text[at]))
                return false;
        }
        return true;
    }

    private static string Fit(string text, int longest)
    {
        var fit = new StringBuilder(Math.Min(text.Length, longest) + 32);
        var at = 0;
        while (at < text.Length && fit.Length < longest)
        {
            var taken = char.IsHighSurrogate(text[at]) && at + 1 < text.Length && char.IsLowSurrogate(text[at + 1]) ? 2 : LineBreak(text, at);
            if (taken == 0)
                fit.Append(IsUnfit(text[at]) ? Escaped(text[at]) : text[at].ToString());
            else
                fit.Append(char.IsHighSurrogate(text[at]) ? text.Substring(at, taken) : " ");
            at += Math.Max(1, taken);
        }
        return at < text.Length ? fit.Append(CultureInfo.InvariantCulture, $"… ({text.Length - at} more characters)").ToString() : fit.ToString();
    }

    private static string Escaped(char each) => string.Create(CultureInfo.InvariantCulture, $"\\u{{{(int)each:X}}}");

    // A carriage return by itself goes back to the beginning of the line, and is none.
    private static int LineBreak(string text, int at) => text[at] switch
    {
        '\n' or '\t' => 1,
        '\r' when at + 1 < text.Length && text[at + 1] == '\n' => 2,
        _ => 0,
    };

    // Controls (C0, DEL, C1), separators of lines, surrogates without their other half, and what changes the direction of writing
    // (Unicode's property Bidi_Control).
    private static bool IsUnfit(char each) => char.IsControl(each) || char.IsSurrogate(each)
        || each is '\u2028' or '\u2029' or '\u061C' or '\u200E' or '\u200F' or (>= '\u202A' and <= '\u202E') or (>= '\u2066' and <= '\u2069');
}
