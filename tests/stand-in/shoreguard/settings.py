"""Settings, from SHOREGUARD_* environment variables. An empty variable counts as absent: Compose files pass them that way."""

import os
import pathlib


def _text(name: str, default: str) -> str:
    return os.environ.get(name) or default


def _flag(name: str, default: bool) -> bool:
    return _text(name, str(default)).lower() in ("1", "true", "yes", "on")


def _default_database_url() -> str:
    configuration = os.environ.get("XDG_CONFIG_HOME") or pathlib.Path.home() / ".config"
    return f"sqlite:///{configuration}/shoreguard/shoreguard.db"


HOST = _text("SHOREGUARD_HOST", "0.0.0.0")
PORT = int(_text("SHOREGUARD_PORT", "8888"))
DATABASE_URL = os.environ.get("SHOREGUARD_DATABASE_URL") or _default_database_url()
DISCOVERY_ENABLED = _flag("SHOREGUARD_DISCOVERY_ENABLED", True)
METRICS_PUBLIC = _flag("SHOREGUARD_METRICS_PUBLIC", False)

# Of the stand-in alone.
BOOTSTRAP_KEY = os.environ.get("SHOREGUARD_BOOTSTRAP_KEY", "")
"""A bearer key with the admin role, there from the first start on."""
START_SECONDS = float(_text("SHOREGUARD_STANDIN_START_SECONDS", "0"))
"""How long the application takes between its migrations and its listening."""
ONE_LOOP = _flag("SHOREGUARD_STANDIN_ONE_LOOP", False)
"""Whether background tasks use the database all the time, and nothing is answered while one waits for it: as synchronous calls in an event loop."""
REQUESTS_PER_MINUTE = int(_text("SHOREGUARD_STANDIN_REQUESTS_PER_MINUTE", "0"))
"""The rate limit of the API; 0 is none."""
