<#
.SYNOPSIS
Backs the databases of a Compose project up, proves the newest backups by a restore into a scratch database, and deletes old ones.
.DESCRIPTION
Exit code 0: there is a new backup of each database, and it can be restored. Exit code 1: something failed; the error says what.
.EXAMPLE
pwsh -NonInteractive -File ./Backup-Nightly.ps1 -Project prod
.EXAMPLE
0 3 * * *  pwsh -NonInteractive -File /opt/shoreguard/Backup-Nightly.ps1 -Project prod || logger -p user.err 'ShoreGuard has no backup'
#>
[CmdletBinding()]
param(
  # The Compose project.
  [Parameter(Mandatory)]
  [string] $Project,

  # The folder for backups. Without it: the default one, which every backup names.
  [string] $BackupFolder,

  # How many backups are kept at least, and how long.
  [int] $Keep = 3,
  [timespan] $KeepFor = '14.00:00:00'
)

$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'

try {
  Import-Module ShoreGuard.Rollback
  $folder = if ($BackupFolder) { @{ Path = $BackupFolder } } else { @{} }
  foreach ($deployment in Get-ShoreGuardDeployment -Project $Project) {
    $backup = $deployment | Backup-ShoreGuardDatabase @folder -Keep $Keep -KeepFor $KeepFor
    $report = $backup | Test-ShoreGuardBackup -Deployment $deployment -Drill
    $report
    if (-not $report.Usable) { throw "The backup $($backup.BackupPath) cannot be relied on: $($report.Recommendation)" }
  }
} catch {
  Write-Error -ErrorRecord $_ -ErrorAction Continue
  exit 1
}
