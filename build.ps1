<#
.SYNOPSIS
Builds, tests, shows, measures, packs and installs ShoreGuard.Rollback.
#>
#Requires -Version 7.6
[CmdletBinding()]
param(
  [Parameter(Position = 0)]
  [string] $Task = 'Help',

  # Test: the suites to run, with commas between them (a shell cannot pass an array); by default those of this system. 'windows' is the others,
  # built for Windows and run under Wine: it needs root on Debian, and is part of a full run there.
  [ValidatePattern('^(engine|module|endtoend|windows)(,(engine|module|endtoend|windows))*$')]
  [string] $Suite = 'engine,module,endtoend',

  # Test: only the tests whose name has this in it.
  [string] $Filter,

  # Test: all cases of the matrices and of the kills, instead of a sample of them. Takes hours.
  [switch] $Full,

  # Demo: the database of the deployment that is rolled back.
  [ValidateSet('sqlite', 'postgres')]
  [string] $Database = 'sqlite',

  # Install: the folder of modules to install into; the current user's by default.
  [string] $Destination,

  # Pack: the thumbprint of a certificate for code signing in the user's store, with which everything is signed that an execution policy asks about.
  # On Windows, which alone can sign.
  [ValidatePattern('^[0-9A-Fa-f]{40}$')]
  [string] $Certificate,

  # Pack: the server that says when it was signed, so that a signature outlasts its certificate.
  [uri] $TimestampServer
)

$ErrorActionPreference = 'Stop'
$Root = $PSScriptRoot
$Out = "$Root/out"
$Layout = "$Out/ShoreGuard.Rollback"
$Version = (Import-PowerShellDataFile "$Root/ShoreGuard.Rollback.psd1").ModuleVersion

$env:DOTNET_CLI_TELEMETRY_OPTOUT = '1'
$env:DOTNET_NOLOGO = '1'
$env:POWERSHELL_TELEMETRY_OPTOUT = '1'

# The tests and the demo run in the PowerShell that runs this: pwsh itself or, where it is a tool of dotnet, its dll.
$env:ROLLBACK_TEST_PWSH = if ((Split-Path ([Environment]::ProcessPath) -LeafBase) -eq 'dotnet') { "$PSHOME/pwsh.dll" } else { [Environment]::ProcessPath }
$Pwsh = if ($env:ROLLBACK_TEST_PWSH -like '*.dll') { 'dotnet', 'exec', $env:ROLLBACK_TEST_PWSH } else { , $env:ROLLBACK_TEST_PWSH }

# Lets the tests use a copy of the tool that is compiled ahead of time, as an installed PowerShell is: its processes start in half the time.
function Use-CompiledPwsh {
  if ($env:ROLLBACK_TEST_PWSH -notlike '*.dll') { return }
  $cache = $IsWindows ? $env:LOCALAPPDATA : $env:XDG_CACHE_HOME ? $env:XDG_CACHE_HOME : "$HOME/.cache"
  $folder = "$cache/shoreguard-rollback/pwsh-$($PSVersionTable.PSVersion)"
  if (-not (Test-Path $folder)) {
    # Another build may be at the same.
    $new = "$folder.$PID"
    $null = New-Item (Split-Path $folder) -ItemType Directory -Force
    Copy-Item $PSHOME $new -Recurse
    $code = Invoke-Program dotnet, publish, "$Root/eng/CompiledPwsh/CompiledPwsh.csproj", '--configuration', 'Release', '--nologo', '--verbosity', 'quiet', "-property:PowerShell=$PSHOME", '--output', $new
    if ($code -eq 0 -and -not (Test-Path $folder)) { Move-Item $new $folder } else { Remove-Item $new -Recurse -Force }
    if ($code -ne 0) {
      Write-Warning "PowerShell could not be compiled ahead of time (dotnet exited with $code): the tests take longer."
      return
    }
  }
  $env:ROLLBACK_TEST_PWSH = "$folder/pwsh.dll"
}

