using System.Management.Automation;
using ShoreGuard.Rollback.Engine.Operations.Planning;
using ShoreGuard.Rollback.Pipeline;

namespace ShoreGuard.Rollback.Commands;

/// <summary>Thinks a rollback through to its end, and changes nothing.</summary>
/// <remarks>
/// <para>Reads everything that the runbook asks: whether it is the image's fault, whether what runs is what was published, where to go
/// back to and why that is believed to be good, and whether the database has to follow. ShoreGuard migrates its database at every start,
/// and an image that does not know the database's revision does not start. So the plan says: the image alone; a downgrade by the newer
/// image first, with the rows that it drops; a restore first, with what was written since that backup; or why there is no way.</para>
/// <para>Where the runbook says to stop, the plan has obstacles and cannot be run: a dependency fails, which an older image would meet as
/// well, or what runs is not what was published. -Force makes warnings of those two.</para>
/// <para>The plan is an object. Invoke-ShoreGuardRollback runs exactly it, and refuses it when something that it is based on has changed
/// since. It holds on the machine that it was made on. The target has to be on the engine, since its migrations are read from it; nothing
/// is pulled.</para>
/// </remarks>
/// <example>
/// <para>Where would it lead, and what would it cost?</para>
/// <code>Get-ShoreGuardDeployment | Get-ShoreGuardRollbackPlan -Version 0.27.0 -BackupFolder ./backups</code>
/// <para>Shows the decision, its costs and the steps. Nothing is changed.</para>
/// </example>
/// <example>
/// <para>Look first, then run exactly that</para>
/// <code>$plan = Get-ShoreGuardDeployment -Project prod | Get-ShoreGuardRollbackPlan -Version 0.27.0
/// $plan | Invoke-ShoreGuardRollback -WhatIf</code>
/// <para>Without -WhatIf it asks once, with the cost, and runs.</para>
/// </example>
/// <example>
/// <para>Only if no data is lost</para>
/// <code>Get-ShoreGuardDeployment | Get-ShoreGuardRollbackPlan -Version 0.27.0 | Where-Object { $_.CanRun -and $_.RowsLost -eq 0 -and -not $_.DataLost }</code>
/// <para>A plan is data: what it costs can be asked for.</para>
/// </example>
/// <example>
/// <para>With the alerts as a reason</para>
/// <code>$alerts = Get-ShoreGuardDeployment -Project prod | Get-ShoreGuardAlert https://monitoring.example/prometheus
/// Get-ShoreGuardDeployment -Project prod | Get-ShoreGuardRollbackPlan -Version 0.27.0 -Alert $alerts</code>
/// <para>Names those that began after the deploy where the plan says why.</para>
/// </example>
/// <example>
/// <para>Made now, approved and run later</para>
/// <code>Get-ShoreGuardDeployment | Get-ShoreGuardRollbackPlan -Version 0.27.0 | Export-Clixml ./plan.xml
/// Import-Clixml ./plan.xml | Invoke-ShoreGuardRollback</code>
/// <para>Another session on the same machine runs exactly this plan, as long as it still holds; an edited one is refused.</para>
/// </example>
[Cmdlet(VerbsCommon.Get, "ShoreGuardRollbackPlan", DefaultParameterSetName = TargetCommand.ToTarget)]
[OutputType(typeof(RollbackPlan))]
public sealed class GetShoreGuardRollbackPlanCommand : RollbackTargetCommand
{
    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        RollbackRequest request;
        try
        {
            request = Request();
        }
        catch (ShoreGuardException error)
        {
            WriteFailure(error);
            return;
        }
        var reporter = new PipelineReporter(Output, request.Deployment.Name);
        Run(async () => Output.Object(await RollbackPlanner.PlanAsync(request, reporter, Cancellation).ConfigureAwait(false)));
    }
}
