"""The engine, and the only two ways to the database: ``read()`` and ``write()``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from api.domain.shared.exceptions import DatabaseUnavailable

BUSY_TIMEOUT_MS = 15_000
_BEGIN_IMMEDIATE = "cockpit_begin_immediate"


def make_engine(url: str) -> Engine:
    """Return an engine for SQLite or PostgreSQL.

    On SQLite: WAL, ``synchronous=FULL``, foreign keys, and transactions that we begin ourselves. The driver's
    own transactions can fail with *database is locked* when they turn from reading to writing.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return create_engine(url, pool_pre_ping=True, pool_size=5, max_overflow=10)
    if parsed.database and parsed.database != ":memory:":
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, connect_args={"timeout": BUSY_TIMEOUT_MS / 1000, "check_same_thread": False})

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            f"busy_timeout={BUSY_TIMEOUT_MS}",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        immediate = connection.get_execution_options().get(_BEGIN_IMMEDIATE, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")

    return engine


class Database:
    """Reads and writes, each in one transaction that ends with its block."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._writer = engine.execution_options(**{_BEGIN_IMMEDIATE: True})
        # With PostgreSQL's default each statement of one transaction could see another state.
        snapshot = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        self._reader = engine if self.is_sqlite else engine.execution_options(**snapshot)

    @classmethod
    def at(cls, url: str) -> Database:
        """Return the database at a SQLAlchemy URL."""
        return cls(make_engine(url))

    @property
    def is_sqlite(self) -> bool:
        """True on SQLite, which has one writer at a time."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Open a connection whose transaction sees one state throughout.

        Raises:
            DatabaseUnavailable: the database does not answer.
        """
        with _named_errors(), self._reader.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Open a connection that writes: committed when the block ends, rolled back when it raises.

        Raises:
            DatabaseUnavailable: the database is locked for too long, read-only, full or unreachable.
        """
        with _named_errors(), self._writer.begin() as connection:
            yield connection

    def lock(self, connection: Connection, name: str) -> None:
        """Admit one writer at a time to ``name`` until its transaction ends (SQLite has only one anyway)."""
        if not self.is_sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(hashtext(:name))"), {"name": name})

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


@contextmanager
def _named_errors() -> Iterator[None]:
    try:
        yield
    except PoolTimeout as error:
        raise DatabaseUnavailable(_BUSY) from error
    except DBAPIError as error:
        reason = _reason_by_code(error) or _reason_by_text(error)
        if reason is None:
            raise
        raise DatabaseUnavailable(reason) from error


_STALE = "La base n’est pas à jour : lancez « python cockpit.py run » ou la migration de l’image."
_BUSY = "La base est occupée par une autre écriture ; réessayez dans un instant."
_FULL = "Le disque est plein ; libérez de la place puis réessayez."
_GONE = ("08", "53", "57", "58")  # classes: connection lost, resources lacking, shut down, system error
_SILENT = "La base de données ne répond pas ; vérifiez COCKPIT_DATABASE_URL et le service de base."
_BY_CODE = {  # https://www.postgresql.org/docs/current/errcodes-appendix.html
    "42P01": _STALE,  # undefined table
    "42703": _STALE,  # undefined column
    "55P03": _BUSY,  # lock not available
    "40P01": _BUSY,  # deadlock detected
    "40001": _BUSY,  # serialization failure
    "57014": _BUSY,  # query canceled: statement_timeout
    "53100": _FULL,  # disk full
    "53300": "La base refuse une connexion de plus ; augmentez son max_connections puis réessayez.",
    "25006": "La base est en lecture seule ; COCKPIT_DATABASE_URL doit désigner le serveur primaire.",
}


def _reason_by_code(error: DBAPIError) -> str | None:
    """Return the sentence for PostgreSQL's own code, whatever class its driver gives the error."""
    code = getattr(error.orig, "sqlstate", None) or ""
    return _BY_CODE.get(code) or (_SILENT if code.startswith(_GONE) else None)


def _reason_by_text(error: DBAPIError) -> str | None:
    """Return the sentence for SQLite's errors and for a failed connection; None for a fault of the code."""
    if not isinstance(error, OperationalError) and not error.connection_invalidated:
        return None
    lowered = str(error.orig).lower()
    for sign, sentence in (
        ("no such table", _STALE),
        ("no such column", _STALE),
        ("locked", _BUSY),
        ("readonly", "La base est en lecture seule ; vérifiez les droits sur le dossier COCKPIT_HOME."),
        ("full", _FULL),
        ("disk i/o", _SILENT),
        ("unable to open", _SILENT),
    ):
        if sign in lowered:
            return sentence
    # An error without a statement means that the connection could not be opened.
    return _SILENT if error.connection_invalidated or error.statement is None else None
