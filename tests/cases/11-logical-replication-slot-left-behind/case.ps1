docker compose up --detach --wait db *> $null
function Invoke-Inside { param([string] $Sql) docker compose exec --no-TTY db psql --no-psqlrc --quiet --tuples-only --no-align --set ON_ERROR_STOP=1 --host 127.0.0.1 --username shoreguard --dbname shoreguard --command $Sql }
Invoke-Inside "CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY); INSERT INTO alembic_version VALUES ('016')"
Invoke-Inside "SELECT pg_create_logical_replication_slot('cdc', 'pgoutput')" | Out-Null
docker create --name '{{name}}' --network '{{name}}_default' --env 'SHOREGUARD_DATABASE_URL=postgresql+psycopg://shoreguard:case@db:5432/shoreguard' '{{repository}}:0.32.0' | Out-Null
$deployment = Get-ShoreGuardDeployment -Name '{{name}}'

$backup = $deployment | Backup-ShoreGuardDatabase -Path ./backups
$deployment | Restore-ShoreGuardDatabase -BackupPath $backup.BackupPath -WhatIf -WarningVariable planned -WarningAction SilentlyContinue | Out-Null
Confirm-That ("$planned" -like '*cdc*pg_drop_replication_slot*') "the plan names the slot: $planned"
$result = $deployment | Restore-ShoreGuardDatabase -BackupPath $backup.BackupPath -Confirm:$false -WarningAction SilentlyContinue

Confirm-That $result.Succeeded "it is restored: $($result.Reason)"
Confirm-That ($result.Recommendation -like "*cdc*$($result.Kept)*") "the result names the slot and where it is now: $($result.Recommendation)"
docker compose down --volumes *> $null
