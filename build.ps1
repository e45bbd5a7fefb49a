<#
.SYNOPSIS
Builds, tests, shows, measures, packs and installs ShoreGuard.Rollback.
.NOTES
Runs in pwsh 7.6 or later and in the stand-in host of eng/PwshHost, which has the cmdlets of Microsoft.PowerShell.Core only:
hence .NET methods where other scripts use Join-Path or Test-Path.
#>
[CmdletBinding()]
param(
  [Parameter(Position = 0)]
  [string] $Task = 'Help',

  # Test: the suites to run, with commas between them (a shell cannot pass an array); all of them by default.
  [ValidatePattern('^(engine|module|endtoend)(,(engine|module|endtoend))*$')]
  [string] $Suite = 'engine,module,endtoend',

  # Test: only the tests whose name has this in it.
  [string] $Filter,

  # Test: all cases of the matrices and of the kills, instead of a sample of them. Takes hours.
  [switch] $Full,

  # Demo: the database of the deployment that is rolled back.
  [ValidateSet('sqlite', 'postgres')]
  [string] $Database = 'sqlite',

  # Install: the folder of modules to install into; the current user's by default.
  [string] $Destination
)

$ErrorActionPreference = 'Stop'
$Root = $PSScriptRoot
$Out = "$Root/out"
$Layout = "$Out/ShoreGuard.Rollback"
$Version = [regex]::Match([IO.File]::ReadAllText("$Root/ShoreGuard.Rollback.psd1"), "ModuleVersion = '([^']+)'").Groups[1].Value

$env:DOTNET_CLI_TELEMETRY_OPTOUT = '1'
$env:DOTNET_NOLOGO = '1'
$env:POWERSHELL_TELEMETRY_OPTOUT = '1'

