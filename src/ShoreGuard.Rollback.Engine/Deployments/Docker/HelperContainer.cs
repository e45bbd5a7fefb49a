using System.Text.Json.Nodes;

namespace ShoreGuard.Rollback.Engine.Deployments.Docker;

/// <summary>A one-off container of an application's own image, in which Python works for us.</summary>
/// <remarks>
/// Its main process reads what we write, so it ends when our connection does: of a process that is killed nothing is left that runs,
/// and the next helper removes what is left.
/// </remarks>
internal sealed class HelperContainer : IAsyncDisposable
{
    private const string Label = "shoreguard.rollback.helper";
    private static readonly TimeSpan LongestStart = TimeSpan.FromMinutes(5);

    private readonly IContainerEngine _engine;

    private HelperContainer(IContainerEngine engine, string id, ContainerConversation conversation)
    {
        _engine = engine;
        Id = id;
        Conversation = conversation;
    }

    /// <summary>Its id.</summary>
    public string Id { get; }

    /// <summary>With its main process.</summary>
    public ContainerConversation Conversation { get; }

    /// <summary>One that has the application's volumes and bind mounts, and no network.</summary>
    public static Task<HelperContainer> BesideAsync(IContainerEngine engine, ContainerView application, string script, CancellationToken cancellation) =>
        StartAsync(engine, application, script, new() { ["NetworkMode"] = "none", ["VolumesFrom"] = new JsonArray(application.Id) }, cancellation);

    /// <summary>One that has nothing of the application but its image.</summary>
    public static Task<HelperContainer> AloneAsync(IContainerEngine engine, ContainerView application, string script, CancellationToken cancellation) =>
        StartAsync(engine, application, script, new() { ["NetworkMode"] = "none" }, cancellation);

    /// <summary>One in the network of another container.</summary>
    public static Task<HelperContainer> InNetworkOfAsync(
        IContainerEngine engine, ContainerView application, string container, CancellationToken cancellation) =>
        StartAsync(engine, application, "import sys\nsys.stdin.read()", new() { ["NetworkMode"] = $"container:{container}" }, cancellation);

    private static async Task<HelperContainer> StartAsync(
        IContainerEngine engine, ContainerView application, string script, JsonObject hostConfig, CancellationToken cancellation)
    {
        await OneOffContainers.RemoveLeftOversAsync(engine, Label, IsLeft, cancellation).ConfigureAwait(false);
        var image = application.ImageId;
        var mounted = hostConfig.ContainsKey("VolumesFrom") ? MountsOf(application) : [];
        hostConfig["Tmpfs"] = OneOffContainers.InsteadOfVolumes(await engine.InspectImageAsync(image, cancellation).ConfigureAwait(false), mounted);
        var name = $"shoreguard-helper-{Guid.NewGuid():n}";
        try
        {
            var id = await engine.CreateContainerAsync(name, Body(image, script, application, hostConfig), cancellation).ConfigureAwait(false);
            var conversation = new ContainerConversation(await engine.AttachContainerAsync(id, cancellation).ConfigureAwait(false));
            var helper = new HelperContainer(engine, id, conversation);
            await engine.StartContainerAsync(id, cancellation).ConfigureAwait(false);
            return helper;
        }
        catch (Exception error)
        {
            await engine.RemoveContainerAsync(name, CancellationToken.None).ConfigureAwait(false);
            if (error is ShoreGuardException { Id: nameof(Errors.EngineRefused) } && error.Message.Contains("python3", StringComparison.Ordinal))
                throw Errors.PythonMissing(application.ImageName ?? image, error);
            throw;
        }
    }

    private static IReadOnlyCollection<string> MountsOf(ContainerView application) =>
        [.. application.Mounts.Select(mount => mount.Destination).OfType<string>()];

    private static JsonObject Body(string image, string script, ContainerView application, JsonObject hostConfig)
    {
        hostConfig["LogConfig"] = new JsonObject { ["Type"] = "none" };
        // The label of another container's private volume would keep this one out (SELinux).
        hostConfig["SecurityOpt"] = new JsonArray("label=disable");
        hostConfig["UsernsMode"] = application.Json.Text("HostConfig", "UsernsMode") ?? "";
        return new()
        {
            ["Image"] = image,
            ["Labels"] = OneOffContainers.Labels(Label, application.Id),
            // Whoever the database belongs to: its owner and rights are to stay.
            ["User"] = "0:0",
            ["WorkingDir"] = "/",
            ["Entrypoint"] = new JsonArray("python3", "-I", "-S", "-c", script),
            ["Cmd"] = new JsonArray(),
            ["Healthcheck"] = new JsonObject { ["Test"] = new JsonArray("NONE") },
            ["OpenStdin"] = true,
            ["StdinOnce"] = true,
            ["AttachStdin"] = true,
            ["AttachStdout"] = true,
            ["AttachStderr"] = true,
            ["HostConfig"] = hostConfig,
        };
    }

    /// <summary>Whether a container is one.</summary>
    public static bool IsHelper(ContainerView container) => container.Label(Label) is not null;

    // One that runs is another process's, and so may be one that is about to be started.
    private static bool IsLeft(ContainerView helper) =>
        helper.HasEnded || (helper.Status == "created" && OneOffContainers.IsOlder(helper, LongestStart));

    /// <summary>Whether a helper of that id still runs.</summary>
    public static async Task<bool> RunsAsync(IContainerEngine engine, string id, CancellationToken cancellation) =>
        await engine.InspectContainerAsync(id, cancellation).ConfigureAwait(false) is { IsRunning: true };

    /// <summary>Ends and removes it.</summary>
    public async ValueTask DisposeAsync()
    {
        Conversation.Dispose();
        await OutagePatience.RunAsync(() => _engine.RemoveContainerAsync(Id, CancellationToken.None)).ConfigureAwait(false);
    }
}
