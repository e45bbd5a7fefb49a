# shellcheck shell=bash
# A registry on the loopback interface. The engine trusts it there without TLS.

registry_container=shoreguard-test-registry

registry_up() {
    if can_install; then
        registry_from_package
    else
        registry_in_container
    fi
    export SHOREGUARD_TEST_REGISTRY=localhost:$registry_port
    export SHOREGUARD_TEST_REPOSITORY=$SHOREGUARD_TEST_REGISTRY/flohofstetter/shoreguard
    # The name that the Compose files of tests/stand-in/compose read.
    export SHOREGUARD_IMAGE_REPOSITORY=$SHOREGUARD_TEST_REPOSITORY
}

registry_down() {
    stop_daemon registry
    if [[ -e $cache/run/registry-container ]]; then
        docker stop "$registry_container" >/dev/null
        rm "$cache/run/registry-container"
    fi
}

registry_from_package() {
    if daemon_runs registry; then
        registry_port=$(<"$cache/registry.port")
        return
    fi
    [[ -x $unpacked/usr/bin/docker-registry ]] || { refresh_package_lists && unpack_packages apt-get -- docker-registry; }
    registry_port=$(remembered_port registry 5000)
    registry_configuration >"$cache/registry.yml"
    start_daemon registry "$unpacked/usr/bin/docker-registry" serve "$cache/registry.yml"
    wait_until 10 port_answers "$registry_port" || { tail_log registry; fail "the registry does not start; see $cache/log/registry.log"; }
    say "started a registry at localhost:$registry_port"
}

registry_configuration() {
    cat <<EOF
version: 0.1
log: { level: warn, accesslog: { disabled: true } }
storage:
  filesystem: { rootdirectory: "$cache/registry" }
  delete: { enabled: true }
http: { addr: "127.0.0.1:$registry_port" }
EOF
}

registry_in_container() {
    if ! docker container inspect "$registry_container" >/dev/null 2>&1; then
        registry_port=$(remembered_port registry 5000)
        say "creating the registry container $registry_container at localhost:$registry_port"
        docker create --name "$registry_container" --publish "127.0.0.1:$registry_port:5000" \
            --env REGISTRY_STORAGE_DELETE_ENABLED=true registry:2 >/dev/null \
            || fail "cannot create a registry from the image registry:2"
    fi
    registry_port=$(<"$cache/registry.port")
    if [[ $(docker container inspect --format '{{.State.Running}}' "$registry_container") != true ]]; then
        docker start "$registry_container" >/dev/null || fail "the container $registry_container does not start; remove it and try again"
        touch "$cache/run/registry-container"
    fi
    wait_until 20 port_answers "$registry_port" || fail "the registry at localhost:$registry_port does not answer"
}
