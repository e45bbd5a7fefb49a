using System.Formats.Tar;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Docker.DotNet;
using ShoreGuard.Rollback.Engine.Deployments.Docker;
using ShoreGuard.Rollback.Engine.Schema;

namespace ShoreGuard.Rollback.Engine.Tests.InMemory;

/// <summary>A connection to an engine that is in memory. Whose process is gone hears nothing any more.</summary>
internal sealed class MemoryEngine(MemoryWorld world) : IContainerEngine
{
    public string Host => world.Host;

    public TimeProvider Clock => Actor.Current is { } actor ? world.Clock.For(actor) : world.Clock;

    public Task<JsonObject?> InfoAsync(CancellationToken cancellation) =>
        ReadAsync<JsonObject?>(() => new() { ["Name"] = Environment.MachineName, ["OperatingSystem"] = world.EngineSystem });

    public Task<IReadOnlyList<string>> ListContainersAsync(IEnumerable<string> labels, CancellationToken cancellation) => ReadAsync<IReadOnlyList<string>>(() =>
        [.. world.Containers.Where(container => labels.All(label => Carries(container, label))).Select(container => container.Id)]);

    public Task<IReadOnlyList<string>> ListRunningImagesAsync(CancellationToken cancellation) => ReadAsync<IReadOnlyList<string>>(() =>
        [.. world.Containers.Where(container => container.IsRunning).Select(container => (string)container.Image["Id"]!)]);

    public Task<IReadOnlyList<string>> ListLabelAsync(string label, string carrying, CancellationToken cancellation) => ReadAsync<IReadOnlyList<string>>(() =>
        [.. world.Containers.Where(container => Carries(container, carrying))
            .Select(container => container.Labels.GetValueOrDefault(label)).OfType<string>().Distinct()]);

    public Task<IReadOnlyList<string>> ListNamesAsync(string part, CancellationToken cancellation) => ReadAsync<IReadOnlyList<string>>(() =>
        [.. world.Containers.Select(container => container.Name).Concat(world.NetworkNames).Where(name => name.Contains(part, StringComparison.Ordinal))]);

    public Task<NetworkView?> InspectNetworkAsync(string idOrName, CancellationToken cancellation) =>
        ReadAsync(() => world.DescribeNetwork(idOrName) is { } network ? new NetworkView(network) : null);

    public Task<ContainerView?> InspectContainerAsync(string idOrName, CancellationToken cancellation) =>
        ReadAsync(() => world.Find(idOrName) is { } container ? new ContainerView(world.Describe(container)) : null);

    public Task<string> CreateContainerAsync(string name, JsonObject body, CancellationToken cancellation) =>
        ChangeAsync($"create container {name}", () => world.Create(name, body).Id, cancellation);

    public Task ConnectNetworkAsync(string networkIdOrName, string containerId, JsonObject endpoint, CancellationToken cancellation) => ChangeAsync(
        $"connect to network {networkIdOrName}", () =>
        world.Connect(networkIdOrName, world.Get(containerId, "connect"), (JsonObject)endpoint.DeepClone()), cancellation);

    public Task DisconnectNetworkAsync(string networkIdOrName, string containerId, CancellationToken cancellation) => ChangeAsync(
        $"disconnect from network {networkIdOrName}", () => world.Disconnect(networkIdOrName, world.Get(containerId, "disconnect")), cancellation);

    public Task PauseContainerAsync(string id, CancellationToken cancellation) =>
        ChangeAsync("pause", () => world.Get(id, "pause").Status = "paused", cancellation);

    public Task UnpauseContainerAsync(string id, CancellationToken cancellation) => ChangeAsync("unpause", () =>
    {
        if (world.Find(id) is { Status: "paused" } container)
            container.Status = "running";
    }, cancellation);

    public Task CreateInternalNetworkAsync(string name, IDictionary<string, string> labels, CancellationToken cancellation) =>
        ChangeAsync($"create network {name}", () =>
        world.AddNetwork(name, isInternal: true, new(labels.Select(label => KeyValuePair.Create(label.Key, (JsonNode?)label.Value)))), cancellation);

    public Task RemoveNetworkAsync(string name, CancellationToken cancellation) => ChangeAsync($"remove network {name}", () =>
    {
        if (world.DescribeNetwork(name) is not null)
            world.RemoveNetwork(name);
    }, cancellation);

    public Task StartContainerAsync(string id, CancellationToken cancellation) =>
        ChangeAsync($"start container {NameOf(id)}", () => world.Start(world.Get(id, $"start container {id}")), cancellation);

    public Task StopContainerAsync(string id, CancellationToken cancellation) =>
        ChangeAsync($"stop container {NameOf(id)}", () => MemoryWorld.Stop(world.Get(id, $"stop container {id}")), cancellation);

