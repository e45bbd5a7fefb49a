namespace ShoreGuard.Rollback.Engine.Deployments.Compose;

/// <summary>The text of a service's <c>image:</c>, before Compose has put in the variables.</summary>
/// <param name="Variable">The variable that decides the tag, or the whole reference; null when none does.</param>
/// <param name="IsWhole">Whether the variable holds the whole reference.</param>
internal sealed record ImageTemplate(string? Variable, bool IsWhole)
{
    private static readonly ImageTemplate Fixed = new(null, IsWhole: false);

    /// <summary>Finds the variable: <c>repo:${TAG}</c>, <c>repo:${TAG:-latest}</c>, <c>$IMAGE</c>; the repository may have variables of its own.</summary>
    public static ImageTemplate Parse(string image)
    {
        var position = 0;
        while ((position = image.IndexOf('$', position)) >= 0)
        {
            var (name, end) = ReadVariable(image, position);
            if (name is not null && end == image.Length && (position == 0 || image[position - 1] == ':'))
                return new(name, IsWhole: position == 0);
            position = end;
        }
        return Fixed;
    }

    // $NAME, or ${NAME…} with a default that may hold balanced variables itself; $$ is a dollar sign (the Compose specification).
    private static (string? Name, int End) ReadVariable(string text, int dollar)
    {
        var braced = dollar + 1 < text.Length && text[dollar + 1] == '{';
        var start = dollar + (braced ? 2 : 1);
        var end = start;
        while (end < text.Length && (char.IsAsciiLetterOrDigit(text[end]) || text[end] == '_'))
            end++;
        if (end == start)
            return (null, Math.Min(dollar + 2, text.Length));
        var name = text[start..end];
        if (!braced)
            return (name, end);
        var close = ClosingBrace(text, end);
        return close < 0 ? (null, text.Length) : (name, close + 1);
    }

    private static int ClosingBrace(string text, int from)
    {
        var depth = 1;
        for (var index = from; index < text.Length; index++)
        {
            depth += text[index] switch { '{' => 1, '}' => -1, _ => 0 };
            if (depth == 0)
                return index;
        }
        return -1;
    }
}
