#!/bin/bash
# make-clusters.sh FOLDER USER…: a cluster in FOLDER/USER for each superuser, with the database of its name and no password yet.
set -euo pipefail
folder=$1
shift
for user; do
    initdb --no-sync --pgdata="$folder/$user" --username="$user" --encoding=UTF8 --locale=C.UTF-8 \
        --auth-local=trust --auth-host=scram-sha-256 >/dev/null
    echo 'host all all all scram-sha-256' >>"$folder/$user/pg_hba.conf"
    [[ $user == postgres ]] || postgres --single -D "$folder/$user" postgres <<<"CREATE DATABASE \"$user\"" >/dev/null
done
