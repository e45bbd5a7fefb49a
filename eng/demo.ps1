<#
.SYNOPSIS
Rolls bad releases back on a real Docker Engine, as an operator would, and checks every step: the image alone, with a downgrade, with a restore, and killed in the middle. Ends
with an alert that a bad release has caused, an observation, the page of the incident, and a gate that does not let that release through again.
.DESCRIPTION
Needs the variables that eng/with-stack.sh exports.
#>
[CmdletBinding()]
param(
  [ValidateSet('sqlite', 'postgres')]
  [string] $Database = 'sqlite'
)

$ErrorActionPreference = 'Stop'
$Root = Split-Path $PSScriptRoot
$Work = "$Root/out/demo/$Database"
$Project = "shoreguard-demo-$Database"
$Key = 'demo-key'
$Good = '0.27.0'

$steps = [Collections.Generic.List[object]]::new()
$failures = [Collections.Generic.List[string]]::new()
$summary = [ordered]@{ database = $Database; steps = $steps }

function Show-Chapter([string] $Text, [string] $Command) {
  ''
  "── $Text"
  if ($Command) { "   PS> $Command"; '' }
}

# Notes whether something is as it has to be. The demo goes on, and fails at its end.
function Confirm-That([string] $What, [bool] $Holds, [string] $Found) {
  $mark = if ($Holds) { '✓' } else { '✗' }
  $text = if ($Found) { "$What ($Found)" } else { $What }
  "   $mark $text"
  $steps.Add([ordered]@{ expectation = $What; found = $Found; holds = $Holds })
  if (-not $Holds) { $failures.Add($text) }
}

function Invoke-Compose([string[]] $Arguments) {
  $output = & docker compose --project-name $Project --project-directory $Work --file "$Work/docker-compose.yml" @Arguments 2>&1
  if ($LASTEXITCODE -ne 0) { throw "docker compose $Arguments failed: $output" }
  $output | ForEach-Object { "   $_" }
}

# What an operator's deploy pipeline does: the new version goes into .env, and Compose makes it so.
function Publish-Release([string] $Version) {
  $lines = Get-Content "$Work/.env" | Where-Object { $_ -notlike 'SHOREGUARD_VERSION=*' }
  $lines + "SHOREGUARD_VERSION=$Version" | Set-Content "$Work/.env"
  Invoke-Compose up, --detach
}

function Wait-Healthy([uri] $Uri) {
  $until = (Get-Date).AddSeconds(60)
  while (-not (Test-ShoreGuardHealth $Uri -Quiet)) {
    if ((Get-Date) -gt $until) { throw "$Uri did not become healthy within 60 s." }
    Start-Sleep -Milliseconds 100
  }
}

# Twice in a row: while it starts, a good one is not ready either.
function Wait-Unhealthy([uri] $Uri, [string] $Status) {
  $until = (Get-Date).AddSeconds(30)
  for ($seen = 0; $seen -lt 2 -and (Get-Date) -lt $until; Start-Sleep 1) {
    $seen = if ("$((Test-ShoreGuardHealth $Uri).Status)" -eq $Status) { $seen + 1 } else { 0 }
  }
}

$Api = @{ Headers = @{ Authorization = "Bearer $Key" } }

function Add-Gateway([uri] $Uri, [string] $Name) {
  $body = @{ name = $Name; endpoint = '127.0.0.1:19090'; scheme = 'http'; auth_mode = 'insecure'; description = 'made by the demo'; last_status = 'connected' }
  $null = Invoke-RestMethod "$($Uri)api/gateway/register" -Method Post -ContentType application/json -Body ($body | ConvertTo-Json) @Api
}

function Get-GatewayCount([uri] $Uri) {
  $answer = Invoke-RestMethod "$($Uri)api/gateway/list" -SkipHttpErrorCheck -StatusCodeVariable status @Api
  if ($status -eq 200) { $answer.total } else { -1 }
}

function Get-FreePort {
  $listener = [Net.Sockets.TcpListener]::new([Net.IPAddress]::Loopback, 0)
  $listener.Start()
  $listener.LocalEndpoint.Port
  $listener.Stop()
}

