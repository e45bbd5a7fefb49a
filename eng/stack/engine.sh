# shellcheck shell=bash
# A Docker Engine with a client that knows Compose v2: the user's own, or a private one from Debian.

engine_socket=$cache/engine/docker.sock

engine_up() {
    if ! daemon_runs dockerd && own_engine_answers; then
        use_own_engine
    else
        can_install || fail "no Docker Engine answers. Install one (https://docs.docker.com/engine/install/) and let this user" \
            "reach it (group 'docker', or DOCKER_HOST); or run this as root on Debian, where a private one is installed"
        use_private_engine
    fi
    docker compose version --short 2>/dev/null | grep -q '^v\?[2-9]' || use_private_compose
    use_old_compose
}

engine_down() { stop_daemon dockerd; }

own_engine_answers() { command -v docker >/dev/null && docker version --format '{{.Server.Version}}' >/dev/null 2>&1; }

use_own_engine() {
    # A chosen context is unknown to programs that speak to the engine themselves.
    DOCKER_HOST=${DOCKER_HOST:-$(docker context inspect --format '{{.Endpoints.docker.Host}}')}
    export DOCKER_HOST
    # From 25 on, a health check is asked often while a container starts and hardly ever afterwards, as tests/stand-in/compose wants it.
    local major
    major=$(docker version --format '{{.Server.Version}}' | cut -d. -f1)
    ((major >= 25)) || fail "the Docker Engine at $DOCKER_HOST is older than 25; tests and demo need a newer one (the module itself does not)"
    say "using the Docker Engine at $DOCKER_HOST"
}

use_private_engine() {
    ((${#engine_socket} < 108)) || fail "$engine_socket is too long for a socket; set XDG_CACHE_HOME to a shorter folder"
    install_engine
    export PATH=$unpacked/usr/bin:$unpacked/usr/sbin:$PATH DOCKER_HOST=unix://$engine_socket DOCKER_CONFIG=$cache/docker-config
    mkdir -p "$DOCKER_CONFIG"
    if daemon_runs dockerd && engine_answers; then
        say "using the private Docker Engine that is running"
        return
    fi
    stop_daemon dockerd
    mkdir -p "$cache/engine"
    # By itself it tries for a layer five times, with a minute's waits between them: here a registry that breaks off is one on purpose.
    start_daemon dockerd dockerd --data-root "$cache/engine/data" --exec-root "$cache/engine/exec" \
        --pidfile "$cache/engine/dockerd.pid" --host "$DOCKER_HOST" --group root --max-download-attempts 2
    wait_until 60 engine_answers || { tail_log dockerd; fail "the private Docker Engine does not start; see $cache/log/dockerd.log"; }
    say "started a private Docker Engine $(docker version --format '{{.Server.Version}}')"
    remove_what_tests_left || say "what an earlier run of the tests left could not all be removed"
}

# A run that was killed has left its containers, which start again with the engine, and networks whose addresses are then taken.
remove_what_tests_left() {
    docker ps --all --quiet --filter name=sgtest- | xargs --no-run-if-empty docker rm --force --volumes
    docker network ls --quiet --filter name=sgtest- | xargs --no-run-if-empty docker network rm
    docker volume ls --quiet --filter name=sgtest- | xargs --no-run-if-empty docker volume rm --force
} >/dev/null

engine_answers() { docker version --format '{{.Server.Version}}' >/dev/null 2>&1; }

install_engine() {
    [[ ! -e $unpacked/.engine ]] || return 0
    install_packages iptables libseccomp2
    say "unpacking a private Docker Engine from Debian $engine_suite"
    refresh_package_lists
    apt_of_suite "$engine_suite"
    unpack_packages "${suite_apt[@]}" -- docker.io docker-cli containerd docker-compose tini-static
    # Its own release's: the newer one is linked against a newer C library.
    unpack_packages apt-get -- runc
    touch "$unpacked/.engine"
}

use_private_compose() {
    if [[ ! -x $unpacked/usr/libexec/docker/cli-plugins/docker-compose ]]; then
        can_install || fail "this docker client has no Compose v2; install the package 'docker-compose-plugin'"
        say "unpacking Compose v2 from Debian $engine_suite"
        refresh_package_lists
        apt_of_suite "$engine_suite"
        unpack_packages "${suite_apt[@]}" -- docker-compose
    fi
    export DOCKER_CONFIG=$cache/docker-config
    mkdir -p "$DOCKER_CONFIG/cli-plugins"
    ln -sf "$unpacked/usr/libexec/docker/cli-plugins/docker-compose" "$DOCKER_CONFIG/cli-plugins/docker-compose"
}

# Compose 1, where this Debian still has it: containers that it made are rolled back too. Its tests are skipped elsewhere.
use_old_compose() {
    local folder=$cache/compose1
    if [[ ! -x $folder/docker-compose ]]; then
        can_install && [[ $(apt-cache policy docker-compose) == *'Candidate: 1.'* ]] || return 0
        say "unpacking Compose 1"
        refresh_package_lists
        # What its package depends on, less what only its Windows and SSH parts need; another root, since Compose 2 has the same file names.
        unpacked=$folder/root unpack_packages apt-get -- docker-compose python3-{docker,dockerpty,docopt,dotenv,jsonschema,attr,pyrsistent} \
            python3-{requests,urllib3,certifi,chardet,charset-normalizer,idna,six,texttable,websocket,yaml,distro,pkg-resources,distutils}
        cat >"$folder/docker-compose" <<EOF
#!/bin/sh
PYTHONPATH='$folder/root/usr/lib/python3/dist-packages' exec /usr/bin/python3 '$folder/root/usr/bin/docker-compose' "\$@"
EOF
        chmod +x "$folder/docker-compose"
    fi
    export PATH=$folder:$PATH SHOREGUARD_TEST_COMPOSE1=$folder/docker-compose
}
