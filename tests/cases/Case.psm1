# What a case has at hand beside the module.

param([string] $Name, [uri] $Server)

$account = $Server.UserInfo.Split(':').ForEach({ [uri]::UnescapeDataString($_) })

# Fails the case unless it is so.
function Confirm-That {
    param([Parameter(Mandatory)][AllowNull()] $Condition, [Parameter(Mandatory)][string] $What)
    if (-not $Condition) { throw "Not so: $What" }
}

# Fails the case unless both are the same text.
function Confirm-Same {
    param([AllowNull()] $Actual, [AllowNull()] $Expected, [Parameter(Mandatory)][string] $What)
    if ("$Actual" -cne "$Expected") { throw "Not so: $What. It is:`n$Actual`nand not:`n$Expected" }
}

# Runs SQL as the superuser, or as a database's owner; gives the rows as lines.
function Invoke-Sql {
    param([Parameter(Mandatory)][string] $Database, [string] $Sql, [string] $Path, [string] $Owner)
    $login = $Owner ? @($Owner, 'case') : $account
    $text = $Path ? (Get-Content -Raw $Path) : $Sql
    $env:PGPASSWORD = $login[1]
    try {
        $text | psql --no-psqlrc --quiet --tuples-only --no-align --set ON_ERROR_STOP=1 --host $Server.Host --port $Server.Port --username $login[0] --dbname $Database
    }
    finally {
        Remove-Item env:PGPASSWORD
    }
}

# Makes a database with an owner of its own on PostgreSQL 15; gives Name, Owner and Url.
function New-CaseDatabase {
    param([string] $Suffix = 'db', [switch] $CreateDb)
    $database = "$($Name)_$Suffix"
    $owner = "$($database)_owner"
    Invoke-Sql postgres "CREATE ROLE `"$owner`" LOGIN PASSWORD 'case' $($CreateDb ? 'CREATEDB' : 'NOCREATEDB')"
    Invoke-Sql postgres "CREATE DATABASE `"$database`" OWNER `"$owner`" TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'"
    Invoke-Sql $database "ALTER SCHEMA public OWNER TO `"$owner`""
    [pscustomobject]@{ Name = $database; Owner = $owner; Url = "postgresql+psycopg://${owner}:case@$($Server.Host):$($Server.Port)/$database" }
}

# The definitions of everything in a database, as pg_dump tells them.
function Get-Definition {
    param([Parameter(Mandatory)][string] $Database)
    $env:PGPASSWORD = $account[1]
    try {
        # Newer ones guard their scripts with a word that is another at each run.
        (pg_dump --schema-only --host $Server.Host --port $Server.Port --username $account[0] $Database) -notmatch '^\\(un)?restrict ' -join "`n"
    }
    finally {
        Remove-Item env:PGPASSWORD
    }
}

# Waits until a container's application answers there.
function Wait-Live {
    param([Parameter(Mandatory)][string] $Container)
    $until = [datetime]::UtcNow.AddSeconds(60)
    while ((Get-ShoreGuardDeployment -Name $Container | Test-ShoreGuardHealth -Quiet -TimeoutSec 1 -ErrorAction SilentlyContinue -WarningAction SilentlyContinue) -ne $true) {
        if ([datetime]::UtcNow -gt $until) { throw "$Container does not answer." }
        Start-Sleep -Milliseconds 200
    }
}

# The version that the application in a container tells.
function Get-RunningVersion {
    param([Parameter(Mandatory)][string] $Container)
    docker exec $Container python3 -c "import json,urllib.request;print(json.load(urllib.request.urlopen('http://127.0.0.1:8888/version'))['version'])"
}

# Fails the case unless `docker compose up` in the current folder leaves a container alone.
function Confirm-LeftAlone {
    param([Parameter(Mandatory)][string] $Container, [string[]] $Arguments = @())
    $before = docker inspect $Container --format '{{.Id}} {{.State.StartedAt}}'
    docker compose @Arguments up --detach
    Confirm-Same (docker inspect $Container --format '{{.Id}} {{.State.StartedAt}}') $before 'docker compose up leaves it alone'
}

# The image rollback with a gate that is short enough for a test.
function Invoke-Rollback {
    param([Parameter(Mandatory)][string] $Container, [Parameter(Mandatory)][string] $Version, [hashtable] $Parameters = @{})
    Get-ShoreGuardDeployment -Name $Container | Invoke-ShoreGuardImageRollback -Version $Version -StabilitySec 0.3 -GateTimeoutSec 60 -Confirm:$false @Parameters
}

Export-ModuleMember -Function *
