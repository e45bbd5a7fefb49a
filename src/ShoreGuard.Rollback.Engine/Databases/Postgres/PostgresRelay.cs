using System.Net;
using System.Net.Sockets;
using ShoreGuard.Rollback.Engine.Deployments;
using ShoreGuard.Rollback.Engine.Deployments.Docker;

namespace ShoreGuard.Rollback.Engine.Databases.Postgres;

/// <summary>A port of this machine's loopback that leads to a PostgreSQL server in a container, through its engine.</summary>
/// <remarks>
/// A one-off container of the application's image in the server's network carries the bytes. They go to the server's address and not to
/// its loopback, on which the usual images ask for no password: whoever finds the port here has to know it.
/// </remarks>
internal sealed class PostgresRelay : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);
    // A dump's snapshot is held by a session for as long as the dump takes.
    private static readonly TimeSpan LongestSession = TimeSpan.FromDays(1);

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly PostgresContainer _server;
    private readonly ContainerView _application;
    private readonly SemaphoreSlim _helping = new(1);
    private readonly Task _accepting;
    private HelperContainer _helper;

    private PostgresRelay(PostgresContainer server, ContainerView application, HelperContainer helper)
    {
        _server = server;
        _application = application;
        _helper = helper;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>The way through it.</summary>
    public PostgresRoute Route => new("127.0.0.1", ((IPEndPoint)_listener.LocalEndpoint).Port, _server, DatabaseTransport.Container);

    /// <summary>Opens one where it is wanted, or where the server cannot be reached directly.</summary>
    /// <returns>Null where the direct way is taken.</returns>
    /// <exception cref="ShoreGuardException"><c>ServerNotInContainer</c>, <c>DatabaseNotDirect</c>, <c>PythonMissing</c>.</exception>
    public static async Task<PostgresRelay?> OpenIfNeededAsync(
        PostgresRoute direct, DatabaseTransport wanted, (string Name, ContainerView Container) application, DatabaseUrl url, IReporter reporter,
        CancellationToken cancellation)
    {
        if (wanted == DatabaseTransport.Container && direct.Container is null)
            throw Errors.ServerNotInContainer(application.Name, url.Redacted);
        if (direct.Container is not { } server)
            return null;
        if (wanted == DatabaseTransport.Direct)
        {
            CheckDirect(direct, server, application.Name, url, reporter);
            return null;
        }
        if (wanted == DatabaseTransport.Auto)
        {
            if (await ObstacleAsync(direct, server, cancellation).ConfigureAwait(false) is not { } obstacle)
                return null;
            reporter.Verbose($"The server is reached through the engine: {obstacle}.");
        }
        return new(server, application.Container,
            await HelperContainer.InNetworkOfAsync(server.Engine, application.Container, server.Id, cancellation).ConfigureAwait(false));
    }

    // The operator insists on the direct way; it is refused where it surely leads to somebody else.
    private static void CheckDirect(PostgresRoute direct, PostgresContainer server, string application, DatabaseUrl url, IReporter reporter)
    {
        if (direct.Host == server.Address && LocalBridge.LeadsElsewhere(server.NetworkId, server.Address))
            throw Errors.DatabaseNotDirect(application, url.Redacted,
                $"{server.Address}, where the container {server.Name} is on its engine's network, is on this machine an address of another network");
        if (PostgresRoute.IsLoopback(direct.Host!) && !LocalBridge.LeadsTo(server.NetworkId, server.Address))
            reporter.Warning($"Cannot determine from here whether {direct.Host}:{direct.Port} leads to the container {server.Name}. "
                + "Through a tunnel to its engine it does not.");
    }

    private static async Task<string?> ObstacleAsync(PostgresRoute direct, PostgresContainer server, CancellationToken cancellation)
    {
        if (LocalBridge.LeadsTo(server.NetworkId, server.Address))
            return null;
        if (direct.Host == server.Address)
            return $"it publishes no port, and the network of the container {server.Name} is not on this machine";
        // Through a tunnel, the loopback here is not that on which the engine publishes: who answers there is another server.
        if (PostgresRoute.IsLoopback(direct.Host!))
            return $"the network of the container {server.Name} is not on this machine, so its published port tells nothing here";
        return await AnswersAsync(direct, cancellation).ConfigureAwait(false) ? null : $"nothing answers at its published port, {direct.Host}:{direct.Port}";
    }

    private static async Task<bool> AnswersAsync(PostgresRoute direct, CancellationToken cancellation)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(Patience);
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(direct.Host!, direct.Port!.Value, patience.Token).ConfigureAwait(false);
            return true;
        }
        catch (Exception error) when (error is SocketException || (error is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            return false;
        }
    }

    private async Task AcceptAsync()
    {
        var sessions = new List<Task>();
        try
        {
            while (true)
                sessions.Add(ServeAsync(await _listener.AcceptSocketAsync(_stop.Token).ConfigureAwait(false)));
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(sessions).ConfigureAwait(false);
        }
    }

    // An engine that was restarted has ended the helper, and what has been begun on the server is still to be undone.
    private async Task<Stream> ConnectAsync()
    {
        await _helping.WaitAsync(_stop.Token).ConfigureAwait(false);
        try
        {
            if (!await HelperContainer.RunsAsync(_server.Engine, _helper.Id, _stop.Token).ConfigureAwait(false))
            {
                await _helper.DisposeAsync().ConfigureAwait(false);
                _helper = await HelperContainer.InNetworkOfAsync(_server.Engine, _application, _server.Id, _stop.Token).ConfigureAwait(false);
            }
        }
        finally
        {
            _helping.Release();
        }
        return await new ContainerRelay(_server.Engine, _helper.Id)
            .ConnectAsync(_server.Address, _server.Port, LongestSession, _stop.Token).ConfigureAwait(false);
    }

    // Whatever goes wrong is seen by the client: its connection ends.
    private async Task ServeAsync(Socket client)
    {
        try
        {
            await using var near = new NetworkStream(client, ownsSocket: true);
            await using var far = await ConnectAsync().ConfigureAwait(false);
            using var end = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
            var there = near.CopyToAsync(far, end.Token);
            var back = far.CopyToAsync(near, end.Token);
            await Task.WhenAny(there, back).ConfigureAwait(false);
            // What the server has said before it went is still to be read.
            if (!back.IsCompleted)
                await end.CancelAsync().ConfigureAwait(false);
            await Task.WhenAny(back).ConfigureAwait(false);
            await end.CancelAsync().ConfigureAwait(false);
            await Task.WhenAny(there).ConfigureAwait(false);
        }
        catch (Exception error) when (error is IOException or SocketException or ShoreGuardException or OperationCanceledException)
        {
            client.Dispose();
        }
    }

    /// <summary>Ends every session, and removes the container.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_stop.IsCancellationRequested)
            return;
        await _stop.CancelAsync().ConfigureAwait(false);
        await Task.WhenAny(_accepting).ConfigureAwait(false);
        _listener.Dispose();
        _stop.Dispose();
        _helping.Dispose();
        await _helper.DisposeAsync().ConfigureAwait(false);
    }
}
