"""The console command: migrate, listen, stop when told to."""

import logging
import os
import signal
import sys
import threading
import time
import traceback
import typing

from shoreguard.release import BEHAVIOUR, VERSION

if typing.TYPE_CHECKING:
    from shoreguard import database

STARTUP_FAILED = 3
"""The exit code of the real application's server when its start-up fails."""


def main() -> int:
    # As process 1 of a container nothing has a default action: without a handler, SIGTERM would be lost during the start.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))
    logging.basicConfig(level=logging.INFO, format="%(levelname)-9s %(message)s")
    logging.info("Started server process [%d]", os.getpid())
    logging.info("ShoreGuard %s: waiting for application startup.", VERSION)
    if BEHAVIOUR == "crash-at-start":
        raise RuntimeError("this release crashes at its start")
    return serve()


def serve() -> int:
    # Imported here and below, not above: the time that this takes belongs to the start-up that SIGTERM may end.
    from shoreguard import database, settings

    try:
        migrate()
        time.sleep(settings.START_SECONDS)
        work(settings.START_WORK_SECONDS)
        if settings.SERVER == "uvicorn":
            from shoreguard import asgi

            asgi.serve()
            return 0
        store = database.Store(settings.DATABASE_URL)
        store.ensure_bootstrap_principal()
    except Exception:
        traceback.print_exc()
        logging.error("Application startup failed. Exiting.")
        return STARTUP_FAILED

    return listen(store)


def migrate() -> None:
    from shoreguard import migrations

    try:
        migrations.upgrade_to_head()
    except Exception as error:
        logging.error("Database migration failed: %s", error)
        raise


def work(seconds: float) -> None:
    """Takes so much of the processor, however busy it is."""
    until = time.process_time() + seconds
    while time.process_time() < until:
        pass


def listen(store: "database.Store") -> int:
    from shoreguard import settings
    from shoreguard.api import Api
    from shoreguard.server import Server

    if settings.ONE_LOOP:
        threading.Thread(target=store.keep_busy, daemon=True).start()
    server = Server((settings.HOST, settings.PORT), Api(store))
    server.start()
    logging.info("Running on http://%s:%d", settings.HOST, settings.PORT)
    try:
        while True:
            signal.pause()
    finally:
        server.stop()
        store.close()
        logging.info("Finished server process [%d]", os.getpid())
