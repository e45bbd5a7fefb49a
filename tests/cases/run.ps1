# Runs the case in the current folder. A failure is an error of PowerShell, and the exit code 1.
param([string] $Manifest, [string] $Name, [uri] $Server)

$ErrorActionPreference = 'Stop'
$PSNativeCommandUseErrorActionPreference = $true
$ConfirmPreference = 'None'
Import-Module $Manifest
Import-Module (Join-Path $PSScriptRoot Case.psm1) -ArgumentList $Name, $Server
$case = Resolve-Path ./case.ps1
try {
    . $case
}
catch {
    "$_"
    $_.ScriptStackTrace
    if ($_.ErrorDetails) { "Recommendation: $($_.ErrorDetails.RecommendedAction)" }
    exit 1
}
