$container = '{{name}}-shoreguard-1'
docker compose up --detach
Wait-Live $container
$before = docker inspect $container --format '{{json .NetworkSettings.Networks}}' | ConvertFrom-Json
Confirm-Same $before.'{{name}}_lan'.MacAddress '02:42:0a:e7:08:63' 'the address is as the file says'

$result = Invoke-Rollback $container 0.27.0

$after = docker inspect $container --format '{{json .NetworkSettings.Networks}}' | ConvertFrom-Json
Confirm-Same $after.'{{name}}_lan'.MacAddress '02:42:0a:e7:08:63' 'the chosen address stays'
Confirm-That ($after.'{{name}}_front'.MacAddress -ne $before.'{{name}}_front'.MacAddress) 'the made-up one is not copied'
Confirm-Same $result.Warnings.Count 0 'nothing is to be said'
Confirm-LeftAlone $container
docker compose down --volumes --timeout 0

# The engine cannot say whose an address is, and docker run has left nothing else.
docker network create '{{name}}-a' | Out-Null
docker network create '{{name}}-b' | Out-Null
docker run --detach --name '{{name}}-run' --network 'name={{name}}-a,mac-address=02:42:0a:0b:0c:0d' --network 'name={{name}}-b,mac-address=02:42:0a:0b:0c:0e' --volume '{{name}}-run:/home/shoreguard/.config/shoreguard' '{{repository}}:0.32.0' | Out-Null
Wait-Live '{{name}}-run'
$result = Invoke-Rollback '{{name}}-run' 0.27.0
$after = docker inspect '{{name}}-run' --format '{{json .NetworkSettings.Networks}}' | ConvertFrom-Json
Confirm-Same $after.'{{name}}-a'.MacAddress '02:42:0a:0b:0c:0d' 'the address of the first network is known'
Confirm-That (($result.Warnings -match '02:42:0a:0b:0c:0e').Count -eq 1) "the other one is named: $($result.Warnings)"
