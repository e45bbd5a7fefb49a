"""The database through SQLAlchemy's pool with the settings of the real application, for the server that is as the real one's."""

import contextlib
from collections.abc import Iterator
from typing import Any

from sqlalchemy import create_engine, exc
from sqlalchemy.engine import Connection as Session
from sqlalchemy.engine import Engine

from shoreguard.database import Connection, Store


def make_engine(url: str) -> Engine:
    return create_engine(url, pool_pre_ping=True)


class PooledConnection(Connection):
    conflict = exc.IntegrityError

    def __init__(self, session: Session) -> None:
        self._session = session

    def execute(self, sql: str, parameters: tuple = ()) -> Any:
        sqlite = self._session.dialect.name == "sqlite"
        result = self._session.exec_driver_sql(sql.replace("%s", "?") if sqlite else sql, parameters)
        return _Rows(result) if result.returns_rows else result

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        # The session is one already.
        yield

    def close(self) -> None:
        self._session.close()


class _Rows:
    def __init__(self, result: Any) -> None:
        self.description = result.cursor.description
        self.fetchall = result.fetchall


class PooledStore(Store):
    """Each use takes a session out of the pool, which tries it first. Synchronous, and called from the event loop, as in the real application."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @contextlib.contextmanager
    def _used(self) -> Iterator[Connection]:
        with self._engine.begin() as session:
            yield PooledConnection(session)

    def ping(self) -> None:
        with self._used() as connection:
            connection.rows("SELECT 1")

    def wait_for_turn(self) -> None:
        """The event loop itself is what everything waits for."""

    @property
    def url(self) -> str:
        return str(self._engine.url)

    def close(self) -> None:
        self._engine.dispose()
