"""The database: the few statements that the API needs, on the drivers themselves, which are there in a tenth of SQLAlchemy's time."""

import contextlib
import hashlib
import json
import pathlib
import secrets
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

from shoreguard import settings

TIMES = ("_at", "last_seen", "last_used", "timestamp")
"""How the columns end that hold times."""


class Conflict(Exception):
    """A row that may be there once is there already."""


def sqlite_path(url: str) -> pathlib.Path | None:
    """The file of a SQLAlchemy URL; None for another kind of database, or one in memory."""
    path = unquote(url.partition("?")[0].removeprefix("sqlite:///")) if url.startswith("sqlite:///") else ""
    return None if path in ("", ":memory:") else pathlib.Path(path)


def connect(url: str) -> "Connection":
    if url.startswith("sqlite:"):
        return SqliteConnection(url)
    return PostgresConnection(url)


class Connection:
    """A connection that is its own transaction after each statement, unless it is told otherwise."""

    conflict: type[Exception]

    def execute(self, sql: str, parameters: tuple = ()) -> Any:
        raise NotImplementedError

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        raise NotImplementedError

    def close(self) -> None:
        raise NotImplementedError

    def rows(self, sql: str, parameters: tuple = ()) -> list[tuple]:
        return [tuple(row) for row in self.execute(sql, parameters).fetchall()]

    def columns(self, table: str) -> list[str]:
        return [column[0] for column in self.execute(f"SELECT * FROM {table} LIMIT 0").description]

    def __enter__(self) -> "Connection":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class SqliteConnection(Connection):
    def __init__(self, url: str) -> None:
        import sqlite3

        self.conflict = sqlite3.IntegrityError
        self._connection = sqlite3.connect(sqlite_path(url) or ":memory:", isolation_level=None, check_same_thread=False)
        self.execute("PRAGMA journal_mode=WAL")
        self.execute("PRAGMA foreign_keys=ON")

    def execute(self, sql: str, parameters: tuple = ()) -> Any:
        # As SQLAlchemy writes times, so that either reads the other's.
        stored = tuple(value.isoformat(" ", "microseconds") if isinstance(value, datetime) else value for value in parameters)
        return self._connection.execute(sql.replace("%s", "?"), stored)

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        self.execute("BEGIN IMMEDIATE")
        with self._connection:
            yield

    def close(self) -> None:
        self._connection.close()


class PostgresConnection(Connection):
    def __init__(self, url: str) -> None:
        import psycopg

        self.conflict = psycopg.IntegrityError
        # libpq reads the same URL but for the driver's name.
        self._connection = psycopg.connect(url.replace("postgresql+psycopg://", "postgresql://", 1), autocommit=True)

    def execute(self, sql: str, parameters: tuple = ()) -> Any:
        return self._connection.execute(sql, parameters)

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        with self._connection.transaction():
            yield

    def close(self) -> None:
        self._connection.close()


def utc_now() -> datetime:
    """ShoreGuard stores and answers times in UTC without saying so."""
    return datetime.now(UTC).replace(tzinfo=None)


class Store:
    """One connection, for one request at a time. As the real one's pool does, it replaces a connection that has died before it is used."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._lock = threading.RLock()
        self._connection: Connection | None = connect(url)

    @contextlib.contextmanager
    def _used(self) -> Iterator[Connection]:
        with self._lock:
            if self._connection is not None:
                try:
                    self._connection.execute("SELECT 1")
                except Exception:  # the server has ended it
                    self.close()
            self._connection = self._connection or connect(self._url)
            yield self._connection

    def close(self) -> None:
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def ping(self) -> None:
        with self._used():
            pass

    def keep_busy(self) -> None:
        """A background task that asks the database all the time; what it meets there it forgets."""
        while True:
            with contextlib.suppress(Exception):
                self.ping()
            time.sleep(0.005)

    def wait_for_turn(self) -> None:
        """Returns when nobody waits for the database."""
        with self._lock:
            pass

    def has_table(self, name: str) -> bool:
        with self._used() as connection:
            try:
                return bool(connection.columns(name))
            except Exception:  # there is none
                return False

    def _select(self, table: str, condition: str = "", *parameters: object) -> list[dict]:
        with self._used() as connection:
            cursor = connection.execute(f"SELECT * FROM {table} {condition} ORDER BY id", parameters)
            names = [column[0] for column in cursor.description]
            return [{name: _value(name, value) for name, value in zip(names, row)} for row in cursor.fetchall()]

    def gateways(self) -> list[dict]:
        return self._select("gateways")

    def gateway(self, name: str) -> dict | None:
        return next((gateway for gateway in self.gateways() if gateway["name"] == name), None)

    def sandboxes(self, gateway_name: str) -> list[dict]:
        return self._select("sandbox_meta", "WHERE gateway_name = %s", gateway_name)

    def insert(self, table: str, values: dict, actor: str) -> None:
        """Adds a row (columns that this schema lacks are left out) and its line in the audit log, both or neither."""
        audit = {
            "timestamp": utc_now(), "actor": actor, "actor_role": "admin", "action": f"{table}.create",
            "resource_type": table, "resource_id": str(values.get("name", "")), "detail": json.dumps({}),
        }
        with self._used() as connection:
            try:
                with connection.transaction():
                    for name, row in ((table, values), ("audit_log", audit)):
                        known = [column for column in connection.columns(name) if column in row]
                        places = ", ".join(["%s"] * len(known))
                        connection.execute(f"INSERT INTO {name} ({', '.join(known)}) VALUES ({places})", tuple(row[column] for column in known))
            except connection.conflict as error:
                raise Conflict from error

    def principal(self, key: str) -> dict | None:
        found = self._select("service_principals", "WHERE key_hash = %s", _hash(key))
        if not found or (found[0]["expires_at"] is not None and found[0]["expires_at"] < utc_now()):
            return None
        return found[0]

    def add_principal(self, name: str, role: str, actor: str, key: str | None = None) -> str:
        key = key or "sg_" + secrets.token_urlsafe(32)
        values = {"name": name, "role": role, "key_hash": _hash(key), "key_prefix": key[:12], "created_at": utc_now()}
        self.insert("service_principals", values, actor)
        return key

    def ensure_bootstrap_principal(self) -> None:
        if settings.BOOTSTRAP_KEY and self.principal(settings.BOOTSTRAP_KEY) is None:
            self.add_principal("bootstrap-" + _hash(settings.BOOTSTRAP_KEY)[:8], "admin", "system", settings.BOOTSTRAP_KEY)


def _value(column: str, value: object) -> object:
    """SQLite has no times, and gives back the text."""
    return datetime.fromisoformat(value) if isinstance(value, str) and column.endswith(TIMES) else value


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
