using System.Management.Automation;
using System.Security;
using ShoreGuard.Rollback.Engine.Probing;
using ShoreGuard.Rollback.Engine.Releases;
using ShoreGuard.Rollback.Engine.Operations;
using ShoreGuard.Rollback.Pipeline;

namespace ShoreGuard.Rollback.Commands;

/// <summary>Switches a ShoreGuard container back to another image, and puts the old one back if the new one does not hold.</summary>
/// <remarks>
/// <para>The target is pulled, and what was built into it is compared with its labels and with what was asked for. The new
/// container is created with everything the user set on the old one, and with the new image's own values for the rest. It has to
/// be live, ready and the right build within -GateTimeoutSec, and to stay so for -StabilitySec; otherwise the old container is
/// put back, or was never touched, and the result says why.</para>
/// <para>With the strategy HotSwap (a published host port, PostgreSQL in a container) the new container is gated on a private
/// network while the old one serves; then the host port is handed over, which is an outage of some tenths of a second, and none
/// at all when the target turns out bad. With BlueGreen (no published port, a network alias by which a proxy finds it, PostgreSQL)
/// the new container is gated beside the old one under no alias; then it gets the alias, and the old one, which has lost it, runs on
/// until the new one has held. A proxy that looks the alias up sees no outage, whether the target is good or bad; a POST that it
/// sends on a kept-alive connection just as the old application closes it can be lost. With Recreate (all else, and SQLite) the old
/// one is stopped first, and the outage is a stop and a start.</para>
/// <para>When it has passed, the image is pinned by digest, as -Pin says, so that a later docker compose up keeps it,
/// and the old container is removed. The database is not touched: a target that does not know its revision would not start, and is
/// refused before anything is stopped; so is one that would migrate it to a revision the running image does not know. A database that is in the
/// container itself, in no volume, would be lost with it: that is refused
/// without -Force. A stopped container is taken as well: the new one starts in its place.</para>
/// <para>Replicas of one Compose service that are piped together are switched one after another, each with its gate, and are all put
/// back if one fails; the pin is written once, when all have held. Containers that share the switched one's namespaces (network_mode:
/// service:shoreguard) are made anew with it, from their own image, and put back with it.</para>
/// <para>The gate asks as Test-ShoreGuardHealth does: where the port is published, else at the container's address or inside its network. If
/// the published port could not be reached from here before the switch either, although the application answers inside (an engine behind a
/// tunnel), the gate asks inside, and a warning of the result says so.</para>
/// <para>The outage is measured by probing while the switch is made; with BlueGreen whoever has the alias is probed, from here and not
/// through the proxy. One rollback of a deployment runs at a time. If the process was
/// killed in the middle, the next call finds that: it finishes what had passed its gate, and undoes everything else, before it
/// goes on.</para>
/// </remarks>
/// <example>
/// <para>Back to a release</para>
/// <code>Get-ShoreGuardDeployment | Invoke-ShoreGuardImageRollback -Version 0.27.0</code>
/// <para>Asks for confirmation, switches to the tag 0.27.0 of the repository the container runs now, and shows what was done.</para>
/// </example>
/// <example>
/// <para>Back to a commit, then look</para>
/// <code>Get-ShoreGuardDeployment -Project prod | Invoke-ShoreGuardImageRollback -GitSha a1b2c3d | Test-ShoreGuardHealth</code>
/// <para>Uses the tag sha-a1b2c3d, for when the version's tag is not to be trusted.</para>
/// </example>
/// <example>
/// <para>Back to a release that was listed</para>
/// <code>Get-ShoreGuardDeployment | Get-ShoreGuardRelease -Version 0.27.0 | Invoke-ShoreGuardImageRollback</code>
/// <para>Exactly the image that was listed, by its digest.</para>
/// </example>
/// <example>
/// <para>All replicas or none</para>
/// <code>Get-ShoreGuardDeployment -Project prod | Invoke-ShoreGuardImageRollback -Version 0.27.0 -Confirm:$false</code>
/// <para>After docker compose up --scale shoreguard=3: one after another, and one result for each.</para>
/// </example>
/// <example>
/// <para>In an unattended script</para>
/// <code>
/// $ErrorActionPreference = 'Stop'
/// try {
///     Get-ShoreGuardDeployment -Project prod | Invoke-ShoreGuardImageRollback -Version 0.27.0 -Confirm:$false
/// } catch { $_; exit 1 }
/// </code>
/// <para>Ends with exit code 1 if it fails. The result of a rollback that was put back is then $_.TargetObject.</para>
/// </example>
/// <example>
/// <para>What would be done</para>
/// <code>Get-ShoreGuardDeployment | Invoke-ShoreGuardImageRollback -Version 0.27.0 -WhatIf</code>
/// <para>Reads everything, and changes nothing, not even by a pull. What the run would refuse is refused here in the same words: an image
/// that is not what its tag says, that is blocked, or that does not fit the schema. Where an image has to be pulled to know its
/// migrations, a warning says that this is found out after the pull, before anything is stopped.</para>
/// </example>
/// <example>
/// <para>Only if its API works</para>
/// <code>Get-ShoreGuardDeployment | Invoke-ShoreGuardImageRollback -Version 0.27.0 -SmokeToken (ConvertTo-SecureString $env:SHOREGUARD_TOKEN -AsPlainText)</code>
/// <para>Refuses a target that is ready and answers every call with an error, where the strategy allows before anybody is switched to it.</para>
/// </example>
/// <example>
/// <para>Only if it is signed</para>
/// <code>Get-ShoreGuardDeployment | Invoke-ShoreGuardImageRollback -Version 0.27.0 -SignatureKey ./cosign.pub</code>
/// <para>Refuses the target, before anything is pulled, unless cosign confirms that it was signed with that key.</para>
/// </example>
[Cmdlet(VerbsLifecycle.Invoke, "ShoreGuardImageRollback", DefaultParameterSetName = TargetCommand.ToTarget, SupportsShouldProcess = true,
    ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(ImageRollbackResult))]
