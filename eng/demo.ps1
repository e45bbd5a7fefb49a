<#
.SYNOPSIS
Rolls bad releases back on a real Docker Engine, as an operator would, and checks every step: the image alone, with a downgrade, with a restore, and killed in the middle.
.DESCRIPTION
Needs the variables that eng/with-stack.sh exports. Runs in pwsh and in the stand-in host, which has the cmdlets of
Microsoft.PowerShell.Core only: hence .NET methods where other scripts use Join-Path or ConvertTo-Json.
#>
[CmdletBinding()]
param(
  [ValidateSet('sqlite', 'postgres')]
  [string] $Database = 'sqlite'
)

$ErrorActionPreference = 'Stop'
$Root = [IO.Path]::GetDirectoryName($PSScriptRoot)
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
  $lines = [IO.File]::ReadAllLines("$Work/.env") | Where-Object { $_ -notlike 'SHOREGUARD_VERSION=*' }
  [IO.File]::WriteAllLines("$Work/.env", [string[]]@($lines; "SHOREGUARD_VERSION=$Version"))
  Invoke-Compose up, --detach
}

function Wait-Healthy([uri] $Uri) {
  $until = [DateTime]::UtcNow.AddSeconds(60)
  while (-not (Test-ShoreGuardHealth $Uri -Quiet)) {
    if ([DateTime]::UtcNow -gt $until) { throw "$Uri did not become healthy within 60 s." }
    [Threading.Thread]::Sleep(100)
  }
}

# Twice in a row: while it starts, a good one is not ready either.
function Wait-Unhealthy([uri] $Uri, [string] $Status) {
  $until = [DateTime]::UtcNow.AddSeconds(30)
  for ($seen = 0; $seen -lt 2 -and [DateTime]::UtcNow -lt $until; [Threading.Thread]::Sleep(1000)) {
    $seen = if ("$((Test-ShoreGuardHealth $Uri).Status)" -eq $Status) { $seen + 1 } else { 0 }
  }
}

$http = [Net.Http.HttpClient]::new()
$http.DefaultRequestHeaders.Add('Authorization', "Bearer $Key")

function Add-Gateway([uri] $Uri, [string] $Name) {
  $body = [Net.Http.StringContent]::new("{""name"":""$Name"",""endpoint"":""127.0.0.1:19090"",""scheme"":""http"",""auth_mode"":""insecure"",""description"":""made by the demo"",""last_status"":""connected""}", $null, 'application/json')
  $answer = $http.PostAsync("$($Uri)api/gateway/register", $body).GetAwaiter().GetResult()
  if (-not $answer.IsSuccessStatusCode) { throw "Registering gateway $Name failed: $($answer.StatusCode)" }
}

function Get-GatewayCount([uri] $Uri) {
  $answer = $http.GetAsync("$($Uri)api/gateway/list").GetAwaiter().GetResult()
  if (-not $answer.IsSuccessStatusCode) { return -1 }
  $text = $answer.Content.ReadAsStringAsync().GetAwaiter().GetResult()
  [Text.Json.Nodes.JsonNode]::Parse($text)['total'].GetValue[int]()
}

function Get-FreePort {
  $listener = [Net.Sockets.TcpListener]::new([Net.IPAddress]::Loopback, 0)
  $listener.Start()
  $listener.LocalEndpoint.Port
  $listener.Stop()
}

function Initialize-Project {
  if ([IO.Directory]::Exists($Work)) { [IO.Directory]::Delete($Work, $true) }
  [void][IO.Directory]::CreateDirectory("$Work/backups")
  [IO.File]::Copy("$Root/tests/stand-in/compose/$Database.yml", "$Work/docker-compose.yml")
  [IO.File]::WriteAllLines("$Work/.env", [string[]]@(
    '# Written by the demo; the pin of a rollback goes here as well.'
    "SHOREGUARD_IMAGE_REPOSITORY=$env:SHOREGUARD_TEST_REPOSITORY"
    "SHOREGUARD_PORT=$(Get-FreePort)"
    "SHOREGUARD_BOOTSTRAP_KEY=$Key"
    "SHOREGUARD_TEST_DATABASE_IMAGE=$env:SHOREGUARD_TEST_DATABASE_IMAGE"
    'POSTGRES_PASSWORD=demo-password'))
  # The stack exports this one for its own use; exported, it would beat the project's .env.
  [Environment]::SetEnvironmentVariable('SHOREGUARD_IMAGE_REPOSITORY', [NullString]::Value)
  Invoke-Compose down, --volumes, --remove-orphans | ForEach-Object { }
}

