"""The migrations, run by the real Alembic at every start that has any to run."""

import ast
import contextlib
import os
import pathlib
import re
import shutil

from shoreguard import database, settings
from shoreguard.release import PACKAGE

TEMPLATE = PACKAGE / "new.db"
"""An empty database at this release's head, made by these very migrations when the image was built."""

_ASSIGNMENT = re.compile(r"^(down_revision|revision)\b[^=\n]*=\s*(.+)$", re.M)


def upgrade_to_head() -> None:
    """Raises alembic.util.exc.CommandError when the database is at a revision that this release does not know."""
    _prepare_file()
    # Alembic takes longer to import than everything else in a start takes to run: it is left out where it would do nothing.
    if not _is_at_head():
        run_alembic()


def run_alembic() -> None:
    from alembic import command
    from alembic.config import Config

    configuration = Config()
    configuration.set_main_option("script_location", str(PACKAGE / "alembic"))
    configuration.set_main_option("sqlalchemy.url", settings.DATABASE_URL.replace("%", "%%"))
    command.upgrade(configuration, "head")


def _is_at_head() -> bool:
    try:
        with database.connect(settings.DATABASE_URL) as connection:
            return connection.rows("SELECT version_num FROM alembic_version") == [(_head(),)]
    except Exception:  # whatever it is, Alembic has the words for it
        return False


def _head() -> str | None:
    """The one revision that no script names as the one before it; None where that cannot be read off the scripts."""
    revisions, earlier = set(), set()
    for script in (PACKAGE / "alembic" / "versions").glob("*.py"):
        found = dict(_ASSIGNMENT.findall(script.read_text()))
        revisions.add(ast.literal_eval(found["revision"]))
        earlier.add(ast.literal_eval(found["down_revision"]))
    heads = revisions - earlier
    return heads.pop() if len(heads) == 1 else None


def _prepare_file() -> None:
    """Nobody but the application may read the file, from its first byte on. Where it may not be made, SQLite has the words for it."""
    with contextlib.suppress(PermissionError):
        _make_file()


def _make_file() -> None:
    path = database.sqlite_path(settings.DATABASE_URL)
    if path is None or (path.exists() and path.stat().st_size > 0):
        return
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.exists() or not TEMPLATE.exists():
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        return
    new = pathlib.Path(f"{path}.new")
    os.close(os.open(new, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600))
    shutil.copyfile(TEMPLATE, new)
    new.rename(path)
