python3 make.py x.db
$url = 'sqlite:///x.db'
Confirm-Same (Get-ShoreGuardDatabase -DatabaseUrl $url).TotalRows 9 'every row is counted'

$backup = Backup-ShoreGuardDatabase -DatabaseUrl $url -Path ./backups -WarningVariable warnings -WarningAction SilentlyContinue
Confirm-That ("$warnings" -like '*articles*de*') "the tables that could not be checked are named: $warnings"
$found = Get-ShoreGuardBackup ./backups
Confirm-Same "$($found.Revision) $($found.Problem)" '016 ' 'it is listed as a good one'
$test = Test-ShoreGuardBackup ./backups -Drill -WarningAction SilentlyContinue
Confirm-That $test.Usable "it is usable: $($test.Problem)"

python3 -c "import sqlite3; c = sqlite3.connect('x.db'); c.execute('DELETE FROM plain'); c.commit()"
$result = $backup | Restore-ShoreGuardDatabase -DatabaseUrl $url -Confirm:$false -WarningAction SilentlyContinue
Confirm-That $result.Succeeded "it is restored: $($result.Reason)"
Confirm-Same (Get-ShoreGuardDatabase -DatabaseUrl $url).TotalRows 9 'every row is back'
Confirm-Same (python3 -c "import sqlite3; c = sqlite3.connect('x.db'); c.create_collation('de', lambda a, b: (b > a) - (b < a)); c.create_function('twice', 1, lambda x: x * 2, deterministic=True); print(c.execute('PRAGMA integrity_check').fetchall())") "[('ok',)]" 'the indexes are whole for the application'
