$container = '{{name}}-shoreguard-1'
$text = Get-Content -Raw ./compose.yml
foreach ($file in '    env_file: [.env]', '    stop_grace_period: 9s') {
    Set-Content ./compose.yml $text.Replace('    env_file: [.env]', $file)
    Set-Content ./.env 'SHOREGUARD_VERSION=0.32.0'
    docker compose up --detach
    Wait-Live $container

    $result = Invoke-Rollback $container 0.27.0

    Confirm-Same ((Get-Content -Raw ./.env).Trim()) 'SHOREGUARD_VERSION=0.27.0' 'the variable has the tag alone'
    Confirm-Same (docker exec $container printenv OTEL_RESOURCE_ATTRIBUTES) 'service.version=0.27.0' 'the environment names what runs'
    Confirm-Same (docker exec $container printenv PRICE) '5 $' 'a dollar sign stays one'
    Confirm-Same (docker exec $container printenv SHOREGUARD_VERSION) 0.27.0 'so does what comes from a file, or from the image'
    Confirm-Same (docker inspect $container --format '{{index .Config.Labels "example.release"}}') 0.27.0 'so does the label'
    Confirm-That ($result.Warnings.Count -eq 1 -and $result.Warnings[0] -match 'without its digest') "it is said: $($result.Warnings)"
    Confirm-LeftAlone $container
}

# A file that is changed after the container has been made.
Set-Content ./.env 'SHOREGUARD_VERSION=0.32.0'
docker compose up --detach
Wait-Live $container
Set-Content ./compose.yml $text.Replace('    env_file: [.env]', '    stop_grace_period: 8s')
$result = Invoke-Rollback $container 0.27.0
Confirm-That (($result.Warnings -match 'will recreate').Count -eq 1) "it is said: $($result.Warnings)"
$made = docker inspect $container --format '{{.Id}}'
docker compose up --detach
Confirm-That ((docker inspect $container --format '{{.Id}}') -ne $made) 'Compose recreates it, as was said'
