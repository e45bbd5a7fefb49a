#!/bin/bash
# Initialises the data folder at the first start, then becomes the server.
set -euo pipefail

initialise() {
    : "${POSTGRES_PASSWORD:?set POSTGRES_PASSWORD to the password of the superuser}"
    local user=${POSTGRES_USER:-postgres}
    initdb --username="$user" --pwfile=<(printf '%s\n' "$POSTGRES_PASSWORD") --encoding=UTF8 --locale=C.UTF-8 \
        --auth-local=trust --auth-host=scram-sha-256 >/dev/null
    echo 'host all all all scram-sha-256' >>"$PGDATA/pg_hba.conf"

    # Nobody may connect from outside before the database exists.
    pg_ctl start --wait --silent --options="-c listen_addresses=''"
    if [[ ${POSTGRES_DB:-$user} != postgres ]]; then
        createdb --username="$user" --maintenance-db=postgres "${POSTGRES_DB:-$user}"
    fi
    pg_ctl stop --wait --silent --mode=fast
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
