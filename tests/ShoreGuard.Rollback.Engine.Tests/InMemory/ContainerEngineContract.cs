using System.Formats.Tar;
using System.Text;
using System.Text.Json.Nodes;
using ShoreGuard.Rollback.Engine.Deployments;
using ShoreGuard.Rollback.Engine.Deployments.Docker;

namespace ShoreGuard.Rollback.Engine.Tests.InMemory;

/// <summary>What the module relies on of every engine. The one in memory is held to what the real ones do.</summary>
public abstract class ContainerEngineContract : IAsyncLifetime
{
    private readonly string _name = $"sgtest-contract-{Guid.NewGuid().ToString("n")[..8]}";
    private readonly int _port = MemoryWorld.FreePort();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>The engine.</summary>
    internal abstract IContainerEngine Engine { get; }

    /// <summary>An image that is on it, and has the program sleep.</summary>
    protected abstract string Image { get; }

    public abstract ValueTask InitializeAsync();

    public async ValueTask DisposeAsync()
    {
        foreach (var name in await Engine.ListNamesAsync(_name, CancellationToken.None))
        {
            await Engine.RemoveContainerAsync(name, CancellationToken.None);
            await Engine.RemoveNetworkAsync(name, CancellationToken.None);
        }
        await EndAsync();
        GC.SuppressFinalize(this);
    }

    protected virtual ValueTask EndAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task A_name_is_had_once()
    {
        var id = await MakeAsync("a");
        await RefusedAsync(FailureKind.ResourceBusy, () => MakeAsync("a"));
        var other = await MakeAsync("b");
        await RefusedAsync(FailureKind.ResourceBusy, () => Engine.RenameContainerAsync(other, $"{_name}-a", Token));
        await RefusedAsync(null, () => Engine.RenameContainerAsync(id, $"{_name}-a", Token));
        await Engine.RenameContainerAsync(id, $"{_name}-c", Token);
        Assert.Null(await Engine.InspectContainerAsync($"{_name}-a", Token));
        Assert.Equal(id, (await Engine.InspectContainerAsync($"{_name}-c", Token))?.Id);
        Assert.Equal(id, (await Engine.InspectContainerAsync(id[..12], Token))?.Id);
    }

    [Fact]
    public async Task What_is_not_there_is_not_found_and_what_has_gone_is_removed_again_without_a_word()
    {
        await RefusedAsync(FailureKind.ObjectNotFound, () =>
            Engine.CreateContainerAsync($"{_name}-a", new() { ["Image"] = "registry.invalid/nobody/nothing:1" }, Token));
        await RefusedAsync(FailureKind.ObjectNotFound, () => Engine.StartContainerAsync($"{_name}-a", Token));
        Assert.Null(await Engine.InspectContainerAsync($"{_name}-a", Token));
        Assert.Null(await Engine.InspectImageAsync("registry.invalid/nobody/nothing:1", Token));
        Assert.Null(await Engine.InspectNetworkAsync($"{_name}-n", Token));
        var id = await MakeAsync("a");
        await Engine.RemoveContainerAsync(id, Token);
        await Engine.RemoveContainerAsync(id, Token);
        await Engine.RemoveNetworkAsync($"{_name}-n", Token);
    }

    // Whoever is stopped removes by its name what he was about to make. One that appeared after that would stay.
    [Fact]
    public async Task One_whose_maker_is_stopped_is_there_when_he_is_told_so_or_never()
    {
        for (var delay = 0; delay < 40; delay += 2)
        {
            using var stop = new CancellationTokenSource(delay);
            var name = $"{_name}-{delay}";
            try
            {
                await Engine.CreateContainerAsync(name, new() { ["Image"] = Image }, stop.Token);
            }
            catch (OperationCanceledException)
            {
            }
            await Engine.RemoveContainerAsync(name, Token);
        }
        await Task.Delay(1000, Token);
        Assert.Empty(await Engine.ListNamesAsync(_name, Token));
    }