function Initialize-Project {
  if (Test-Path $Work) { Remove-Item $Work -Recurse -Force }
  $null = New-Item "$Work/backups" -ItemType Directory
  Copy-Item "$Root/tests/stand-in/compose/$Database.yml" "$Work/docker-compose.yml"
  Set-Content "$Work/.env" @"
# Written by the demo; the pin of a rollback goes here as well.
SHOREGUARD_IMAGE_REPOSITORY=$env:SHOREGUARD_TEST_REPOSITORY
SHOREGUARD_PORT=$(Get-FreePort)
SHOREGUARD_BOOTSTRAP_KEY=$Key
SHOREGUARD_TEST_DATABASE_IMAGE=$env:SHOREGUARD_TEST_DATABASE_IMAGE
POSTGRES_PASSWORD=demo-password
"@
  # The stack exports this one for its own use; exported, it would beat the project's .env.
  Remove-Item Env:SHOREGUARD_IMAGE_REPOSITORY -ErrorAction Ignore
  Invoke-Compose down, --volumes, --remove-orphans | ForEach-Object { }
}

function Write-Summary {
  $summary.failures = $failures.Count
  $summary | ConvertTo-Json -Depth 5 | Set-Content "$Root/out/demo/summary.json"
}

function Get-Figures($Result) {
  $outage = if ($Result.Outage) { [Math]::Round($Result.Outage.Duration.TotalSeconds, 2) }
  [ordered]@{
    succeeded = $Result.Succeeded; reverted = $Result.Reverted; from = "$($Result.Before)"; to = "$($Result.After)"
    strategy = "$($Result.Strategy)"; revisionBefore = "$($Result.RevisionsBefore)"; revision = "$($Result.Revision)"
    outageSeconds = $outage; durationSeconds = [Math]::Round($Result.Duration.TotalSeconds, 2)
  }
}

# What an operator sees: the plan, then what came of exactly that plan.
function Invoke-Case([string] $Name, [string] $Decision, [uri] $Uri) {
  Show-Chapter "What would it take to go back to ${Good}?" "`$plan = Get-ShoreGuardDeployment | Get-ShoreGuardRollbackPlan -Version $Good -BackupFolder ./backups; `$plan"
  $plan = Get-ShoreGuardDeployment -Project $Project | Get-ShoreGuardRollbackPlan -Version $Good -BackupFolder "$Work/backups" -StabilitySec 2 @State
  $plan | Out-Default
  Confirm-That "The plan decides: $Decision" ($plan.CanRun -and "$($plan.Strategy)" -eq $Decision) "$($plan.Decision)"
  Show-Chapter 'Do exactly that' '$plan | Invoke-ShoreGuardRollback'
  $result = $plan | Invoke-ShoreGuardRollback -Confirm:$false -WarningAction SilentlyContinue @State
  $result | Out-Default
  Confirm-Good $Name $result.Succeeded $Uri
  $summary[$Name] = Get-Figures $result
}

function Confirm-Good([string] $Name, [bool] $Succeeded, [uri] $Uri) {
  $health = Get-ShoreGuardDeployment -Project $Project | Test-ShoreGuardHealth -ExpectedVersion $Good
  Confirm-That "$Good serves again" ($Succeeded -and $health.IsHealthy -and $health.Identity.Version -eq $Good) "$($health.Identity)"
  $count = Get-GatewayCount $Uri
  Confirm-That 'The three gateways are there' ($count -eq 3) "$count gateways"
  $summary.gateways = $count
  $summary.identity = [ordered]@{ version = $health.Identity.Version; gitSha = $health.Identity.GitSha }
}

function Deploy-Bad([string] $Version, [string] $What, [string] $Status = 'NotReady') {
  Show-Chapter "$Version is deployed: $What" 'docker compose up --detach; Get-ShoreGuardDeployment | Test-ShoreGuardHealth'
  Publish-Release $Version
  Wait-Unhealthy $uri $Status
  $health = Get-ShoreGuardDeployment -Project $Project | Test-ShoreGuardHealth
  $health | Out-Default
  Confirm-That "Health shows that $Version is bad" ("$($health.Status)" -eq $Status -and $health.Identity.Version -in $null, $Version) "$($health.Status), $($health.Diagnosis)"
}

# A process of its own, which kills itself as it says that it begins a step.
function Stop-Rollback([string] $Step) {
  $tool = if ((Split-Path ([Environment]::ProcessPath) -LeafBase) -eq 'dotnet') { 'exec', "$PSHOME/pwsh.dll" } else { @() }
  & ([Environment]::ProcessPath) @tool -NoProfile -Command @"
    Import-Module '$Root/out/ShoreGuard.Rollback/ShoreGuard.Rollback.psd1'
    Get-ShoreGuardDeployment -Project $Project |
      Invoke-ShoreGuardRollback -Version $Good -BackupFolder '$Work/backups' -StatePath '$($State.StatePath)' -StabilitySec 2 -Confirm:`$false -Verbose 4>&1 |
      ForEach-Object { "   `$_"; if ("`$_" -like '*$Step*') { Stop-Process -Id `$PID -Force } }
