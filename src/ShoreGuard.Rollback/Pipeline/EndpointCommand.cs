using System.Management.Automation;
using ShoreGuard.Rollback.Deserialized;
using ShoreGuard.Rollback.Engine;
using ShoreGuard.Rollback.Engine.Probing;

namespace ShoreGuard.Rollback.Pipeline;

/// <summary>A cmdlet that asks ShoreGuard applications something: many at the same time, each answer written as it comes.</summary>
public abstract class EndpointCommand : ShoreGuardCommand
{
    // Told from a null that was bound by being this one: PowerShell puts it back before each object of the pipeline, but keeps the
    // parameter of the object before among the bound ones.
    private static readonly Deployment?[] None = [];

    private bool _isUriTyped;

    /// <summary>Where ShoreGuard answers: http://host:port, with the path prefix if a proxy adds one. Without a scheme, http is meant. Takes Uri from
    /// the objects of the other cmdlets. Given beside deployments, it is asked instead of them.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [AllowNull]
    public Uri?[]? Uri { get; set; } = [new("http://localhost:8888")];

    /// <summary>The deployments to ask, as Get-ShoreGuardDeployment gives them, or as the results of other cmdlets hold them: where a port is
    /// published, there; else at the container's address; else, where that cannot be reached from here, inside the container's network, through its
    /// engine.</summary>
    [Parameter(ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [AllowNull]
    [Record(typeof(Deployment))]
    public Deployment?[]? Deployment { get; set; } = None;

    /// <summary>How many seconds an endpoint may take to answer.</summary>
    [Parameter]
    [ValidateRange(1, 300)]
    public int TimeoutSec { get; set; } = 5;

    /// <summary>Accept any TLS certificate. Only for a server you know to be the right one.</summary>
    [Parameter]
    public SwitchParameter SkipCertificateCheck { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing() => _isUriTyped = MyInvocation.BoundParameters.ContainsKey(nameof(Uri));

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        // An object from the pipeline may have both; its deployment knows more ways than one. Without either it has null.
        if (!_isUriTyped && !ReferenceEquals(Deployment, None))
        {
            foreach (var given in Deployment ?? [null])
                Start(() => AskAsync(given));
            return;
        }
        // A stopped deployment has no address, and binds null.
        foreach (var given in Uri ?? [null])
            Start(() => AskAsync(given is null ? throw Endpoint.Missing(nameof(Uri)) : EndpointRoute.To(given), deployment: null));
    }

    /// <inheritdoc/>
    protected override void EndProcessing() => WaitForStarted();

    /// <summary>Asks one deployment, by the way that leads to it now.</summary>
    private protected virtual async Task AskAsync(Deployment? deployment)
    {
        using var route = await EndpointRoute.ToAsync(deployment ?? throw Endpoint.Missing(nameof(Deployment)), Cancellation).ConfigureAwait(false);
        await AskAsync(route, deployment).ConfigureAwait(false);
    }

    /// <summary>Asks one endpoint, and queues what it says.</summary>
    /// <param name="route">How to get there.</param>
    /// <param name="deployment">What answers there; null where only the address is known.</param>
    private protected abstract Task AskAsync(EndpointRoute route, Deployment? deployment);
}
