# shellcheck shell=bash
# Prometheus and Alertmanager, which the tests of alerts start and stop themselves: the user's own, or Debian's.

monitoring_up() {
    local folder=$cache/monitoring prometheus alertmanager
    # Debian's own name for the second one is the longer one.
    prometheus=$(command -v prometheus || true)
    alertmanager=$(command -v alertmanager || command -v prometheus-alertmanager || true)
    if [[ -n $prometheus && -n $alertmanager ]]; then
        export SHOREGUARD_TEST_PROMETHEUS_PROGRAM=$prometheus SHOREGUARD_TEST_ALERTMANAGER_PROGRAM=$alertmanager
        return
    fi
    if [[ ! -x $folder/alertmanager ]]; then
        can_install || { say "there is no Prometheus with its Alertmanager here; the tests of alerts need both (https://prometheus.io)"; return 0; }
        say "unpacking Prometheus and Alertmanager"
        refresh_package_lists
        unpacked=$folder unpack_packages apt-get -- prometheus prometheus-alertmanager
        alertmanager_with_its_templates >"$folder/alertmanager.new"
        chmod +x "$folder/alertmanager.new"
        mv "$folder/alertmanager.new" "$folder/alertmanager"
    fi
    export SHOREGUARD_TEST_PROMETHEUS_PROGRAM=$folder/usr/bin/prometheus SHOREGUARD_TEST_ALERTMANAGER_PROGRAM=$folder/alertmanager
}

# Debian's reads its templates where its package would be installed: for that process alone, they are there.
alertmanager_with_its_templates() {
    cat <<'END'
#!/usr/bin/env bash
export MONITORING=$(dirname "$(readlink -f "$0")")
exec unshare --mount -- bash -c 'mount -t overlay -o "lowerdir=$MONITORING/usr/share:/usr/share" overlay /usr/share && exec "$MONITORING/usr/bin/prometheus-alertmanager" "$@"' bash "$@"
END
}
