using System.Text.RegularExpressions;

namespace ShoreGuard.Rollback.Engine.Deployments.Compose;

/// <summary>The text of a service's <c>image:</c>, before Compose has put in the variables.</summary>
/// <param name="Variable">The variable that decides the tag, or the whole reference; null when none does.</param>
/// <param name="IsWhole">Whether the variable holds the whole reference.</param>
internal sealed partial record ImageTemplate(string? Variable, bool IsWhole)
{
    /// <summary>Finds the variable: <c>repo:${TAG}</c>, <c>repo:${TAG:-latest}</c>, <c>$IMAGE</c>; the repository may have variables of its own.</summary>
    public static ImageTemplate Parse(string image)
    {
        if (Whole().Match(image) is { Success: true } whole)
            return new(Name(whole), IsWhole: true);
        return Tag().Match(image) is { Success: true } tag ? new(Name(tag), IsWhole: false) : new(null, IsWhole: false);
    }

    private static string Name(Match match) => match.Groups["name"].Value;

    // A variable is $NAME, or ${NAME…} with a default that may hold balanced variables itself.
    private const string VariablePattern = @"\$(?:(?<name>[A-Za-z_]\w*)|\{(?<name>[A-Za-z_]\w*)(?:(?::?[-?+])(?:[^{}]|(?<open>\{)|(?<-open>\}))*(?(open)(?!)))?\})";

    [GeneratedRegex(@"\A" + VariablePattern + @"\z", RegexOptions.ExplicitCapture)]
    private static partial Regex Whole();

    [GeneratedRegex(":" + VariablePattern + @"\z", RegexOptions.ExplicitCapture | RegexOptions.RightToLeft)]
    private static partial Regex Tag();
}
