foreach ($inPlace in $true, $false) {
    Invoke-Sql postgres 'CREATE ROLE "{{name}}_reader"; CREATE ROLE "{{name}}_gone"'
    $database = New-CaseDatabase -Suffix "$inPlace".ToLowerInvariant() -CreateDb:(-not $inPlace)
    Invoke-Sql $database.Name -Path make.sql -Owner $database.Owner
    $before = Get-Definition $database.Name

    $backup = Backup-ShoreGuardDatabase -DatabaseUrl $database.Url -Path ./backups
    $result = $backup | Restore-ShoreGuardDatabase -DatabaseUrl $database.Url -Confirm:$false -WarningVariable warnings

    Confirm-That $result.Succeeded "it is restored (in place: $inPlace): $($result.Reason)"
    Confirm-Same "$warnings" '' 'nothing is left out'
    Confirm-Same (Get-Definition $database.Name) $before "the grants are as before (in place: $inPlace)"

    foreach ($each in @($database.Name) + @($result.Kept | Where-Object { -not $inPlace })) { Invoke-Sql $each 'DROP OWNED BY "{{name}}_gone"' }
    Invoke-Sql postgres 'DROP ROLE "{{name}}_gone"'
    $without = Get-Definition $database.Name
    $again = $backup | Restore-ShoreGuardDatabase -DatabaseUrl $database.Url -Confirm:$false -WarningVariable warnings -WarningAction SilentlyContinue

    Confirm-That $again.Succeeded "it is restored without the role (in place: $inPlace): $($again.Reason)"
    Confirm-That ("$warnings" -like '*{{name}}_gone*' -and "$warnings" -notlike '*_reader*') "the role that is gone is named, and no other: $warnings"
    Confirm-Same (Get-Definition $database.Name) $without "all other grants are as before (in place: $inPlace)"
    foreach ($each in Invoke-Sql postgres "SELECT datname FROM pg_database WHERE datname LIKE '{{name}}%'") { Invoke-Sql $each 'DROP OWNED BY "{{name}}_reader"' }
    Invoke-Sql postgres 'DROP ROLE "{{name}}_reader"'
}
