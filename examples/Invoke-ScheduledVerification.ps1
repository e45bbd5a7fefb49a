<#
.SYNOPSIS
Looks whether the deployments of a Compose project are well and could be rolled back, and writes down what it has found: for a scheduler.
.DESCRIPTION
Looks at each deployment: is it well (Test-ShoreGuardHealth), is it what was published (Test-ShoreGuardIdentity), is nothing left unfinished on it, is it
backed up often enough (Test-ShoreGuardBackup -Cadence), with -Drill can its newest backup be restored, and with -PrometheusUri is there an alert
(Get-ShoreGuardAlert). It changes nothing, and asks nobody: it needs neither a console nor a profile.

Exit code 0: everything is well. Exit code 1: something is not; it has been looked at, and has to be attended to. Exit code 2: something could not be
told, and nothing that was told is not well.

A line of JSON for each look is written to the output, and with -LogPath appended to a file: time (UTC), project, deployment, outcome (well, notWell or
unknown) and checks, each with its name, outcome and finding. With -SystemLog, what is not well or unknown goes to the Windows Event Log (Application,
source ShoreGuard) or to syslog (tag shoreguard) as well.

In the folder of this script are, line by line explained: shoreguard-verification.xml for the Task Scheduler, shoreguard-verification.service and .timer
for systemd. The account needs access to the engine, and its state folder is where it keeps what it knows.
.EXAMPLE
pwsh -NoProfile -NonInteractive -File ./Invoke-ScheduledVerification.ps1 -Project prod -LogPath /var/log/shoreguard/verification.jsonl
.EXAMPLE
*/15 * * * *  pwsh -NoProfile -NonInteractive -File /opt/shoreguard/Invoke-ScheduledVerification.ps1 -Project prod -SystemLog >/dev/null

In a crontab: every quarter of an hour.
.EXAMPLE
sudo cp shoreguard-verification.service shoreguard-verification.timer /etc/systemd/system/; sudo systemctl enable --now shoreguard-verification.timer

With systemd: systemctl list-timers shows the next run, journalctl --unit shoreguard-verification what the last ones have found.
.EXAMPLE
Register-ScheduledTask -TaskName 'ShoreGuard verification' -Xml (Get-Content ./shoreguard-verification.xml -Raw)

On Windows, as administrator.
#>
[CmdletBinding()]
param(
  # The Compose project.
  [Parameter(Mandatory)]
  [string] $Project,

  # How old the newest proven backup may be, and how long the largest gap between two: the recovery point objective.
  [timespan] $Rpo = '1.00:00:00',

  # The folder with the backups. Without it: the default one.
  [string] $BackupFolder,

  # Restore the newest backup into a scratch database, too.
  [switch] $Drill,

  # The Prometheus server whose alerts count. Without it, none do.
  [uri] $PrometheusUri,

  # The file to which a line of JSON is appended.
  [string] $LogPath,

  # Tell the system's log of what is not well.
  [switch] $SystemLog
)

$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'

# One check: what it finds is a list of outcome and finding. What cannot be looked at is unknown, and keeps nobody from looking at the rest.
function Invoke-Check([string] $Name, [scriptblock] $Look) {
  try {
    $outcome, $finding = & $Look
  } catch {
    $outcome, $finding = 'unknown', $_.Exception.Message
  }
  [ordered]@{ name = $Name; outcome = $outcome; finding = "$finding" }
}

# The worst of several: not well, then unknown.
function Get-Worst([string[]] $Outcome) {
  if ($Outcome -contains 'notWell') { 'notWell' } elseif ($Outcome -contains 'unknown' -or -not $Outcome) { 'unknown' } else { 'well' }
}

