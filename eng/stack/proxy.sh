# shellcheck shell=bash
# Caddy, the proxy of ShoreGuard's own Compose files, as an image in the local registry: Debian's program, or the public image.

proxy_up() {
    local hash
    hash=$(proxy_hash)
    export SHOREGUARD_TEST_PROXY_IMAGE=$SHOREGUARD_TEST_REGISTRY/stand-in/caddy:$hash
    if docker image inspect "$SHOREGUARD_TEST_PROXY_IMAGE" >/dev/null 2>&1 && registry_has "stand-in/caddy" "$hash" \
        || docker pull --quiet "$SHOREGUARD_TEST_PROXY_IMAGE" >/dev/null 2>&1; then
        return
    fi
    if can_install; then
        proxy_from_package
    else
        quietly "docker pull" docker pull caddy:2-alpine
        docker tag caddy:2-alpine "$SHOREGUARD_TEST_PROXY_IMAGE"
    fi
    quietly "docker push" docker push "$SHOREGUARD_TEST_PROXY_IMAGE"
}

# Everything that goes into it. The Caddyfile is mounted.
proxy_hash() { cat "$stand_in/compose/caddy/Dockerfile" "$here/stack/proxy.sh" | sha256sum | cut -c1-12; }

proxy_from_package() {
    local folder=$cache/caddy
    if [[ ! -x $folder/usr/bin/caddy ]]; then
        say "unpacking Caddy"
        refresh_package_lists
        unpacked=$folder unpack_packages apt-get -- caddy
    fi
    need_base_images
    quietly "docker build" docker build --build-arg "BASE=$base_image" --tag "$SHOREGUARD_TEST_PROXY_IMAGE" \
        --file "$stand_in/compose/caddy/Dockerfile" "$folder/usr/bin"
}
