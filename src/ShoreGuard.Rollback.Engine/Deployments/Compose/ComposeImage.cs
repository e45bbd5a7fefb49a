using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace ShoreGuard.Rollback.Engine.Deployments.Compose;

/// <summary>The place of a Compose file where a service's image is written down, or can be.</summary>
/// <param name="Service">The service as that file describes it.</param>
/// <param name="Template">What the <c>image:</c> says; null where there is none yet, and the service is built.</param>
/// <param name="Obstacle">Why it cannot be edited, as it ends the sentence "it cannot be edited: …"; null when it can.</param>
internal sealed record ComposeImage(ComposeService Service, ImageTemplate? Template, string? Obstacle)
{
    /// <summary>The file.</summary>
    public string Path => Service.File.Path;

    /// <summary>Finds the <c>image:</c> in a service; null when it has none there.</summary>
    public static ComposeImage? Find(ComposeService service)
    {
        if (ComposeService.Text(service["image"]) is not { } text)
            return null;
        var obstacle = service.Obstacle ?? (service.Own("image") is { } own
            ? ComposeService.ObstacleOf(service.File, own) ?? ObstacleOf((YamlScalarNode)own.Value)
            : "a merge key (<<) brings it from another place of the file");
        return new(service, ImageTemplate.Parse(text), obstacle);
    }

    /// <summary>The place for an <c>image:</c> in a service that is built; null when nothing is built there.</summary>
    public static ComposeImage? FindPlace(ComposeService service)
    {
        if (service["build"] is null)
            return null;
        var obstacle = service.Obstacle ?? (service.Own("build") is not { } build ? "a merge key (<<) brings its build: from another place of the file"
            : service.Node.Style != YamlDotNet.Core.Events.MappingStyle.Flow
                && service.File.IndentOf(build.Key) is null ? "its build: is not on a line of its own"
            : null);
        return new(service, null, obstacle);
    }

    /// <summary>The file's bytes with another image; nothing but the text of the <c>image:</c> is different.</summary>
    public byte[] With(string image)
    {
        // A bracket (of an IPv6 address) would begin a list.
        var plain = image.StartsWith('[') ? $"\"{image}\"" : image;
        if (Template is null)
        {
            var build = Service.Own("build")!.Value.Key;
            return Service.File.InsertBefore(build, Service.Node.Style == YamlDotNet.Core.Events.MappingStyle.Flow
                ? $"image: {plain}, "
                : $"image: {plain}{Service.File.LineEnd}{Service.File.IndentOf(build)}");
        }
        var scalar = (YamlScalarNode)Service.Own("image")!.Value.Value;
        return Service.File.Replace(scalar, scalar.Style switch
        {
            ScalarStyle.SingleQuoted => $"'{image}'",
            ScalarStyle.DoubleQuoted => $"\"{image}\"",
            // Variables have braces, which mean something of their own inside the braces of a mapping.
            _ => Service.Node.Style == YamlDotNet.Core.Events.MappingStyle.Flow && image.Contains('{', StringComparison.Ordinal) ? $"\"{image}\"" : plain,
        });
    }

    private static string? ObstacleOf(YamlScalarNode image) => image switch
    {
        { Anchor.IsEmpty: false } or { Tag.IsEmpty: false } => "it has a tag or an anchor",
        { Style: ScalarStyle.Literal or ScalarStyle.Folded } => "it is a block of lines",
        _ when image.Start.Line != image.End.Line => "it goes over several lines",
        _ => null,
    };
}
