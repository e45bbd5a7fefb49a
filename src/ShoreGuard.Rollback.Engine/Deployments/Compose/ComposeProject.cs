using ShoreGuard.Rollback.Engine.Files;
using YamlDotNet.RepresentationModel;

namespace ShoreGuard.Rollback.Engine.Deployments.Compose;

/// <summary>What the Compose files of a deployment say about its service, read without Compose.</summary>
internal sealed class ComposeProject
{
    private const int DeepestExtension = 16;
    private readonly List<ComposeService> _services;

    private ComposeProject(Deployment deployment, List<ComposeService> services)
    {
        Deployment = deployment;
        Variables = ComposeVariables.Of(deployment);
        _services = services;
        foreach (var service in services)
            Apply(service);
    }

    /// <summary>Whose project it is.</summary>
    public Deployment Deployment { get; }

    /// <summary>The variables that Compose puts into the files.</summary>
    public ComposeVariables Variables { get; }

    /// <summary>The <c>image:</c> that counts: a later file beats an earlier one. Null when there is none.</summary>
    public ComposeImage? Image { get; private set; }

    /// <summary>Where an <c>image:</c> could be put, if the service is built; null when it is not.</summary>
    public ComposeImage? Build { get; private set; }

    /// <summary>Whether a deployment was made by Compose, from files.</summary>
    public static bool Has(Deployment deployment) => deployment is { ComposeFiles.Count: > 0, Service: not null, ComposeDirectory: not null };

    /// <summary>Reads it; a deployment that <see cref="Has"/> says no to has none.</summary>
    /// <exception cref="ShoreGuardException"><c>ComposeFileMissing</c>, <c>ComposeFileUnreadable</c>, <c>ComposeServiceMissing</c>.</exception>
    public static ComposeProject Read(Deployment deployment)
    {
        var files = deployment.ComposeFiles.Select(path => Load(path, deployment.Name)).ToList();
        var services = files.SelectMany(file => ComposeService.FindAll(file, deployment.Service!)).ToList();
        if (services.Count > 0)
            return new(deployment, services);
        var including = files.FirstOrDefault(file => file.Roots.OfType<YamlMappingNode>().Any(root => ComposeService.Find(root, "include") is not null));
        throw including is null
            ? Errors.ComposeServiceMissing(deployment.ComposeFiles[^1], deployment.Service!)
            : Errors.ComposeServiceIncluded(including.Path, deployment.Service!);
    }

    /// <summary>The names of the variables that <c>environment:</c> and <c>env_file:</c> give the container.</summary>
    public HashSet<string> UserVariables()
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (service, folder) in _services.SelectMany(service => WithBases(service, Deployment.ComposeDirectory!, DeepestExtension)))
        {
            names.UnionWith(EnvironmentNames(service["environment"]));
            names.UnionWith(EnvironmentFiles(service["env_file"]).SelectMany(path => FileNames(Path.Combine(folder, path))));
        }
        return names;
    }

    /// <summary>A text that the service has under a key, with its variables put in; null when it has none. A later file beats an earlier one.</summary>
    public string? Text(string key) =>
        _services.Select(service => ComposeService.Text(service[key])).LastOrDefault(text => text is not null) is { } text ? Interpolation.Expand(text, Variables.Lookup) : null;

    private void Apply(ComposeService service)
    {
        if (ComposeService.IsReset(service["image"]))
            Image = null;
        if (ComposeService.IsReset(service["build"]))
            Build = null;
        var bases = WithBases(service, Deployment.ComposeDirectory!, DeepestExtension).Select(found => found.Service).ToList();
        Image = Nearest(bases, ComposeImage.Find) ?? Image;
        Build = Nearest(bases, ComposeImage.FindPlace) ?? Build;
    }

    // What a service takes over from another one is that one's as well: it is read there, and not edited.
    private static ComposeImage? Nearest(List<ComposeService> bases, Func<ComposeService, ComposeImage?> find)
    {
        for (var index = 0; index < bases.Count; index++)
        {
            if (find(bases[index]) is { } found)
                return index == 0 ? found : found with { Obstacle = "it comes from the service that extends: names" };
        }
        return null;
    }

    // The service itself, then what it extends; each with the folder that its paths start from.
    private IEnumerable<(ComposeService Service, string Folder)> WithBases(ComposeService service, string folder, int depth)
    {
        yield return (service, folder);
        if (depth == 0 || service["extends"] is not { } extends)
            yield break;
        var name = ComposeService.Text(extends) ?? (extends is YamlMappingNode mapping ? ComposeService.Text(ComposeService.Find(mapping, "service")) : null);
        var path = extends is YamlMappingNode entry ? ComposeService.Text(ComposeService.Find(entry, "file")) : null;
        if (name is null)
            yield break;
        var file = path is null ? service.File : Load(Path.Combine(folder, Interpolation.Expand(path, Variables.Lookup)), Deployment.Name);
        var from = path is null ? folder : Path.GetDirectoryName(file.Path)!;
        foreach (var found in ComposeService.FindAll(file, name).Take(1).SelectMany(found => WithBases(found, from, depth - 1)))
            yield return found;
    }

    private static IEnumerable<string> EnvironmentNames(YamlNode? environment) => environment switch
    {
        YamlMappingNode map => map.Children.Keys.OfType<YamlScalarNode>().Select(key => key.Value!).Where(key => key != "<<")
            .Concat(map.Children.Where(entry => entry.Key is YamlScalarNode { Value: "<<" }).SelectMany(entry => EnvironmentNames(entry.Value))),
        YamlSequenceNode list => list.Children.SelectMany(item => item is YamlScalarNode { Value: { } line } ? [line.Split('=')[0]] : EnvironmentNames(item)),
        _ => [],
    };

    private static IEnumerable<string> EnvironmentFiles(YamlNode? files) => files switch
    {
        YamlScalarNode { Value: { Length: > 0 } path } => [path],
        YamlSequenceNode list => list.Children.SelectMany(EnvironmentFiles),
        YamlMappingNode file => EnvironmentFiles(ComposeService.Find(file, "path")),
        _ => [],
    };

    private IEnumerable<string> FileNames(string path)
    {
        try
        {
            path = Interpolation.Expand(path, Variables.Lookup);
            return EnvFile.Read(ForeignFile.TryRead(path)).Names;
        }
        catch (Exception error) when (error is FormatException or IOException or UnauthorizedAccessException)
        {
            return []; // Compose would not start the service either; the names are a refinement.
        }
    }

    private static YamlText Load(string path, string container)
    {
        try
        {
            var file = YamlText.Parse(path, ForeignFile.Read(path));
            return file.Roots is [YamlMappingNode, ..] ? file : throw Errors.ComposeFileUnreadable(path, "it is not a YAML mapping");
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw Errors.ComposeFileMissing(container, path);
        }
        catch (Exception error) when (error is UnauthorizedAccessException or IOException)
        {
            throw Errors.ComposeFileUnreadable(path, error.Message, error);
        }
    }
}