# What PowerShell hands around is wrapped; the serializer would follow the wrapping for ever.
function ConvertTo-Node($Value) {
  if ($Value -is [Collections.IDictionary]) {
    $node = [Text.Json.Nodes.JsonObject]::new()
    foreach ($key in $Value.Keys) { $node.Add($key, (ConvertTo-Node $Value[$key])) }
    return , $node
  }
  if ($Value -is [Collections.IList]) {
    $node = [Text.Json.Nodes.JsonArray]::new()
    foreach ($item in $Value) { $node.Add((ConvertTo-Node $item)) }
    return , $node
  }
  if ($null -eq $Value) { return $null }
  [Text.Json.Nodes.JsonValue]::Create($Value.psobject.BaseObject)
}

function Write-Summary {
  $summary.failures = $failures.Count
  $options = [Text.Json.JsonSerializerOptions]::new()
  $options.WriteIndented = $true
  $options.Encoder = [Text.Encodings.Web.JavaScriptEncoder]::UnsafeRelaxedJsonEscaping
  [IO.File]::WriteAllText("$Root/out/demo/summary.json", (ConvertTo-Node $summary).ToJsonString($options) + "`n")
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

# A process of its own, killed as it says that it begins a step. Its output is read to see that, and shown.
function Stop-Rollback([string] $Step) {
  $command = "Import-Module '$Root/out/ShoreGuard.Rollback/ShoreGuard.Rollback.psd1'; Get-ShoreGuardDeployment -Project $Project | Invoke-ShoreGuardRollback -Version $Good -BackupFolder '$Work/backups' -StatePath '$($State.StatePath)' -StabilitySec 2 -Confirm:`$false -Verbose"
  $start = [Diagnostics.ProcessStartInfo]::new($HostCommand[0])
  foreach ($argument in @($HostCommand[1..9]) + @('-NoProfile', '-Command', $command)) { $start.ArgumentList.Add($argument) }
  $start.RedirectStandardOutput = $start.RedirectStandardError = $true
  $process = [Diagnostics.Process]::Start($start)
  $said = $process.StandardError.ReadToEndAsync()
  while ($null -ne ($line = $process.StandardOutput.ReadLine())) {
    if ($line) { "   $line" }
    if ($line -like "*$Step*") { break }
  }
  $process.Kill()
  $process.WaitForExit()
  '   Killed.'
}

$HostCommand = @([Environment]::ProcessPath)
if ([Environment]::GetCommandLineArgs()[0] -like '*ShoreGuard.PwshHost.dll') { $HostCommand += 'exec', [Environment]::GetCommandLineArgs()[0] }
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
  Show-Chapter 'What was left half-way?' 'Get-ShoreGuardRollback -Unfinished'
  $unfinished = @(Get-ShoreGuardRollback -Unfinished @State)
  $unfinished | Out-Default
  Confirm-That 'The journal knows it' ($unfinished.Count -eq 1) "$unfinished"
  Show-Chapter 'Go on' 'Get-ShoreGuardRollback -Unfinished | Resume-ShoreGuardRollback'
  $resumed = $unfinished | Resume-ShoreGuardRollback -Confirm:$false @State
  $resumed | Out-Default
  Confirm-Good 'resumed' ($resumed.Id -eq $unfinished[0].Id) $uri
  Confirm-That 'Nothing is unfinished any more' (@(Get-ShoreGuardRollback -Unfinished @State).Count -eq 0)

  Show-Chapter 'And a later deploy leaves it alone' 'docker compose up --detach'
  $before = Get-ShoreGuardDeployment -Project $Project
  Invoke-Compose up, --detach
  $after = Get-ShoreGuardDeployment -Project $Project
  Confirm-That 'docker compose up changes nothing' ($before.ContainerId -eq $after.ContainerId -and $before.StartedAt -eq $after.StartedAt) "container $($after.ContainerId.Substring(0, 12))"
} finally {
  $http.Dispose()
  Write-Summary
  Invoke-Compose down, --volumes, --remove-orphans | ForEach-Object { }
}

''
"── Summary (out/demo/summary.json)"
"   $($steps.Count - $failures.Count) of $($steps.Count) expectations held."
$failures | ForEach-Object { "   ✗ $_" }
if ($failures.Count) { exit 1 }