# The command that runs a script like this one: pwsh, or the stand-in host on dotnet.
$HostCommand = @([Environment]::ProcessPath)
if ([Environment]::GetCommandLineArgs()[0] -like '*ShoreGuard.PwshHost.dll') { $HostCommand += [Environment]::GetCommandLineArgs()[0] }

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
  $env:ROLLBACK_TEST_FULL = if ($Full) { '1' }
  $projects = [ordered]@{ engine = 'Engine.Tests'; module = 'Tests'; endtoend = 'EndToEnd.Tests' }
  [void][IO.Directory]::CreateDirectory("$Out/tests")
  $passed = $failed = $skipped = 0
  $problems = @()

  # The build has just written the reference pages anew: on a build server, that changes nothing.
  if ($env:CI) {
    $changed = & git -C $Root status --porcelain docs/reference
    if ($changed) { $problems += "The pages of docs/reference are not those of the source; build and commit them:`n$($changed -join "`n")" }
  }

  foreach ($name in $projects.Keys) {
    if ($name -notin $Suite.Split(',')) { continue }
    $project = "ShoreGuard.Rollback.$($projects[$name])"
    $results = "$Out/tests/$name.trx"
    [IO.File]::Delete($results)
    $command = @('dotnet', 'exec', "$Root/tests/$project/bin/Release/net10.0/$project.dll", '-noLogo', '-result-trx', $results)
    if ([Console]::IsOutputRedirected) { $command += '-noColor' }
    if ($Filter) { $command += '-displayName', "*$Filter*" }
    if ($name -eq 'endtoend') { $command = @('bash', "$Root/eng/with-stack.sh") + $command }

    ''
    "== $name"
    $code = Invoke-Program $command
    if (-not [IO.File]::Exists($results)) {
      $problems += "The suite '$name' left no results (exit code $code)."
      continue
    }

    $counters = ([xml][IO.File]::ReadAllText($results)).TestRun.ResultSummary.Counters
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
  ''
  $problems
  "$passed passed, $failed failed, $skipped skipped"
  if ($failed -or $problems) { exit 1 }
}

function Demo {
  Build
  exit (Invoke-Program (@('bash', "$Root/eng/with-stack.sh") + $HostCommand + @('-NoProfile', '-File', "$Root/eng/demo.ps1", '-Database', $Database)))
}

function Bench {
  Build
  exit (Invoke-Program bash, "$Root/eng/with-stack.sh", dotnet, exec, "$Root/tests/ShoreGuard.Rollback.Benchmarks/bin/Release/net10.0/ShoreGuard.Rollback.Benchmarks.dll", "$Out/bench/results.json")
}

function Pack {
  Build
  $manifest = Test-ModuleManifest "$Layout/ShoreGuard.Rollback.psd1"
  $data = $manifest.PrivateData.PSData
  $fields = [ordered]@{
    id = 'ShoreGuard.Rollback'; version = $Version; authors = $manifest.Author; copyright = $manifest.Copyright
    license = 'Apache-2.0'; projectUrl = $data.ProjectUri; description = $manifest.Description; releaseNotes = $data.ReleaseNotes
    tags = (@('PSModule') + $data.Tags + ($manifest.ExportedCmdlets.Keys | ForEach-Object { "PSCmdlet_$_" })) -join ' '
  }
  $metadata = foreach ($field in $fields.Keys) {
    $type = if ($field -eq 'license') { ' type="expression"' }
    "    <$field$type>$([Security.SecurityElement]::Escape($fields[$field]))</$field>"
  }
  $parts = [ordered]@{
    'ShoreGuard.Rollback.nuspec' = @"
<?xml version="1.0" encoding="utf-8"?>
<package xmlns="http://schemas.microsoft.com/packaging/2013/05/nuspec.xsd">
  <metadata>
$($metadata -join "`n")
  </metadata>
</package>
"@
    '[Content_Types].xml' = @'
<?xml version="1.0" encoding="utf-8"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml" /><Default Extension="nuspec" ContentType="application/octet" />CONTENT</Types>
'@
    '_rels/.rels' = @'
<?xml version="1.0" encoding="utf-8"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Type="http://schemas.microsoft.com/packaging/2010/07/manifest" Target="/ShoreGuard.Rollback.nuspec" Id="R1" /></Relationships>
'@
  }

  # Every kind of file needs a content type; a file without an extension is named itself.
  $files = [IO.Directory]::GetFiles($Layout, '*', 'AllDirectories') | ForEach-Object { [IO.Path]::GetRelativePath($Layout, $_).Replace('\', '/') }
  $types = [Collections.Generic.SortedSet[string]]::new()
  foreach ($file in $files) {
    $extension = [IO.Path]::GetExtension($file).TrimStart('.')
    [void]$types.Add($(if ($extension) { "<Default Extension=`"$extension`" ContentType=`"application/octet`" />" } else { "<Override PartName=`"/$file`" ContentType=`"application/octet`" />" }))
  }
  # Defaults come before overrides, as they sort.
  $parts['[Content_Types].xml'] = $parts['[Content_Types].xml'].Replace('CONTENT', -join $types)

  $package = "$Out/ShoreGuard.Rollback.$Version.nupkg"
  [IO.File]::Delete($package)
  $zip = [IO.Compression.ZipFile]::Open($package, 'Create')
  try {
    foreach ($part in $parts.Keys) {
      $writer = [IO.StreamWriter]::new($zip.CreateEntry($part).Open())
      $writer.Write($parts[$part])
      $writer.Dispose()
    }
    foreach ($file in $files) { [void][IO.Compression.ZipFileExtensions]::CreateEntryFromFile($zip, "$Layout/$file", $file) }
  } finally {
    $zip.Dispose()
  }
  "Packed $package"
}

function Install {
  Build
  $modules = $Destination
  if (-not $modules) {
    $modules = if ($IsWindows) { [Environment]::GetFolderPath('MyDocuments') + '/PowerShell/Modules' } else { "$HOME/.local/share/powershell/Modules" }
  }
  $target = [IO.Path]::GetFullPath("$modules/ShoreGuard.Rollback/$Version")

  # Copied beside and renamed in: a session that imports the module meanwhile gets the old one or the new one, never half of one.
  $new = "$target.new"
  $old = "$target.old"
  foreach ($leftover in $new, $old) { if ([IO.Directory]::Exists($leftover)) { [IO.Directory]::Delete($leftover, $true) } }
  foreach ($file in [IO.Directory]::GetFiles($Layout, '*', 'AllDirectories')) {
    $copy = [IO.Path]::Combine($new, [IO.Path]::GetRelativePath($Layout, $file))
    [void][IO.Directory]::CreateDirectory([IO.Path]::GetDirectoryName($copy))
    [IO.File]::Copy($file, $copy)
  }
  if ([IO.Directory]::Exists($target)) { [IO.Directory]::Move($target, $old) }
  [IO.Directory]::Move($new, $target)
  if ([IO.Directory]::Exists($old)) { [IO.Directory]::Delete($old, $true) }
  "Installed to $target"
}

function Clean {
  $folders = @($Out)
  foreach ($project in [IO.Directory]::GetFiles($Root, '*.csproj', 'AllDirectories')) {
    # The stand-in host may be what runs this.
    if ($project -like '*PwshHost*') { continue }
    $folders += 'bin', 'obj' | ForEach-Object { [IO.Path]::GetDirectoryName($project) + "/$_" }
  }
  foreach ($folder in $folders) { if ([IO.Directory]::Exists($folder)) { [IO.Directory]::Delete($folder, $true) } }
  'Cleaned.'
}

function Help {
  @'
usage: ./build.sh TASK [options]      (or, where there is PowerShell 7.6: ./build.ps1 TASK [options])

  Build     Builds everything and lays the module out in out/ShoreGuard.Rollback.
  Test      Builds, runs the tests, and ends with "N passed, N failed, N skipped".
              -Suite engine,module,endtoend        some of the three suites only
              -Filter TEXT                         only tests with TEXT in their name
  Demo      Rolls a bad release back on a real Docker Engine.
              -Database sqlite or postgres         sqlite by default
  Bench     Measures, and writes out/bench/results.json.
  Pack      Makes out/ShoreGuard.Rollback.<version>.nupkg.
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
