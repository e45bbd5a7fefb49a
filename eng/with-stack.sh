#!/usr/bin/env bash
# Brings up what the demo and the tests need (Docker Engine, Compose v2, a registry with the stand-in images, PostgreSQL), runs a
# command with it, and stops again what nobody uses any more. What exists already is used; what is missing is installed under
# ${XDG_CACHE_HOME:-~/.cache}/shoreguard-rollback.
#
#   eng/with-stack.sh COMMAND [ARGUMENTS…]   run COMMAND with the stack; exits as COMMAND does
#   eng/with-stack.sh --up                   start the stack and leave it running; prints the variables to export
#   eng/with-stack.sh --down                 stop a stack that --up left running
# shellcheck source-path=SCRIPTDIR
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
stand_in=$(dirname "$here")/tests/stand-in
cache=${XDG_CACHE_HOME:-$HOME/.cache}/shoreguard-rollback

source "$here/stack/common.sh"
source "$here/stack/packages.sh"
source "$here/stack/engine.sh"
source "$here/stack/registry.sh"
source "$here/stack/images.sh"
source "$here/stack/proxy.sh"
source "$here/stack/signatures.sh"
source "$here/stack/browser.sh"
source "$here/stack/monitoring.sh"
source "$here/stack/older-engine.sh"
source "$here/stack/postgres.sh"

usage() {
    sed -n '2,/^# shellcheck/{/shellcheck/!s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"
}

# Several runs may share one stack. Every run holds the users lock (shared) while its command runs; whoever gets it exclusively at
# its end was the last one and turns off the light. The stack lock keeps starting and stopping apart.
lock_stack() { exec 8>"$cache/stack.lock" && flock 8; }
unlock_stack() { exec 8>&-; }
join_users() { exec 9>"$cache/users.lock" && flock --shared 9; }
leave_users() { exec 9>&-; }
nobody_uses_it() { flock --nonblock --exclusive "$cache/users.lock" true; }

bring_up() {
    # The user's own settings must not reach the stand-in, nor the module under test.
    unset "${!SHOREGUARD_@}"
    engine_up
    registry_up
    images_up
    proxy_up
    postgres_up
    signatures_up
    browser_up
    monitoring_up
    older_engine_up
}

take_down() {
    postgres_down
    registry_down
    engine_down
}

on_exit() {
    local code=$?
    trap '' INT TERM
    leave_users
    lock_stack
    if [[ ! -e $cache/keep ]] && nobody_uses_it; then
        take_down || true
    fi
    exit "$code"
}

# On a terminal the command shares our process group, and Ctrl-C reaches it by itself. Otherwise it gets a group of its own, which
# is told to end when we are.
run_command() {
    if [[ -t 0 ]]; then
        "$@" 8>&- 9>&-
        return
    fi
    set -m
    "$@" <&0 8>&- 9>&- &
    local command=$! code=0
    set +m
    trap 'kill -TERM -- "-$command" 2>/dev/null' TERM INT
    wait "$command" || code=$?
    while kill -0 "$command" 2>/dev/null; do
        wait "$command" || code=$?
    done
    trap 'exit 130' INT
    trap 'exit 143' TERM
    return "$code"
}

print_exports() {
    local name
    for name in DOCKER_HOST DOCKER_CONFIG PATH "${!SHOREGUARD_@}"; do
        [[ -v $name ]] && printf 'export %s=%q\n' "$name" "${!name}"
    done
}

main() {
    case ${1:-} in
        '' | -h | --help) usage; exit $((${#} == 0 ? 64 : 0)) ;;
    esac
    require flock util-linux
    (umask 077 && mkdir -p "$cache/run" "$cache/log")

    if [[ $1 == --down ]]; then
        lock_stack
        rm -f "$cache/keep"
        nobody_uses_it || fail "the stack is in use by another run, which will stop it at its end"
        take_down
        return
    fi

    trap on_exit EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    join_users
    lock_stack
    bring_up
    unlock_stack
    if [[ $1 == --up ]]; then
        touch "$cache/keep"
        print_exports
    else
        run_command "$@"
    fi
}

main "$@"
