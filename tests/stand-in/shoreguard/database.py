"""The database: migrations at the start, then the few statements that the API needs."""

import hashlib
import json
import os
import pathlib
import secrets
from datetime import UTC, datetime

from alembic import command
from alembic.config import Config
from sqlalchemy import MetaData, Table, create_engine, event, func, inspect, select
from sqlalchemy.engine import Connection, Engine, make_url

from shoreguard import settings
from shoreguard.release import PACKAGE


def upgrade_to_head() -> None:
    """Raises alembic.util.exc.CommandError when the database is at a revision that this release does not know."""
    _prepare_file()
    configuration = Config()
    configuration.set_main_option("script_location", str(PACKAGE / "alembic"))
    configuration.set_main_option("sqlalchemy.url", settings.DATABASE_URL.replace("%", "%%"))
    command.upgrade(configuration, "head")


def connect() -> Engine:
    # As the real one: a connection that has died is replaced before it is used.
    engine = create_engine(settings.DATABASE_URL, pool_pre_ping=True)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _configure_sqlite)
    return engine


def _prepare_file() -> None:
    """Nobody but the application may read the file, from its first byte on."""
    url = make_url(settings.DATABASE_URL)
    if url.get_backend_name() != "sqlite" or url.database in (None, "", ":memory:"):
        return
    path = pathlib.Path(url.database)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))


def _configure_sqlite(connection, _record) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def utc_now() -> datetime:
    """ShoreGuard stores and answers times in UTC without saying so."""
    return datetime.now(UTC).replace(tzinfo=None)


class Store:
    """Tables are reflected, not modelled: the same code serves every release's schema."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._tables: dict[str, Table] = {}

    def ping(self) -> None:
        with self._engine.connect() as connection:
            connection.execute(select(1))

    def has_table(self, name: str) -> bool:
        return inspect(self._engine).has_table(name)

    def _table(self, name: str) -> Table:
        if name not in self._tables:
            self._tables[name] = Table(name, MetaData(), autoload_with=self._engine, resolve_fks=False)
        return self._tables[name]

    def gateways(self) -> list[dict]:
        table = self._table("gateways")
        with self._engine.connect() as connection:
            return [dict(row) for row in connection.execute(select(table).order_by(table.c.id)).mappings()]

    def gateway(self, name: str) -> dict | None:
        return next((gateway for gateway in self.gateways() if gateway["name"] == name), None)

    def sandboxes(self, gateway_name: str) -> list[dict]:
        table = self._table("sandbox_meta")
        query = select(table).where(table.c.gateway_name == gateway_name).order_by(table.c.id)
        with self._engine.connect() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]

    def count(self, name: str) -> int:
        with self._engine.connect() as connection:
            return connection.execute(select(func.count()).select_from(self._table(name))).scalar_one()

    def insert(self, name: str, values: dict, actor: str) -> None:
        """Adds a row (columns that this schema lacks are left out) and its line in the audit log, both or neither."""
        table = self._table(name)
        with self._engine.begin() as connection:
            connection.execute(table.insert().values({k: v for k, v in values.items() if k in table.c}))
            self._audit(connection, actor, f"{name}.create", name, str(values.get("name", "")))

    def _audit(self, connection: Connection, actor: str, action: str, resource_type: str, resource_id: str) -> None:
        connection.execute(
            self._table("audit_log").insert().values(
                timestamp=utc_now(), actor=actor, actor_role="admin", action=action,
                resource_type=resource_type, resource_id=resource_id, detail=json.dumps({}),
            )
        )

    def principal(self, key: str) -> dict | None:
        table = self._table("service_principals")
        query = select(table).where(table.c.key_hash == _hash(key))
        with self._engine.connect() as connection:
            row = connection.execute(query).mappings().first()
        if row is None or (row["expires_at"] is not None and row["expires_at"] < utc_now()):
            return None
        return dict(row)

    def add_principal(self, name: str, role: str, actor: str, key: str | None = None) -> str:
        key = key or "sg_" + secrets.token_urlsafe(32)
        values = {"name": name, "role": role, "key_hash": _hash(key), "key_prefix": key[:12], "created_at": utc_now()}
        self.insert("service_principals", values, actor)
        return key

    def ensure_bootstrap_principal(self) -> None:
        if settings.BOOTSTRAP_KEY and self.principal(settings.BOOTSTRAP_KEY) is None:
            self.add_principal("bootstrap-" + _hash(settings.BOOTSTRAP_KEY)[:8], "admin", "system", settings.BOOTSTRAP_KEY)


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
