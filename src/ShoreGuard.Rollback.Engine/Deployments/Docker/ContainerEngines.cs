using System.Collections.Concurrent;
using System.Formats.Tar;

namespace ShoreGuard.Rollback.Engine.Deployments.Docker;

/// <summary>The engines there are, by the schemes of their addresses; and what is made of the calls that each of them has.</summary>
internal static class ContainerEngines
{
    /// <summary>Further kinds of engines, by scheme; every address without one here is a Docker Engine's.</summary>
    public static ConcurrentDictionary<string, Func<string, IContainerEngine>> Further { get; } = new(StringComparer.Ordinal);

    /// <summary>Connects to the engine at an address.</summary>
    /// <param name="host">The engine's address; null for <c>DOCKER_HOST</c>, the chosen context or the default.</param>
    /// <param name="cancellation">Stops waiting.</param>
    /// <exception cref="ShoreGuardException"><c>DockerHostInvalid</c>, <c>EngineUnreachable</c>, <c>EngineTlsFailed</c>,
    /// <c>EnginePermissionDenied</c>, <c>EngineTooOld</c>.</exception>
    public static async Task<IContainerEngine> ConnectAsync(string? host, CancellationToken cancellation) =>
        host?.Split("://") is [var scheme, _] && Further.TryGetValue(scheme, out var further)
            ? further(host)
            : await DockerEngine.ConnectAsync(host, cancellation).ConfigureAwait(false);

    /// <summary>The name of its machine, such as one at the other end of a tunnel; null where that is this one, or Docker Desktop's virtual machine
    /// on it.</summary>
    public static async Task<string?> FindOtherMachineAsync(this IContainerEngine engine, CancellationToken cancellation)
    {
        var info = await engine.InfoAsync(cancellation).ConfigureAwait(false);
        var name = info.Text("Name") ?? "unknown";
        // .NET leaves the domain out.
        return info.Text("OperatingSystem") == "Docker Desktop"
            || string.Equals(name.Split('.')[0], Environment.MachineName, StringComparison.OrdinalIgnoreCase) ? null : name;
    }

    /// <summary>Creates a container as a recipe says, on all its networks, and returns its id. It is not started.</summary>
    public static async Task<string> CreateContainerAsync(this IContainerEngine engine, string name, ContainerRecipe recipe, CancellationToken cancellation)
    {
        var id = await engine.CreateContainerAsync(name, recipe.Body, cancellation).ConfigureAwait(false);
        foreach (var (network, endpoint) in recipe.FurtherNetworks)
            await engine.ConnectNetworkAsync(network, id, endpoint, cancellation).ConfigureAwait(false);
        if (recipe.LeftNetwork is { } left)
            await engine.DisconnectNetworkAsync(left, id, cancellation).ConfigureAwait(false);
        return id;
    }

    /// <summary>Copies a file from one container into another, running or not, to the same path and with owner and mode; nothing happens when it is
    /// not there.</summary>
    public static async Task CopyFileAsync(this IContainerEngine engine, string from, string to, string path, CancellationToken cancellation)
    {
        var copy = new MemoryStream();
        try
        {
            using var archive = await engine.GetArchiveAsync(from, path, cancellation).ConfigureAwait(false);
            using var reader = new TarReader(archive);
            using var writer = new TarWriter(copy, leaveOpen: true);
            while (await reader.GetNextEntryAsync(copyData: true, cancellation).ConfigureAwait(false) is { } entry)
            {
                // By its whole path, so that the engine makes the folders as well.
                entry.Name = path.TrimStart('/');
                await writer.WriteEntryAsync(entry, cancellation).ConfigureAwait(false);
            }
        }
        catch (ShoreGuardException error) when (error.Kind == FailureKind.ObjectNotFound)
        {
            return;
        }
        copy.Position = 0;
        await engine.PutArchiveAsync(to, "/", copy, cancellation).ConfigureAwait(false);
    }

    /// <summary>The last lines a container wrote, both streams in order.</summary>
    public static async Task<IReadOnlyList<string>> TailLogAsync(this IContainerEngine engine, string id, int lines, CancellationToken cancellation)
    {
        var (stdout, stderr) = await engine.ReadLogAsync(id, lines, cancellation).ConfigureAwait(false);
        return [.. (stdout + stderr).Split('\n', StringSplitOptions.RemoveEmptyEntries).TakeLast(lines)];
    }
}
