<#
.SYNOPSIS
A gate for a deploy pipeline: passes only when every deployment of a Compose project is well and runs the build that was to be deployed.
.DESCRIPTION
Exit code 0: there is at least one deployment, and all of them pass. Exit code 1: one does not, there is none, or the question could not be
answered; the reports say which.
.EXAMPLE
pwsh -NonInteractive -File ./Assert-Deployment.ps1 -Project prod -Version 0.27.0 -GitSha a1b2c3d
#>
[CmdletBinding()]
param(
  # The Compose project.
  [Parameter(Mandatory)]
  [string] $Project,

  # The release that should run, and the beginning of its commit.
  [Parameter(Mandatory)]
  [string] $Version,
  [string] $GitSha,

  # How many seconds the deployments may take until they pass.
  [int] $TimeoutSec = 60
)

$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'

try {
  Import-Module ShoreGuard.Rollback
  $expected = @{ ExpectedVersion = $Version }
  if ($GitSha) { $expected.ExpectedGitSha = $GitSha }
  $until = [datetime]::UtcNow.AddSeconds($TimeoutSec)
  # One answer for all of them. One that has not started yet cannot be asked: that is an error, and makes the answer false.
  while (-not (Get-ShoreGuardDeployment -Project $Project | Test-ShoreGuardHealth @expected -Quiet -ErrorAction SilentlyContinue)) {
    if ([datetime]::UtcNow -ge $until) {
      Get-ShoreGuardDeployment -Project $Project | Test-ShoreGuardHealth @expected
      exit 1
    }
    Start-Sleep -Seconds 1
  }
} catch {
  Write-Error -ErrorRecord $_ -ErrorAction Continue
  exit 1
}
