# shellcheck shell=bash
# Debian packages: a few installed, the services only unpacked, so that nothing of them starts by itself or touches the system.

unpacked=$cache/root
# Carries Engine 28 and Compose 2 while the stable release still has Engine 20 and Compose 1.
engine_suite=forky

# install_packages PACKAGE…: those that are missing.
install_packages() {
    local package missing=()
    for package; do
        dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
    done
    ((${#missing[@]})) || return 0
    say "installing ${missing[*]}"
    refresh_package_lists
    DEBIAN_FRONTEND=noninteractive apt-get install --yes --quiet --no-install-recommends "${missing[@]}" >"$cache/log/apt.log" 2>&1 \
        || { tail_log apt; fail "apt-get install ${missing[*]} failed; see $cache/log/apt.log"; }
}

# unpack_packages APT_GET… -- PACKAGE…: downloads and unpacks into the cache folder.
unpack_packages() {
    local apt=()
    while [[ $1 != -- ]]; do
        apt+=("$1")
        shift
    done
    shift
    local folder
    folder=$(mktemp -d "$cache/download.XXXXXX")
    (cd "$folder" && "${apt[@]}" --quiet -o APT::Sandbox::User=root download "$@" >"$cache/log/apt.log" 2>&1) \
        || { tail_log apt; fail "cannot download $*; see $cache/log/apt.log"; }
    mkdir -p "$unpacked"
    for package in "$folder"/*.deb; do
        dpkg -x "$package" "$unpacked"
    done
    rm -r "$folder"
}

refresh_package_lists() {
    [[ -z ${package_lists_fresh:-} ]] || return 0
    apt-get update --quiet >"$cache/log/apt.log" 2>&1 || { tail_log apt; fail "apt-get update failed; see $cache/log/apt.log"; }
    package_lists_fresh=1
}

# The mirror that this machine is configured with.
debian_mirror() {
    local codename mirror
    codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-sid}")
    # shellcheck disable=SC2016 # apt's placeholders, not the shell's
    mirror=$(apt-get indextargets --format '$(REPO_URI) $(CODENAME) $(COMPONENT)' "Created-By: Packages" \
        | awk -v codename="$codename" '$2 == codename && $3 == "main" { print $1; exit }')
    [[ -n $mirror ]] || fail "the apt configuration of this machine names no Debian mirror for $codename"
    echo "$mirror"
}

# apt_of_suite SUITE: sets the array `suite_apt` to an apt-get that sees that suite alone, and the machine's configuration not at all.
apt_of_suite() {
    local folder=$cache/apt/$1 mirror
    mirror=$(debian_mirror)
    suite_apt=(apt-get -o "Dir::Etc::SourceList=$folder/sources.list" -o Dir::Etc::SourceParts=- -o Dir::Etc::PreferencesParts=-
        -o "Dir::State::Lists=$folder/lists" -o "Dir::Cache=$folder/cache" -o APT::Sandbox::User=root)
    mkdir -p "$folder/lists/partial" "$folder/cache/archives/partial"
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $1 main" >"$folder/sources.list"
    "${suite_apt[@]}" update --quiet >"$cache/log/apt.log" 2>&1 \
        || { tail_log apt; fail "cannot read Debian $1 from this machine's mirror; see $cache/log/apt.log"; }
}
