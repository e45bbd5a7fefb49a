using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace ShoreGuard.Rollback.Engine.Deployments.Compose;

/// <summary>The Compose files of a deployment, read as text: what they say before variables are put in.</summary>
internal static class ComposeFiles
{
    /// <summary>The <c>image:</c> of the deployment's service; a later file beats an earlier one, as in Compose.</summary>
    /// <returns>Null when the service has none (it is built).</returns>
    /// <exception cref="ShoreGuardException"><c>ComposeFileMissing</c>, <c>ComposeFileUnreadable</c>, <c>ComposeServiceMissing</c>.</exception>
    public static ImageTemplate? ReadImage(Deployment deployment)
    {
        string? image = null;
        var found = false;
        foreach (var path in deployment.ComposeFiles)
        {
            if (Service(Load(path, deployment.Name), deployment.Service!) is not { } service)
                continue;
            found = true;
            image = Scalar(service, "image") ?? image;
        }
        if (!found)
            throw Errors.ComposeServiceMissing(deployment.ComposeFiles[^1], deployment.Service!);
        return image is null ? null : ImageTemplate.Parse(image);
    }

    private static YamlMappingNode Load(string path, string container)
    {
        try
        {
            using var reader = File.OpenText(path);
            var stream = new YamlStream();
            stream.Load(reader);
            return stream.Documents is [{ RootNode: YamlMappingNode root }, ..]
                ? root
                : throw Errors.ComposeFileUnreadable(path, "it is not a YAML mapping");
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw Errors.ComposeFileMissing(container, path);
        }
        catch (YamlException error)
        {
            throw Errors.ComposeFileUnreadable(path, $"line {error.Start.Line}: {Errors.Reason(error)}", error);
        }
        catch (Exception error) when (error is UnauthorizedAccessException or IOException)
        {
            throw Errors.ComposeFileUnreadable(path, error.Message, error);
        }
    }

    private static YamlMappingNode? Service(YamlMappingNode root, string name) =>
        Child(root, "services") is YamlMappingNode services ? Child(services, name) as YamlMappingNode : null;

    private static string? Scalar(YamlMappingNode node, string key) => (Child(node, key) as YamlScalarNode)?.Value;

    private static YamlNode? Child(YamlMappingNode node, string key) =>
        node.Children.TryGetValue(new YamlScalarNode(key), out var child) ? child : null;
}
