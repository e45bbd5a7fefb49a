<#
.SYNOPSIS
Rolls ShoreGuard back without asking anybody: for a scheduler, or for the last step of a deploy pipeline that has failed.
.DESCRIPTION
Exit code 0: the release that was asked for serves. Exit code 1: it does not. The error says why and what to do, and the result shows what was
put back.
.EXAMPLE
pwsh -NonInteractive -File ./Invoke-UnattendedRollback.ps1 -Project prod -Version 0.27.0
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

  # Go on where the runbook says to stop.
  [switch] $Force
)

# Every error stops, also that of a deployment that is not there: otherwise the script would go on, and end with exit code 0.
$ErrorActionPreference = 'Stop'
# A log is no place for progress bars.
$ProgressPreference = 'SilentlyContinue'

try {
  Import-Module ShoreGuard.Rollback
  $arguments = @{ Confirm = $false; Force = $Force }
  if ($Version) { $arguments.Version = $Version } else { $arguments.Previous = $true }
  if ($BackupFolder) { $arguments.BackupFolder = $BackupFolder }
  $result = Get-ShoreGuardDeployment -Project $Project | Invoke-ShoreGuardRollback @arguments
  $result
} catch {
  # An error that stops takes the place of what the pipeline gives: the result of a rollback that was put back is the error's target.
  if ($_.TargetObject -is [ShoreGuard.Rollback.RollbackResult]) { $_.TargetObject }
  Write-Error -ErrorRecord $_ -ErrorAction Continue
  exit 1
}
