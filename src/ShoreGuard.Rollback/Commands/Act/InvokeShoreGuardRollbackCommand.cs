using System.Management.Automation;
using System.Security;
using ShoreGuard.Rollback.Deserialized;
using ShoreGuard.Rollback.Engine.Observing;
using ShoreGuard.Rollback.Engine.Operations.Execution;
using ShoreGuard.Rollback.Engine.Operations.Planning;
using ShoreGuard.Rollback.Pipeline;

namespace ShoreGuard.Rollback.Commands;

/// <summary>Rolls a deployment back, image and database as one act, and puts everything back if anything fails.</summary>
/// <remarks>
/// <para>Runs a plan of Get-ShoreGuardRollbackPlan, or makes a plan from the same parameters and runs it. It asks once, and states the cost.
/// A plan that no longer holds is refused with what has changed, and so is one whose symptom is gone. Everything slow is done before anything
/// is stopped; then image and database change within one outage. The new build must pass its gate, and is pinned.</para>
/// <para>The target is one of -Version, -GitSha, -Image and -Previous, or a release from the pipeline. A plan has its target and its options
/// already, so it takes no other parameters.</para>
/// <para>Every step is written to the journal before it is taken. If one fails, or if you press Ctrl-C, all are undone in reverse order, and
/// the result says so. If the process is killed, Resume-ShoreGuardRollback completes the rollback and Undo-ShoreGuardRollback puts the
/// state before back. Until one of the two is done, no other cmdlet of this module changes that deployment.</para>
/// <para>Undo-ShoreGuardRollback also undoes a rollback that has succeeded, as long as nobody has changed the deployment since.</para>
/// <para>Before a downgrade, a backup is made and proven; it is kept. A failed rollback never starts another one by itself.</para>
/// <para>Once the target has held, the build that was left is blocked, by its digest and its commit, so that nobody returns to it by mistake; the
/// reason is the symptom and the rollback's id. That it cannot be written is a warning. -NoBlock leaves it out, also in a plan. What the target has
/// in common with it, its digest or its commit, is never blocked. An undo may return to a blocked build, and says that it is still blocked.
/// Invoke-ShoreGuardImageRollback asks for no symptom and blocks nothing.</para>
/// <para>After Ctrl-C the host shows each step that is put back, then what runs and how long it was down. SIGTERM and a terminal that
/// closes do the same, for up to two minutes, before PowerShell ends.</para>
/// <para>With -ObservationWindow it ends with watching what it has brought. The rollback is done by then: Ctrl-C ends the watching alone.</para>
/// <para>A script that runs unattended needs -Confirm:$false, and must stop at errors: otherwise its exit code is 0 even if the rollback
/// failed. The repository's folder examples has such scripts.</para>
/// </remarks>
/// <example>
/// <para>Everything in one command</para>
/// <code>Get-ShoreGuardDeployment prod-shoreguard-1 | Invoke-ShoreGuardRollback -Version 0.27.0 -BackupFolder ./backups -Confirm:$false</code>
/// <para>Decides from the schema, does it, proves it, and shows what was done and what it cost.</para>
/// </example>
/// <example>
/// <para>In an unattended script</para>
/// <code>
/// $ErrorActionPreference = 'Stop'
/// try {
///     Get-ShoreGuardDeployment -Project prod | Invoke-ShoreGuardRollback -Version 0.27.0 -Confirm:$false
/// } catch { $_; exit 1 }
/// </code>
/// <para>Ends with exit code 1 if it fails. The result of a rollback that was put back is then $_.TargetObject.</para>
/// </example>
/// <example>
/// <para>Everything, and a quarter of an hour after it</para>
/// <code>(Get-ShoreGuardDeployment -Project prod | Invoke-ShoreGuardRollback -Version 0.27.0 -ObservationWindow 00:15:00 -Confirm:$false).Observation</code>
/// <para>Says whether the build that was gone back to held.</para>
/// </example>
/// <example>
/// <para>What would be done</para>
/// <code>Get-ShoreGuardDeployment -Project prod | Invoke-ShoreGuardRollback -Version 0.27.0 -WhatIf</code>
/// <para>Reads everything and changes nothing. Get-ShoreGuardRollbackPlan says more.</para>
/// </example>
/// <example>
/// <para>Look first, then run exactly that</para>
/// <code>$plan = Get-ShoreGuardDeployment -Project prod | Get-ShoreGuardRollbackPlan -Version 0.27.0; $plan | Invoke-ShoreGuardRollback</code>
/// <para>Asks once, and runs the plan that you have read.</para>
/// </example>
/// <example>
/// <para>Nobody is to be woken by what you do</para>
/// <code>$silence = New-ShoreGuardSilence https://monitoring.example/alertmanager -Duration 00:20:00; Get-ShoreGuardDeployment -Project prod | Invoke-ShoreGuardRollback -Version 0.27.0 -Silence $silence</code>
/// <para>The silences end with the rollback, and after twenty minutes in any case.</para>
/// </example>
/// <example>
/// <para>The build is not to blame</para>
/// <code>Get-ShoreGuardDeployment -Project prod | Invoke-ShoreGuardRollback -Version 0.27.0 -NoBlock</code>
/// <para>Rolls back, and leaves the build before as one that can be deployed again.</para>
/// </example>
[Cmdlet(VerbsLifecycle.Invoke, "ShoreGuardRollback", DefaultParameterSetName = TargetCommand.ToTarget, SupportsShouldProcess = true,
    ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(RollbackResult))]
