using System.Management.Automation;
using ShoreGuard.Rollback.Engine.Rollbacks.Execution;
using ShoreGuard.Rollback.Engine.Rollbacks.Planning;
using ShoreGuard.Rollback.Pipeline;

namespace ShoreGuard.Rollback.Commands;

/// <summary>Rolls a deployment back, image and database as one act, and puts everything back if anything fails.</summary>
/// <remarks>
/// <para>Runs a plan of Get-ShoreGuardRollbackPlan, or makes one of the same parameters and runs that. It asks once, with the cost. A plan
/// that does not hold any more is refused with what has changed; one whose symptom is gone, too. Everything slow is done before anything
/// is stopped; then image and database change within one outage. The new build has to pass its gate and is pinned.</para>
/// <para>Every step is written to the journal before it is taken. If one fails, or Ctrl-C is pressed, all are undone in reverse order, and
/// the result says so. If the process is killed, nothing is left to guess: -Resume goes on (it puts back what was half done and runs
/// the plan once more, or finishes it if the new build had held), -Revert puts the state before back. Until one of the two is done, no other cmdlet of this
/// module changes that deployment.</para>
/// <para>-Revert also undoes a rollback that has succeeded, as long as nobody has changed the deployment since: back to the image before,
/// with the database that was kept. What was written since is then kept in its turn.</para>
/// <para>A downgrade is made after a proven backup, which is kept. Nothing is ever rolled back again by itself.</para>
/// </remarks>
/// <example>
/// <para>Everything in one command</para>
/// <code>Get-ShoreGuardDeployment | Invoke-ShoreGuardRollback -Version 0.27.0 -BackupFolder ./backups -Confirm:$false</code>
/// <para>Decides from the schema, does it, proves it, and shows what was done and what it cost.</para>
/// </example>
/// <example>
/// <para>What would be done</para>
/// <code>Get-ShoreGuardDeployment -Project prod | Invoke-ShoreGuardRollback -Version 0.27.0 -WhatIf</code>
/// <para>Reads everything and changes nothing. Get-ShoreGuardRollbackPlan says more.</para>
/// </example>
/// <example>
/// <para>After a crash</para>
/// <code>Get-ShoreGuardRollback -Unfinished | ForEach-Object { Invoke-ShoreGuardRollback -Resume $_.Id -Confirm:$false }</code>
/// <para>Brings every interrupted rollback to its end.</para>
/// </example>
[Cmdlet(VerbsLifecycle.Invoke, "ShoreGuardRollback", DefaultParameterSetName = "Version", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(RollbackResult), typeof(RollbackRecord))]
public sealed class InvokeShoreGuardRollbackCommand : RollbackTargetCommand
{
    // What belongs to a plan is decided when it is made.
    private static readonly string[] Planned = [nameof(Strategy), nameof(Switch), nameof(Pin), nameof(GateTimeoutSec), nameof(StabilitySec), nameof(IgnoreCheck), nameof(BackupFolder), nameof(BackupPath), nameof(Force)];

    /// <summary>The plan to run, as Get-ShoreGuardRollbackPlan gives it.</summary>
    [Parameter(ParameterSetName = "Plan", Mandatory = true, ValueFromPipeline = true)]
    [ValidateNotNull]
    public RollbackPlan? Plan { get; set; }

    /// <summary>The id of an interrupted rollback to go on with; its first digits do.</summary>
    [Parameter(ParameterSetName = "Resume", Mandatory = true)]
    [RollbackIdForm]
    public string? Resume { get; set; }

    /// <summary>The id of a rollback to undo, interrupted or not; its first digits do.</summary>
    [Parameter(ParameterSetName = "Revert", Mandatory = true)]
    [RollbackIdForm]
    public string? Revert { get; set; }

    private PipelineReporter? _reporter;

