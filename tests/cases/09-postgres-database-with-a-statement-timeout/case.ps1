foreach ($inPlace in $true, $false) {
    $database = New-CaseDatabase -Suffix "$inPlace".ToLowerInvariant() -CreateDb:(-not $inPlace)
    Invoke-Sql $database.Name -Path make.sql -Owner $database.Owner
    Invoke-Sql $database.Name "ALTER DATABASE `"$($database.Name)`" SET statement_timeout = '10ms'; ALTER DATABASE `"$($database.Name)`" SET lock_timeout = '1ms'; ALTER DATABASE `"$($database.Name)`" SET default_transaction_read_only = on"

    $backup = Backup-ShoreGuardDatabase -DatabaseUrl $database.Url -Path ./backups
    $result = $backup | Restore-ShoreGuardDatabase -DatabaseUrl $database.Url -Confirm:$false

    Confirm-That $result.Succeeded "it is restored (in place: $inPlace): $($result.Reason)"
    Confirm-Same (Invoke-Sql $database.Name 'SET statement_timeout = 0; SELECT count(*) FROM many') 300000 'every row is there'
}
