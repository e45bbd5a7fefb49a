using System.Net.Sockets;
using ShoreGuard.Rollback.Engine.Deployments.Docker;

namespace ShoreGuard.Rollback.Engine.Probing;

/// <summary>Asks <c>/healthz</c> of whichever container has a name now, by the way that leads to it: while one is replaced, its address may change.</summary>
/// <remarks>
/// Connections are kept, other than to a published port: each through the engine costs a process, and one that is kept leads to no other
/// container than the one it was made to.
/// </remarks>
internal sealed class ServingContainer(IContainerEngine engine, string name, bool isAskedInside) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Life = TimeSpan.FromMinutes(10);

    private HttpClient? _client;

    /// <summary>Whether it answers; null when nobody can say, because the engine does not carry the question.</summary>
    public async Task<bool?> AnswersAsync(CancellationToken cancellation)
    {
        try
        {
            _client ??= await FindAsync(cancellation).ConfigureAwait(false);
            if (_client is null)
                return false;
            using var answer = await _client.GetAsync(new Uri("healthz", UriKind.Relative), cancellation).ConfigureAwait(false);
            if (answer.IsSuccessStatusCode)
                return true;
        }
        catch (Exception error) when (error is HttpRequestException or SocketException or OperationCanceledException or IOException or ShoreGuardException)
        {
            Forget();
            return IsUnasked(error) ? null : false;
        }
        Forget();
        return false;
    }

    private async Task<HttpClient?> FindAsync(CancellationToken cancellation)
    {
        var container = await engine.InspectContainerAsync(name, cancellation).ConfigureAwait(false);
        if (container is null || !container.IsRunning)
            return null;
        var route = isAskedInside ? EndpointRoute.Into(container, engine) : EndpointRoute.To(ContainerEndpoint.Inside(container), container, engine);
        return new(route.CreateHandler(Patience, Life)) { BaseAddress = route.Uri, Timeout = Patience };
    }

    // The engine refuses where the container does not run, and then nobody is served; all else it says is about itself.
    private static bool IsUnasked(Exception error) =>
        error is ShoreGuardException { Id: not nameof(Errors.EngineRefused) } || (error.InnerException is { } inner && IsUnasked(inner));

    // What has failed may be because another container has the name.
    private void Forget()
    {
        _client?.Dispose();
        _client = null;
    }

    public void Dispose() => Forget();
}
