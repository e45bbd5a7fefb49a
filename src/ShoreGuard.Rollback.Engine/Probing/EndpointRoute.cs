using System.Net.Sockets;
using ShoreGuard.Rollback.Engine.Deployments.Docker;

namespace ShoreGuard.Rollback.Engine.Probing;

/// <summary>Where an application answers, and how a connection gets there from here. Chosen once for a report; each connection goes that way.</summary>
/// <remarks>
/// What is published is asked where it is published, and nowhere else: that nobody can reach it is what an operator has to see. What is
/// not is asked at its container's address where that is on this machine, else inside its container's network.
/// </remarks>
public sealed class EndpointRoute : IDisposable
{
    private readonly ContainerRelay? _relay;
    private readonly IContainerEngine? _own;

    private EndpointRoute(Uri uri, ProbeRoute kind, ContainerRelay? relay = null, IContainerEngine? own = null)
    {
        Uri = uri;
        Kind = kind;
        _relay = relay;
        _own = own;
    }

    /// <summary>The base address.</summary>
    public Uri Uri { get; }

    /// <summary>How a connection gets there.</summary>
    public ProbeRoute Kind { get; }

    /// <summary>The deployment that it leads to; null for an address alone.</summary>
    public Deployment? Deployment { get; private init; }

    /// <summary>By an address as it is.</summary>
    /// <exception cref="ShoreGuardException"><c>EndpointInvalid</c>.</exception>
    public static EndpointRoute To(Uri uri) => new(Endpoint.Normalize(uri), ProbeRoute.Address);

    /// <summary>To a deployment. Its engine is asked only where it has to carry the connections.</summary>
    /// <exception cref="ShoreGuardException"><c>EndpointMissing</c>, <c>DeploymentGone</c>, or one of those with which an engine cannot be reached.</exception>
    public static async Task<EndpointRoute> ToAsync(Deployment deployment, CancellationToken cancellation)
    {
        if (deployment.Route != ProbeRoute.ContainerNetwork)
            return new(deployment.Uri ?? throw Errors.EndpointMissing(deployment.Name), deployment.Route ?? ProbeRoute.Address) { Deployment = deployment };
        var engine = await ContainerEngines.ConnectAsync(deployment.DockerHost, cancellation).ConfigureAwait(false);
        try
        {
            // It may have been started again meanwhile, with another address.
            var container = await engine.InspectContainerAsync(deployment.ContainerId, cancellation).ConfigureAwait(false)
                ?? throw Errors.DeploymentGone(deployment.Name, engine.Host);
            return new(ContainerEndpoint.Inside(container), ProbeRoute.ContainerNetwork, new(engine, deployment.ContainerId),
                engine) { Deployment = deployment };
        }
        catch
        {
            engine.Dispose();
            throw;
        }
    }

    /// <summary>To an address that a container has, as its engine describes it.</summary>
    internal static EndpointRoute To(Uri uri, ContainerView container, IContainerEngine engine)
    {
        var kind = ContainerEndpoint.RouteTo(container, uri);
        return new(uri, kind, kind == ProbeRoute.ContainerNetwork ? new(engine, container.Id) : null);
    }

    /// <summary>Into a container's network, whatever else leads there.</summary>
    internal static EndpointRoute Into(ContainerView container, IContainerEngine engine) =>
        new(ContainerEndpoint.Inside(container), ProbeRoute.ContainerNetwork, new(engine, container.Id));

    /// <summary>Whether a connection to the address, and nothing else, leads there.</summary>
    internal bool IsDirect => _relay is null && Endpoint.IsNear(Uri);

    /// <summary>A handler whose connections go this way.</summary>
    /// <param name="patience">How long making one through the engine may take.</param>
    /// <param name="life">How long one through the engine may last.</param>
    internal SocketsHttpHandler CreateHandler(TimeSpan patience, TimeSpan life)
    {
        var handler = new SocketsHttpHandler
        {
            // A login page is not ShoreGuard, wherever it is.
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = _relay is null && !IsDirect,
        };
        if (_relay is not null)
        {
            handler.ConnectTimeout = patience;
            handler.ConnectCallback = async (context, cancellation) =>
                await _relay.ConnectAsync(context.DnsEndPoint.Host, context.DnsEndPoint.Port, life, cancellation).ConfigureAwait(false);
        }
        return handler;
    }

    /// <inheritdoc/>
    public void Dispose() => _own?.Dispose();
}
