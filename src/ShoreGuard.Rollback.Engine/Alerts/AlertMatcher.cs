using System.Text;

namespace ShoreGuard.Rollback.Engine.Alerts;

/// <summary>What one label of an alert has to be.</summary>
/// <param name="Name">The label.</param>
/// <param name="Operator"><c>=</c>, <c>!=</c>, <c>=~</c> or <c>!~</c>.</param>
/// <param name="Value">Its value, or the regular expression that matches the whole of it.</param>
public sealed record AlertMatcher(string Name, string Operator, string Value)
{
    internal bool IsRegex => Operator[^1] == '~';
    internal bool IsEqual => Operator[0] == '=';

    /// <summary>As PromQL writes it.</summary>
    public override string ToString() => $"{(IsPlain(Name) ? Name : Quote(Name))}{Operator}{Quote(Value)}";

    // Since Prometheus 3 a label may have any name, and one that is not plain is quoted.
    private static bool IsPlain(string name) =>
        name.Length > 0 && !char.IsAsciiDigit(name[0]) && name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter == '_');

    private static string Quote(string value)
    {
        var quoted = new StringBuilder("\"");
        foreach (var letter in value)
        {
            quoted.Append(letter switch
            {
                '\\' => "\\\\",
                '"' => "\\\"",
                '\n' => "\\n",
                _ => letter.ToString(),
            });
        }
        return quoted.Append('"').ToString();
    }
}
