"""Bring a database to the newest schema, or read at which revision it stands."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from api.domain.shared.exceptions import DatabaseUnavailable
from api.storage.shared.database import Database
from api.storage.tables.base import metadata

_FOLDER = Path(__file__).parent / "migrations"


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    config.set_main_option("path_separator", "os")
    return config


@cache
def _scripts() -> ScriptDirectory:
    """Read the migrations once: each is a file to compile, and every start of the service asks for them."""
    return ScriptDirectory.from_config(_config())


def head() -> str:
    """Return the newest revision that this code knows."""
    newest = _scripts().get_current_head()
    assert newest is not None, "the project ships at least one migration"  # noqa: S101
    return newest


def current(database: Database) -> str | None:
    """Return the revision of a database; None for an empty one."""
    with database.read() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def require_known(database: Database) -> None:
    """Refuse a database that a newer version of the cockpit has migrated; one that is empty or behind passes.

    Raises:
        DatabaseUnavailable: it is newer, or it does not answer.
    """
    if (sentence := _newer(database)) is not None:
        raise DatabaseUnavailable(sentence)


def refuse_newer(database: Database) -> None:
    """As :func:`require_known`, at the start of a service: a database that does not answer may come back.

    Raises:
        DatabaseUnavailable: it is newer.
    """
    try:
        sentence = _newer(database)
    except DatabaseUnavailable:
        return
    if sentence is not None:
        raise DatabaseUnavailable(sentence)


def _newer(database: Database) -> str | None:
    revision = current(database)
    if revision is None or revision in {known.revision for known in _scripts().walk_revisions()}:
        return None
    return (
        f"La base a été mise à jour par une version plus récente du cockpit (schéma « {revision} », celui-ci "
        f"va jusqu’à « {head()} ») : installez cette version, ou restaurez une sauvegarde d’avant."
    )


def differences(database: Database) -> list[str]:
    """Return where the schema of a database at its head is not the one that the tables declare."""
    with database.read() as connection:
        changes = compare_metadata(MigrationContext.configure(connection), metadata)
    return sorted({_where(change) for change in changes})


def _where(change: Any) -> str:
    """Name the table of a change, and its column where the change tells it."""
    if isinstance(change, list):
        return _where(change[0])
    parts = [part for part in change[1:] if part is not None]
    subject = parts[0]
    if isinstance(subject, str):
        return ".".join(str(getattr(part, "name", part)) for part in parts[:2])
    table = getattr(subject, "table", None)
    return str(subject.name) if table is None else f"{table.name}.{subject.name}"


def upgrade(database: Database, revision: str = "head") -> None:
    """Apply the missing migrations in one transaction; processes that start at once wait for each other.

    Raises:
        DatabaseUnavailable: a newer version has migrated it.
    """
    require_known(database)
    config = _config()
    with database.write() as connection:
        database.lock(connection, "migrations")
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
