# shellcheck shell=bash
# A private PostgreSQL cluster, reachable on the loopback interface only, by password.

# PostgreSQL refuses to run as root, and another user cannot pass root's home folder on the way to the cache: this one may search
# folders that are not its own, and nothing else that root may.
as_database_user=()
if is_root; then
    as_database_user=(setpriv --reuid=postgres --regid=postgres --init-groups --inh-caps=+dac_read_search --ambient-caps=+dac_read_search)
fi

postgres_up() {
    postgres_tools
    local data=$cache/postgres/data port
    if [[ ! -s $data/PG_VERSION || $(<"$data/PG_VERSION") != "$(postgres_major)" ]]; then
        initialise_cluster "$data"
    fi
    if daemon_runs postgres; then
        port=$(<"$cache/postgres.port")
    else
        port=$(remembered_port postgres 15432)
        # Test data may be lost in a power cut; waiting for the disk may not slow the tests.
        start_daemon postgres "${as_database_user[@]}" "$SHOREGUARD_TEST_POSTGRES_BIN/postgres" -D "$data" -p "$port" \
            -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off -c full_page_writes=off -c max_connections=200
        wait_until 20 port_answers "$port" || { tail_log postgres; fail "PostgreSQL does not start; see $cache/log/postgres.log"; }
        say "started PostgreSQL $(postgres_major) at 127.0.0.1:$port"
    fi
    export SHOREGUARD_TEST_POSTGRES
    SHOREGUARD_TEST_POSTGRES=postgresql://postgres:$(<"$cache/postgres/password")@127.0.0.1:$port/postgres
}

# SIGINT is PostgreSQL's fast shutdown: it does not wait for clients.
postgres_down() { stop_daemon postgres INT; }

postgres_major() { "$SHOREGUARD_TEST_POSTGRES_BIN/postgres" --version | grep -o '[0-9]\+' | head -n 1; }

# PostgreSQL 15 where there is one, else the newest: the container's is then still another major version on most machines.
postgres_tools() {
    if ! find_postgres; then
        can_install || fail "PostgreSQL's server and tools are missing; install the package 'postgresql' (or put 'initdb' on PATH)"
        # Else the package would make a cluster for the system and start it.
        local no_cluster=/etc/postgresql-common/createcluster.d/shoreguard-rollback.conf
        mkdir -p "${no_cluster%/*}"
        echo 'create_main_cluster = false' >"$no_cluster"
        install_packages postgresql
        rm "$no_cluster"
        find_postgres || fail "the package 'postgresql' brought no server"
    fi
    export SHOREGUARD_TEST_POSTGRES_BIN
}

find_postgres() {
    local folder
    for folder in /usr/lib/postgresql/15/bin $(printf '%s\n' /usr/lib/postgresql/*/bin | sort --version-sort --reverse) \
        "$(dirname "$(command -v initdb || echo /)")"; do
        if [[ -x $folder/initdb && -x $folder/postgres ]]; then
            SHOREGUARD_TEST_POSTGRES_BIN=$folder
            return
        fi
    done
    return 1
}

initialise_cluster() {
    say "creating a PostgreSQL $(postgres_major) cluster"
    rm -rf "$cache/postgres"
    mkdir -p "$cache/postgres"
    (umask 077 && head -c 24 /dev/urandom | base64 | tr -d '+/=\n' >"$cache/postgres/password")
    mkdir -m 0700 "$1"
    ! is_root || chown postgres: "$1"
    "${as_database_user[@]}" "$SHOREGUARD_TEST_POSTGRES_BIN/initdb" --pgdata="$1" --username=postgres --encoding=UTF8 --locale=C.UTF-8 \
        --auth=scram-sha-256 --pwfile=/dev/stdin <"$cache/postgres/password" >"$cache/log/initdb.log" 2>&1 \
        || { tail_log initdb; fail "initdb failed; see $cache/log/initdb.log"; }
}
