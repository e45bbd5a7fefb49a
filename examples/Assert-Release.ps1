<#
.SYNOPSIS
A gate before a deploy: passes only when the release may be deployed to every deployment of a Compose project.
.DESCRIPTION
Exit code 0: it may. Exit code 1: it must not; it is blocked, would not start on the database, or lacks what -Require names. Exit code 2: that could not
be told, because the registry, the engine or the database does not answer, or the image is not on the engine. The reports say which. A pipeline stops at
both; 2 is worth another try.
.EXAMPLE
pwsh -NoProfile -NonInteractive -File ./Assert-Release.ps1 -Project prod -Version 0.28.0 -Require Reversible,Backup,KnownIdentity
#>
[CmdletBinding()]
param(
  # The Compose project.
  [Parameter(Mandatory)]
  [string] $Project,

  # The release that is to be deployed.
  [Parameter(Mandatory)]
  [string] $Version,

  # What has to hold: Signature, Reversible, Backup, KnownIdentity, with commas between them.
  [string] $Require,

  # How old the backup may be, and the folder it is in. Without it: the default one.
  [timespan] $Rpo = '1.00:00:00',
  [string] $BackupFolder,

  # The public key that the release must be signed with. Without it: a workflow of ShoreGuard's repository must have signed it.
  [string] $SignatureKey
)

# Every error stops, also that of a deployment that is not there: otherwise the script would go on, and end with exit code 0.
$ErrorActionPreference = 'Stop'
# A log is no place for progress bars.
$ProgressPreference = 'SilentlyContinue'

try {
  Import-Module ShoreGuard.Rollback
  $arguments = @{ Version = $Version; Rpo = $Rpo }
  # pwsh -File hands over one word, whatever is in it.
  if ($Require) { $arguments.Require = $Require -split ',' }
  if ($BackupFolder) { $arguments.BackupFolder = $BackupFolder }
  if ($SignatureKey) { $arguments.SignatureKey = $SignatureKey }
  $reports = @(Get-ShoreGuardDeployment -Project $Project | Test-ShoreGuardRelease @arguments)
  $reports
} catch {
  Write-Error -ErrorRecord $_ -ErrorAction Continue
  exit 2
}
if ($reports.Where{ -not $_.Passed -and -not $_.Inconclusive }) { exit 1 }
if ($reports.Count -eq 0 -or $reports.Inconclusive -contains $true) { exit 2 }
exit 0
