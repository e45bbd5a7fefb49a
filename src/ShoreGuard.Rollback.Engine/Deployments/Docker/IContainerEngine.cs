using System.Text.Json.Nodes;
using Docker.DotNet;

namespace ShoreGuard.Rollback.Engine.Deployments.Docker;

/// <summary>What the module asks of a container engine. Everything else knows engines by this alone.</summary>
/// <remarks>Descriptions are views over the engine's own JSON, in the shape of the Docker Engine's API: nothing of a container that is made again may
/// be lost on the way.</remarks>
internal interface IContainerEngine : IDisposable
{
    /// <summary>The engine's address, as it was given.</summary>
    string Host { get; }

    /// <summary>By which waits between two looks at it are measured: the machine's, but for an engine that lives faster.</summary>
    TimeProvider Clock { get; }

    /// <summary>What the engine says about itself: among others, the registries it knows.</summary>
    Task<JsonObject?> InfoAsync(CancellationToken cancellation);

    /// <summary>Ids of all containers, stopped ones too, that carry the labels (<c>key</c> or <c>key=value</c>).</summary>
    Task<IReadOnlyList<string>> ListContainersAsync(IEnumerable<string> labels, CancellationToken cancellation);

    /// <summary>The ids of the images that run now, each as often as it runs.</summary>
    Task<IReadOnlyList<string>> ListRunningImagesAsync(CancellationToken cancellation);

    /// <summary>The values of a label of the containers, stopped ones too, that carry another one.</summary>
    Task<IReadOnlyList<string>> ListLabelAsync(string label, string carrying, CancellationToken cancellation);

    /// <summary>Names of containers, stopped ones too, and of networks that have a text in them.</summary>
    Task<IReadOnlyList<string>> ListNamesAsync(string part, CancellationToken cancellation);

    /// <summary>Names and addresses of the containers attached to a network, with the names they answer to there.</summary>
    Task<NetworkView?> InspectNetworkAsync(string idOrName, CancellationToken cancellation);

    /// <summary>The engine's whole description of a container; null when there is none.</summary>
    Task<ContainerView?> InspectContainerAsync(string idOrName, CancellationToken cancellation);

    /// <summary>Creates a container from the engine's own JSON and returns its id.</summary>
    Task<string> CreateContainerAsync(string name, JsonObject body, CancellationToken cancellation);

    /// <summary>Connects a container to a network with an endpoint configuration in the engine's own JSON.</summary>
    Task ConnectNetworkAsync(string networkIdOrName, string containerId, JsonObject endpoint, CancellationToken cancellation);

    /// <summary>Disconnects a container from a network, running or not.</summary>
    Task DisconnectNetworkAsync(string networkIdOrName, string containerId, CancellationToken cancellation);

    /// <summary>Freezes the processes of a container.</summary>
    Task PauseContainerAsync(string id, CancellationToken cancellation);

    /// <summary>Lets the processes of a container go on; nothing happens when they are not frozen, or the container is gone.</summary>
    Task UnpauseContainerAsync(string id, CancellationToken cancellation);

    /// <summary>Makes a bridge network that publishes nothing and leads nowhere.</summary>
    Task CreateInternalNetworkAsync(string name, IDictionary<string, string> labels, CancellationToken cancellation);

    /// <summary>Removes a network; nothing happens when it is gone.</summary>
    Task RemoveNetworkAsync(string name, CancellationToken cancellation);

    /// <summary>Starts a container; nothing happens when it runs already.</summary>
    Task StartContainerAsync(string id, CancellationToken cancellation);

    /// <summary>Stops a container with its own stop signal and time-out; nothing happens when it is stopped already.</summary>
    Task StopContainerAsync(string id, CancellationToken cancellation);

    /// <summary>Stops a container and starts it again in one call; one that is stopped is started.</summary>
    /// <remarks>An engine goes through with it when who asked is gone in the middle; tried on Engines 20.10 and 28.5.</remarks>
    Task RestartContainerAsync(string id, CancellationToken cancellation);

    /// <summary>Renames a container.</summary>
    Task RenameContainerAsync(string id, string name, CancellationToken cancellation);

    /// <summary>Removes a container, running or not, and never a volume; nothing happens when it is gone.</summary>
    Task RemoveContainerAsync(string id, CancellationToken cancellation);

    /// <summary>Waits until a container has ended and returns its exit code.</summary>
    Task<long> WaitContainerAsync(string id, CancellationToken cancellation);

    /// <summary>The exit code with which a container last ended, out of the engine's events; null when it has not.</summary>
    Task<string?> LastExitCodeAsync(string id, DateTimeOffset since, CancellationToken cancellation);

