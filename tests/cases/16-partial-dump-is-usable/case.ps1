$database = New-CaseDatabase -CreateDb
Invoke-Sql $database.Name -Path make.sql -Owner $database.Owner
$env:PGPASSWORD = 'case'
$server = [uri]$database.Url.Replace('postgresql+psycopg', 'http')
function New-Dump {
    param([string] $Name, [string[]] $Options)
    New-Item -ItemType Directory $Name | Out-Null
    pg_dump --format=custom --host $server.Host --port $server.Port --username $database.Owner --file "$Name/shoreguard-20261101T000001Z.pgdump" @Options $database.Name
    Join-Path $PWD $Name shoreguard-20261101T000001Z.pgdump
}

$whole = New-Dump whole
$test = Test-ShoreGuardBackup $whole -DatabaseUrl $database.Url -WarningAction SilentlyContinue
Confirm-That $test.Usable "a whole one is usable: $($test.Problem)"

foreach ($option in '--data-only', '--section=data', '--schema-only') {
    $part = New-Dump $option.Replace('=', '') $option
    Confirm-That (-not (Test-ShoreGuardBackup $part).Usable) "$option is not usable"
    Confirm-That (Get-ShoreGuardBackup $part).Problem "$option has a problem, so that it is not chosen"
    $null = Restore-ShoreGuardDatabase -BackupPath $part -DatabaseUrl $database.Url -Confirm:$false -ErrorAction SilentlyContinue -ErrorVariable failures
    Confirm-That ("$($failures[0].FullyQualifiedErrorId)" -match '^Backup(Incomplete|Foreign),') "$option is refused: $failures"
}

foreach ($part in @((New-Dump table '--exclude-table=docs'), 'docs'), @((New-Dump rows '--exclude-table-data=docs'), 'rows of docs'), @((New-Dump keys '--section=pre-data', '--section=data'), 'primary key docs_pkey')) {
    $test = Test-ShoreGuardBackup $part[0] -DatabaseUrl $database.Url
    Confirm-That (-not $test.Usable -and $test.Problem -like "*$($part[1])*") "the test names it: $($test.Problem)"
    Restore-ShoreGuardDatabase -BackupPath $part[0] -DatabaseUrl $database.Url -WhatIf -WarningVariable warnings -WarningAction SilentlyContinue | Out-Null
    Confirm-That ("$warnings" -like "*$($part[1])*") "so does the restore, before it asks: $warnings"
}
Confirm-Same (Invoke-Sql $database.Name 'SELECT count(*) FROM docs') 100 'nothing was changed'
