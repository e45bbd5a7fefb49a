foreach ($publish in @('--publish', '8888'), @('--publish', '127.0.0.1::8888'), @('--publish-all'), @('--publish', "127.0.0.1:{{port}}-$({{port}} + 3):8888")) {
    docker run --detach --name '{{name}}' @publish --volume '{{name}}:/home/shoreguard/.config/shoreguard' '{{repository}}:0.32.0' | Out-Null
    Wait-Live '{{name}}'
    $before = docker port '{{name}}' 8888

    $result = Invoke-Rollback '{{name}}' 0.27.0

    Confirm-Same (docker port '{{name}}' 8888) $before "the port stays with $publish"
    Confirm-That ($result.StrategyReason -notmatch 'no host port') "it is published with ${publish}: $($result.StrategyReason)"
    Confirm-That (-not ($result.Warnings -match 'host port')) "nothing is to be said of it: $($result.Warnings)"

    # What was left to the engine still is: a number that somebody else has by then does not keep it from starting.
    docker stop --timeout 1 '{{name}}' | Out-Null
    $number = ("$before" -split ' ')[0].Split(':')[-1]
    docker run --detach --name '{{name}}-other' --publish "127.0.0.1:${number}:8888" --entrypoint sleep --init '{{repository}}:0.32.0' 600 | Out-Null
    docker start '{{name}}' | Out-Null
    docker rm --force '{{name}}-other' '{{name}}' | Out-Null
    docker volume rm '{{name}}' | Out-Null
}