# Runs a program on this terminal, waits for it, and gives its exit code. It is not given up before it has cleaned up after itself.
function Invoke-Program([string[]] $Command) {
  $start = [Diagnostics.ProcessStartInfo]::new($Command[0])
  $start.WorkingDirectory = $Root
  foreach ($argument in $Command[1..$Command.Length]) { if ($null -ne $argument) { $start.ArgumentList.Add($argument) } }
  $process = [Diagnostics.Process]::Start($start)
  try {
    while (-not $process.WaitForExit(100)) { }
    $process.ExitCode
  } finally {
    # Here by Ctrl-C, which a terminal has sent to the program as well; whoever was stopped by a signal of its own passes it on.
    if (-not $process.HasExited -and -not $process.WaitForExit(5000)) {
      if ($IsWindows) { $process.Kill($true) } else { [Diagnostics.Process]::Start('kill', "-TERM $($process.Id)").WaitForExit() }
      $process.WaitForExit()
    }
  }
}

# The command that runs a suite under Wine: it is built for Windows first, and leaves out what Wine itself cannot do.
function Get-WineCommand([string] $Project, [string[]] $Arguments) {
  Publish-ForWindows "tests/$Project/$Project.csproj" $Project
  $cannot = Get-Content "$Root/tests/wine-cannot.txt" | Where-Object { $_ -and $_ -notlike '#*' } | ForEach-Object { $_.Split(' ') }
  @('bash', "$Root/eng/with-wine.sh", "out/windows/$Project/$Project.exe") + $Arguments + $cannot
}

function Publish-ForWindows([string] $Source, [string] $Name) {
  $code = Invoke-Program dotnet, publish, "$Root/$Source", '--configuration', 'Release', '--runtime', 'win-x64', '--self-contained', '--nologo', '--verbosity', 'quiet', '--artifacts-path', "$Out/windows/build", '--output', "$Out/windows/$Name"
  if ($code -ne 0) { Stop-Build "$Source could not be built for Windows (dotnet exited with $code)." }
}

function Stop-Build([string] $Reason) {
  [Console]::Error.WriteLine($Reason)
  exit 1
}

function Build {
  $code = Invoke-Program dotnet, msbuild, "$Root/ShoreGuard.sln", '-restore', '-maxCpuCount', '-property:Configuration=Release', '-verbosity:quiet', '-nologo'
  if ($code -ne 0) { Stop-Build "The build failed (dotnet exited with $code)." }
  "ShoreGuard.Rollback $Version is laid out in $Layout"
}

