# shellcheck shell=bash
# cosign, which signs images in the tests and verifies them for the module: the user's own, or Debian's.

signatures_up() {
    local folder=$cache/cosign
    if [[ ! -x $folder/usr/bin/cosign ]]; then
        ! command -v cosign >/dev/null || return 0
        can_install || { say "there is no cosign here; the tests of signatures need it (https://docs.sigstore.dev)"; return 0; }
        say "unpacking cosign from Debian $engine_suite"
        refresh_package_lists
        apt_of_suite "$engine_suite"
        unpacked=$folder unpack_packages "${suite_apt[@]}" -- cosign
    fi
    export PATH=$folder/usr/bin:$PATH
}
