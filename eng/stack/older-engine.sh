# shellcheck shell=bash
# The engine of a stable Debian that still has the 20.10 series, for the tests that are made on both. They start and stop it themselves,
# in a network of its own, since two engines in one network undo each other's rules. Their tests are skipped where there is none.

older_engine_up() {
    local folder=$cache/engine20
    if [[ ! -x $folder/usr/sbin/dockerd ]]; then
        can_install && [[ $(apt-cache policy docker.io) == *'Candidate: 20.10.'* ]] || return 0
        say "unpacking Docker Engine 20.10"
        install_packages iproute2 iptables
        refresh_package_lists
        unpacked=$folder unpack_packages apt-get -- docker.io containerd runc tini
    fi
    [[ -x $unpacked/usr/bin/docker-registry ]] || return 0
    export SHOREGUARD_TEST_ENGINE20=$folder SHOREGUARD_TEST_REGISTRY_PROGRAM=$unpacked/usr/bin/docker-registry SHOREGUARD_TEST_REGISTRY_CONFIG=$cache/registry.yml
}
