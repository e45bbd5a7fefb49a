#!/bin/bash
# Initialises the data folder at the first start, then becomes the server.
set -euo pipefail

made=/var/lib/postgresql/made

initialise() {
    : "${POSTGRES_PASSWORD:?set POSTGRES_PASSWORD to the password of the superuser}"
    local user=${POSTGRES_USER:-postgres}
    local database=${POSTGRES_DB:-$user}
    # As process 1 nothing has a default action: without this, a stop during the first seconds would be lost.
    trap 'exit 143' TERM INT
    if [[ ! -d $made/$user ]]; then
        made=$(mktemp -d)
        make-clusters.sh "$made" "$user"
    fi
    cp -a "$made/$user/." "$PGDATA"
    single "ALTER ROLE \"$user\" PASSWORD '${POSTGRES_PASSWORD//\'/\'\'}'"
    [[ $database == "$user" || $database == postgres ]] || single "CREATE DATABASE \"$database\""
}

# Without a server, so that nobody can connect before it is done.
single() { postgres --single -D "$PGDATA" postgres <<<"$1" >/dev/null; }

if [[ ${1:-} == postgres && $(id -u) == 0 ]]; then
    install -d -m 0700 -o postgres -g postgres "$PGDATA"
    exec setpriv --reuid=postgres --regid=postgres --init-groups "$0" "$@"
fi
if [[ ${1:-} == postgres ]]; then
    [[ -s $PGDATA/PG_VERSION ]] || initialise
    set -- "$@" -c listen_addresses='*'
fi
exec "$@"
