"""What /readyz says, in the order and with the keys of the real one."""

import time

from shoreguard import settings
from shoreguard.database import Store
from shoreguard.release import BEHAVIOUR, HAS_DISCOVERY_CHECK

STARTED = time.monotonic()
BEAT_SECONDS = 30.0
CLEANUP_DIES_AFTER_SECONDS = 5.0


def readiness(store: Store, verbose: bool) -> tuple[int, dict]:
    gateway_service = "not initialised" if BEHAVIOUR == "never-ready" else "ok"
    checks: dict = {}
    gateways: dict = {}
    try:
        started = time.perf_counter()
        store.ping()
        checks["database"] = "ok"
        checks["database_latency_ms"] = round((time.perf_counter() - started) * 1000, 1)
        if gateway_service == "ok":
            gateways = _gateways(store, verbose)
    except Exception as error:  # whatever the driver raises is the check's message
        checks["database"] = str(error)
    checks["gateway_service"] = gateway_service
    checks |= gateways | _background_tasks()

    healthy = checks["database"] == "ok" and gateway_service == "ok" and "dead" not in checks.values()
    return (200, {"status": "ready", "checks": checks}) if healthy else (503, {"status": "not ready", "checks": checks})


def _gateways(store: Store, verbose: bool) -> dict:
    gateways = store.gateways()
    connected = sum(is_connected(gateway) for gateway in gateways)
    checks: dict = {"gateways_total": len(gateways), "gateways_connected": connected}
    if connected < len(gateways):
        checks["gateways_degraded"] = True
    if verbose:
        checks["gateways"] = [
            {
                "name": gateway["name"],
                "status": gateway["last_status"],
                "last_seen": gateway["last_seen"] and gateway["last_seen"].isoformat(),
                "connected": is_connected(gateway),
            }
            for gateway in gateways
        ]
    return checks


def is_connected(gateway: dict) -> bool:
    return gateway["last_status"] == "connected"


def _background_tasks() -> dict:
    age = time.monotonic() - STARTED
    dead = set()
    if BEHAVIOUR == "dead-background-task" and age > CLEANUP_DIES_AFTER_SECONDS:
        dead.add("cleanup")
    # It reads through the same code as the API does, and dies of the same fault.
    if BEHAVIOUR == "broken-api":
        dead.add("health_monitor")
    if HAS_DISCOVERY_CHECK and not settings.DISCOVERY_ENABLED:
        dead.add("discovery")

    checks: dict = {}
    for task in ("cleanup", "health_monitor", "discovery"):
        checks[f"background_{task}"] = "dead" if task in dead else "ok"
        if task not in dead:
            checks[f"background_{task}_age_s"] = round(age % BEAT_SECONDS, 1)
    return checks
