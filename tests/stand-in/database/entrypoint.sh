#!/bin/bash
# Initialises the data folder at the first start, then becomes the server.
set -euo pipefail

initialise() {
    : "${POSTGRES_PASSWORD:?set POSTGRES_PASSWORD to the password of the superuser}"
    local user=${POSTGRES_USER:-postgres}
    local database=${POSTGRES_DB:-$user}
    # As process 1 nothing has a default action: without this, a stop during the first seconds would be lost.
    trap 'exit 143' TERM INT
    initdb --no-sync --username="$user" --pwfile=<(printf '%s\n' "$POSTGRES_PASSWORD") --encoding=UTF8 --locale=C.UTF-8 \
        --auth-local=trust --auth-host=scram-sha-256 >/dev/null
    echo 'host all all all scram-sha-256' >>"$PGDATA/pg_hba.conf"
    if [[ $database != postgres ]]; then
        # Without a server, so that nobody can connect before the database exists.
        postgres --single -D "$PGDATA" postgres <<<"CREATE DATABASE \"$database\"" >/dev/null
    fi
}

if [[ ${1:-} == postgres && $(id -u) == 0 ]]; then
    install -d -m 0700 -o postgres -g postgres "$PGDATA"
    exec setpriv --reuid=postgres --regid=postgres --init-groups "$0" "$@"
fi
if [[ ${1:-} == postgres ]]; then
    [[ -s $PGDATA/PG_VERSION ]] || initialise
    set -- "$@" -c listen_addresses='*'
fi
exec "$@"
