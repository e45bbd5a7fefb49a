@{
  RootModule = 'ShoreGuard.Rollback.dll'
  # The one place of the version: the assemblies and the package read it from here.
  ModuleVersion = '0.1.0'
  GUID = '1eef988b-f2b8-4ed2-901c-f43fd90f9a94'
  Author = 'The ShoreGuard.Rollback developers'
  CompanyName = 'The ShoreGuard.Rollback developers'
  Copyright = 'The ShoreGuard.Rollback developers. Apache-2.0.'
  Description = 'Rolls a ShoreGuard deployment back, image and database together: observes, decides, acts, verifies and records, and destroys nothing before its replacement is proven.'
  PowerShellVersion = '7.6'
  CompatiblePSEditions = @('Core')
  # Before the types, which name what is in them.
  RequiredAssemblies = @('ShoreGuard.Rollback.Contracts.dll', 'ShoreGuard.Rollback.dll')
  TypesToProcess = @('ShoreGuard.Rollback.Types.ps1xml')
  FormatsToProcess = @('ShoreGuard.Rollback.Format.ps1xml')
  CmdletsToExport = @(
    'Test-ShoreGuardHealth'
    'Get-ShoreGuardVersion'
    'Get-ShoreGuardDeployment'
    'Test-ShoreGuardIdentity'
    'Test-ShoreGuardApi'
    'Watch-ShoreGuardDeployment'
    'Get-ShoreGuardAlert'
    'New-ShoreGuardSilence'
    'Remove-ShoreGuardSilence'
    'Get-ShoreGuardRelease'
    'Invoke-ShoreGuardImageRollback'
    'Get-ShoreGuardRollbackPlan'
    'Invoke-ShoreGuardRollback'
    'Resume-ShoreGuardRollback'
    'Undo-ShoreGuardRollback'
    'Close-ShoreGuardRollback'
    'Get-ShoreGuardRollback'
    'Get-ShoreGuardIncident'
    'Add-ShoreGuardIncidentNote'
    'Export-ShoreGuardIncident'
    'Get-ShoreGuardDatabase'
    'Get-ShoreGuardSchema'
    'Invoke-ShoreGuardSchemaDowngrade'
    'Get-ShoreGuardBackup'
    'Test-ShoreGuardBackup'
    'Backup-ShoreGuardDatabase'
    'Restore-ShoreGuardDatabase'
    'Block-ShoreGuardImage'
    'Unblock-ShoreGuardImage'
    'Get-ShoreGuardBlockedImage'
    'Test-ShoreGuardRelease'
    'Set-ShoreGuardKnownGood'
  )
  FunctionsToExport = @()
  AliasesToExport = @()
  VariablesToExport = @()
  PrivateData = @{
    PSData = @{
      Tags = @(
        'PSEdition_Core', 'Windows', 'Linux', 'MacOS'
        'ShoreGuard', 'Rollback', 'Deployment', 'Docker', 'Compose', 'SQLite', 'PostgreSQL', 'Backup', 'Restore', 'Runbook'
      )
      LicenseUri = 'https://www.apache.org/licenses/LICENSE-2.0'
      # The project whose deployments this rolls back.
      ProjectUri = 'https://github.com/flohofstetter/shoreguard'
      ReleaseNotes = 'See CHANGELOG.md.'
    }
  }
}
