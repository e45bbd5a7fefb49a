using ShoreGuard.Rollback.Engine.Files;
using YamlDotNet.RepresentationModel;
using ShoreGuard.Rollback.Engine.Deployments.Docker;

namespace ShoreGuard.Rollback.Engine.Deployments.Compose;

/// <summary>What the Compose files of a deployment say about its service, read without Compose.</summary>
internal sealed class ComposeProject
{
    private const int DeepestExtension = 16;
    private readonly List<ComposeService> _services;
    private readonly List<YamlText> _files;
    private readonly Dictionary<YamlText, string> _included;

    private ComposeProject(Deployment deployment, IncludedFiles files, List<ComposeService> services)
    {
        Deployment = deployment;
        _files = files.All;
        _included = files.Folders;
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
        var files = IncludedFiles.Read(deployment, path => Load(path, deployment.Name));
        var services = files.All.SelectMany(file => ComposeService.FindAll(file, deployment.Service!)).ToList();
        if (services.Count > 0)
            return new(deployment, files, services);
        var including = files.All.Find(file => file.Roots.OfType<YamlMappingNode>().Any(root => ComposeService.Find(root, "include") is not null));
        throw including is null
            ? Errors.ComposeServiceMissing(deployment.ComposeFiles[^1], deployment.Service!)
            : Errors.ComposeServiceIncluded(including.Path, deployment.Service!);
    }

    /// <summary>Reads it; null where that is not possible.</summary>
    public static ComposeProject? TryRead(Deployment deployment)
    {
        try
        {
            return Has(deployment) ? Read(deployment) : null;
        }
        catch (ShoreGuardException)
        {
            return null;
        }
    }

    /// <summary>Whether the files give the image that the container was made from, with or without what is exported here.</summary>
    public bool GivesWhatRuns() =>
        Image?.Template is not { } template || IsWhatRuns(template.Expand(Variables.Lookup)) || IsWhatRuns(template.Expand(Variables.InFiles));

    // A digest may be in one of them alone: a pin does not always hold it.
    private bool IsWhatRuns(string? text) =>
        text == Deployment.Image
        || (ImageReference.TryParse(text) is { } given && ImageReference.TryParse(Deployment.Image) is { } running
            && given.Repository == running.Repository
                && given.Tag == running.Tag && (given.Digest == running.Digest || given.Digest is null || running.Digest is null));

    /// <summary>The variable that decides the image, with the value that gives the one that the container was made from; empty when none does.</summary>
    public IReadOnlyDictionary<string, string?> AsDeployed()
    {
        var none = new Dictionary<string, string?>();
        if (Image?.Template is not { Variable: { } variable } template || ImageReference.TryParse(Deployment.Image) is not { } running)
            return none;
        var inFiles = Variables.InFiles(variable);
        var value = IsWhatRuns(template.Expand(name => name == variable ? inFiles : Variables.Lookup(name)))
            ? inFiles : template.ValueFor(running, Variables.Lookup);
        return value is null ? none : new Dictionary<string, string?> { [variable] = value };
    }

    /// <summary>Where the files use a variable beside this service's image.</summary>
    /// <param name="variable">The variable.</param>
    /// <param name="file">The file that sets it.</param>
    /// <param name="value">Its new value.</param>
    /// <param name="image">The image that it then gives.</param>
    public VariableUses UsesOf(string variable, string file, string value, ImageReference image)
    {
        var chain = Chain().Select(found => found.Service.Node).ToList();
        var uses = VariableUses.Find(_files, chain, Variables.SetBy(variable), text =>
            new ImageTemplate(text, null, 0).Expand(name => name == variable ? value : Variables.Lookup(name)) == image.ToString());
        return IsGivenByFile(variable, file) ? uses with { IsInEnvironment = true } : uses;
    }

    /// <summary>Whether the container has a variable by an <c>env_file:</c> that is a given file.</summary>
    public bool IsGivenByFile(string variable, string file) =>
        !Chain().Any(found => EnvironmentNames(found.Service["environment"]).Contains(variable))
        && EnvironmentFiles().Contains(Path.GetFullPath(file));

    /// <summary>The absolute paths of the files that the service's <c>env_file:</c> names, whether they are there or not.</summary>
    public IEnumerable<string> EnvironmentFiles() =>
        Chain().SelectMany(found => EnvironmentFiles(found.Service["env_file"]).Select(path => Path.GetFullPath(Expand(path) ?? path, found.Folder)));

    /// <summary>The MAC addresses that stand in the service, for itself or for one of its networks.</summary>
    public IEnumerable<string> MacAddresses() =>
        Chain().SelectMany(found => Mappings(found.Service["networks"]).Append(found.Service.Node))
            .Select(node => ComposeService.Text(ComposeService.Find(node, "mac_address"))).OfType<string>().Select(Expand).OfType<string>();

    private static IEnumerable<YamlMappingNode> Mappings(YamlNode? networks) => (networks as YamlMappingNode)?.Children.Values.OfType<YamlMappingNode>() ?? [];

    /// <summary>The paths of the secrets and configs that Compose copies into the container: those that come from a variable, or stand in the file.</summary>
    public IReadOnlyList<string> CopiedFiles() => [.. CopiedFiles("secrets", "/run/secrets/"), .. CopiedFiles("configs", "/")];

