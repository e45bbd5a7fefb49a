$database = New-CaseDatabase
Invoke-Sql $database.Name -Path make.sql -Owner $database.Owner
Invoke-Sql $database.Name 'CREATE PUBLICATION "{{name}}_all" FOR ALL TABLES'
$before = Get-Definition $database.Name

$backup = Backup-ShoreGuardDatabase -DatabaseUrl $database.Url -Path ./backups
$result = $backup | Restore-ShoreGuardDatabase -DatabaseUrl $database.Url -Confirm:$false -WarningVariable warnings -WarningAction SilentlyContinue

Confirm-That $result.Succeeded "it is restored: $($result.Reason)"
Confirm-That ("$warnings" -like '*publication*{{name}}_all*') "the publication that stays is named: $warnings"
Confirm-Same (Get-Definition $database.Name) $before 'everything is as before'

Invoke-Sql $database.Name 'DROP PUBLICATION "{{name}}_all"'
$null = $backup | Restore-ShoreGuardDatabase -DatabaseUrl $database.Url -WhatIf -ErrorAction SilentlyContinue -ErrorVariable failures -WarningAction SilentlyContinue
Confirm-That ("$($failures[0].FullyQualifiedErrorId)" -like 'RestoreNeedsSuperuser*') "the plan says that it cannot be made: $failures"