    [Fact]
    public async Task A_container_runs_from_its_start_to_its_stop()
    {
        var id = await MakeAsync("a");
        var made = await Engine.InspectContainerAsync(id, Token);
        Assert.Equal(("created", false, (DateTimeOffset?)null), (made!.Status, made.IsUp, made.StartedAt));
        await Engine.StartContainerAsync(id, Token);
        await Engine.StartContainerAsync(id, Token);
        var runs = await Engine.InspectContainerAsync(id, Token);
        Assert.True(runs is { IsUp: true, IsRunning: true, StartedAt: not null });
        var ended = Engine.WaitUntilEndedAsync(id, Token);
        await Task.Delay(100, Token);
        Assert.False(ended.IsCompleted);
        await Engine.StopContainerAsync(id, Token);
        await Engine.StopContainerAsync(id, Token);
        await ended.WaitAsync(TimeSpan.FromSeconds(10), Token);
        Assert.True(await Engine.InspectContainerAsync(id, Token) is { HasEnded: true, EndedAt: not null, ExitCode: not null });
        await Engine.WaitUntilEndedAsync(id, Token).WaitAsync(TimeSpan.FromSeconds(10), Token);
        await Engine.RestartContainerAsync(id, Token);
        Assert.True(await Engine.InspectContainerAsync(id, Token) is { IsUp: true });
    }

    [Fact]
    public async Task Files_are_put_into_a_container_that_was_never_started_and_read_again()
    {
        var id = await MakeAsync("a");
        foreach (var number in (int[])[1, 2])
        {
            using var tar = new MemoryStream();
            using (var writer = new TarWriter(tar, leaveOpen: true))
                writer.WriteEntry(
                    new PaxTarEntry(
                    TarEntryType.RegularFile, $"some-folder/{number}.json") { DataStream = new MemoryStream(Encoding.UTF8.GetBytes($"{number}")) });
            tar.Position = 0;
            await Engine.PutArchiveAsync(id, "/", tar, Token);
        }
        using var archive = await Engine.GetArchiveAsync(id, "/some-folder", Token);
        using var reader = new TarReader(archive);
        var found = new SortedDictionary<string, string>(StringComparer.Ordinal);
        while (await reader.GetNextEntryAsync(copyData: true, Token) is { } entry)
        {
            if (entry.DataStream is { } data)
                found[entry.Name] = await new StreamReader(data).ReadToEndAsync(Token);
        }
        Assert.Equal("some-folder/1.json 1, some-folder/2.json 2", string.Join(", ", found.Select(file => $"{file.Key} {file.Value}")));
        await RefusedAsync(FailureKind.ObjectNotFound, async () => (await Engine.GetArchiveAsync(id, "/another-folder", Token)).Dispose());
    }

    [Fact]
    public async Task A_network_has_those_that_run_on_it()
    {
        var (network, id) = ($"{_name}-n", await MakeAsync("a"));
        await Engine.CreateInternalNetworkAsync(network, new Dictionary<string, string> { ["a"] = "b" }, Token);
        await Engine.ConnectNetworkAsync(network, id, [], Token);
        await Engine.ConnectNetworkAsync(network, id, [], Token);
        var empty = await Engine.InspectNetworkAsync(network, Token);
        Assert.Equal((0, "b"), (empty!.Members.Count, empty.Label("a")));
        await Engine.StartContainerAsync(id, Token);
        await RefusedAsync(null, () => Engine.ConnectNetworkAsync(network, id, [], Token));
        Assert.Equal(id, Assert.Single((await Engine.InspectNetworkAsync(network, Token))!.Members));
        Assert.NotNull((await Engine.InspectContainerAsync(id, Token))?.On(network)?.Address);
        await RefusedAsync(null, () => Engine.RemoveNetworkAsync(network, Token));
        await Engine.DisconnectNetworkAsync(network, id, Token);
        Assert.Null((await Engine.InspectContainerAsync(id, Token))!.On(network));
        await Engine.RemoveNetworkAsync(network, Token);
        Assert.Null(await Engine.InspectNetworkAsync(network, Token));
    }

    [Fact]
    public async Task A_port_of_the_host_is_had_by_one_that_runs_on_a_network_that_leads_out()
    {
        var (one, two) = (await MakeAsync("a", isPublished: true), await MakeAsync("b", isPublished: true));
        await Engine.StartContainerAsync(one, Token);
        Assert.Equal($"{_port}", Published(await Engine.InspectContainerAsync(one, Token)));
        await RefusedAsync(null, () => Engine.StartContainerAsync(two, Token));
        Assert.True(await Engine.InspectContainerAsync(two, Token) is { IsUp: false });
        await Engine.DisconnectNetworkAsync("bridge", one, Token);
        Assert.Null(Published(await Engine.InspectContainerAsync(one, Token)));
        await Engine.StartContainerAsync(two, Token);
        Assert.Equal($"{_port}", Published(await Engine.InspectContainerAsync(two, Token)));
    }