    /// <summary>Waits until a container does not run any more, be it for the moment before its restart policy starts it again.</summary>
    /// <remarks>moby completes the wait for "not-running" when the process has ended, before a restart, and when the container is removed (20.10 and
    /// 28).</remarks>
    Task WaitUntilEndedAsync(string id, CancellationToken cancellation);

    /// <summary>What a container wrote to its standard output and its standard error.</summary>
    Task<(string Stdout, string Stderr)> ReadLogAsync(string id, int? lines, CancellationToken cancellation);

    /// <summary>Gives what a container writes, both streams line by line as they come, until it ends.</summary>
    Task FollowLogAsync(string id, Action<string> line, CancellationToken cancellation);

    /// <summary>The standard streams of a container's main process, for a conversation. To be called before it is started.</summary>
    Task<MultiplexedStream> AttachContainerAsync(string containerId, CancellationToken cancellation);

    /// <summary>Unpacks a tar archive into a folder of a container, running or not.</summary>
    Task PutArchiveAsync(string containerId, string folder, Stream tar, CancellationToken cancellation);

    /// <summary>A file or folder of a container, running or not, as a tar archive.</summary>
    /// <remarks>Not by Docker.DotNet, whose stream fails when it is asked for nothing at the end of an entry.</remarks>
    Task<Stream> GetArchiveAsync(string containerId, string path, CancellationToken cancellation);

    /// <summary>Size and time of change of a file of a container, running or not, and where it leads if it is a link; null when it is not there.</summary>
    Task<(long Size, DateTime ChangedAt, string? LinkTarget)?> FindFileAsync(string containerId, string path, CancellationToken cancellation);

    /// <summary>The engine's whole description of an image; null when it is not on the engine.</summary>
    Task<ImageView?> InspectImageAsync(string idOrReference, CancellationToken cancellation);

    /// <summary>The tags of a repository that are on the engine.</summary>
    Task<IReadOnlyList<string>> ListTagsAsync(string repository, CancellationToken cancellation);

    /// <summary>The images of a repository that are on the engine: ids, tags, digests and sizes.</summary>
    Task<IReadOnlyList<LocalImage>> ListImagesAsync(string repository, CancellationToken cancellation);

    /// <summary>What the docker command knows about the registry of a repository; read once.</summary>
    Task<CredentialLookup> FindCredentialAsync(string repository, CancellationToken cancellation);

    /// <summary>Asks the image's registry, through the engine, without pulling.</summary>
    /// <param name="image">The image.</param>
    /// <param name="given">Who to be; null for what the docker command knows.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <returns>The digest; null when the registry does not have it.</returns>
    /// <exception cref="ShoreGuardException"><c>RegistryUnreachable</c>, <c>RegistryDenied</c>, <c>PullFailed</c>.</exception>
    Task<string?> FindInRegistryAsync(ImageReference image, RegistryCredential? given, CancellationToken cancellation);

    /// <summary>Pulls an image, with progress by layer.</summary>
    /// <param name="image">The image.</param>
    /// <param name="given">Who to be; null for what the docker command knows.</param>
    /// <param name="reporter">Where is said how it goes.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="ShoreGuardException"><c>ImageNotFound</c>, <c>RegistryUnreachable</c>, <c>RegistryDenied</c>, <c>PullFailed</c>.</exception>
    Task PullAsync(ImageReference image, RegistryCredential? given, IReporter reporter, CancellationToken cancellation);

    /// <summary>Runs a command inside a running container.</summary>
    /// <param name="containerId">The container.</param>
    /// <param name="command">The program and its arguments; never a secret, since every process list shows them.</param>
    /// <param name="environment">Additional variables; secrets go here.</param>
    /// <param name="output">Receives the standard output.</param>
    /// <param name="cancellation">Stops waiting; the engine then ends the connection.</param>
    /// <param name="user">The user inside the container; null for the container's own.</param>
    /// <param name="input">What the command reads; null for nothing.</param>
    /// <returns>The exit code and what was written to standard error.</returns>
    Task<(long ExitCode, string Stderr)> ExecAsync(string containerId, IReadOnlyList<string> command, IReadOnlyDictionary<string, string> environment,
        Stream output, CancellationToken cancellation, string? user = null, Stream? input = null);

    /// <summary>Starts a command inside a running container and gives its standard streams, for a conversation. Closing them ends the command's
    /// input.</summary>
    /// <param name="containerId">The container.</param>
    /// <param name="command">The program and its arguments; never a secret, since every process list shows them.</param>
    /// <param name="cancellation">Stops waiting for the start.</param>
    /// <param name="user">The user inside the container; null for the container's own.</param>
    Task<MultiplexedStream> AttachExecAsync(string containerId, IReadOnlyList<string> command, CancellationToken cancellation, string? user = null);
}
