foreach ($target in '/home/shoreguard/.config/shoreguard/', '/home/shoreguard//.config/shoreguard') {
    docker run --detach --name '{{name}}' --publish 127.0.0.1:{{port}}:8888 --volume "{{name}}:$target" '{{repository}}:0.32.0' | Out-Null
    Wait-Live '{{name}}'
    $before = docker exec '{{name}}' cat /home/shoreguard/.config/shoreguard/shoreguard.db | Measure-Object -Character
    Confirm-That $before.Characters "there is a database"

    $result = Invoke-Rollback '{{name}}' 0.27.0

    Confirm-That $result.Succeeded "it is rolled back with ${target}: $($result.Reason)"
    Confirm-Same (Get-RunningVersion '{{name}}') 0.27.0 'the older release runs'
    Confirm-Same @(docker inspect '{{name}}' --format '{{range .Mounts}}{{.Name}} {{end}}').Trim() '{{name}}' 'the volume is mounted once'
    docker rm --force '{{name}}' | Out-Null
    docker volume rm '{{name}}' | Out-Null
}
