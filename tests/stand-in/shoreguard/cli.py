"""The console command: migrate, listen, stop when told to."""

import logging
import os
import signal
import sys
import threading
import time
import traceback

from shoreguard.release import BEHAVIOUR, VERSION

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
    # Imported here, not above: the time that this takes belongs to the start-up that SIGTERM may end.
    from shoreguard import database, migrations, settings
    from shoreguard.api import Api
    from shoreguard.server import Server

    try:
        migrations.upgrade_to_head()
        store = database.Store(settings.DATABASE_URL)
        store.ensure_bootstrap_principal()
    except Exception:
        traceback.print_exc()
        logging.error("Application startup failed. Exiting.")
        return STARTUP_FAILED

    time.sleep(settings.START_SECONDS)
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