function Test-Deployment($Deployment) {
  $folder = if ($BackupFolder) { @{ Path = $BackupFolder } } else { @{} }
  Invoke-Check 'health' {
    $report = $Deployment | Test-ShoreGuardHealth
    ($report.IsHealthy ? 'well' : 'notWell'), $report.Explanation
  }
  Invoke-Check 'identity' {
    $report = $Deployment | Test-ShoreGuardIdentity
    @{ Match = 'well'; Mismatch = 'notWell'; Inconclusive = 'unknown' }["$($report.Verdict)"], $report.Explanation
  }
  Invoke-Check 'unfinished' {
    ($Deployment.Unfinished ? 'notWell' : 'well'), $Deployment.Unfinished
  }
  # Those that do not say whose they are count with the deployment, if it is the only one that they can be of.
  $its = { -not $_.DeploymentName -or $_.DeploymentName -eq $Deployment.Name }
  Invoke-Check 'backups' {
    $cadence = @(Get-ShoreGuardBackup @folder | Where-Object $its | Test-ShoreGuardBackup -Cadence -Rpo $Rpo -Deployment $Deployment)
    if (-not $cadence) { 'notWell', 'There is no backup.' } else { ($cadence.MeetsRpo -contains $false ? 'notWell' : 'well'), ($cadence.Explanation -join ' ') }
  }
  if ($Drill) {
    Invoke-Check 'drill' {
      $report = Get-ShoreGuardBackup @folder | Where-Object $its | Select-Object -First 1 | Test-ShoreGuardBackup -Drill -Deployment $Deployment
      if (-not $report) { 'notWell', 'There is no backup.' } else { ($report.Usable ? 'well' : 'notWell'), $report }
    }
  }
  if ($PrometheusUri) {
    Invoke-Check 'alerts' {
      # What is over, or has not lasted long enough to fire, is no reason to wake anybody.
      $alerts = @($Deployment | Get-ShoreGuardAlert -PrometheusUri $PrometheusUri | Where-Object State -EQ Firing)
      ($alerts ? 'notWell' : 'well'), ($alerts -join '; ')
    }
  }
}

# Where it is told. A log that cannot be written is told where the scheduler looks, and keeps nobody from being told elsewhere.
function Write-Log([string] $Outcome, [string] $Text, [string] $Json) {
  try {
    if ($LogPath) { Add-Content -LiteralPath $LogPath -Value $Json -Encoding utf8NoBOM }
  } catch {
    Write-Error -ErrorRecord $_ -ErrorAction Continue
    $script:outcomes += 'unknown'
  }
  if (-not $SystemLog -or $Outcome -eq 'well') { return }
  try {
    if ($IsWindows) { $null = eventcreate /L Application /SO ShoreGuard /ID 1 /T ($Outcome -eq 'notWell' ? 'ERROR' : 'WARNING') /D $Text }
    else { logger --tag shoreguard --priority "user.$($Outcome -eq 'notWell' ? 'err' : 'warning')" -- $Text }
  } catch {
    Write-Error -ErrorRecord $_ -ErrorAction Continue
    $script:outcomes += 'unknown'
  }
}

# One deployment: the line of JSON, and the outcome by which the exit code goes.
function Write-Finding([string] $Deployment, $Checks) {
  $outcome = Get-Worst $Checks.outcome
  $script:outcomes += $outcome
  $line = [ordered]@{ time = [datetime]::UtcNow.ToString('o'); project = $Project; deployment = $Deployment; outcome = $outcome; checks = @($Checks) }
  $json = $line | ConvertTo-Json -Depth 4 -Compress
  $found = $Checks | Where-Object { $_.outcome -ne 'well' } | ForEach-Object { "$($_.name): $($_.finding)" }
  Write-Log $outcome "ShoreGuard $($Project, $Deployment -ne '' -join ' ') is $outcome`: $($found -join ' ')" $json
  $json
}

$outcomes = @()
try {
  Import-Module ShoreGuard.Rollback
  foreach ($deployment in Get-ShoreGuardDeployment -Project $Project) { Write-Finding $deployment.Name @(Test-Deployment $deployment) }
} catch {
  # Without an engine, or without a deployment, nothing can be told.
  Write-Finding '' @([ordered]@{ name = 'deployment'; outcome = 'unknown'; finding = $_.Exception.Message })
}
exit @{ well = 0; notWell = 1; unknown = 2 }[(Get-Worst $outcomes)]
