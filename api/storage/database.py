"""The engine, and the only two ways to the database: ``read()`` and ``write()``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import OperationalError

from api.domain.exceptions import DatabaseUnavailable

BUSY_TIMEOUT_MS = 15_000
_BEGIN_IMMEDIATE = "cockpit_begin_immediate"


def make_engine(url: str) -> Engine:
    """An engine for SQLite or PostgreSQL, set up as the design asks.

    SQLite: WAL, ``synchronous=FULL``, foreign keys, and transactions that we begin ourselves, because the
    driver's own deferred ones can fail with *database is locked* when they turn from reading to writing.
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

    @classmethod
    def at(cls, url: str) -> Database:
        """The database at a SQLAlchemy URL."""
        return cls(make_engine(url))

    @property
    def is_sqlite(self) -> bool:
        """True on SQLite, whose writers wait for one another."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection whose transaction sees one state throughout.

        Raises:
            DatabaseUnavailable: the database does not answer.
        """
        with _told(), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A connection that writes: committed when the block ends, rolled back when it raises.

        Raises:
            DatabaseUnavailable: locked for too long, read-only, full or unreachable.
        """
        with _told(), self._writer.begin() as connection:
            yield connection

    def lock(self, connection: Connection, name: str) -> None:
        """Let one writer at a time past ``name`` until its transaction ends (SQLite has only one anyway)."""
        if not self.is_sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(hashtext(:name))"), {"name": name})

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except OperationalError as error:
        raise DatabaseUnavailable(_reason(str(error.orig))) from error


def _reason(driver_text: str) -> str:
    lowered = driver_text.lower()
    for sign, sentence in (
        (
            "no such table",
            "La base n’est pas à jour : lancez « python cockpit.py run » ou la migration de l’image.",
        ),
        ("locked", "La base est occupée par une autre écriture ; réessayez dans un instant."),
        ("readonly", "La base est en lecture seule ; vérifiez les droits sur le dossier COCKPIT_HOME."),
        ("full", "Le disque est plein ; libérez de la place puis réessayez."),
    ):
        if sign in lowered:
            return sentence
    return "La base de données ne répond pas ; vérifiez COCKPIT_DATABASE_URL et le service de base."