function Test {
  Build
  Use-CompiledPwsh
  $env:ROLLBACK_TEST_FULL = if ($Full) { '1' }
  # Ten thousand inputs for each property of a reader.
  if ($Full -and -not $env:CsCheck_Iter) { $env:CsCheck_Iter = '10000' }
  # Processes that live for seconds: what the runtime does for faster code later on is not worth a third of their time.
  $env:DOTNET_TieredPGO = '0'
  $env:DOTNET_TC_CallCounting = '0'
  $projects = [ordered]@{
    engine = 'Engine.Tests'; module = 'Tests'; endtoend = 'EndToEnd.Tests'
    'windows-engine' = 'Engine.Tests'; 'windows-module' = 'Tests'; 'windows-endtoend' = 'EndToEnd.Tests'
  }
  $suites = $Suite.Split(',')
  if ($Full -and $IsLinux -and -not $PSBoundParameters.ContainsKey('Suite')) { $suites += 'windows' }
  if ('windows' -in $suites) {
    $suites += $projects.Keys -like 'windows-*'
    Publish-ForWindows 'eng/WindowsPwsh/WindowsPwsh.csproj' 'pwsh'
  }
  $null = New-Item "$Out/tests" -ItemType Directory -Force
  $passed = $failed = $skipped = 0
  $problems = @()
  $results = @()

  # The build has just written the reference pages anew: on a build server, that changes nothing.
  if ($env:CI) {
    $changed = & git -C $Root status --porcelain docs/reference
    if ($changed) { $problems += "The pages of docs/reference are not those of the source; build and commit them:`n$($changed -join "`n")" }
  }

  foreach ($name in $projects.Keys) {
    if ($name -notin $suites) { continue }
    $project = "ShoreGuard.Rollback.$($projects[$name])"
    $trx = "$Out/tests/$name.trx"
    Remove-Item $trx -ErrorAction Ignore
    # Under Wine itself, files are named from the checkout. End to end, what the tests start runs there, and they do not.
    $isUnderWine = $name -in 'windows-engine', 'windows-module'
    $arguments = @('-noLogo', '-result-trx', ($isUnderWine ? "out/tests/$name.trx" : $trx))
    if ([Console]::IsOutputRedirected) { $arguments += '-noColor' }
    # What is asked for by name is run whole.
    if ($Filter) { $arguments += '-displayName', "*$Filter*" } elseif (-not $Full) { $arguments += '-trait-', 'Run=Full' }
    if ($name -like '*endtoend') { $arguments += ($name -eq 'endtoend' ? '-trait-' : '-trait'), 'Run=Windows' }
    $command = if ($isUnderWine) { Get-WineCommand $project $arguments } else { @('dotnet', 'exec', "$Root/tests/$project/bin/Release/net10.0/$project.dll") + $arguments }
    if ($name -like '*endtoend') { $command = @('bash', "$Root/eng/with-stack.sh") + $command }

    ''
    "== $name"
    $code = Invoke-Program $command
    if (-not (Test-Path $trx)) {
      $problems += "The suite '$name' left no results (exit code $code)."
      continue
    }

    $run = ([xml](Get-Content $trx -Raw)).TestRun
    $results += Get-TestResult $run
    $counters = $run.ResultSummary.Counters
    $passed += [int]$counters.passed
    $failed += [int]$counters.failed + [int]$counters.error
    $skipped += [int]$counters.notExecuted
    if ([int]$counters.total -eq 0) {
      if (-not $Filter) { $problems += "The suite '$name' has run no test." }
    } elseif ($code -ne 0 -and [int]$counters.failed -eq 0) {
      $problems += "The suite '$name' exited with $code although no test failed."
    }
  }

  if ($passed + $failed + $skipped -eq 0) { $problems += 'No test was run.' }
  Show-SlowestClass $results
  ''
  $problems
  "$passed passed, $failed failed, $skipped skipped"
  if ($failed -or $problems) { exit 1 }
}

# The tests of a suite that were run, each with its class and its seconds.
function Get-TestResult($Run) {
  $classes = @{}
  foreach ($test in $Run.TestDefinitions.UnitTest) { $classes[$test.id] = $test.TestMethod.className }
  foreach ($result in $Run.Results.UnitTestResult) {
    if ($result.duration) { [pscustomobject]@{ Class = $classes[$result.testId] -replace '^ShoreGuard\.Rollback\.'; Seconds = ([timespan]$result.duration).TotalSeconds } }
  }
}

function Show-SlowestClass($Results) {
  if (-not $Results) { return }
  ''
  '== The slowest classes'
  $classes = $Results | Group-Object Class | ForEach-Object { [pscustomobject]@{ Seconds = ($_.Group | Measure-Object Seconds -Sum).Sum; Tests = $_.Count; Class = $_.Name } }
  $classes | Sort-Object Seconds -Descending -Top 15 | ForEach-Object { '{0,8:n1} s {1,5} tests  {2}' -f $_.Seconds, $_.Tests, $_.Class }
}

function Demo {
  Build
  exit (Invoke-Program (@('bash', "$Root/eng/with-stack.sh") + $Pwsh + @('-NoProfile', '-File', "$Root/eng/demo.ps1", '-Database', $Database)))
}

function Bench {
  Build
  exit (Invoke-Program bash, "$Root/eng/with-stack.sh", dotnet, exec, "$Root/tests/ShoreGuard.Rollback.Benchmarks/bin/Release/net10.0/ShoreGuard.Rollback.Benchmarks.dll", "$Out/bench/results.json")
}

function Pack {
  if ($Certificate -and -not $IsWindows) { Stop-Build 'Only Windows can sign. Nothing was packed.' }
  Build
  if ($Certificate) { Protect-Layout }
  $package = "$Out/ShoreGuard.Rollback.$Version.nupkg"
  Remove-Item $package -ErrorAction Ignore
  Compress-PSResource $Layout $Out
  "Packed $package"
}

# Signs what is ours: manifest, views and types, which are scripts to an execution policy, and assemblies.
function Protect-Layout {
  $with = Get-Item "Cert:/CurrentUser/My/$Certificate" -ErrorAction Ignore
  if (-not $with) { Stop-Build "There is no certificate $Certificate in Cert:/CurrentUser/My. Nothing was packed." }
  $server = $TimestampServer ? @{ TimestampServer = $TimestampServer } : @{}
  $files = Get-ChildItem $Layout -Recurse -Include 'ShoreGuard.*.psd1', 'ShoreGuard.*.ps1xml', 'ShoreGuard.*.dll'
  $bad = Set-AuthenticodeSignature $files.FullName -Certificate $with -HashAlgorithm SHA256 -IncludeChain NotRoot @server | Where-Object Status -NE Valid
  if ($bad) { Stop-Build "Not everything could be signed, and nothing was packed. $(($bad | ForEach-Object { "$($_.Path): $($_.StatusMessage)" }) -join ' ')" }
}

function Install {
  Build
  $modules = if ($Destination) { $Destination } elseif ($IsWindows) { "$([Environment]::GetFolderPath('MyDocuments'))/PowerShell/Modules" } else { "$HOME/.local/share/powershell/Modules" }
  $target = [IO.Path]::GetFullPath("$modules/ShoreGuard.Rollback/$Version")

  # Copied beside and renamed in: a session that imports the module meanwhile gets the old one or the new one, never half of one.
  Remove-Item "$target.new", "$target.old" -Recurse -Force -ErrorAction Ignore
  $null = New-Item (Split-Path $target) -ItemType Directory -Force
  Copy-Item $Layout "$target.new" -Recurse
  try {
    if (Test-Path $target) { Move-Item $target "$target.old" }
    Move-Item "$target.new" $target
  } catch {
    if (-not (Test-Path $target) -and (Test-Path "$target.old")) { Move-Item "$target.old" $target }
    Remove-Item "$target.new" -Recurse -Force -ErrorAction Ignore
    $left = (Test-Path "$target/ShoreGuard.Rollback.psd1") ? 'What was installed is still there.' : "Nothing is installed in $target now."
    Stop-Build "$target cannot be replaced: $($_.Exception.Message.TrimEnd('.')). $left On Windows a session that has the module loaded holds its files: close it, then run this again."
  }
  Remove-Item "$target.old" -Recurse -Force -ErrorAction Ignore
  "Installed to $target"
}

function Clean {
  $projects = Get-ChildItem "$Root/src", "$Root/tests", "$Root/eng" -Recurse -Filter *.csproj
  Remove-Item (@($Out) + ($projects | ForEach-Object { "$($_.DirectoryName)/bin", "$($_.DirectoryName)/obj" })) -Recurse -Force -ErrorAction Ignore
  'Cleaned.'
}

function Help {
  @'
usage: ./build.sh TASK [options]      (or, where there is PowerShell 7.6: ./build.ps1 TASK [options])

  Build     Builds everything and lays the module out in out/ShoreGuard.Rollback.
  Test      Builds, runs the tests, lists the slowest classes, and ends with "N passed, N failed, N skipped".
              -Suite engine,module,endtoend        some of the three suites only; 'windows' runs them under Wine
              -Filter TEXT                         only tests with TEXT in their name
              -Full                                every pair of releases, every point of a kill, every case on
                                                   every server, where an ordinary run takes a sample, and the
                                                   stand-in on the application's own libraries; takes hours
  Demo      Rolls a bad release back on a real Docker Engine.
              -Database sqlite or postgres         sqlite by default
  Bench     Measures, and writes out/bench/results.json.
  Pack      Makes out/ShoreGuard.Rollback.<version>.nupkg.
              -Certificate THUMBPRINT              signs it first (on Windows)
              -TimestampServer URI                 with the time from there
  Install   Copies the module to where the current user's PowerShell finds it.
              -Destination FOLDER                  another folder of modules
  Clean     Removes everything that the build has made.
  Help      Shows this.
'@
}

switch ($Task) {
  'Build' { Build }
  'Test' { Test }
  'Demo' { Demo }
  'Bench' { Bench }
  'Pack' { Pack }
  'Install' { Install }
  'Clean' { Clean }
  'Help' { Help }
  default {
    Help
    [Console]::Error.WriteLine("There is no task '$Task'.")
    exit 64
  }
}
