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

    private static string Of(string sign, string ascii) => Console.OutputEncoding.CodePage is Utf8 or Utf16 or Utf16BigEndian or Utf32 ? sign : ascii;
}
