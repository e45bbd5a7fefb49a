namespace ShoreGuard.Rollback.Engine.Deployments.Compose;

/// <summary>The text of a service's <c>image:</c>, before Compose has put in the variables.</summary>
/// <param name="Text">The text.</param>
/// <param name="Variable">The variable that decides the tag, or the whole reference; null when none does.</param>
/// <param name="Start">Where that variable begins in the text.</param>
internal sealed record ImageTemplate(string Text, string? Variable, int Start)
{
    /// <summary>Whether the variable holds the whole reference.</summary>
    public bool IsWhole => Variable is not null && Start == 0;

    /// <summary>Finds the variable: <c>repo:${TAG}</c>, <c>repo:${TAG:-latest}</c>, <c>$IMAGE</c>; the repository may have variables of its own.</summary>
    public static ImageTemplate Parse(string image)
    {
        try
        {
            var last = Interpolation.Split(image).LastOrDefault();
            return last.Variable is not null && (last.Start == 0 || image[last.Start - 1] == ':') ? new(image, last.Variable, last.Start) : new(image, null, 0);
        }
        catch (FormatException)
        {
            return new(image, null, 0); // Compose refuses it as well; no variable can decide it.
        }
    }

    /// <summary>The reference for which the text stands; null when Compose would refuse it.</summary>
    public string? Expand(Func<string, string?> lookup)
    {
        try
        {
            return Interpolation.Expand(Text, lookup);
        }
        catch (FormatException)
        {
            return null;
        }
    }

    /// <summary>The value that the variable needs for the text to stand for an image; null when no value of it does that.</summary>
    public string? ValueFor(ImageReference image, Func<string, string?> lookup)
    {
        var value = IsWhole ? image.ToString() : TagOf(image);
        return Variable is not null && Expand(name => name == Variable ? value : lookup(name)) == image.ToString() ? value : null;
    }

    /// <summary>The text with another tag; the repository stays as it is written, variables in it included, where it stands for the image's.</summary>
    public string With(ImageReference image, Func<string, string?> lookup)
    {
        for (var colon = Text.LastIndexOf(':'); colon > 0; colon = Text.LastIndexOf(':', colon - 1))
        {
            var candidate = $"{Text[..colon]}:{TagOf(image)}";
            if (new ImageTemplate(candidate, null, 0).Expand(lookup) == image.ToString())
                return candidate;
        }
        return image.ToString();
    }

    private static string TagOf(ImageReference image) => image.ToString()[(image.Repository.Length + 1)..];
}
