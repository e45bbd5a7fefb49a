# shellcheck shell=bash
# A browser without a window, in which the tests look at the page of an incident: the user's own, or Debian's Chromium.

browser_up() {
    local program
    if ! program=$(find_browser); then
        can_install || { say "there is no Chromium here; the tests of the incident page need one"; return 0; }
        # Its dependencies are libraries that the system has in one version alone.
        install_packages chromium-headless-shell fonts-dejavu-core
        program=$(find_browser) || fail "Chromium was installed, and cannot be found"
    fi
    export SHOREGUARD_TEST_BROWSER=$program
}

find_browser() {
    command -v chromium-headless-shell || command -v chromium || command -v google-chrome
}
