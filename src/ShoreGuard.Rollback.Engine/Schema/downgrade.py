"""Takes a ShoreGuard database down to a revision, by Alembic itself.

Run inside a container of the image that has the scripts, with the application's own environment, networks and volumes. What Alembic
says goes to the standard output; why it failed, in one line, to the standard error.
"""

import importlib.util
import logging
import os
import pathlib
import sys
import traceback

from alembic import command
from alembic.config import Config

logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stdout)
folder = pathlib.Path(importlib.util.find_spec("shoreguard").submodule_search_locations[0]) / "alembic"
config = Config()
config.set_main_option("script_location", str(folder).replace("%", "%%"))
config.set_main_option("sqlalchemy.url", os.environ["SHOREGUARD_DATABASE_URL"].replace("%", "%%"))
try:
    command.downgrade(config, os.environ["SHOREGUARD_ROLLBACK_TO"])
except BaseException as error:
    traceback.print_exc(file=sys.stdout)
    sys.stdout.flush()
    print(f"{type(error).__name__}: {error}".split("\n")[0], file=sys.stderr)
    sys.exit(1)
