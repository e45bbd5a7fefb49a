using System.Globalization;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using Docker.DotNet;
using Docker.DotNet.Models;

namespace ShoreGuard.Rollback.Engine.Deployments.Docker;

internal sealed partial class DockerEngine
{
    // What a shell gives for a command that was killed: 128 and SIGKILL.
    private const int Killed = 137;

    // For how long one that is being made is waited for by whoever has been stopped.
    private static readonly TimeSpan CreationLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan FirstLook = TimeSpan.FromSeconds(1), NextLook = TimeSpan.FromSeconds(5);

    /// <inheritdoc/>
    public Task<IReadOnlyList<string>> ListContainersAsync(IEnumerable<string> labels, CancellationToken cancellation) =>
        CallAsync<IReadOnlyList<string>>("list containers", async () =>
        {
            var filters = new Dictionary<string, IDictionary<string, bool>> { ["label"] = labels.ToDictionary(label => label, _ => true) };
            var found = await _client.Containers.ListContainersAsync(new ContainersListParameters { All = true, Filters = filters }, cancellation)
                .ConfigureAwait(false);
            return [.. found.Select(container => container.ID)];
        }, cancellation);

    /// <inheritdoc/>
    public Task<IReadOnlyList<string>> ListRunningImagesAsync(CancellationToken cancellation) =>
        CallAsync<IReadOnlyList<string>>("list containers", async () =>
        {
            var found = await _client.Containers.ListContainersAsync(new ContainersListParameters(), cancellation).ConfigureAwait(false);
            return [.. found.Select(container => container.ImageID)];
        }, cancellation);

    /// <inheritdoc/>
    public Task<IReadOnlyList<string>> ListLabelAsync(string label, string carrying, CancellationToken cancellation) =>
        CallAsync<IReadOnlyList<string>>("list containers", async () =>
        {
            var filters = new Dictionary<string, IDictionary<string, bool>> { ["label"] = new Dictionary<string, bool> { [carrying] = true } };
            var found = await _client.Containers.ListContainersAsync(new ContainersListParameters { All = true, Filters = filters }, cancellation)
                .ConfigureAwait(false);
            return [.. found.Select(container => container.Labels.TryGetValue(label, out var value) ? value : null)
                .OfType<string>().Distinct(StringComparer.Ordinal)];
        }, cancellation);

    /// <inheritdoc/>
    public Task<IReadOnlyList<string>> ListNamesAsync(string part, CancellationToken cancellation) =>
        CallAsync<IReadOnlyList<string>>("list names", async () =>
        {
            var filters = new Dictionary<string, IDictionary<string, bool>> { ["name"] = new Dictionary<string, bool> { [part] = true } };
            var containers = await _client.Containers.ListContainersAsync(new ContainersListParameters { All = true, Filters = filters }, cancellation)
                .ConfigureAwait(false);
            var networks = await _client.Networks.ListNetworksAsync(new NetworksListParameters { Filters = filters }, cancellation).ConfigureAwait(false);
            var names = containers.SelectMany(container => container.Names)
                .Select(name => name.TrimStart('/')).Concat(networks.Select(network => network.Name));
            return [.. names.Where(name => name.Contains(part, StringComparison.Ordinal))];
        }, cancellation);

    /// <inheritdoc/>
    public async Task<NetworkView?> InspectNetworkAsync(string idOrName, CancellationToken cancellation) =>
        await GetJsonAsync($"/networks/{Uri.EscapeDataString(idOrName)}", cancellation).ConfigureAwait(false) is { } network ? new(network) : null;

    /// <inheritdoc/>
    public async Task<ContainerView?> InspectContainerAsync(string idOrName, CancellationToken cancellation) =>
        await GetJsonAsync($"/containers/{Uri.EscapeDataString(idOrName)}/json", cancellation).ConfigureAwait(false) is { } container ? new(container) : null;