public sealed class InvokeShoreGuardRollbackCommand : RollbackTargetCommand
{
    /// <summary>The plan to run, as Get-ShoreGuardRollbackPlan returns it.</summary>
    [Parameter(ParameterSetName = "Plan", Mandatory = true, ValueFromPipeline = true)]
    [ValidateNotNull]
    [Record(typeof(RollbackPlan))]
    public RollbackPlan? Plan { get; set; }

    /// <summary>The key of a service principal with the role viewer. With it, the gate is passed only when the API of the new build works too, as in
    /// Test-ShoreGuardApi: it lists the gateways, and the sandboxes of three that are connected. It is asked where the gate asks, so that with HotSwap
    /// and BlueGreen nobody is switched to a build whose API fails. A gateway that is offline is no failure. An API that cannot be tested, because the key
    /// is refused or a limit is reached, has not passed; a key that the running build refuses too is refused before anything is changed. The variable
    /// SHOREGUARD_TOKEN is not used, and the key is written down nowhere: a rollback that is resumed is not tested again, and says so.</summary>
    [Parameter]
    public SecureString? SmokeToken { get; set; }

    /// <summary>Silences of New-ShoreGuardSilence, which end with the rollback, whatever becomes of it: also when it fails, when you press Ctrl-C, and when
    /// one that was killed is brought to its end by Resume-, Undo- or Close-ShoreGuardRollback. An Alertmanager that wants a login does not let them
    /// be ended so: a warning says how to do it, and they end by themselves in any case. A rollback that is refused before it begins leaves them. The
    /// observation window comes after them.</summary>
    [Parameter]
    [ValidateNotNull]
    [Record(typeof(Silence))]
    public Silence[] Silence { get; set; } = [];

    /// <summary>How long to watch the deployment after a rollback that has succeeded, as Watch-ShoreGuardDeployment does, for example 00:15:00. The result then
    /// has Observation. What has regressed is a warning and is not rolled back again. With -SmokeToken, the API is watched too. Default: not at all.</summary>
    [Parameter]
    [PositiveTimeSpan]
    public TimeSpan? ObservationWindow { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        try
        {
            var request = Plan is { } plan
                ? new RollbackRequest
                {
                    State = OpenState(),
                    Deployment = plan.Deployment,
                    Options = plan.Options,
                    Alerts = plan.Alerts,
                    Credential = RegistryParameters.Credential(Credential),
                }
                : Request();
            request = request with { SmokeToken = ApiKey.Of(SmokeToken), Silences = Silence };
            var given = Plan;
            Run(() => RollBackAsync(request, given, new(Output, State, request.Deployment.Name, Cancellation, WatchOf(request))));
        }
        catch (ShoreGuardException error)
        {
            WriteFailure(error);
        }
    }

    private ObservationRequest? WatchOf(RollbackRequest request) => ObservationWindow is { } window
        ? new() { Window = window, Token = request.SmokeToken, IgnoredChecks = request.Options.IgnoredChecks }
        : null;

    private static async Task RollBackAsync(RollbackRequest request, RollbackPlan? given, RollbackRunner runner)
    {
        if (given is null && !await PullAsync(request, runner).ConfigureAwait(false))
            return;
        await using var operation = PreparedOperation.Of(await RollbackExecution.PlanAsync(request, given, runner.Reporter, runner.Cancellation)
            .ConfigureAwait(false));
        await runner.AskAndRunAsync(operation).ConfigureAwait(false);
    }

    // Its migrations are read from the image, so that it has to be here before anything can be decided. False when the operator does not want that.
    private static async Task<bool> PullAsync(RollbackRequest request, RollbackRunner runner)
    {
        if (await TargetPull.FindAsync(request, runner.Reporter, runner.Cancellation).ConfigureAwait(false) is not { } pull)
            return true;
        if (!await runner.AskAsync(pull.Description).ConfigureAwait(false))
            return false;
        await pull.RunAsync(runner.Reporter, runner.Cancellation).ConfigureAwait(false);
        return true;
    }
}
