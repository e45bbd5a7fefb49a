docker compose up --detach --wait db *> $null
function Invoke-Inside { param([string] $Sql, [string] $Database = 'shoreguard') docker compose exec --no-TTY db psql --no-psqlrc --quiet --tuples-only --no-align --set ON_ERROR_STOP=1 --host 127.0.0.1 --username shoreguard --dbname $Database --command $Sql }
Invoke-Inside 'CREATE DATABASE publisher'
Invoke-Inside 'CREATE TABLE feed (a int PRIMARY KEY)' publisher
Invoke-Inside 'CREATE PUBLICATION p FOR ALL TABLES' publisher
Invoke-Inside "SELECT pg_create_logical_replication_slot('sub1', 'pgoutput')" publisher | Out-Null
Invoke-Inside "CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY); INSERT INTO alembic_version VALUES ('016'); CREATE TABLE feed (a int PRIMARY KEY)"
Invoke-Inside "CREATE SUBSCRIPTION sub1 CONNECTION 'host=127.0.0.1 dbname=publisher user=shoreguard password=case' PUBLICATION p WITH (create_slot = false, slot_name = 'sub1')"
docker create --name '{{name}}' --network '{{name}}_default' --env 'SHOREGUARD_DATABASE_URL=postgresql+psycopg://shoreguard:case@db:5432/shoreguard' '{{repository}}:0.32.0' | Out-Null
$deployment = Get-ShoreGuardDeployment -Name '{{name}}'
$backup = $deployment | Backup-ShoreGuardDatabase -Path ./backups

foreach ($parameters in @{ WhatIf = $true }, @{ Confirm = $false }, @{ Confirm = $false; Force = $true }) {
    $null = $deployment | Restore-ShoreGuardDatabase -BackupPath $backup.BackupPath @parameters -ErrorAction SilentlyContinue -ErrorVariable failures -WarningAction SilentlyContinue
    Confirm-That ("$($failures[0].FullyQualifiedErrorId)" -like 'DatabaseSubscribes*') "it is refused: $failures"
    Confirm-That ("$failures" -like '*sub1*') "with its name: $failures"
}
Confirm-Same (Invoke-Inside 'SELECT string_agg(datname, '' '' ORDER BY datname) FROM pg_database WHERE NOT datistemplate') 'postgres publisher shoreguard' 'no copy is left'
Confirm-Same (Invoke-Inside 'SELECT slot_name FROM pg_replication_slots') 'sub1' 'the slot is there'
Confirm-Same (Invoke-Inside 'SELECT subenabled FROM pg_subscription') 't' 'the subscription is on'
docker compose down --volumes *> $null