public sealed class InvokeShoreGuardImageRollbackCommand : TargetCommand
{
    /// <summary>How the container is switched. HotSwap: gates the new container beside the old one, then hands the host port over.
    /// BlueGreen: does the same with the network alias, where no host port is published. Recreate: stops the old one first. Auto: chooses
    /// by topology, and says why.</summary>
    [Parameter]
    public SwitchStrategy Strategy { get; set; } = SwitchStrategy.Auto;

    /// <summary>Verifies the target's signature with cosign before anything is pulled. Without the other signature parameters, a workflow
    /// of ShoreGuard's repository must have signed it.</summary>
    [Parameter]
    public SwitchParameter VerifySignature { get; set; }

    /// <summary>The subject that the signing certificate must name, instead of ShoreGuard's own workflows. Implies -VerifySignature.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? CertificateIdentity { get; set; }

    /// <summary>The OIDC issuer that must have certified that subject, instead of GitHub's. Implies -VerifySignature.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? OidcIssuer { get; set; }

    /// <summary>The public key that the target must be signed with: a file, or an address that cosign understands. Use it for images signed
    /// with your own key; the public transparency log is then not consulted. Implies -VerifySignature.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? SignatureKey { get; set; }

    /// <summary>Proceeds even if the database is not on a volume. It is then lost with the old container, as is an in-memory database. A
    /// database file that is bind-mounted without its directory stays; a switch that would leave rows in the old container's WAL is
    /// undone.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>The key of a service principal with the role viewer. With it, the gate is passed only when the API of the new build works too, as in
    /// Test-ShoreGuardApi: it lists the gateways, and the sandboxes of three that are connected. It is asked where the gate asks, so that with HotSwap
    /// and BlueGreen nobody is switched to a build whose API fails. A gateway that is offline is no failure. An API that cannot be tested, because the key
    /// is refused or a limit is reached, has not passed; a key that the running build refuses too is refused before anything is changed. The variable
    /// SHOREGUARD_TOKEN is not used, and the key is written down nowhere: a rollback that is resumed is not tested again, and says so.</summary>
    [Parameter]
    public SecureString? SmokeToken { get; set; }

