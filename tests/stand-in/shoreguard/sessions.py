"""The sessions of people: a signed cookie, by a key that is beside the SQLite file unless it is given."""

import hashlib
import hmac
import pathlib
import secrets
from http.cookies import CookieError, SimpleCookie

from shoreguard import settings
from shoreguard.database import sqlite_path

COOKIE = "sg_session"
SECONDS = 12 * 3600


def cookie(actor: str) -> str:
    return f"{COOKIE}={actor}.{_signature(actor)}; HttpOnly; Max-Age={SECONDS}; Path=/; SameSite=lax"


def actor(header: str) -> str | None:
    """Whose session a Cookie header has; None where it has none of ours."""
    try:
        morsel = SimpleCookie(header).get(COOKIE)
    except CookieError:
        return None
    name, _, signature = morsel.value.rpartition(".") if morsel else ("", "", "")
    return name if name and hmac.compare_digest(signature, _signature(name)) else None


def _signature(actor: str) -> str:
    return hmac.new(_secret(), actor.encode(), hashlib.sha256).hexdigest()


def _secret() -> bytes:
    if settings.SECRET_KEY:
        return settings.SECRET_KEY.encode()
    database = sqlite_path(settings.DATABASE_URL)
    file = (database.parent if database else pathlib.Path.home()) / ".secret_key"
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(secrets.token_hex(32))
    return file.read_bytes()
