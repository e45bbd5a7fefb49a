docker pull --quiet '{{repository}}:0.32.0' | Out-Null
docker tag '{{repository}}:0.32.0' '{{name}}-ui:0.32.0'
$container = '{{name}}-shoreguard-1'
docker compose up --detach
Wait-Live $container
$ui = docker inspect '{{name}}-ui-1' --format '{{.Id}}'

$refusal = $null
try { Invoke-Rollback $container 0.27.0 @{ Pin = 'Env' } } catch { $refusal = $_ }
Confirm-That ($refusal.FullyQualifiedErrorId -like 'PinImpossible*' -and "$refusal" -match 'services\.ui\.image') "-Pin Env is refused: $refusal"

$result = Invoke-Rollback $container 0.27.0

Confirm-Same ((Get-Content -Raw ./.env).Trim()) 'SHOREGUARD_VERSION=0.32.0' 'the variable stays'
Confirm-That ((Get-Content -Raw ./compose.yml).Contains("image: {{repository}}:0.27.0@$($result.Digest)")) 'image: is pinned'
Confirm-That (($result.Warnings -match 'services\.ui\.image, volumes\.cache').Count -eq 1) "it is said: $($result.Warnings)"
Confirm-That (-not ($result.Warnings -match 'worker')) 'another service with the same image is no reason'
Confirm-LeftAlone $container
Confirm-Same (docker inspect '{{name}}-ui-1' --format '{{.Id}}') $ui 'the other service is left alone too'
docker compose down --volumes --timeout 0
docker image rm '{{name}}-ui:0.32.0' | Out-Null
