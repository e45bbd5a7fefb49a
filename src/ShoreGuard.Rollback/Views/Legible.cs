namespace ShoreGuard.Rollback.Views;

/// <summary>Makes a text fit for a terminal, whoever wrote it. Records keep the text as it is.</summary>
internal static class Legible
{
    /// <summary>The text as one line, of a bounded length.</summary>
    public static string Of(string text) => Marks.Spelled(PlainText.Of(text));
}
