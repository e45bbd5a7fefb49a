using YamlDotNet.RepresentationModel;

namespace ShoreGuard.Rollback.Engine.Deployments.Compose;

/// <summary>The Compose files of a deployment, with those that they <c>include:</c> (https://docs.docker.com/reference/compose-file/include/).</summary>
internal sealed class IncludedFiles
{
    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);
    private readonly ComposeVariables _variables;
    private readonly Func<string, YamlText> _load;

    private IncludedFiles(Deployment deployment, Func<string, YamlText> load) => (_variables, _load) = (ComposeVariables.Of(deployment), load);

    /// <summary>All of them; what is included stands before what includes it.</summary>
    public List<YamlText> All { get; } = [];

    /// <summary>The folders from which the paths in included files start.</summary>
    public Dictionary<YamlText, string> Folders { get; } = new(ReferenceEqualityComparer.Instance);

    /// <summary>Reads them. What is included from elsewhere than this machine, or is not there, is Compose's to find.</summary>
    /// <param name="deployment">Whose.</param>
    /// <param name="load">Reads one.</param>
    public static IncludedFiles Read(Deployment deployment, Func<string, YamlText> load)
    {
        var files = new IncludedFiles(deployment, load);
        foreach (var path in deployment.ComposeFiles)
        {
            files._seen.Add(path);
            var file = load(path);
            files.AddIncluded(file, deployment.ComposeDirectory!);
            files.All.Add(file);
        }
        return files;
    }

    private void AddIncluded(YamlText file, string folder)
    {
        foreach (var entry in file.Roots.OfType<YamlMappingNode>()
            .Select(root => ComposeService.Find(root, "include")).OfType<YamlSequenceNode>().SelectMany(list => list.Children))
            Add(entry, folder);
    }

    private void Add(YamlNode entry, string folder)
    {
        var mapping = entry as YamlMappingNode;
        var paths = Texts(mapping is null ? entry : ComposeService.Find(mapping, "path"))
            .Select(Expand).OfType<string>().Select(path => Path.GetFullPath(path, folder)).ToList();
        if (paths.Count == 0)
            return;
        // Paths in an included file start where it is, unless the entry says otherwise.
        var given = mapping is null ? null : ComposeService.Text(ComposeService.Find(mapping, "project_directory"));
        var own = given is not null && Expand(given) is { } named ? Path.GetFullPath(named, folder) : Path.GetDirectoryName(paths[0])!;
        foreach (var path in paths.Where(path => File.Exists(path) && _seen.Add(path)))
        {
            var file = _load(path);
            Folders[file] = own;
            AddIncluded(file, own);
            All.Add(file);
        }
    }

    private static IEnumerable<string> Texts(YamlNode? node) =>
        node is YamlSequenceNode list ? list.Children.SelectMany(Texts) : ComposeService.Text(node) is { } text ? [text] : [];

    private string? Expand(string text)
    {
        try
        {
            return Interpolation.Expand(text, _variables.Lookup);
        }
        catch (FormatException)
        {
            return null; // Compose refuses it as well.
        }
    }
}
