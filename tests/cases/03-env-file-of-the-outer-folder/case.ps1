$container = '{{name}}-shoreguard-1'
docker compose up --detach
Wait-Live $container

$result = Invoke-Rollback $container 0.27.0

Confirm-Same ((Get-Content ./.env)[1]) "SHOREGUARD_VERSION=0.27.0@$($result.Digest)" 'it is pinned in the file that counts'
Confirm-That (-not (Test-Path ./stack/.env)) 'there is no other file'
Confirm-Same $result.Warnings.Count 0 "nothing is to be said: $($result.Warnings)"
Confirm-LeftAlone $container

# The variable is the shell's alone.
Set-Content ./.env 'COMPOSE_FILE=stack/compose.yml'
$env:SHOREGUARD_VERSION = '0.32.0'
docker compose up --detach
$env:SHOREGUARD_VERSION = $null
Wait-Live $container
$before = docker inspect $container --format '{{.Id}}'
$refusal = $null
try { Invoke-Rollback $container 0.27.0 } catch { $refusal = $_ }
Confirm-That ($refusal.FullyQualifiedErrorId -like 'PinNotDecisive*') "it is refused: $refusal"
Confirm-Same (docker inspect $container --format '{{.Id}}') $before 'nothing has changed'
Confirm-Same ((Get-Content -Raw ./.env).Trim()) 'COMPOSE_FILE=stack/compose.yml' 'nothing is pinned'

# The text of the Compose file counts wherever the variable comes from.
$result = Invoke-Rollback $container 0.27.0 @{ Pin = 'ComposeFile' }
Confirm-That $result.Succeeded "it is rolled back: $($result.Reason)"
$env:SHOREGUARD_VERSION = '0.32.0'
Confirm-LeftAlone $container