    /// <inheritdoc/>
    public async Task<string> CreateContainerAsync(string name, JsonObject body, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        // The engine makes it whether or not somebody still waits: given up at once, it would appear after whoever stopped has looked for it by its name.
        var creating = CreateContainerAsync(name, body);
        try
        {
            return await creating.WaitAsync(cancellation).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAny(creating, Task.Delay(CreationLimit, CancellationToken.None)).ConfigureAwait(false);
            throw;
        }
    }

    private async Task<string> CreateContainerAsync(string name, JsonObject body)
    {
        using var answer = await PostAsync($"create container {name}", $"/containers/create?name={Uri.EscapeDataString(name)}", body, CancellationToken.None)
            .ConfigureAwait(false);
        await ThrowIfFailedAsync(answer, $"create container {name}", CancellationToken.None).ConfigureAwait(false);
        return (await ReadAsync(answer, "/containers/create", CancellationToken.None).ConfigureAwait(false)).Text("Id")
            ?? throw Errors.EngineAnswerInvalid(Host, "/containers/create");
    }

    /// <inheritdoc/>
    public async Task ConnectNetworkAsync(string networkIdOrName, string containerId, JsonObject endpoint, CancellationToken cancellation)
    {
        var body = new JsonObject { ["Container"] = containerId, ["EndpointConfig"] = endpoint.DeepClone() };
        using var answer = await PostAsync(
            $"connect to network {networkIdOrName}", $"/networks/{Uri.EscapeDataString(networkIdOrName)}/connect", body, cancellation).ConfigureAwait(false);
        await ThrowIfFailedAsync(answer, $"connect to network {networkIdOrName}", cancellation).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public Task DisconnectNetworkAsync(string networkIdOrName, string containerId, CancellationToken cancellation) =>
        ChangeAsync($"disconnect container {Short(containerId)} from network {networkIdOrName}", () =>
            _client.Networks.DisconnectNetworkAsync(
                networkIdOrName, new NetworkDisconnectParameters { Container = containerId, Force = true }, CancellationToken.None), cancellation);

    /// <inheritdoc/>
    public Task PauseContainerAsync(string id, CancellationToken cancellation) =>
        ChangeAsync($"pause container {Short(id)}", () => _client.Containers.PauseContainerAsync(id, CancellationToken.None), cancellation);

    /// <inheritdoc/>
    public async Task UnpauseContainerAsync(string id, CancellationToken cancellation)
    {
        if (await InspectContainerAsync(id, cancellation).ConfigureAwait(false) is { IsPaused: true })
            await ChangeAsync($"unpause container {Short(id)}", () => _client.Containers.UnpauseContainerAsync(id, CancellationToken.None), cancellation)
                .ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public Task CreateInternalNetworkAsync(string name, IDictionary<string, string> labels, CancellationToken cancellation) =>
        ChangeAsync($"create network {name}", () =>
            _client.Networks.CreateNetworkAsync(new NetworksCreateParameters { Name = name, Internal = true, Labels = labels }, CancellationToken.None),
                cancellation);

    /// <inheritdoc/>
    public async Task RemoveNetworkAsync(string name, CancellationToken cancellation)
    {
        if (await InspectNetworkAsync(name, cancellation).ConfigureAwait(false) is not null)
            await ChangeAsync($"remove network {name}", () => _client.Networks.DeleteNetworkAsync(name, CancellationToken.None), cancellation)
                .ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public Task StartContainerAsync(string id, CancellationToken cancellation) =>
        ChangeAsync($"start container {Short(id)}", () =>
            _client.Containers.StartContainerAsync(id, new ContainerStartParameters(), CancellationToken.None), cancellation);

    /// <inheritdoc/>
    public Task StopContainerAsync(string id, CancellationToken cancellation) =>
        ChangeAsync($"stop container {Short(id)}", () =>
            _client.Containers.StopContainerAsync(id, new ContainerStopParameters(), CancellationToken.None), cancellation);

    /// <inheritdoc/>
    public Task RestartContainerAsync(string id, CancellationToken cancellation) =>
        ChangeAsync($"restart container {Short(id)}", () =>
            _client.Containers.RestartContainerAsync(id, new ContainerRestartParameters(), CancellationToken.None), cancellation);

    /// <inheritdoc/>
    public Task RenameContainerAsync(string id, string name, CancellationToken cancellation) =>
        ChangeAsync($"rename container {Short(id)} to {name}", () =>
            _client.Containers.RenameContainerAsync(id, new ContainerRenameParameters { NewName = name }, CancellationToken.None), cancellation);

    /// <inheritdoc/>
    public async Task RemoveContainerAsync(string id, CancellationToken cancellation)
    {
        try
        {
            await ChangeAsync(
                $"remove container {Short(id)}",
                () => _client.Containers.RemoveContainerAsync(
                id, new ContainerRemoveParameters { Force = true, RemoveVolumes = false }, CancellationToken.None),
                cancellation).ConfigureAwait(false);
        }
        catch (ShoreGuardException error) when (error.InnerException is DockerContainerNotFoundException
            || error.Message.Contains("is already in progress", StringComparison.Ordinal))
        {
            // Gone, or somebody else is removing it.
        }
    }

    /// <inheritdoc/>
    public Task<long> WaitContainerAsync(string id, CancellationToken cancellation) =>
        CallAsync($"wait for container {Short(id)}", async () =>
            (await _client.Containers.WaitContainerAsync(id, cancellation).ConfigureAwait(false)).StatusCode, cancellation);

    /// <inheritdoc/>
    public async Task<string?> LastExitCodeAsync(string id, DateTimeOffset since, CancellationToken cancellation)
    {
        var filters = new JsonObject { ["container"] = new JsonArray(id), ["event"] = new JsonArray("die") };
        var until = (DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() / 1000.0).ToString("F3", CultureInfo.InvariantCulture);
        var path = $"/events?since={since.ToUnixTimeSeconds()}&until={until}&filters={Uri.EscapeDataString(filters.ToJsonString())}";
        using var answer = await GetAsync(path, cancellation).ConfigureAwait(false);
        await ThrowIfFailedAsync(answer, "list events", cancellation).ConfigureAwait(false);
        var lines = (await answer.Content.ReadAsStringAsync(cancellation).ConfigureAwait(false)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        try
        {
            return lines.Length == 0 ? null : JsonNode.Parse(lines[^1]).Text("Actor", "Attributes", "exitCode");
        }
        catch (System.Text.Json.JsonException)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public Task WaitUntilEndedAsync(string id, CancellationToken cancellation) =>
        CallAsync($"wait for container {Short(id)}", () => _client.Containers.WaitContainerAsync(id, cancellation), cancellation);

    /// <inheritdoc/>
    public Task<(string Stdout, string Stderr)> ReadLogAsync(string id, int? lines, CancellationToken cancellation) =>
        CallAsync($"read the log of container {Short(id)}", async () =>
        {
            var parameters = new ContainerLogsParameters { ShowStdout = true, ShowStderr = true, Tail = lines?.ToString(CultureInfo.InvariantCulture)
                ?? "all" };
            var hasTerminal = await HasTerminalAsync(id, cancellation).ConfigureAwait(false);
            using var stream = await _client.Containers.GetContainerLogsAsync(id, hasTerminal, parameters, cancellation).ConfigureAwait(false);
            var (stdout, stderr) = await stream.ReadOutputToEndAsync(cancellation).ConfigureAwait(false);
            return (stdout, stderr);
        }, cancellation);

    // Of one with a terminal (docker run --tty) the engine does not tell the two streams apart: its log has no frames.
    private async Task<bool> HasTerminalAsync(string id, CancellationToken cancellation) =>
        (await _client.Containers.InspectContainerAsync(id, cancellation).ConfigureAwait(false)).Config?.Tty ?? false;

    /// <inheritdoc/>
    public Task FollowLogAsync(string id, Action<string> line, CancellationToken cancellation) =>
        CallAsync($"read the log of container {Short(id)}", async () =>
        {
            var parameters = new ContainerLogsParameters { ShowStdout = true, ShowStderr = true, Follow = true, Tail = "all" };
            var hasTerminal = await HasTerminalAsync(id, cancellation).ConfigureAwait(false);
            using var stream = await _client.Containers.GetContainerLogsAsync(id, hasTerminal, parameters, cancellation).ConfigureAwait(false);
            using var stdout = new LineStream(line);
            using var stderr = new LineStream(line);
            await stream.CopyOutputToAsync(Stream.Null, stdout, stderr, cancellation).ConfigureAwait(false);
        }, cancellation);

    /// <inheritdoc/>
    public Task<(long ExitCode, string Stderr)> ExecAsync(
        string containerId, IReadOnlyList<string> command, IReadOnlyDictionary<string, string> environment, Stream output, CancellationToken cancellation,
        string? user = null, Stream? input = null) =>
        CallAsync($"run {command[0]} in container {Short(containerId)}", async () =>
        {
            var exec = await _client.Exec.ExecCreateContainerAsync(containerId, new ContainerExecCreateParameters
            {
                Cmd = [.. command],
                Env = [.. environment.Select(variable => $"{variable.Key}={variable.Value}")],
                AttachStdin = input is not null,
                AttachStdout = true,
                AttachStderr = true,
                User = user,
            }, cancellation).ConfigureAwait(false);
            using var stream = await _client.Exec.StartAndAttachContainerExecAsync(exec.ID, tty: false, cancellation).ConfigureAwait(false);
            using var errors = new MemoryStream();
            var feeding = input is null ? Task.CompletedTask : FeedAsync(stream, input, cancellation);
            using var watching = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            var copying = stream.CopyOutputToAsync(Stream.Null, output, errors, watching.Token);
            var lost = await Task.WhenAny(copying, AwaitDeathAsync(containerId, exec.ID, watching.Token)).ConfigureAwait(false) != copying;
            await (lost ? watching.CancelAsync() : copying).ConfigureAwait(false);
            if (lost && !cancellation.IsCancellationRequested)
                return (Killed, $"error: {command[0]} was killed in the container");
            cancellation.ThrowIfCancellationRequested();
            await watching.CancelAsync().ConfigureAwait(false);
            // A command that ended early leaves the rest unread; nobody waits for that to be written.
            await Task.WhenAny(feeding, Task.Delay(TimeSpan.FromSeconds(1), cancellation)).ConfigureAwait(false);
            var ended = await _client.Exec.InspectContainerExecAsync(exec.ID, cancellation).ConfigureAwait(false);
            return (ended.ExitCode, Encoding.UTF8.GetString(errors.ToArray()));
        }, cancellation);

    // Engine 28.5 does not always tell the end of a command that is killed while its input is full: it is "Running" for ever, and its streams
    // stay open. Ends when a process that was among the container's is so no more, and the engine still calls it running. Where the processes
    // cannot be listed nothing is concluded.
    private async Task AwaitDeathAsync(string containerId, string execId, CancellationToken cancellation)
    {
        var (seen, missed) = (false, 0);
        for (var wait = FirstLook; missed < 2; wait = NextLook)
        {
            await Task.Delay(wait, cancellation).ConfigureAwait(false);
            var alive = await IsAliveAsync(containerId, execId, cancellation).ConfigureAwait(false);
            seen |= alive == true;
            missed = seen && alive == false ? missed + 1 : 0;
        }
    }

    // Null when that cannot be told. The engine gives the process numbers of its own machine, for the command as for the list.
    private async Task<bool?> IsAliveAsync(string containerId, string execId, CancellationToken cancellation)
    {
        try
        {
            var exec = await _client.Exec.InspectContainerExecAsync(execId, cancellation).ConfigureAwait(false);
            if (!exec.Running)
                return null; // The engine knows: the streams end by themselves.
            var processes = await _client.Containers.ListProcessesAsync(containerId, new ContainerListProcessesParameters { PsArgs = "-eo pid" }, cancellation)
                .ConfigureAwait(false);
            var number = exec.Pid.ToString(System.Globalization.CultureInfo.InvariantCulture);
            return processes.Processes.Any(process => process[0].Trim() == number);
        }
        catch (DockerApiException)
        {
            return false; // The container itself has gone.
        }
        catch (Exception) when (!cancellation.IsCancellationRequested)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public Task<MultiplexedStream> AttachExecAsync(string containerId, IReadOnlyList<string> command, CancellationToken cancellation, string? user = null) =>
        CallAsync($"run {command[0]} in container {Short(containerId)}", async () =>
        {
            var parameters = new ContainerExecCreateParameters { Cmd = [.. command], AttachStdin = true, AttachStdout = true, AttachStderr = true,
                User = user };
            var exec = await _client.Exec.ExecCreateContainerAsync(containerId, parameters, cancellation).ConfigureAwait(false);
            return await _client.Exec.StartAndAttachContainerExecAsync(exec.ID, tty: false, cancellation).ConfigureAwait(false);
        }, cancellation);

    /// <inheritdoc/>
    public Task<MultiplexedStream> AttachContainerAsync(string containerId, CancellationToken cancellation) =>
        CallAsync($"attach to container {Short(containerId)}", () =>
            _client.Containers.AttachContainerAsync(
                containerId, tty: false, new ContainerAttachParameters { Stream = true, Stdin = true, Stdout = true, Stderr = true }, cancellation),
            cancellation);

    // A command that has read enough closes its end; what it says, and its exit code, tell more than the broken pipe does.
    private static async Task FeedAsync(MultiplexedStream stream, Stream input, CancellationToken cancellation)
    {
        try
        {
            var buffer = new byte[1 << 16];
            for (int read; (read = await input.ReadAsync(buffer, cancellation).ConfigureAwait(false)) > 0;)
                await stream.WriteAsync(buffer, 0, read, cancellation).ConfigureAwait(false);
            stream.CloseWrite();
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException)
        {
        }
    }

    /// <inheritdoc/>
    public Task PutArchiveAsync(string containerId, string folder, Stream tar, CancellationToken cancellation) =>
        CallAsync($"copy into container {Short(containerId)}", () =>
            _client.Containers.ExtractArchiveToContainerAsync(containerId, new ContainerPathStatParameters { Path = folder }, tar, cancellation), cancellation);

    /// <inheritdoc/>
    public Task<Stream> GetArchiveAsync(string containerId, string path, CancellationToken cancellation) =>
        CallAsync($"copy {path} out of container {Short(containerId)}", async () =>
        {
            var uri = Versioned($"/containers/{Uri.EscapeDataString(containerId)}/archive?path={Uri.EscapeDataString(path)}");
            var answer = await _http.GetAsync(uri, HttpCompletionOption.ResponseHeadersRead, cancellation).ConfigureAwait(false);
            await ThrowIfFailedAsync(answer, $"copy {path} out of container {Short(containerId)}", cancellation).ConfigureAwait(false);
            return await answer.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
        }, cancellation);

    /// <inheritdoc/>
    public async Task<(long Size, DateTime ChangedAt, string? LinkTarget)?> FindFileAsync(string containerId, string path, CancellationToken cancellation)
    {
        try
        {
            return await CallAsync($"look for {path} in container {Short(containerId)}", async () =>
            {
                var found = await _client.Containers.GetArchiveFromContainerAsync(
                    containerId, new GetArchiveFromContainerParameters { Path = path }, statOnly: true, cancellation).ConfigureAwait(false);
                return ((long Size, DateTime ChangedAt, string? LinkTarget)?)(
                    found.Stat.Size, found.Stat.Mtime.ToUniversalTime(), found.Stat.LinkTarget is { Length: > 0 } target ? target : null);
            }, cancellation).ConfigureAwait(false);
        }
        catch (ShoreGuardException error) when (error.Kind == FailureKind.ObjectNotFound)
        {
            return null;
        }
    }

    private static string Short(string id) => id.Length > 12 ? id[..12] : id;
}