    private readonly List<ImageRollbackRequest> _requests = [];
    private bool _isWhatIf;

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        try
        {
            _requests.Add(Request());
        }
        catch (ShoreGuardException error)
        {
            WriteFailure(error);
        }
    }

    // Only now is it known which of them are replicas of one service.
    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        _isWhatIf = MyInvocation.BoundParameters.TryGetValue("WhatIf", out var asked)
            ? asked is SwitchParameter { IsPresent: true }
            : LanguagePrimitives.IsTrue(SessionState.PSVariable.GetValue("WhatIfPreference"));
        foreach (var replicas in _requests.GroupBy(request => ServiceOf(request.Deployment)))
            Run(() => RollBackAsync([.. replicas]));
    }

    private static (string Host, string? Project, string Name) ServiceOf(Deployment deployment) => deployment is { Project: { } project, Service: { } service }
        ? (deployment.DockerHost, project, service)
        : (deployment.DockerHost, null, ImageRollback.NameOf(deployment));

    private async Task RollBackAsync(IReadOnlyList<ImageRollbackRequest> requests)
    {
        var reporter = new PipelineReporter(Output, requests is [var only] ? only.Deployment.Name : null);
        if (await RecoverAsync(requests, reporter).ConfigureAwait(false) is not { } wellOrdered)
            return;
        var plan = await PlanAsync(wellOrdered, reporter).ConfigureAwait(false);
        foreach (var warning in plan.Warnings)
            Output.Warning(warning);
        if (!await Output.ShouldProcessAsync(plan.Replicas[0].Before, $"{plan.Description}.", $"{plan.Description}?", "Confirm").ConfigureAwait(false))
            return;
        var outcome = await ImageRollback.ExecuteAsync(plan, reporter, Cancellation).ConfigureAwait(false);
        // A rollback that was undone is a result too: what was tried, what was found, what was put back.
        foreach (var result in outcome.Results)
            Output.Object(result);
        if (outcome.Failure is { } failure)
            throw failure;
    }

    // One that was killed as it ended has left nothing else than the mark of its lock.
    private async Task<ReplicaRollbackPlan> PlanAsync(IReadOnlyList<ImageRollbackRequest> requests, PipelineReporter reporter)
    {
        try
        {
            return await ImageRollback.PlanAsync(requests, reporter, Cancellation).ConfigureAwait(false);
        }
        catch (ShoreGuardException error) when (ImageRollback.IsThereAlready(error) && !_isWhatIf)
        {
            await ImageRollback.ClearMarksAsync(State, [.. requests.Select(request => request.Deployment)], Cancellation).ConfigureAwait(false);
            throw;
        }
    }

    // What a killed run has left is put in order first; null when the operator does not want that.
    private async Task<IReadOnlyList<ImageRollbackRequest>?> RecoverAsync(IReadOnlyList<ImageRollbackRequest> requests, PipelineReporter reporter)
    {
        var recovered = new Dictionary<string, Deployment>(StringComparer.Ordinal);
        var host = requests[0].Deployment.DockerHost;
        foreach (var interrupted in await ImageRollback.FindInterruptedAsync(State, [.. requests.Select(request => request.Deployment)], Cancellation)
            .ConfigureAwait(false))
        {
            var description = interrupted.Description;
            if (!await Output.ShouldProcessAsync(interrupted.Name, $"{description}.", $"{description}?", "Confirm").ConfigureAwait(false))
                return null;
            var (deployment, held) = await interrupted.RecoverAsync(host, reporter, Cancellation).ConfigureAwait(false);
            recovered[interrupted.Name] = deployment;
            Output.Warning($"{(held ? "An interrupted switch was finished" : "An interrupted switch was undone")}: {deployment.Name} runs {deployment.Image}.");
        }
        return [.. requests.Select(request =>
            request with { Deployment = recovered.GetValueOrDefault(ImageRollback.NameOf(request.Deployment), request.Deployment) })];
    }

    private ImageRollbackRequest Request()
    {
        RequireOneTarget();
        return new()
        {
            State = OpenState(),
            Deployment = Deployment!,
            Target = new ImageTarget { Version = Version, GitSha = GitSha, Image = Release?.Image ?? Image },
            Strategy = Strategy,
            Gate = new GateRules
            {
                Patience = GatePatience,
                Stability = GateStability,
                IgnoredChecks = IgnoreCheck,
                SmokeToken = ApiKey.Of(SmokeToken),
            },
            Pin = Pin,
            Force = Force,
            Signature = Signature(),
            Credential = RegistryParameters.Credential(Credential),
        };
    }

    private SignatureRules? Signature() => !VerifySignature && CertificateIdentity is null && OidcIssuer is null && SignatureKey is null
        ? null
        : SignatureParameters.Of(this, SignatureKey, CertificateIdentity, OidcIssuer);
}
