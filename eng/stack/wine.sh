# shellcheck shell=bash
# Windows, as far as Wine has it: in a Debian of its own, since the older one of this machine crashes under the test runner.

wine_suite=trixie
wine_root=$cache/wine-$wine_suite

wine_up() {
    can_install || fail "Wine is installed as root on Debian alone here; on Windows itself, run build.ps1 test"
    if [[ ! -e $wine_root/.made ]]; then
        install_packages debootstrap
        refresh_package_lists
        say "making a Debian $wine_suite with Wine (two minutes, once)"
        rm -rf --one-file-system "$wine_root"
        debootstrap --variant=minbase --include=ca-certificates "$wine_suite" "$wine_root" "$(debian_mirror)" >"$cache/log/wine.log" 2>&1 \
            || { tail_log wine; fail "debootstrap failed; see $cache/log/wine.log"; }
        DEBIAN_FRONTEND=noninteractive in_wine_root apt-get install --yes --quiet --no-install-recommends wine wine64 libwine >>"$cache/log/wine.log" 2>&1 \
            || { tail_log wine; fail "Wine cannot be installed; see $cache/log/wine.log"; }
        in_wine wineboot --init >>"$cache/log/wine.log" 2>&1 || { tail_log wine; fail "Wine has not made its folders; see $cache/log/wine.log"; }
        in_wine wineserver --wait
        touch "$wine_root/.made"
    fi
}

in_wine_root() {
    mountpoint --quiet "$wine_root/proc" || mount -t proc proc "$wine_root/proc"
    grep -qs localhost "$wine_root/etc/hosts" || echo '127.0.0.1 localhost' >"$wine_root/etc/hosts"
    chroot "$wine_root" "$@"
}

# in_wine PROGRAM…: quiet, and without asking for programs of its own to be installed.
in_wine() {
    in_wine_root env -i HOME=/root PATH=/usr/bin:/bin:/usr/lib/wine LANG=C.UTF-8 WINEDEBUG=-all "WINEDLLOVERRIDES=mshtml=d;winemenubuilder.exe=d" "$@"
}
