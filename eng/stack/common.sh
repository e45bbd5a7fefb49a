# shellcheck shell=bash
# Small things that every part of the stack needs.

say() { printf 'stack: %s\n' "$*" >&2; }

# 69 is EX_UNAVAILABLE: something that this run needs is not there.
fail() {
    printf 'stack: error: %s\n' "$*" >&2
    exit 69
}

require() { command -v "$1" >/dev/null || fail "'$1' is missing; install the package '$2'"; }

is_root() { [[ $(id -u) == 0 ]]; }
is_debian() { command -v apt-get >/dev/null && [[ $(. /etc/os-release && echo "$ID") == debian ]]; }
can_install() { is_debian && is_root; }

# A process is known by its id and its start time: an id alone may long be another's.
process_identity() { awk '{ sub(/.*\) /, ""); print $20 }' "/proc/$1/stat" 2>/dev/null; }

# start_daemon NAME COMMAND…: in a session of its own, so that Ctrl-C does not reach it, without our locks.
start_daemon() {
    local name=$1 pid
    shift
    setsid "$@" >"$cache/log/$name.log" 2>&1 </dev/null 8>&- 9>&- &
    pid=$!
    printf '%s %s\n' "$pid" "$(process_identity "$pid")" >"$cache/run/$name"
}

daemon_runs() {
    local pid started
    [[ -e $cache/run/$1 ]] && read -r pid started <"$cache/run/$1" && [[ -n $started && $(process_identity "$pid") == "$started" ]]
}

# stop_daemon NAME [SIGNAL]: waits up to 20 s for a clean end.
stop_daemon() {
    local name=$1 signal=${2:-TERM} pid
    if daemon_runs "$name"; then
        say "stopping $name"
        read -r pid _ <"$cache/run/$name"
        kill "-$signal" "$pid"
        wait_until 20 daemon_is_gone "$name" || kill -KILL "$pid"
    fi
    rm -f "$cache/run/$name"
}

daemon_is_gone() { ! daemon_runs "$1"; }

# wait_until SECONDS COMMAND…
wait_until() {
    local tenths=$(($1 * 10))
    shift
    until "$@"; do
        ((tenths-- > 0)) || return 1
        sleep 0.1
    done
}

port_answers() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# remembered_port NAME FIRST: the port chosen at an earlier run if it is still free, else the next free one. Never one of those
# that the system gives to outgoing connections (from 32768 on): such a one may be taken although nobody answers there.
remembered_port() {
    local file=$cache/$1.port port
    port=$(cat "$file" 2>/dev/null || echo "$2")
    ((port < 32768)) || port=$2
    while port_answers "$port"; do
        port=$((port + 1))
    done
    echo "$port" | tee "$file"
}

tail_log() { tail -n 5 "$cache/log/$1.log" >&2 || true; }
