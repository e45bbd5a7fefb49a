foreach ($kind in 'a', 'b') {
    foreach ($inPlace in $true, $false) {
        $database = New-CaseDatabase -Suffix "$kind$inPlace".ToLowerInvariant() -CreateDb:(-not $inPlace)
        Invoke-Sql $database.Name -Path "$kind.sql" -Owner $database.Owner | Out-Null
        $before = Get-Definition $database.Name

        $backup = Backup-ShoreGuardDatabase -DatabaseUrl $database.Url -Path ./backups
        $result = $backup | Restore-ShoreGuardDatabase -DatabaseUrl $database.Url -Confirm:$false -WarningVariable warnings -WarningAction SilentlyContinue

        Confirm-That $result.Succeeded "$kind is restored (in place: $inPlace): $($result.Reason)"
        Confirm-That ("$warnings" -like '*without its schema*search_path*') "it is told how: $warnings"
        Confirm-Same (Get-Definition $database.Name) $before 'everything is as before'
        Confirm-Same (Invoke-Sql $database.Name ($kind -eq 'a' ? 'SELECT count(*) FROM app.words' : 'SELECT n FROM c')) 2 'the view has its rows'
        if ($kind -eq 'a') { Confirm-Same (Invoke-Sql $database.Name 'SELECT count(*) FROM pg_largeobject_metadata') 1 'the large object is there' }
    }
}

$database = New-CaseDatabase -Suffix 'c' -CreateDb
Invoke-Sql $database.Name -Path c.sql -Owner $database.Owner
$backup = Backup-ShoreGuardDatabase -DatabaseUrl $database.Url -Path ./backups -WarningVariable warnings -WarningAction SilentlyContinue
Confirm-That ("$warnings" -like '*items_known*-Drill*') "the backup says it: $warnings"
$result = $backup | Restore-ShoreGuardDatabase -DatabaseUrl $database.Url -Confirm:$false -ErrorAction SilentlyContinue -ErrorVariable failures -WarningAction SilentlyContinue
Confirm-That (-not $result.Succeeded -and $result.Reverted) 'a restore of it fails, and is undone'
$advice = ($failures | Where-Object { $_ -is [System.Management.Automation.ErrorRecord] } | Select-Object -First 1).ErrorDetails.RecommendedAction
Confirm-That ($advice -like '*NOT VALID*') "the advice says what to do: $advice"
