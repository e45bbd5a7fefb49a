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
        wine_mount
        DEBIAN_FRONTEND=noninteractive chroot "$wine_root" apt-get install --yes --quiet --no-install-recommends wine wine64 libwine >>"$cache/log/wine.log" 2>&1 \
            || { tail_log wine; fail "Wine cannot be installed; see $cache/log/wine.log"; }
        in_wine wineboot --init >>"$cache/log/wine.log" 2>&1 || { tail_log wine; fail "Wine has not made its folders; see $cache/log/wine.log"; }
        in_wine wineserver --wait
        touch "$wine_root/.made"
    fi
    # From Windows 8 on .NET derives keys by a function that Wine 10 lacks, and no password of PostgreSQL can be told.
    if [[ ! -e $wine_root/.seven ]]; then
        wine_mount
        in_wine wine reg add 'HKCU\Software\Wine\AppDefaults\pwsh.exe' /v Version /d win7 /f >>"$cache/log/wine.log" 2>&1
        in_wine wineserver --wait
        touch "$wine_root/.seven"
    fi
}

wine_mount() {
    mountpoint --quiet "$wine_root/proc" || mount -t proc proc "$wine_root/proc"
    grep -qs localhost "$wine_root/etc/hosts" || echo '127.0.0.1 localhost' >"$wine_root/etc/hosts"
}

# What comes before a program that runs in it: quiet, and without asking for programs of Wine's own to be installed.
wine_command() {
    printf '%s\n' chroot "$wine_root" env -i HOME=/root PATH=/usr/bin:/bin:/usr/lib/wine LANG=C.UTF-8 XDG_RUNTIME_DIR=/tmp \
        WINEDEBUG=-all "WINEDLLOVERRIDES=mshtml=d;winemenubuilder.exe=d"
}

# in_wine PROGRAM…
in_wine() {
    local command
    mapfile -t command < <(wine_command)
    "${command[@]}" "$@"
}

# in_wine_console PROGRAM…: on a terminal of its own, without which there is no console and pwsh.exe ends at once; what it prints comes out here.
in_wine_console() {
    local command
    mapfile -t command < <(wine_command)
    SHELL=/bin/bash script --quiet --return --command "$(printf '%q ' "${command[@]}" "$@") >&3 2>&3" /dev/null 3>&1 </dev/null
}
