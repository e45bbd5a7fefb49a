namespace ShoreGuard.Rollback.EndToEnd.Tests;

/// <summary>A release of the stand-in with other migration scripts, on the engine alone; gone at the end of the test.</summary>
internal sealed class DerivedImage : IDisposable
{
    private const string Versions = "/usr/local/lib/python3*/site-packages/shoreguard/alembic/versions";

    private DerivedImage(string name) => Name = name;

    public string Name { get; }

    /// <summary>Adds scripts to those of a release, by file name; or puts them in the place of its own.</summary>
    public static DerivedImage WithScripts(string release, Dictionary<string, string> scripts, bool instead = false) =>
        Build(release, $"COPY scripts /tmp/scripts\nRUN {(instead ? $"rm -r {Versions}/*.py {Versions}/__pycache__ && " : "")}cp /tmp/scripts/* {Versions}/",
            scripts);

    /// <summary>Adds lines to the Dockerfile of a release.</summary>
    public static DerivedImage Build(string release, string lines, Dictionary<string, string>? scripts = null)
    {
        var folder = Directory.CreateTempSubdirectory("sgtest-").FullName;
        try
        {
            Directory.CreateDirectory(Path.Combine(folder, "scripts"));
            foreach (var (name, text) in scripts ?? [])
                File.WriteAllText(Path.Combine(folder, "scripts", name), text);
            File.WriteAllText(Path.Combine(folder, "Dockerfile"), $"FROM {Stack.Repository}:{release}\nUSER root\n{lines}\nUSER shoreguard\n");
            var image = new DerivedImage($"sgtest-{Guid.NewGuid().ToString("n")[..10]}/shoreguard:{release}");
            Docker.Run("build", "--quiet", "--tag", image.Name, folder);
            return image;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    public void Dispose() => Docker.Run("image", "rm", "--force", Name);
}
