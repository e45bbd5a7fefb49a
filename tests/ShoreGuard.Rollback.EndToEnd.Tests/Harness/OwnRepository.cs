namespace ShoreGuard.Rollback.EndToEnd.Tests;

/// <summary>A repository of its own in the stack's registry, filled with images of the stand-in under whatever tags a test wants.</summary>
internal sealed class OwnRepository : IDisposable
{
    private readonly List<string> _containers = [];
    private readonly HashSet<string> _images = [];

    public string Name { get; } = $"{Stack.Repository.Split('/')[0]}/sgtest-{Guid.NewGuid().ToString("n")[..10]}/shoreguard";

    /// <summary>Publishes a release of the stand-in under a tag; a tag that is there already moves.</summary>
    public void Push(string release, string tag)
    {
        Docker.Run("pull", "--quiet", $"{Stack.Repository}:{release}");
        Tag($"{Stack.Repository}:{release}", tag);
        Docker.Run("push", "--quiet", $"{Name}:{tag}");
    }

    /// <summary>Publishes a release of the stand-in as it would be if it were built from a commit of its own; gives that.</summary>
    public string PushWithOwnCommit(string release, string tag)
    {
        var commit = Convert.ToHexStringLower(System.Security.Cryptography.RandomNumberGenerator.GetBytes(20));
        Change($"{Stack.Repository}:{release}", tag, $"ENV SHOREGUARD_GIT_SHA={commit}", $"LABEL org.opencontainers.image.revision={commit}");
        return commit;
    }

    /// <summary>Publishes what a tag means, with changes to its settings, under another one.</summary>
    public void PushChanged(string tag, string newTag, params string[] changes) => Change($"{Name}:{tag}", newTag, changes);

    private void Change(string image, string tag, params string[] changes)
    {
        var container = Docker.Run("create", image).Trim().Split('\n')[^1];
        try
        {
            Docker.Run(["commit", .. changes.SelectMany(change => (string[])["--change", change]), container, $"{Name}:{tag}"], []);
        }
        finally
        {
            Docker.Remove(container);
        }
        _images.Add($"{Name}:{tag}");
        Docker.Run("push", "--quiet", $"{Name}:{tag}");
    }

    /// <summary>Gives an image of the engine a name in the repository, without publishing it.</summary>
    public void Tag(string image, string tag)
    {
        Docker.Run("tag", image, $"{Name}:{tag}");
        _images.Add($"{Name}:{tag}");
    }

    /// <summary>Takes a tag from the engine; the registry keeps it.</summary>
    public void Forget(string tag)
    {
        Docker.Run("image", "rm", $"{Name}:{tag}");
        _images.Remove($"{Name}:{tag}");
    }

    /// <summary>Runs a container that Compose has not made, and gives its name.</summary>
    public string Run(string tag, params string[] options)
    {
        var name = $"sgtest-{Guid.NewGuid().ToString("n")[..10]}";
        Docker.Run(["run", "--detach", "--name", name, "--publish", $"127.0.0.1:{StandInProject.FreePort()}:8888", .. options, $"{Name}:{tag}"]);
        _containers.Add(name);
        return name;
    }

    public void Dispose()
    {
        foreach (var container in _containers)
            Docker.Remove(container);
        foreach (var image in _images)
            Docker.Run("image", "rm", "--force", image);
    }
}
