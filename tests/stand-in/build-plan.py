"""Turns releases.json (standard input) into one line a release for the build: version, tags, build arguments, tab-separated.

Runs inside the base image, so that the machine that builds needs no Python and no jq.
"""

import json
import sys

releases = json.load(sys.stdin)["releases"]
for release in releases:
    version = release["version"]
    baked = release.get("baked", release)
    tags = [version, version.rpartition(".")[0], "sha-" + release["git_sha"][:7]]
    if release is releases[-1]:
        tags.append("latest")
    arguments = {
        "RELEASE": version,
        "LABEL_REVISION": release["git_sha"],
        "LABEL_CREATED": release["created"],
        "BAKED_VERSION": baked["version"],
        "BAKED_GIT_SHA": baked["git_sha"],
        "BAKED_BUILD_TIME": baked["build_time"],
    }
    print(version, " ".join(tags), " ".join(f"{name}={value}" for name, value in arguments.items()), sep="\t")