"@
  '   Killed.'
}

# Prometheus, for as long as the demo needs it, with one of the rules of ShoreGuard's documentation at a shortened time.
function Start-Prometheus([uri] $Target) {
  $folder = New-Item "$Work/prometheus" -ItemType Directory -Force
  $port = Get-FreePort
  Set-Content "$folder/rules.yml" @"
groups:
  - name: shoreguard
    rules:
      - { alert: HighErrorRate, for: 1s, expr: 'rate(shoreguard_http_requests_total{status=~"5.."}[5s]) / rate(shoreguard_http_requests_total[5s]) > 0.05' }
"@
  Set-Content "$folder/prometheus.yml" @"
global: { scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s }
rule_files: [ rules.yml ]
scrape_configs: [ { job_name: shoreguard, authorization: { credentials: $Key }, static_configs: [ { targets: [ '$($Target.Authority)' ] } ] } ]
"@
  $start = @{
    FilePath = $env:SHOREGUARD_TEST_PROMETHEUS_PROGRAM
    ArgumentList = "--config.file=$folder/prometheus.yml", "--storage.tsdb.path=$folder/data", "--web.listen-address=127.0.0.1:$port", '--log.level=warn'
    RedirectStandardOutput = "$folder/output.log"
    RedirectStandardError = "$folder/error.log"
  }
  $script:Prometheus = Start-Process @start -PassThru
  [uri] "http://127.0.0.1:$port"
}

function Wait-Alert([uri] $Prometheus) {
  $until = (Get-Date).AddSeconds(60)
  do {
    # The very calls that fail.
    $null = Get-GatewayCount $uri
    $null = Invoke-WebRequest "$($uri)readyz" -SkipHttpErrorCheck
    Start-Sleep -Milliseconds 300
    $alerts = @(Get-ShoreGuardDeployment -Project $Project | Get-ShoreGuardAlert $Prometheus -ErrorAction Ignore)
  } until ($alerts.Where{ "$($_.State)" -eq 'Firing' } -or (Get-Date) -gt $until)
  $alerts
}

# Steps 5 and 6 of the runbook, and the alerts of step 1.
function Show-Verification {
  $prometheus = Start-Prometheus $uri
  Deploy-Bad '0.28.0' 'and Prometheus is watching'
  Show-Chapter 'What do the alerts say?' "`$alerts = Get-ShoreGuardDeployment | Get-ShoreGuardAlert $prometheus; `$alerts"
  $alerts = Wait-Alert $prometheus
  $alerts | Out-Default
  Confirm-That 'An alert fires, and began after the deploy' ($alerts.Where{ "$($_.State)" -eq 'Firing' -and "$($_.Relation)" -eq 'AfterDeploy' }.Count -gt 0) "$($alerts.Name)"

  Show-Chapter 'Roll back, and watch whether it holds' "`$result = Get-ShoreGuardDeployment | Invoke-ShoreGuardRollback -Version $Good -Alert `$alerts -ObservationWindow 00:00:05"
  $result = Get-ShoreGuardDeployment -Project $Project |
    Invoke-ShoreGuardRollback -Version $Good -Alert $alerts -BackupFolder "$Work/backups" -StabilitySec 2 -ObservationWindow 00:00:05 -Confirm:$false -WarningAction SilentlyContinue @State
  $result.Observation | Out-Default
  Confirm-That "$Good held while it was watched" ("$($result.Observation.Outcome)" -eq 'Held') "$($result.Observation)"

  Show-Chapter 'Write it down' 'Get-ShoreGuardIncident $result.Id | Export-ShoreGuardIncident -Path ./incident.html'
  $incident = Get-ShoreGuardIncident $result.Id @State
  $incident | Out-Default
  $page = $incident | Export-ShoreGuardIncident -Path "$Root/out/demo/incident-$Database.html" -Force @State
  Confirm-That 'The page of the incident is there, with the alert' ((Get-Content $page -Raw) -match 'HighErrorRate') $page.FullName
  $summary.incident = [ordered]@{ id = $incident.Id; outage = $incident.Times.Outage.TotalSeconds; downtime = $incident.Times.Downtime.TotalSeconds; page = $page.FullName }

  Show-Chapter 'Would a pipeline let it through again?' "Get-ShoreGuardDeployment | Test-ShoreGuardRelease -Version 0.28.0"
  $gate = Get-ShoreGuardDeployment -Project $Project | Test-ShoreGuardRelease -Version 0.28.0 @State
  $gate | Out-Default
  Confirm-That 'The bad release is blocked, and the gate refuses it' (-not $gate.Passed) "$gate"
}

