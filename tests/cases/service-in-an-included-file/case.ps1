$container = '{{name}}-shoreguard-1'
docker compose up --detach
Wait-Live $container

$refusal = $null
try { Invoke-Rollback $container 0.27.0 @{ Pin = 'ComposeFile' } } catch { $refusal = $_ }
Confirm-That ($refusal.FullyQualifiedErrorId -like 'ComposeImageNotEditable*') "an included file is not edited: $refusal"

$result = Invoke-Rollback $container 0.27.0

Confirm-That ((Get-Content -Raw ./.env).Trim() -like 'SHOREGUARD_VERSION=0.27.0*') 'the variable is pinned in the project''s own .env'
Confirm-Same $result.Pin.Variable 'SHOREGUARD_VERSION' 'by its name'
Confirm-That ((docker inspect $container --format '{{json .Config.Env}}') -match 'GREETING=hello') 'the env_file: beside the included file counts'
Confirm-LeftAlone $container
docker compose down --volumes --timeout 0
