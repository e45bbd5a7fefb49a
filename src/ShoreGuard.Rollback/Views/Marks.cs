namespace ShoreGuard.Rollback.Views;

/// <summary>The signs of the views. Where the console's encoding has none of them (437, 850, 1252), all would be the same question mark: ASCII there.</summary>
internal static class Marks
{
    private const int Utf8 = 65001, Utf16 = 1200, Utf16BigEndian = 1201, Utf32 = 12000;

    public static string Good => Of("✓", "+");
    public static string Bad => Of("✗", "x");
    public static string PutBack => Of("↩", "<");
    public static string Here => Of("▸", ">");
    public static string None => Of("–", "-");
    public static string More => Of("…", "...");

    /// <summary>A text in which the signs that our sentences use are written in ASCII, where such an encoding would turn them into a control or a question
    /// mark. Other characters stay.</summary>
    public static string Spelled(string text) => HasSigns || text.All(char.IsAscii)
        ? text
        : text.Replace("→", "->", StringComparison.Ordinal).Replace("…", "...", StringComparison.Ordinal)
            .Replace('–', '-').Replace('—', '-').Replace("±", "+-", StringComparison.Ordinal);

    private static string Of(string sign, string ascii) => HasSigns ? sign : ascii;

    private static bool HasSigns => Console.OutputEncoding.CodePage is Utf8 or Utf16 or Utf16BigEndian or Utf32;
}
