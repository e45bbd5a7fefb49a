using ShoreGuard.Rollback.Engine.Files;

namespace ShoreGuard.Rollback.Engine.Deployments.Compose;

/// <summary>The variables that Compose puts into a project's files: what is exported beats the environment files, and a later file an earlier one.</summary>
internal sealed class ComposeVariables
{
    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);
    private readonly Func<string, string?> _exported;

    private ComposeVariables(IReadOnlyList<string> files, Func<string, string?> exported)
    {
        Files = files;
        _exported = exported;
        foreach (var file in files)
            Add(file);
    }

    private void Add(string file)
    {
        try
        {
            foreach (var (name, value) in Read(file).Values(Lookup))
                _values[name] = value;
        }
        catch (FormatException error)
        {
            throw Errors.ComposeFileUnreadable(file, error.Message, error);
        }
    }

    /// <summary>The files, in order; the first may not exist yet.</summary>
    public IReadOnlyList<string> Files { get; }

    /// <summary>Those of a deployment's project and of this process.</summary>
    public static ComposeVariables Of(Deployment deployment) => new(FilesOf(deployment), Environment.GetEnvironmentVariable);

    /// <summary>Those of some files and of an environment.</summary>
    public static ComposeVariables Of(IReadOnlyList<string> files, Func<string, string?> exported) => new(files, exported);

    /// <summary>The environment files of a deployment's project: those that Compose was given, else <c>.env</c> in its folder.</summary>
    public static IReadOnlyList<string> FilesOf(Deployment deployment) =>
        deployment.EnvironmentFiles.Count > 0 ? deployment.EnvironmentFiles
        : OuterEnvironment.Find(deployment) is { } outer ? [OwnOf(deployment), outer]
        : [OwnOf(deployment)];

    /// <summary>The environment files that Compose has to be given by name to see the project as it was deployed; none where it finds them itself.</summary>
    public static IReadOnlyList<string> GivenTo(Deployment deployment) =>
        deployment.EnvironmentFiles.Count > 0 ? deployment.EnvironmentFiles
        : OuterEnvironment.Find(deployment) is { } outer ? [.. new[] { OwnOf(deployment), outer }.Where(File.Exists)]
        : [];

    private static string OwnOf(Deployment deployment) => EnginePath.Join(deployment.ComposeDirectory!, ".env");

    /// <summary>The value that the files alone give a variable; null when they do not set it.</summary>
    public string? InFiles(string name) => _values.GetValueOrDefault(name);

    /// <summary>A variable, and those that the files set by it.</summary>
    public IReadOnlySet<string> SetBy(string variable)
    {
        var names = new HashSet<string>(StringComparer.Ordinal) { variable };
        var entries = Files.Select(Read).SelectMany(file => file.Names.Select(name => (Name: name, Text: file[name] ?? ""))).ToList();
        for (var count = 0; count < names.Count;)
        {
            count = names.Count;
            names.UnionWith(entries.Where(entry => VariableUses.IsUsedIn(entry.Text, names)).Select(entry => entry.Name).ToList());
        }
        return names;
    }

    /// <summary>The value of a variable; null when it is not set.</summary>
    public string? Lookup(string name) => _exported(name) ?? _values.GetValueOrDefault(name);

    /// <summary>The file in which a variable is to be set for it to count: the last that sets it, else the last.</summary>
    public string FileFor(string variable) => Files.LastOrDefault(file => Read(file)[variable] is not null) ?? Files[^1];

    // What cannot be read cannot be written either; the pin's own error says so, with what to do.
    private static EnvFile Read(string path)
    {
        try
        {
            return EnvFile.Read(ForeignFile.TryRead(path));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return EnvFile.Read(null);
        }
    }
}