    public Task RestartContainerAsync(string id, CancellationToken cancellation) => ChangeAsync($"restart container {NameOf(id)}", () =>
    {
        var container = world.Get(id, $"restart container {id}");
        MemoryWorld.Stop(container);
        world.Start(container);
    }, cancellation);

    public Task RenameContainerAsync(string id, string name, CancellationToken cancellation) =>
        ChangeAsync($"rename container {NameOf(id)} to {name}", () => world.Rename(world.Get(id, $"rename container {id} to {name}"), name), cancellation);

    public Task RemoveContainerAsync(string id, CancellationToken cancellation) => ChangeAsync($"remove container {NameOf(id)}", () =>
    {
        if (world.Find(id) is { } container)
            world.Remove(container);
    }, cancellation);

    public async Task<long> WaitContainerAsync(string id, CancellationToken cancellation)
    {
        await WaitUntilEndedAsync(id, cancellation);
        return world.Find(id)?.ExitCode ?? 0;
    }

    public Task<string?> LastExitCodeAsync(string id, DateTimeOffset since, CancellationToken cancellation) =>
        ReadAsync(() =>
            world.Find(id) is { FinishedAt: not null } container ? container.ExitCode.ToString(System.Globalization.CultureInfo.InvariantCulture) : null);

    public async Task WaitUntilEndedAsync(string id, CancellationToken cancellation)
    {
        var container = await ReadAsync(() => world.Get(id, $"wait for container {id}"));
        if (container.IsRunning)
            await container.Ended.Task.WaitAsync(cancellation);
    }

    public Task<(string Stdout, string Stderr)> ReadLogAsync(string id, int? lines, CancellationToken cancellation) =>
        ReadAsync(() => (string.Join('\n', world.Get(id, $"read the log of container {id}").Log), ""));

    public async Task FollowLogAsync(string id, Action<string> line, CancellationToken cancellation)
    {
        await WaitUntilEndedAsync(id, cancellation);
        (await ReadAsync(() => world.Get(id, $"read the log of container {id}").Log.ToList())).ForEach(line);
    }

    public Task<(long ExitCode, string Stderr)> ExecAsync(
        string containerId, IReadOnlyList<string> command, IReadOnlyDictionary<string, string> environment, Stream output, CancellationToken cancellation,
        string? user = null, Stream? input = null) =>
        ReadAsync(() =>
        {
            if (command.Contains(Scripts.Package))
                output.Write(Encoding.UTF8.GetBytes("/usr/lib/python3/dist-packages/shoreguard\n"));
            return (0L, "");
        });

