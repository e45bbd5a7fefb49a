using System.Management.Automation;
using ShoreGuard.Rollback.Engine.Probing;

namespace ShoreGuard.Rollback.Pipeline;

/// <summary>A cmdlet that asks ShoreGuard applications something: many at the same time, each answer written as it comes.</summary>
public abstract class EndpointCommand : ShoreGuardCommand
{
    /// <summary>Where ShoreGuard answers: http://host:port, with the path prefix if a proxy adds one. Without a scheme, http is meant. Takes Uri from the objects of the other cmdlets.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [AllowNull]
    public Uri?[]? Uri { get; set; } = [new("http://localhost:8888")];

    /// <summary>How many seconds an endpoint may take to answer.</summary>
    [Parameter]
    [ValidateRange(1, 300)]
    public int TimeoutSec { get; set; } = 5;

    /// <summary>Accept any TLS certificate. Only for a server you know to be the right one.</summary>
    [Parameter]
    public SwitchParameter SkipCertificateCheck { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        // A stopped deployment has no address, and binds null.
        foreach (var given in Uri ?? [null])
            Start(() => AskAsync(given is null ? throw Endpoint.Missing(nameof(Uri)) : Endpoint.Normalize(given)));
    }

    /// <inheritdoc/>
    protected override void EndProcessing() => WaitForStarted();

    /// <summary>Asks one endpoint, and queues what it says.</summary>
    private protected abstract Task AskAsync(Uri endpoint);
}
