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
GRACEFUL_SHUTDOWN_SECONDS = int(_text("SHOREGUARD_GRACEFUL_SHUTDOWN_TIMEOUT", "15"))
FORWARDED_ALLOW_IPS = _text("SHOREGUARD_FORWARDED_ALLOW_IPS", "127.0.0.1")
SECRET_KEY = os.environ.get("SHOREGUARD_SECRET_KEY", "")

# Of the stand-in alone.
BOOTSTRAP_KEY = os.environ.get("SHOREGUARD_BOOTSTRAP_KEY", "")
"""A bearer key with the admin role, there from the first start on."""
START_SECONDS = float(_text("SHOREGUARD_STANDIN_START_SECONDS", "0"))
"""How long the application takes between its migrations and its listening."""
START_WORK_SECONDS = float(_text("SHOREGUARD_STANDIN_START_WORK_SECONDS", "0"))
"""How long it works the processor there."""
SERVER = _text("SHOREGUARD_STANDIN_SERVER", "plain")
"""`uvicorn`: on the libraries of the real application, which take a second to start."""
ONE_LOOP = _flag("SHOREGUARD_STANDIN_ONE_LOOP", False)
"""Whether background tasks use the database all the time, and nothing is answered while one waits for it: as synchronous calls in an event loop."""
REQUESTS_PER_MINUTE = int(_text("SHOREGUARD_STANDIN_REQUESTS_PER_MINUTE", "0"))
"""The rate limit of the API; 0 is none."""
