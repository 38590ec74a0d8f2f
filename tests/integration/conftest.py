"""Real databases: SQLite files for all, and a PostgreSQL server where one can be started."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from api.storage import migrate
from api.storage.shared.database import Database

NewDatabase = Callable[[], AbstractContextManager[Database]]


@pytest.fixture(scope="session")
def new_database(tmp_path_factory: pytest.TempPathFactory) -> NewDatabase:
    """Makes SQLite databases at the newest schema, each one empty; for tests that need several."""
    template = tmp_path_factory.mktemp("migrated") / "cockpit.db"
    first = Database.at(f"sqlite:///{template}")
    migrate.upgrade(first)
    first.close()

    @contextmanager
    def make() -> Iterator[Database]:
        with TemporaryDirectory(prefix="cockpit-db-") as folder:
            path = Path(folder) / "cockpit.db"
            shutil.copyfile(template, path)
            database = Database.at(f"sqlite:///{path}")
            try:
                yield database
            finally:
                database.close()

    return make


@pytest.fixture
def database(new_database: NewDatabase) -> Iterator[Database]:
    """An empty SQLite database at the newest schema."""
    with new_database() as made:
        yield made


@pytest.fixture(params=["sqlite", "postgresql"])
def any_database(request: pytest.FixtureRequest, new_database: NewDatabase) -> Iterator[Database]:
    """An empty database of each kind that the product runs on: for tests of SQL."""
    made = (
        new_database() if request.param == "sqlite" else request.getfixturevalue("postgres_server").database()
    )
    with made as opened:
        yield opened
