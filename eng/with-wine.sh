#!/usr/bin/env bash
# Runs a test suite that was published for Windows under Wine, in a Debian of its own below ${XDG_CACHE_HOME:-~/.cache}/shoreguard-rollback.
#
#   eng/with-wine.sh FOLDER PROGRAM RESULTS [ARGUMENTS…]   runs PROGRAM of FOLDER, and puts its results into the file RESULTS
# shellcheck shell=bash source-path=SCRIPTDIR
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/shoreguard-rollback
mkdir -p "$cache/log"

source "$here/stack/common.sh"
source "$here/stack/packages.sh"
source "$here/stack/wine.sh"

folder=$1 program=$2 results=$3
shift 3
wine_up
rm -rf --one-file-system "$wine_root/opt/suite"
cp -r "$folder" "$wine_root/opt/suite"
trap 'in_wine wineserver --kill || true; umount "$wine_root/proc" || true' EXIT
code=0
in_wine sh -c 'cd /opt/suite && exec wine "$@"' sh "$program" -result-trx results.trx "$@" || code=$?
cp "$wine_root/opt/suite/results.trx" "$results"
exit "$code"
