$folder = "$PWD"
$labels = [ordered]@{
    'com.docker.compose.project' = 'victim'; 'com.docker.compose.service' = 'shoreguard'; 'com.docker.compose.config-hash' = 'a'; 'com.docker.compose.version' = '2.40.3'
    'com.docker.compose.oneoff' = 'False'; 'com.docker.compose.container-number' = '1'; 'com.docker.compose.project.working_dir' = $folder
    'com.docker.compose.project.config_files' = "$folder/victim.yml"
}
$changes = $labels.GetEnumerator().ForEach({ '--change'; "LABEL $($_.Key)=`"$($_.Value)`"" })
$image = '{{repository}}:0.32.0-{{name}}'
$made = docker create --name '{{name}}-make' '{{repository}}:0.32.0'
docker commit @changes $made $image | Out-Null
docker rm $made | Out-Null
docker run --detach --name '{{name}}' --publish 127.0.0.1:{{port}}:8888 --volume '{{name}}:/home/shoreguard/.config/shoreguard' $image | Out-Null
try {
    $deployment = Get-ShoreGuardDeployment -Name '{{name}}'
    Confirm-Same "$($deployment.Project)$($deployment.Service)$($deployment.ComposeFiles)" '' 'it is in no project'
    Confirm-That ('{{name}}' -notin (Get-ShoreGuardDeployment -ErrorAction SilentlyContinue).Name) 'it is not listed as a service'
    Wait-Live '{{name}}'

    $result = Invoke-Rollback '{{name}}' 0.27.0

    Confirm-That ($null -eq $result.Pin -and ($result.Warnings -match 'not made by Compose').Count -eq 1) "it is not pinned: $($result.Warnings)"
    Confirm-Same ((Get-Content -Raw ./.env).Trim()) 'SHOREGUARD_VERSION=0.32.0' 'the file of the other project stays'
    Confirm-Same (docker inspect '{{name}}' --format '{{index .Config.Labels "com.docker.compose.project"}}') '' 'the labels are gone with their image'
}
finally {
    docker rm --force '{{name}}' | Out-Null
    docker image rm --force $image | Out-Null
}
