# The application's own is in the schema public, or in one that the database's search_path names.
foreach ($own in 'public', 'another') {
    foreach ($inPlace in $true, $false) {
        $database = New-CaseDatabase -Suffix "$own$inPlace".ToLowerInvariant() -CreateDb:(-not $inPlace)
        Invoke-Sql $database.Name -Path make.sql -Owner $database.Owner
        if ($own -eq 'another') { Invoke-Sql $database.Name "ALTER DATABASE `"$($database.Name)`" SET search_path = another, public" }
        $revision, $other = $own -eq 'public' ? ('016', 'another') : ('a1b2c3', 'public')
        $before = Get-Definition $database.Name

        Confirm-Same (Get-ShoreGuardDatabase -DatabaseUrl $database.Url).Revision $revision 'the revision is the application''s'
        $backup = Backup-ShoreGuardDatabase -DatabaseUrl $database.Url -Path "./$($database.Name)"
        Confirm-Same $backup.Revision $revision 'the backup is at it'
        Confirm-Same (Get-ShoreGuardBackup "./$($database.Name)").Revision $revision 'and listed so'
        Confirm-That (Test-ShoreGuardBackup "./$($database.Name)").Usable 'and usable'
        $result = $backup | Restore-ShoreGuardDatabase -DatabaseUrl $database.Url -Confirm:$false -WarningVariable warnings -WarningAction SilentlyContinue
        Confirm-That $result.Succeeded "it is restored: $($result.Reason)"
        Confirm-That ("$warnings" -like "*schema $other *") "the other application is named: $warnings"
        Confirm-Same $result.Revision $revision 'at the application''s revision'
        Confirm-Same (Get-Definition $database.Name) $before 'everything is as before'
    }
}
