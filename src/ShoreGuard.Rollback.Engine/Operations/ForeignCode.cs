using System.Text;
using ShoreGuard.Rollback.Engine.Deployments;
using ShoreGuard.Rollback.Engine.Deployments.Docker;
using ShoreGuard.Rollback.Engine.Schema;

namespace ShoreGuard.Rollback.Engine.Operations;

/// <summary>Whether a container runs code that is not its image's: mounted over the package, or before it in Python's path.</summary>
/// <remarks>
/// ShoreGuard's own docker-compose.dev.yml mounts its source so. Another image changes nothing of that code then, although its version
/// and its settings say so: the mounted build goes on, and migrates the database forward again.
/// </remarks>
internal static class ForeignCode
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Refuses a container whose code would not go with its image.</summary>
    /// <exception cref="ShoreGuardException"><c>CodeNotOfImage</c>.</exception>
    public static async Task RefuseAsync(IContainerEngine engine, ContainerView container, string name, CancellationToken cancellation)
    {
        var package = container.IsRunning ? await AskAsync(engine, container.Id, cancellation).ConfigureAwait(false) : null;
        var suspects = package is null ? Suspects(container) : [package];
        foreach (var folder in suspects)
        {
            if (DeploymentDatabase.MountOf(container, folder) is { } mount)
                throw Errors.CodeNotOfImage(name, folder, mount.Source ?? mount.Destination, isAsked: package is not null);
        }
    }

    // Null where nobody can tell: the image may have no Python that could be asked.
    private static async Task<string?> AskAsync(IContainerEngine engine, string id, CancellationToken cancellation)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(Patience);
        try
        {
            using var output = new MemoryStream();
            var (code, _) = await engine.ExecAsync(id, ["python3", "-c", Scripts.Package], new Dictionary<string, string>(), output, patience.Token)
                .ConfigureAwait(false);
            return code == 0 && Encoding.UTF8.GetString(output.ToArray()).Trim() is { Length: > 0 } folder ? folder : null;
        }
        catch (ShoreGuardException)
        {
            return null;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return null;
        }
    }

    // Of one that cannot be asked: what comes before the image's own package, and what lies over it.
    private static IEnumerable<string> Suspects(ContainerView container) =>
        (container.Variable("PYTHONPATH") ?? "")
            .Split(':', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Where(folder => folder.StartsWith('/'))
            .Concat(container.Mounts.Select(mount => mount.Destination)
                .OfType<string>().Where(folder => folder.Contains("/site-packages", StringComparison.Ordinal)));
}