    [Fact]
    public async Task Containers_are_found_by_their_labels_and_by_a_part_of_their_names()
    {
        var id = await MakeAsync("a");
        await MakeAsync("b");
        Assert.Contains(id, await Engine.ListContainersAsync([$"contract={_name}-a"], Token));
        Assert.Single(await Engine.ListContainersAsync([$"contract={_name}-a"], Token));
        Assert.Equal([$"{_name}-a", $"{_name}-b"], (await Engine.ListNamesAsync($"{_name}-", Token)).Order(StringComparer.Ordinal));
        Assert.Contains($"{_name}-a", await Engine.ListLabelAsync("contract", "contract", Token));
    }

    [Fact]
    public async Task An_image_is_found_by_every_name_it_has()
    {
        var image = await Engine.InspectImageAsync(Image, Token);
        Assert.NotNull(image);
        foreach (var name in (string[])[image.Id, image.RepoDigests[0], image.Json.Texts("RepoTags")[0]])
            Assert.Equal(image.Id, (await Engine.InspectImageAsync(name, Token))?.Id);
        // What the image has and the container's maker did not set is merged into the container's description.
        var container = await Engine.InspectContainerAsync(await MakeAsync("a"), Token);
        Assert.Contains(image.Json.Texts("Config", "Env")[0], container!.Json.Texts("Config", "Env"));
        Assert.Equal(image.Id, container.ImageId);
    }

    private static string? Published(ContainerView? container) => container?.PublishedPort(8888);

    private Task<string> MakeAsync(string name, bool isPublished = false) => Engine.CreateContainerAsync($"{_name}-{name}", new()
    {
        ["Image"] = Image,
        ["Entrypoint"] = new JsonArray("sleep", "1000"),
        ["Labels"] = new JsonObject { ["contract"] = $"{_name}-{name}" },
        ["StopTimeout"] = 0,
        ["ExposedPorts"] = new JsonObject { ["8888/tcp"] = new JsonObject() },
        ["HostConfig"] = new JsonObject
        {
            ["PortBindings"] = isPublished
                ? new JsonObject { ["8888/tcp"] = new JsonArray(new JsonObject { ["HostIp"] = "127.0.0.1", ["HostPort"] = $"{_port}" }) } : new JsonObject(),
        },
    }, Token);

    // Null for any kind: what the engine calls it differs between its versions, and nobody asks.
    private static async Task RefusedAsync(FailureKind? kind, Func<Task> call)
    {
        var error = await Assert.ThrowsAsync<ShoreGuardException>(call);
        Assert.Equal("EngineRefused", error.Id);
        Assert.True(kind is null || error.Kind == kind, $"{error.Kind}: {error.Message}");
    }
}

/// <summary>The engine in memory.</summary>
public sealed class MemoryEngineContractTests : ContainerEngineContract
{
    private readonly MemoryWorld _world = new();

    internal override IContainerEngine Engine => new MemoryEngine(_world);

    protected override string Image => Scene.Releases[0].Reference;

    public override ValueTask InitializeAsync()
    {
        _world.Add(Scene.Releases[0]);
        return ValueTask.CompletedTask;
    }

    protected override ValueTask EndAsync()
    {
        _world.Dispose();
        return ValueTask.CompletedTask;
    }
}

/// <summary>A real one, which the end-to-end suite names: it runs these for each engine that it has.</summary>
[Trait("Run", "Full")]
public sealed class RealEngineContractTests : ContainerEngineContract
{
    private IContainerEngine? _engine;

    internal override IContainerEngine Engine => _engine!;

    protected override string Image => Environment.GetEnvironmentVariable("SHOREGUARD_TEST_CONTRACT_IMAGE")!;

    public override async ValueTask InitializeAsync()
    {
        var host = Environment.GetEnvironmentVariable("SHOREGUARD_TEST_CONTRACT_ENGINE");
        Assert.SkipWhen(string.IsNullOrEmpty(host), "The end-to-end suite runs these, for the engines that it has.");
        _engine = await ContainerEngines.ConnectAsync(host, CancellationToken.None);
    }

    protected override ValueTask EndAsync()
    {
        _engine?.Dispose();
        return ValueTask.CompletedTask;
    }
}
