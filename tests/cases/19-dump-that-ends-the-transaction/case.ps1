# The definitions in a dump are not compressed, and a text of the same length in the place of another leaves it whole.
function New-Forgery {
    param([string] $From, [string] $To, [hashtable] $Texts)
    $dump = [System.Text.Encoding]::Latin1.GetString([System.IO.File]::ReadAllBytes($From))
    foreach ($text in $Texts.GetEnumerator()) {
        $old = "'$($text.Key * 96)'"
        Confirm-That $dump.Contains($old) 'the comment is in the dump'
        $dump = $dump.Replace($old, $text.Value.PadRight($old.Length))
    }
    [System.IO.File]::WriteAllBytes($To, [System.Text.Encoding]::Latin1.GetBytes($dump))
}

$plain = @{ '0' = "''; COMMIT; SELECT 1/0; --'" }
# Not told by the text alone: with that setting, a backslash in a text hides the quote after it from the server.
$hidden = @{
    '0' = "''; SELECT set_config('standard_' || 'conforming_strings', 'off', false); --'"
    '1' = "'\' '; COMMIT; SELECT 1/0; --'"
}
foreach ($inPlace in $true, $false) {
    $database = New-CaseDatabase -Suffix "$inPlace".ToLowerInvariant() -CreateDb:(-not $inPlace)
    Invoke-Sql $database.Name -Path make.sql -Owner $database.Owner
    $backup = Backup-ShoreGuardDatabase -DatabaseUrl $database.Url -Path ./backups
    New-Forgery $backup.BackupPath (Join-Path $PWD plain.pgdump) $plain
    New-Forgery $backup.BackupPath (Join-Path $PWD hidden.pgdump) $hidden
    $before = Invoke-Sql $database.Name 'SELECT count(*) FROM docs'
    Confirm-Same $before 5000 'there are rows'

    $test = Test-ShoreGuardBackup -Path ./plain.pgdump -DatabaseUrl $database.Url
    Confirm-That (-not $test.Usable -and $test.Problem -like '*COMMIT*') "the test finds it: $($test.Problem)"
    $null = Restore-ShoreGuardDatabase -BackupPath ./plain.pgdump -DatabaseUrl $database.Url -Path ./safety -Confirm:$false -ErrorAction SilentlyContinue -ErrorVariable failures
    Confirm-That ("$($failures[0].FullyQualifiedErrorId)" -like 'BackupUnsafe*') "it is refused (in place: $inPlace): $failures"
    Confirm-Same (Invoke-Sql $database.Name 'SELECT count(*) FROM docs') 5000 'every row is there'

    $result = Restore-ShoreGuardDatabase -BackupPath ./hidden.pgdump -DatabaseUrl $database.Url -Path ./safety -Confirm:$false -ErrorAction SilentlyContinue -ErrorVariable failures
    $failure = $failures | Where-Object { $_ -is [System.Management.Automation.ErrorRecord] } | Select-Object -First 1
    Confirm-That (-not $result.Succeeded) 'it is not restored'
    if (-not $inPlace) {
        # A new database was made for it, which is gone.
        Confirm-Same (Invoke-Sql $database.Name 'SELECT count(*) FROM docs') 5000 'every row is there'
        Confirm-Same (Invoke-Sql postgres "SELECT count(*) FROM pg_database WHERE datname LIKE '$($database.Name)%'") 1 'no copy is left'
        continue
    }
    Confirm-That (-not $result.Reverted) 'it does not say that all is as it was'
    Confirm-That ("$failure" -notlike '*as it was before*') "nor does the error: $failure"
    Confirm-That (Test-Path $result.Kept) "the backup of the database before is there: $($result.Kept)"
    Confirm-That ($failure.ErrorDetails.RecommendedAction -like "*$($result.Kept)*") "the advice names it: $($failure.ErrorDetails.RecommendedAction)"
    $back = Restore-ShoreGuardDatabase -BackupPath $result.Kept -DatabaseUrl $database.Url -Path ./safety -Force -Confirm:$false
    Confirm-That $back.Succeeded "it is put back as the advice says: $($back.Reason)"
    Confirm-Same (Invoke-Sql $database.Name 'SELECT count(*) FROM docs') 5000 'every row is there again'
}