    // What carries a connection into a container's network: the application there, and the sign that it is reached before what it says.
    public async Task<MultiplexedStream> AttachExecAsync(string containerId, IReadOnlyList<string> command, CancellationToken cancellation, string? user = null)
    {
        var port = await ReadAsync(() => world.Get(containerId, "run python3").Application?.Port);
        var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, port ?? throw world.Refuse("run python3", 409, "container is not running"), cancellation);
        return new(new GreetingStream(client.GetStream()), multiplexed: false);
    }

    public Task<MultiplexedStream> AttachContainerAsync(string containerId, CancellationToken cancellation) =>
        throw world.Refuse($"attach to container {containerId}", 500, "exec: \"python3\": executable file not found in $PATH");

    public Task PutArchiveAsync(string containerId, string folder, Stream tar, CancellationToken cancellation)
    {
        using var reader = new TarReader(tar);
        var files = new List<(string Path, byte[] Content)>();
        while (reader.GetNextEntry() is { } entry)
        {
            using var content = new MemoryStream();
            entry.DataStream?.CopyTo(content);
            files.Add((Path.Combine(folder, entry.Name), content.ToArray()));
        }
        return ChangeAsync($"copy into container {NameOf(containerId)}", () =>
        {
            var container = world.Get(containerId, $"copy into container {containerId}");
            foreach (var (path, content) in files)
                container.Files[path] = content;
        }, cancellation);
    }

    public Task<Stream> GetArchiveAsync(string containerId, string path, CancellationToken cancellation) => ReadAsync<Stream>(() =>
    {
        var files = world.Get(containerId, $"copy {path} out of container {containerId}").Files.Where(file =>
            file.Key == path || file.Key.StartsWith(path + "/", StringComparison.Ordinal)).ToList();
        if (files.Count == 0)
            throw world.Refuse($"copy {path} out of container {containerId}", 404, $"Could not find the file {path} in container {containerId}");
        var tar = new MemoryStream();
        using (var writer = new TarWriter(tar, leaveOpen: true))
        {
            foreach (var (name, content) in files)
                writer.WriteEntry(
                    new PaxTarEntry(TarEntryType.RegularFile,
                    Path.GetRelativePath(Path.GetDirectoryName(path)!, name).Replace('\\', '/')) { DataStream = new MemoryStream(content) });
        }
        tar.Position = 0;
        return tar;
    });

    public Task<(long Size, DateTime ChangedAt, string? LinkTarget)?> FindFileAsync(string containerId, string path, CancellationToken cancellation) =>
        ReadAsync<(long, DateTime, string?)?>(() => world.Find(containerId)?.HostPath(path) is { } here && new FileInfo(here) is { Exists: true } file
            ? (file.Length, file.LastWriteTimeUtc, null) : null);

    public Task<ImageView?> InspectImageAsync(string idOrReference, CancellationToken cancellation) =>
        ReadAsync(() => world.FindImage(idOrReference) is { } image ? new ImageView(image.Describe()) : null);

    public Task<IReadOnlyList<string>> ListTagsAsync(string repository, CancellationToken cancellation) =>
        ReadAsync<IReadOnlyList<string>>(() => repository == MemoryRelease.Repository ? [.. world.Images.Values.Select(image => image.Version)] : []);

    public Task<IReadOnlyList<LocalImage>> ListImagesAsync(string repository, CancellationToken cancellation) => ReadAsync<IReadOnlyList<LocalImage>>(() =>
        repository == MemoryRelease.Repository ? [.. world.Images.Values.Select(image => new LocalImage(image.Id, [image.Version], [image.Digest], 1))] : []);

    public Task<CredentialLookup> FindCredentialAsync(string repository, CancellationToken cancellation) => Task.FromResult(CredentialLookup.Nobody);

    public Task<string?> FindInRegistryAsync(ImageReference image, RegistryCredential? given, CancellationToken cancellation) =>
        ReadAsync(() => world.Registry.Find(each => image.ToString() == each.Reference || image.ToString() == $"{each.Reference}@{each.Digest}")?.Digest);

    public Task PullAsync(ImageReference image, RegistryCredential? given, IReporter reporter, CancellationToken cancellation) =>
        ChangeAsync($"pull {image}", () =>
        world.Add(world.Registry.Find(each => each.Version == image.Tag) ?? throw Errors.ImageNotFound(image.ToString(), [])), cancellation);

    public void Dispose()
    {
    }

    private string NameOf(string id)
    {
        lock (world.Gate)
            return world.Find(id)?.Name ?? id;
    }

    private static bool Carries(MemoryContainer container, string label) =>
        label.Split('=', 2) is [var name, var value] ? container.Labels.GetValueOrDefault(name) == value : container.Labels.ContainsKey(label);

    private async Task<T> ReadAsync<T>(Func<T> read)
    {
        await (Actor.Current?.StopIfDeadAsync() ?? Task.CompletedTask);
        lock (world.Gate)
            return read();
    }

    private Task<bool> ChangeAsync(string what, Action change, CancellationToken cancellation) => ChangeAsync(what, () =>
    {
        change();
        return true;
    }, cancellation);

    private async Task<T> ChangeAsync<T>(string what, Func<T> change, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        var fate = await (Actor.Current?.ReachAsync(what) ?? Task.FromResult<Moment?>(null));
        if (world.IsReadOnly || fate == Moment.Refused)
            throw world.Refuse(what, 403, "authorization denied by plugin: it may be read only");
        world.Meanwhile?.Invoke(what);
        T result;
        lock (world.Gate)
            result = change();
        if (fate == Moment.After)
            await Actor.Current!.DieAsync();
        return fate == Moment.AnswerLost ? throw Errors.EngineConnectionLost(Host, what, new IOException("Connection reset by peer")) : result;
    }

    // Says that the connection is made, and then is it.
    private sealed class GreetingStream(Stream inner) : Stream
    {
        private bool _isGreeted;

        public override bool CanRead => true;
        public override bool CanSeek => false;
        public override bool CanWrite => true;
        public override long Length => throw new NotSupportedException();
        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (_isGreeted)
                return await inner.ReadAsync(buffer, cancellationToken);
            _isGreeted = true;
            buffer.Span[0] = (byte)'+';
            return 1;
        }

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();
        public override int Read(byte[] buffer, int offset, int count) => ReadAsync(buffer, offset, count, CancellationToken.None).GetAwaiter().GetResult();
        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            inner.WriteAsync(buffer, cancellationToken);
        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();
        public override void Write(byte[] buffer, int offset, int count) => inner.Write(buffer, offset, count);
        public override void Flush() => inner.Flush();
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
        protected override void Dispose(bool disposing)
        {
            inner.Dispose();
            base.Dispose(disposing);
        }
    }
}