$State = @{ StatePath = "$Work/state" }

Import-Module "$Root/out/ShoreGuard.Rollback/ShoreGuard.Rollback.psd1" -Force
Initialize-Project
try {
  Show-Chapter "$Good is deployed, and people use it" 'docker compose up --detach'
  Publish-Release $Good
  $deployment = Get-ShoreGuardDeployment -Project $Project
  $uri = $deployment.Uri
  Wait-Healthy $uri
  $names = 'gw-north', 'gw-south', 'gw-east'
  $names | ForEach-Object { Add-Gateway $uri $_ }
  Show-Chapter 'What runs here?' 'Get-ShoreGuardDeployment'
  $deployment = Get-ShoreGuardDeployment -Project $Project
  $deployment | Out-Default
  Confirm-That "$Good runs and holds three gateways" ($deployment.Identity.Version -eq $Good -and (Get-GatewayCount $uri) -eq 3) "$($deployment.Identity)"

  Show-Chapter 'It is well: remember that, and back it up before the next deploy' 'Get-ShoreGuardDeployment | Set-ShoreGuardKnownGood -Reason "…"; Get-ShoreGuardDeployment | Backup-ShoreGuardDatabase ./backups'
  [void]($deployment | Set-ShoreGuardKnownGood -Reason 'a week without an alert' @State)
  $backup = $deployment | Backup-ShoreGuardDatabase "$Work/backups"
  $backup | Out-Default
  $rows = @($backup.Rows | Where-Object Table -eq 'gateways')[0].Rows
  Confirm-That 'The backup is proven and holds the three gateways' ($rows -eq 3) "revision $($backup.Revision), $($backup.TotalRows) rows"
  $summary.backup = [ordered]@{ revision = $backup.Revision; bytes = $backup.Size; rows = $backup.TotalRows; gateways = $rows }

  Deploy-Bad '0.31.0' 'it crashes at its start, and leaves the schema alone' 'Unreachable'
  Invoke-Case 'imageOnly' 'ImageOnly' $uri

  Deploy-Bad '0.28.0' 'it migrates the schema, and a background task dies'
  Invoke-Case 'downgrade' 'Downgrade' $uri

  Deploy-Bad '0.29.0' 'it migrates the schema one way, and is bad'
  Invoke-Case 'restore' 'Restore' $uri

  Deploy-Bad '0.28.0' 'once more'
  Show-Chapter 'A power cut in the middle of the rollback' "Get-ShoreGuardDeployment | Invoke-ShoreGuardRollback -Version $Good"
  Stop-Rollback 'Start the new container'
  # What others have left on this engine is theirs.
  $own = @{ Name = "$Project-*"; Unfinished = $true }
  Show-Chapter 'What was left half-way?' "Get-ShoreGuardRollback -Name '$($own.Name)' -Unfinished"
  $unfinished = @(Get-ShoreGuardRollback @own @State)
  $unfinished | Out-Default
  Confirm-That 'The record knows it' ($unfinished.Count -eq 1) "$unfinished"
  Show-Chapter 'Go on' "Get-ShoreGuardRollback -Name '$($own.Name)' -Unfinished | Resume-ShoreGuardRollback"
  $resumed = $unfinished | Resume-ShoreGuardRollback -Confirm:$false @State
  $resumed | Out-Default
  Confirm-Good 'resumed' ($resumed.Id -eq $unfinished[0].Id) $uri
  Confirm-That 'Nothing is unfinished any more' (@(Get-ShoreGuardRollback @own @State).Count -eq 0)

  Show-Verification

  Show-Chapter 'And a later deploy leaves it alone' 'docker compose up --detach'
  $before = Get-ShoreGuardDeployment -Project $Project
  Invoke-Compose up, --detach
  $after = Get-ShoreGuardDeployment -Project $Project
  Confirm-That 'docker compose up changes nothing' ($before.ContainerId -eq $after.ContainerId -and $before.StartedAt -eq $after.StartedAt) "container $($after.ContainerId.Substring(0, 12))"
} finally {
  if ($script:Prometheus) { Stop-Process $script:Prometheus -ErrorAction Ignore }
  Write-Summary
  Invoke-Compose down, --volumes, --remove-orphans | ForEach-Object { }
}

''
"── Summary (out/demo/summary.json)"
"   $($steps.Count - $failures.Count) of $($steps.Count) expectations held."
$failures | ForEach-Object { "   ✗ $_" }
if ($failures.Count) { exit 1 }