    private IEnumerable<string> CopiedFiles(string kind, string folder) =>
        from used in Chain().SelectMany(found => (found.Service[kind] as YamlSequenceNode)?.Children ?? [])
        let source = ComposeService.Text(used) ?? (used is YamlMappingNode entry ? ComposeService.Text(ComposeService.Find(entry, "source")) : null)
        where source is not null && _files.SelectMany(file => file.Roots).OfType<YamlMappingNode>().Any(root =>
            ComposeService.Find(root, kind) is YamlMappingNode all && ComposeService.Find(all, source) is YamlMappingNode definition
            && (ComposeService.Find(definition, "environment") ?? ComposeService.Find(definition, "content")) is not null)
        let target = used is YamlMappingNode named ? ComposeService.Text(ComposeService.Find(named, "target")) : null
        select Path.Combine(folder, Expand(target ?? source) ?? source);

    /// <summary>The values of variables that nobody has set here, as far as the container's environment shows them: the shell that deployed it had
    /// them.</summary>
    /// <param name="container">The container.</param>
    /// <param name="except">Variables whose values are known otherwise.</param>
    public IReadOnlyDictionary<string, string?> VariablesOf(ContainerView container, IEnumerable<string> except)
    {
        var found = new Dictionary<string, string?>(StringComparer.Ordinal);
        foreach (var (name, text) in Chain().SelectMany(each => EnvironmentTexts(each.Service["environment"])))
        {
            if (container.Variable(name) is { } value
                && Solve(text, value) is var (variable, part) && Variables.Lookup(variable) is null && !except.Contains(variable))
                found.TryAdd(variable, part);
        }
        return found;
    }

    // Of a text with one variable in it, what that variable was.
    private static (string Variable, string Value)? Solve(string text, string value)
    {
        try
        {
            var pieces = Interpolation.Split(text).ToList();
            if (pieces.Where(piece => piece.Variable is not null).ToList() is not [{ Operator: not (":+" or "+") } piece])
                return null;
            var at = pieces.IndexOf(piece);
            var (start, end) = (string.Concat(pieces.Take(at).Select(each => each.Text)), string.Concat(pieces.Skip(at + 1).Select(each => each.Text)));
            return value.Length >= start.Length
                + end.Length && value.StartsWith(start, StringComparison.Ordinal) && value.EndsWith(end, StringComparison.Ordinal)
                ? (piece.Variable!, value[start.Length..^end.Length])
                : null;
        }
        catch (FormatException)
        {
            return null;
        }
    }

    private static IEnumerable<(string Name, string Text)> EnvironmentTexts(YamlNode? environment) => environment switch
    {
        YamlMappingNode map => from entry in map.Children
                               from found in entry.Key is not YamlScalarNode { Value: { } name } ? []
                                   : name == "<<" ? EnvironmentTexts(entry.Value)
                                   : ComposeService.Text(entry.Value) is { } text ? [(name, text)] : (IEnumerable<(string, string)>)[]
                               select found,
        YamlSequenceNode list => from item in list.Children
                                 from found in item is YamlScalarNode { Value: { } line } && line.Split('=', 2) is [var name, var text]
                                     ? [(name, text)] : EnvironmentTexts(item)
                                 select found,
        _ => [],
    };

    private IEnumerable<(ComposeService Service, string Folder)> Chain() => _services.SelectMany(WithBases);

    private IEnumerable<(ComposeService Service, string Folder)> WithBases(ComposeService service) =>
        WithBases(service, _included.GetValueOrDefault(service.File) ?? Deployment.ComposeDirectory!, DeepestExtension);

    private string? Expand(string text)
    {
        try
        {
            return Interpolation.Expand(text, Variables.Lookup);
        }
        catch (FormatException)
        {
            return null; // Compose refuses it as well.
        }
    }

    /// <summary>The names of the variables that <c>environment:</c> and <c>env_file:</c> give the container.</summary>
    public HashSet<string> UserVariables()
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (service, _) in Chain())
            names.UnionWith(EnvironmentNames(service["environment"]));
        names.UnionWith(EnvironmentFiles().SelectMany(FileNames));
        return names;
    }

    /// <summary>A text that the service has under a key, with its variables put in; null when it has none. A later file beats an earlier one.</summary>
    public string? Text(string key) =>
        _services.Select(service => ComposeService.Text(service[key])).LastOrDefault(text => text is not null) is { } text
            ? Interpolation.Expand(text, Variables.Lookup) : null;

    private void Apply(ComposeService service)
    {
        if (ComposeService.IsReset(service["image"]))
            Image = null;
        if (ComposeService.IsReset(service["build"]))
            Build = null;
        var bases = WithBases(service).Select(found => found.Service).ToList();
        Image = Own(service, Nearest(bases, ComposeImage.Find)) ?? Image;
        Build = Own(service, Nearest(bases, ComposeImage.FindPlace)) ?? Build;
    }

    // An included file may be another project's as well.
    private ComposeImage? Own(ComposeService service, ComposeImage? image) =>
        image is not null && _included.ContainsKey(service.File) ? image with { Obstacle = "it is in a file that is included" } : image;

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

    private static IEnumerable<string> FileNames(string path)
    {
        try
        {
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
            throw Path.GetFileName(path) == "-" ? Errors.ComposeFileFromInput(container) : Errors.ComposeFileMissing(container, path);
        }
        catch (Exception error) when (error is UnauthorizedAccessException or IOException)
        {
            throw Errors.ComposeFileUnreadable(path, error.Message, error);
        }
    }
}