    private PipelineReporter Reporter => _reporter ??= new(Output);

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        try
        {
            var credential = RegistryParameters.Credential(Credential);
            if (ParameterSetName is "Plan" or "Resume" or "Revert" && Planned.FirstOrDefault(MyInvocation.BoundParameters.ContainsKey) is { } bound)
                throw ErrorRecords.PartOfPlan(bound, ParameterSetName);
            switch (ParameterSetName)
            {
                case "Plan":
                    Run(() => RollBackAsync(new() { Deployment = Plan!.Deployment, Options = Plan.Options, Credential = credential }, Plan));
                    break;
                case "Resume":
                    Run(() => ResumeAsync(RollbackRecovery.Find(Resume!, credential)));
                    break;
                case "Revert":
                    Run(() => RevertAsync(RollbackRecovery.Find(Revert!, credential)));
                    break;
                default:
                    var request = Request();
                    Run(() => RollBackAsync(request, given: null));
                    break;
            }
        }
        catch (ShoreGuardException error)
        {
            WriteFailure(error);
        }
    }

    private async Task RollBackAsync(RollbackRequest request, RollbackPlan? given)
    {
        if (given is null && !await PullAsync(request).ConfigureAwait(false))
            return;
        using var execution = await RollbackExecution.PlanAsync(request, given, Reporter, Cancellation).ConfigureAwait(false);
        await ExecuteAsync(execution).ConfigureAwait(false);
    }

    // Its migrations are read from the image, so that it has to be here before anything can be decided. False when the operator does not want that.
    private async Task<bool> PullAsync(RollbackRequest request)
    {
        if (await TargetPull.FindAsync(request, Reporter, Cancellation).ConfigureAwait(false) is not { } pull)
            return true;
        if (!await AskAsync(pull.Description).ConfigureAwait(false))
            return false;
        await pull.RunAsync(Reporter, Cancellation).ConfigureAwait(false);
        return true;
    }

    private async Task ResumeAsync(RollbackRecovery recovery)
    {
        recovery.RequireUnfinished();
        if (!await AskAsync(recovery.ResumeDescription).ConfigureAwait(false))
            return;
        if (await recovery.MendAsync(Reporter, Cancellation).ConfigureAwait(false))
        {
            Output.Object(RollbackJournal.Find(recovery.Record.Id));
            return;
        }
        using var execution = await recovery.AgainAsync(Reporter, Cancellation).ConfigureAwait(false);
        await RunAsync(execution).ConfigureAwait(false);
    }

    private async Task RevertAsync(RollbackRecovery recovery)
    {
        if (recovery.Record.State is RollbackState.Unfinished or RollbackState.UnderWay)
        {
            if (!await AskAsync(recovery.RevertDescription).ConfigureAwait(false))
                return;
            if (await recovery.RevertAsync(Reporter, Cancellation).ConfigureAwait(false))
            {
                Output.Object(RollbackJournal.Find(recovery.Record.Id));
                return;
            }
        }
        using var execution = await recovery.ReverseAsync(Reporter, Cancellation).ConfigureAwait(false);
        await ExecuteAsync(execution).ConfigureAwait(false);
    }

    private async Task ExecuteAsync(RollbackExecution execution)
    {
        foreach (var warning in execution.Plan.Warnings)
            Output.Warning(warning);
        if (await AskAsync(execution.Description).ConfigureAwait(false))
            await RunAsync(execution).ConfigureAwait(false);
    }

    private async Task RunAsync(RollbackExecution execution)
    {
        try
        {
            Output.Object(await execution.RunAsync(Reporter, Cancellation).ConfigureAwait(false));
        }
        catch (ShoreGuardException error) when (error.Result is RollbackResult result)
        {
            // A rollback that was undone is a result too: what was tried, what was found, what was put back.
            Output.Object(result);
            throw;
        }
    }

    private Task<bool> AskAsync(string description) => Output.ShouldProcessAsync($"{description}.", $"{description}. Continue?", "Roll back");
}
