# shellcheck shell=bash
# The stand-in ShoreGuard's images, one a release, and a PostgreSQL image, all in the local registry.

base_suite=trixie
# What the application is made of, and the server beside it.
base_packages=python3-minimal,python3-alembic,python3-psycopg,python3-fastapi,python3-uvicorn,python3-websockets,python3-aiosqlite,ca-certificates,postgresql-17
made=$base_suite-$(sha256sum <<<"$base_packages" | cut -c1-8)
base_image=shoreguard-standin-application:$made
database_base_image=shoreguard-standin-database:$made

images_up() {
    local hash
    hash=$(stand_in_hash)
    # Pushed last, so that it stands for all of them.
    export SHOREGUARD_TEST_DATABASE_IMAGE=$SHOREGUARD_TEST_REGISTRY/stand-in/postgres:$hash
    if docker image inspect "$SHOREGUARD_TEST_DATABASE_IMAGE" >/dev/null 2>&1 && registry_has "stand-in/postgres" "$hash" \
        || docker pull --quiet "$SHOREGUARD_TEST_DATABASE_IMAGE" >/dev/null 2>&1; then
        return
    fi
    need_base_images
    build_releases
    build_database
}

# Everything that goes into an image: the sources, and how this file builds them.
stand_in_hash() {
    (cd "$stand_in" && find . -type f -not -path '*/__pycache__/*' -not -path './compose/*' -not -name README.md -print0 \
        | LC_ALL=C sort -z | xargs -0 sha256sum && sha256sum <"$here/stack/images.sh") | sha256sum | cut -c1-12
}

# registry_has REPOSITORY TAG, by the registry's own answer to a HEAD request.
registry_has() {
    local answer
    exec 3<>"/dev/tcp/127.0.0.1/$registry_port"
    printf 'HEAD /v2/%s/manifests/%s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAccept: %s\r\n\r\n' "$1" "$2" \
        'application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json' >&3
    read -r answer <&3
    exec 3>&-
    [[ $answer == *' 200 '* ]]
}

need_base_images() {
    if docker image inspect "$base_image" >/dev/null 2>&1 && { ! can_install || docker image inspect "$database_base_image" >/dev/null 2>&1; }; then
        return
    fi
    if can_install; then
        bases_from_debian
    else
        base_from_public_image
    fi
}

# No public registry is needed: Debian has all of it.
bases_from_debian() {
    local application=$cache/application-$made.tar database=$cache/database-$made.tar
    if [[ ! -e $database ]]; then
        install_packages debootstrap
        refresh_package_lists
        say "making the base images from Debian $base_suite (two minutes, once)"
        local root mirror
        mirror=$(debian_mirror)
        root=$(mktemp -d "$cache/base.XXXXXX")
        debootstrap --variant=minbase --include="$base_packages" \
            "$base_suite" "$root" "$mirror" >"$cache/log/debootstrap.log" 2>&1 \
            || { tail_log debootstrap; rm -rf --one-file-system "$root"; fail "debootstrap failed; see $cache/log/debootstrap.log"; }
        # Half of the size, none of the use: package lists, documentation, and the compiler behind PostgreSQL's JIT.
        rm -rf "$root"/var/cache/apt "$root"/var/lib/apt/lists "$root"/usr/share/{doc,man,locale,info,i18n} \
            "$root"/usr/lib/*/{libLLVM*,libz3*} "$root"/usr/lib/postgresql/17/lib/{llvmjit*,bitcode} "$root"/var/lib/postgresql/17
        # The application needs neither the server nor what its packages are administered with: engines of tests' own unpack this again and again.
        tar -C "$root" -cf "$application.part" --no-wildcards-match-slash --exclude='./usr/*/postgresql' --exclude='./usr/lib/*/perl*' \
            --exclude='./usr/lib/*/gconv' --exclude='./usr/lib/*/libicu*' --exclude='./usr/share/perl*' --exclude='./usr/lib/systemd' .
        mv "$application.part" "$application"
        tar -C "$root" -cf "$database.part" .
        mv "$database.part" "$database"
        rm -rf --one-file-system "$root"
    fi
    docker import "$application" "$base_image" >/dev/null
    docker import "$database" "$database_base_image" >/dev/null
}

base_from_public_image() {
    say "making the base image from python:3.14-slim"
    docker build --quiet --tag "$base_image" - >/dev/null <<'EOF' || fail "cannot build the base image; is the internet reachable?"
FROM python:3.14-slim
RUN pip install --no-cache-dir alembic sqlalchemy "psycopg[binary]" fastapi uvicorn websockets aiosqlite
EOF
}

build_releases() {
    local plan version tags arguments word pushed=()
    plan=$(docker run --rm --interactive --entrypoint python3 "$base_image" -c "$(<"$stand_in/build-plan.py")" <"$stand_in/releases.json") \
        || fail "the base image $base_image cannot run Python; remove it (docker image rm $base_image) and try again"
    while IFS=$'\t' read -r version tags arguments; do
        say "building the stand-in $version"
        local options=()
        for word in $tags; do
            options+=(--tag "$SHOREGUARD_TEST_REPOSITORY:$word")
            pushed+=("$SHOREGUARD_TEST_REPOSITORY:$word")
        done
        for word in $arguments; do options+=(--build-arg "$word"); done
        quietly "docker build" docker build --build-arg "BASE=$base_image" "${options[@]}" "$stand_in"
    done <<<"$plan"
    quietly "docker push" docker push --all-tags "$SHOREGUARD_TEST_REPOSITORY"
    # What the tests deploy comes from the registry, as in production; a copy in the engine would hide a pull that fails.
    docker image rm --force "${pushed[@]}" >/dev/null
}

build_database() {
    if can_install; then
        quietly "docker build" docker build --build-arg "BASE=$database_base_image" --tag "$SHOREGUARD_TEST_DATABASE_IMAGE" "$stand_in/database"
    else
        quietly "docker pull" docker pull postgres:17-alpine
        docker tag postgres:17-alpine "$SHOREGUARD_TEST_DATABASE_IMAGE"
    fi
    quietly "docker push" docker push "$SHOREGUARD_TEST_DATABASE_IMAGE"
}

# quietly WHAT COMMAND…: shows output only when it fails.
quietly() {
    local what=$1
    shift
    "$@" >"$cache/log/images.log" 2>&1 </dev/null || { tail_log images; fail "$what failed; see $cache/log/images.log"; }
}
