<#
.SYNOPSIS
Rolls a bad release back on a real Docker Engine, as an operator would, and checks every step.
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
$Bad = '0.29.0'

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

function Wait-Unhealthy([uri] $Uri) {
  $until = [DateTime]::UtcNow.AddSeconds(30)
  while ([DateTime]::UtcNow -lt $until -and ((Test-ShoreGuardHealth $Uri).Status -ne 'NotReady')) { [Threading.Thread]::Sleep(200) }
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
    outageSeconds = $outage; durationSeconds = [Math]::Round($Result.Duration.TotalSeconds, 2)
  }
}

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

  Show-Chapter 'A backup before the next deploy' 'Get-ShoreGuardDeployment | Backup-ShoreGuardDatabase -Path ./backups'
  $backup = $deployment | Backup-ShoreGuardDatabase -Path "$Work/backups"
  $backup | Out-Default
  $rows = @($backup.Rows | Where-Object Table -eq 'gateways')[0].Rows
  Confirm-That 'The backup is proven and holds the three gateways' ($rows -eq 3) "revision $($backup.Revision), $($backup.TotalRows) rows"
  $summary.backup = [ordered]@{ revision = $backup.Revision; bytes = $backup.Size; rows = $backup.TotalRows; gateways = $rows }

  Show-Chapter "$Bad is deployed: it migrates the schema one way, and is bad" 'docker compose up --detach; Get-ShoreGuardDeployment | Test-ShoreGuardHealth'
  Publish-Release $Bad
  Wait-Unhealthy $uri
  $health = Get-ShoreGuardDeployment -Project $Project | Test-ShoreGuardHealth
  $health | Out-Default
  Confirm-That "Health shows that $Bad is bad" ($health.Identity.Version -eq $Bad -and -not $health.IsHealthy) "$($health.Status), $($health.Diagnosis)"
  Confirm-That 'Authenticated calls fail' ((Get-GatewayCount $uri) -eq -1)

  Show-Chapter 'The image alone cannot go back: the schema is ahead' "Get-ShoreGuardDeployment | Invoke-ShoreGuardImageRollback -Version $Good"
  $refused = Get-ShoreGuardDeployment -Project $Project |
    Invoke-ShoreGuardImageRollback -Version $Good -StabilitySec 1 -Confirm:$false -ErrorAction SilentlyContinue -ErrorVariable refusal
  $refused | Out-Default
  $refusal | ForEach-Object { $_ | Out-Default }
  Confirm-That 'The gate refuses, and says why' (-not $refused.Succeeded -and $refused.Reason -like '*revision*018*') "$($refused.Reason)"
  $now = Get-ShoreGuardDeployment -Project $Project
  Confirm-That "$Bad is back" ($refused.Reverted -and $now.IsRunning -and $now.Identity.Version -eq $Bad) "$($now.Identity)"
  $summary.imageAlone = Get-Figures $refused

  Show-Chapter 'The database goes back first' 'Get-ShoreGuardDeployment | Restore-ShoreGuardDatabase -BackupPath ./backups/…'
  $restore = Get-ShoreGuardDeployment -Project $Project | Restore-ShoreGuardDatabase -BackupPath $backup.BackupPath -Confirm:$false
  $restore | Out-Default
  Confirm-That 'The backup is restored, and the old database is kept' ($restore.Revision -eq $backup.Revision -and $null -ne $restore.Kept) "revision $($restore.RevisionBefore) → $($restore.Revision)"
  Confirm-That "The application stays stopped: $Bad would migrate it forward again" ($restore.Application -eq 'LeftStopped') "$($restore.Application)"
  $summary.restore = [ordered]@{
    revisionBefore = $restore.RevisionBefore; revision = $restore.Revision; rows = $restore.TotalRows
    outageSeconds = [Math]::Round($restore.Outage.TotalSeconds, 2); durationSeconds = [Math]::Round($restore.Duration.TotalSeconds, 2)
  }

  Show-Chapter 'Then the image' "Get-ShoreGuardDeployment | Invoke-ShoreGuardImageRollback -Version $Good"
  $rollback = Get-ShoreGuardDeployment -Project $Project | Invoke-ShoreGuardImageRollback -Version $Good -StabilitySec 2 -Confirm:$false
  $rollback | Out-Default
  Confirm-That 'The image rollback passes its gate' $rollback.Succeeded "$($rollback.After)"
  Confirm-That 'It is pinned by digest in .env' ($rollback.Pin.NewValue -like "$Good@sha256:*") "$($rollback.Pin.Variable)"
  $summary.rollback = Get-Figures $rollback

  Show-Chapter 'Is it well?' "Get-ShoreGuardDeployment | Test-ShoreGuardHealth -ExpectedVersion $Good"
  $health = $rollback | Test-ShoreGuardHealth -ExpectedVersion $Good
  $health | Out-Default
  Confirm-That 'Health is green' $health.IsHealthy "$($health.Status)"
  Confirm-That "Identity is $Good's" ($health.Identity.Version -eq $Good -and $health.Identity.GitSha -eq $rollback.Deployment.Identity.GitSha) "$($health.Identity)"
  $count = Get-GatewayCount $uri
  Confirm-That 'The three gateways are there' ($count -eq 3) "$count gateways"
  $summary.gateways = $count
  $summary.identity = [ordered]@{ version = $health.Identity.Version; gitSha = $health.Identity.GitSha; buildTime = $health.Identity.BuildTime.ToString('o') }

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
