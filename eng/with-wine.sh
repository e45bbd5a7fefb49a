#!/usr/bin/env bash
# Runs a program that was built for Windows under Wine, in a Debian of its own below ${XDG_CACHE_HOME:-~/.cache}/shoreguard-rollback.
#
#   eng/with-wine.sh PROGRAM [ARGUMENTS…]   PROGRAM, and files that ARGUMENTS name, are of this checkout and relative to it
# shellcheck shell=bash source-path=SCRIPTDIR
set -euo pipefail

# What it mounts is its own, and gone with it.
[[ -n ${WINE_MOUNTS:-} ]] || WINE_MOUNTS=own exec unshare --mount bash "${BASH_SOURCE[0]}" "$@"

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/shoreguard-rollback
mkdir -p "$cache/log"

source "$here/stack/common.sh"
source "$here/stack/packages.sh"
source "$here/stack/wine.sh"

# One run at a time: all have the same registry and the same server.
exec 7>"$cache/wine.lock"
flock 7

checkout=/opt/checkout
wine_up
wine_mount
# It opens files for all of them: one that a killed run has left does so among that run's mounts.
in_wine wineserver --kill 7>&- || true
mkdir -p "$wine_root$checkout"
mount --bind "$here/.." "$wine_root$checkout"
# What a test shares, as \\sgtest\FOLDER.
mkdir -p "$here/../out/windows" "$wine_root/root/.wine/dosdevices/unc"
ln -sfn "$checkout/out/windows" "$wine_root/root/.wine/dosdevices/unc/sgtest"
trap 'in_wine wineserver --kill 7>&- || true' EXIT

settings=("ROLLBACK_TEST_PWSH=Z:\\opt\\checkout\\out\\windows\\pwsh\\pwsh.exe" "ROLLBACK_TEST_SHARE=\\\\sgtest" POWERSHELL_TELEMETRY_OPTOUT=1)
for name in CsCheck_Iter DOTNET_TieredPGO DOTNET_TC_CallCounting ROLLBACK_TEST_FULL; do
    [[ -z ${!name:-} ]] || settings+=("$name=${!name}")
done
in_wine_console env "${settings[@]}" sh -c 'cd "$1" && shift && exec wine "$@"' sh "$checkout" "$@" 7>&-
