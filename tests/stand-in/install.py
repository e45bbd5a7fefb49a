"""Installs one release of the stand-in into an image, as `pip install` would: package, metadata, console command.

The migrations after the release's head stay out: an image knows its own revisions and no later ones.
"""

import compileall
import json
import os
import pathlib
import shutil
import site
import subprocess
import sys

SOURCE = pathlib.Path(__file__).parent
PYTHON_LIBRARY = pathlib.Path(f"/usr/local/lib/python{sys.version_info.major}.{sys.version_info.minor}")

CONSOLE_COMMAND = """#!/usr/bin/env python3
import sys

from shoreguard.cli import main

sys.exit(main())
"""


def main(version: str) -> None:
    releases = json.loads((SOURCE / "releases.json").read_text())["releases"]
    release = next(r for r in releases if r["version"] == version)

    site_packages = PYTHON_LIBRARY / "site-packages"
    package = site_packages / "shoreguard"
    shutil.copytree(SOURCE / "shoreguard", package)
    drop_later_migrations(package, release["head"])
    (package / "release.json").write_text(json.dumps({"behaviour": release["behaviour"]}))
    write_metadata(site_packages, release.get("baked", release)["version"])
    make_importable(site_packages)

    command = pathlib.Path("/usr/local/bin/shoreguard")
    command.write_text(CONSOLE_COMMAND)
    command.chmod(0o755)
    compileall.compile_dir(str(package), quiet=1)
    make_template(package)


def make_template(package: pathlib.Path) -> None:
    """Every deployment begins with a new database: its migrations are run here, once."""
    environment = os.environ | {"SHOREGUARD_DATABASE_URL": f"sqlite:///{package}/new.db"}
    subprocess.run([sys.executable, "-c", "from shoreguard import migrations; migrations.run_alembic()"], env=environment, check=True)


def drop_later_migrations(package: pathlib.Path, head: str) -> None:
    for script in (package / "alembic" / "versions").glob("*.py"):
        if script.name[:3] > head:
            script.unlink()


def write_metadata(site_packages: pathlib.Path, version: str) -> None:
    information = site_packages / f"shoreguard-{version}.dist-info"
    information.mkdir()
    (information / "METADATA").write_text(f"Metadata-Version: 2.1\nName: shoreguard\nVersion: {version}\n")


def make_importable(site_packages: pathlib.Path) -> None:
    """Debian's Python looks into dist-packages only; the real image has site-packages, and tools look there."""
    searched = [pathlib.Path(folder) for folder in site.getsitepackages()]
    if site_packages not in searched:
        searched[0].mkdir(parents=True, exist_ok=True)
        (searched[0] / "shoreguard.pth").write_text(f"{site_packages}\n")


main(sys.argv[1])
