"""Which release this is: identity as the real application reports it, behaviour as baked into the image."""

import json
import os
import pathlib
import re
from importlib.metadata import version as installed_version

PACKAGE = pathlib.Path(__file__).parent

VERSION = installed_version("shoreguard")
BEHAVIOUR = json.loads((PACKAGE / "release.json").read_text())["behaviour"]

HAS_DISCOVERY_CHECK = tuple(int(part) for part in re.findall(r"\d+", VERSION)[:3]) >= (0, 30, 2)
"""Whether /readyz takes it for a failure that discovery is off."""


def identity() -> dict:
    """The version is the installed package's; the build comes from the environment that the image bakes in."""
    return {
        "version": VERSION,
        "git_sha": os.environ.get("SHOREGUARD_GIT_SHA", "unknown"),
        "build_time": os.environ.get("SHOREGUARD_BUILD_TIME", "unknown"),
    }
