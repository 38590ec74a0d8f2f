"""Bring a database to the newest schema, or read at which revision it stands."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from api.storage.shared.database import Database

_FOLDER = Path(__file__).parent / "migrations"


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    config.set_main_option("path_separator", "os")
    return config


def head() -> str:
    """Return the newest revision that this code knows."""
    newest = ScriptDirectory.from_config(_config()).get_current_head()
    assert newest is not None, "the project ships at least one migration"  # noqa: S101
    return newest


def current(database: Database) -> str | None:
    """Return the revision of a database; None for an empty one."""
    with database.read() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def upgrade(database: Database) -> None:
    """Apply the missing migrations in one transaction; processes that start at once wait for each other."""
    config = _config()
    with database.write() as connection:
        database.lock(connection, "migrations")
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
