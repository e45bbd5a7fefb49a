using System.Management.Automation;
using System.Net;
using System.Security;
using ShoreGuard.Rollback.Engine.Alerts;

namespace ShoreGuard.Rollback.Pipeline;

/// <summary>A cmdlet that asks a Prometheus or an Alertmanager.</summary>
public abstract class MonitoringCommand : ShoreGuardCommand
{
    /// <summary>A bearer token to ask with. It is sent to the given addresses and nowhere else.</summary>
    [Parameter]
    public SecureString? Token { get; set; }

    /// <summary>A name and a password to ask with (HTTP Basic). They are sent to the given addresses and nowhere else.</summary>
    [Parameter]
    [Credential]
    public PSCredential? Credential { get; set; }

    /// <summary>How many seconds an answer may take. What fails in passing is asked again, four times in all.</summary>
    [Parameter]
    [ValidateRange(1, 300)]
    public int TimeoutSec { get; set; } = 10;

    /// <summary>Accept any TLS certificate. Only for a server you know to be the right one.</summary>
    [Parameter]
    public SwitchParameter SkipCertificateCheck { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        if (Token is not null && HasCredential)
            ThrowTerminatingError(ErrorRecords.From(ErrorRecords.OneOf(nameof(Token), nameof(Credential)), this));
    }

    private bool HasCredential => Credential is not null && !ReferenceEquals(Credential, PSCredential.Empty);

    /// <summary>An endpoint as it is to be asked; says where a password could be read on its way there.</summary>
    private protected MonitorEndpoint Prepare(MonitorEndpoint bare)
    {
        var endpoint = bare with { Timeout = TimeSpan.FromSeconds(TimeoutSec), SkipCertificateCheck = SkipCertificateCheck };
        if (Token is not null)
            endpoint = endpoint.WithToken(new NetworkCredential("", Token).Password);
        else if (HasCredential)
            endpoint = endpoint.WithPassword(Credential!.UserName, Credential.GetNetworkCredential().Password);
        if (endpoint.IsExposed)
            Output.Warning($"The {(Token is null ? "password" : "token")} goes to {endpoint.Uri} without TLS: who is on the way can read it.");
        return endpoint;
    }
}
