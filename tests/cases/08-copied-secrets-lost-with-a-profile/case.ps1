$container = '{{name}}-shoreguard-1'
function Confirm-Files {
    Confirm-Same (docker exec $container cat /run/secrets/boot) 's3cret' 'the secret is there'
    Confirm-Same (docker exec $container cat /etc/motd.sg) 'hello' 'the config is there'
    Confirm-Same (docker exec $container printenv TOKEN) 't-shell' 'the variable of the shell is there'
}
$env:TOKEN = 'shell'
docker compose --profile app up --detach
$env:TOKEN = $null
Wait-Live $container
Confirm-Files

$result = Invoke-Rollback $container 0.27.0

Confirm-Files
Confirm-Same $result.Warnings.Count 0 "nothing is to be said: $($result.Warnings)"
$env:TOKEN = 'shell'
Confirm-LeftAlone $container @('--profile', 'app')
$env:TOKEN = $null

# A variable that nobody can know: the files alone say what was copied.
Set-Content ./.env 'BOOT=s3cret'
$env:TOKEN = 'shell'
docker compose --profile app up --detach
$env:TOKEN = $null
Wait-Live $container
Add-Content ./compose.yml 'x-more: ${NOBODY:?knows}'
$result = Invoke-Rollback $container 0.27.0
Confirm-That (($result.Warnings -match 'could not be asked').Count -eq 1) "it is said: $($result.Warnings)"
Confirm-Files
