using System.Management.Automation;
using System.Security;
using ShoreGuard.Rollback.Deserialized;
using ShoreGuard.Rollback.Engine.Probing;
using ShoreGuard.Rollback.Pipeline;

namespace ShoreGuard.Rollback.Commands;

/// <summary>Asks the API of ShoreGuard applications as a user would, and says whether it works.</summary>
/// <remarks>
/// <para>The smoke test of the rollback runbook: lists the gateways, then the sandboxes of each gateway that is connected, then what -Path names. A build
/// can be ready and yet answer every call with an error; this is what tells.</para>
/// <para>The report has a row for each call, with its status, ShoreGuard's code for the problem, its latency and the number of items. A gateway that is
/// offline is a finding and no failure of the build, unless it was connected in the report of before the switch (-Before). A key that is missing, wrong or of
/// too low a role, and a limit of requests that is reached, leave it Inconclusive: they say nothing about the build. A limit that ends within the time
/// that a call may take is waited for.</para>
/// <para>Needs the key of a service principal with the role viewer: -Token, -Credential or the variable SHOREGUARD_TOKEN. It is sent to the address
/// that is asked and nowhere else: redirects are not followed. An endpoint that is down or not readable is a report, never an error. Changes
/// nothing.</para>
/// </remarks>
/// <example>
/// <para>Does the API of this machine's deployment work?</para>
/// <code>Get-ShoreGuardDeployment -Project prod | Test-ShoreGuardApi</code>
/// <para>With the key in the variable SHOREGUARD_TOKEN.</para>
/// </example>
/// <example>
/// <para>Before and after</para>
/// <code>$before = Get-ShoreGuardDeployment -Project prod | Test-ShoreGuardApi; Get-ShoreGuardDeployment -Project prod | Test-ShoreGuardApi -Before $before</code>
/// <para>After a switch, a gateway that was connected before and no longer is makes the report fail.</para>
/// </example>
/// <example>
/// <para>What each call took</para>
/// <code>(Get-ShoreGuardDeployment -Project prod | Test-ShoreGuardApi -Path /metrics).Calls | Sort-Object LatencyMs -Descending</code>
/// <para>The slowest first.</para>
/// </example>
[Cmdlet(VerbsDiagnostic.Test, "ShoreGuardApi")]
[OutputType(typeof(ApiReport), typeof(bool))]
public sealed class TestShoreGuardApiCommand : EndpointTestCommand
{
    /// <summary>The key of a service principal, as it was shown when it was made. Without it and -Credential, the variable SHOREGUARD_TOKEN has it.</summary>
    [Parameter]
    public SecureString? Token { get; set; }

    /// <summary>A credential whose password is the key; its user name means nothing.</summary>
    [Parameter]
    [Credential]
    public PSCredential? Credential { get; set; }

    /// <summary>The gateways to ask for their sandboxes, by name. Wildcards are allowed. All that are connected by default.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[] Gateway { get; set; } = [];

    /// <summary>How many gateways are asked for their sandboxes at most.</summary>
    [Parameter]
    [ValidateRange(0, 1000)]
    public int First { get; set; } = 20;

    /// <summary>More paths to ask with GET, each beginning with a slash, such as /metrics. Any answer with a status of 200 to 299 is a success.</summary>
    [Parameter]
    [ApiPathForm]
    public string[] Path { get; set; } = [];

    /// <summary>The reports of before a change. Each deployment is compared with the one of its name, or of its address: a gateway that was
    /// connected then and is not now makes it fail.</summary>
    [Parameter]
    [ValidateNotNull]
    [Record(typeof(ApiReport))]
    public ApiReport[] Before { get; set; } = [];

    private ApiToken? _token;

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        try
        {
            _token = ApiKey.Find(Token, Credential);
        }
        catch (ShoreGuardException error)
        {
            ThrowTerminatingError(ErrorRecords.From(error, this));
        }
    }

    private protected override async Task AskAsync(EndpointRoute route, Deployment? deployment)
    {
        if (_token is not null && ApiToken.IsExposed(route.Uri, route.Kind))
            Output.Warning($"The key goes to {route.Uri} without TLS: who is on the way can read it.");
        var report = await ApiProbe.ProbeAsync(new()
        {
            Route = route,
            Name = deployment?.Name,
            Token = _token,
            Timeout = TimeSpan.FromSeconds(TimeoutSec),
            SkipCertificateCheck = SkipCertificateCheck,
            Gateways = Gateway,
            First = First,
            Paths = Path,
            Before = BeforeOf(route, deployment),
        }, Cancellation).ConfigureAwait(false);
        Output.Verbose($"{route.Uri} ({route.Kind}): {report.Explanation}");
        Say(report, report.Works);
    }

    private ApiReport? BeforeOf(EndpointRoute route, Deployment? deployment) =>
        Before.FirstOrDefault(each => deployment is not null && each.Name == deployment.Name) ?? Before.FirstOrDefault(each => each.Uri == route.Uri);
}
