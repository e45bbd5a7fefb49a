<#
.SYNOPSIS
Rolls ShoreGuard back without asking anybody, within limits: for a scheduler, or for the last step of a deploy pipeline that has failed.
.DESCRIPTION
Exit code 0: the release that was asked for serves. Exit code 1: it does not. The error says why and what to do, and the result shows what was
put back.

What nobody has looked at stays small. Only the image goes back, unless -AllowDatabase is given: a rollback that takes the schema down or restores a
backup is a person's. A deployment is rolled back once within 24 hours, unless -PerDay says otherwise, and one that failed counts: a second one would
not help where the first did not. With -MaxOutage, a plan is run only where what was measured before lets expect no longer an outage; where nothing was
measured, nobody can tell, and it is not run. What is refused has changed nothing.
.EXAMPLE
pwsh -NoProfile -NonInteractive -File ./Invoke-UnattendedRollback.ps1 -Project prod -Version 0.27.0
.EXAMPLE
pwsh -NoProfile -NonInteractive -File ./Invoke-UnattendedRollback.ps1 -Project prod -MaxOutage 00:00:05
#>
[CmdletBinding()]
param(
  # The Compose project.
  [Parameter(Mandatory)]
  [string] $Project,

  # The release to go back to. Without it: the newest earlier one that is known to be good.
  [string] $Version,

  # The folder for backups. Without it: the default one, which the result names.
  [string] $BackupFolder,

  # The longest outage that may be expected.
  [timespan] $MaxOutage,

  # How many rollbacks of a deployment there may be within 24 hours, this one included.
  [int] $PerDay = 1,

  # Let the database go back with the image.
  [switch] $AllowDatabase,

  # Go on where the runbook says to stop.
  [switch] $Force
)

# Every error stops, also that of a deployment that is not there: otherwise the script would go on, and end with exit code 0.
$ErrorActionPreference = 'Stop'
# A log is no place for progress bars.
$ProgressPreference = 'SilentlyContinue'

try {
  Import-Module ShoreGuard.Rollback
  $arguments = @{ Force = $Force; Strategy = $AllowDatabase ? 'Auto' : 'ImageOnly' }
  if ($Version) { $arguments.Version = $Version } else { $arguments.Previous = $true }
  if ($BackupFolder) { $arguments.BackupFolder = $BackupFolder }

  $deployment = Get-ShoreGuardDeployment -Project $Project
  # What undoes another one is a person's, and says nothing of a build.
  $since = [datetimeoffset]::UtcNow.AddDays(-1)
  $recent = @($deployment | Get-ShoreGuardRollback | Where-Object { $_.Kind -in 'Rollback', 'ImageRollback' -and -not $_.Reverts -and $_.StartedAt -gt $since })
  if ($recent.Count -ge $PerDay) {
    throw "$($deployment.Name) was rolled back within the last 24 hours ($($recent.Id -join ', ')), and -PerDay is $PerDay. Look at it yourself."
  }

  try {
    $plan = $deployment | Get-ShoreGuardRollbackPlan @arguments
  } catch {
    # A plan pulls nothing.
    if ($_.FullyQualifiedErrorId -notlike 'ImageNotHere,*') { throw }
    docker pull --quiet $_.TargetObject | Out-Host
    if ($LASTEXITCODE -ne 0) { throw }
    $plan = $deployment | Get-ShoreGuardRollbackPlan @arguments
  }
  if ($MaxOutage -gt 0 -and -not ($plan.ExpectedOutage -and $plan.ExpectedOutage -le $MaxOutage)) {
    throw "The outage to expect is $($plan.ExpectedOutage ?? 'not known'), and -MaxOutage is $MaxOutage. To roll back yourself: Invoke-ShoreGuardRollback"
  }
  $plan | Invoke-ShoreGuardRollback -Confirm:$false
} catch {
  # An error that stops takes the place of what the pipeline gives: the result of a rollback that was put back is the error's target.
  if ($_.TargetObject -is [ShoreGuard.Rollback.RollbackResult]) { $_.TargetObject }
  Write-Error -ErrorRecord $_ -ErrorAction Continue
  exit 1
}
