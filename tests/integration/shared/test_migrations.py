"""Migrations bring an empty database of either kind to the schema that the tables declare."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text

from api.storage import migrate
from api.storage.shared.database import Database
from api.storage.tables.base import metadata
from api.storage.types import Json
from tests.support import postgres


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a database with nothing in it."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path_factory.mktemp('empty') / 'cockpit.db'}"
        return
    server: postgres.Server = request.getfixturevalue("postgres_server")
    with server.fresh(migrated=False) as fresh:
        yield fresh


@pytest.fixture
def empty(url: str) -> Iterator[Database]:
    database = Database.at(url)
    yield database
    database.close()


def test_upgrade__of_an_empty_database__gives_the_declared_schema(empty: Database) -> None:
    assert migrate.current(empty) is None
    migrate.upgrade(empty)
    assert migrate.current(empty) == migrate.head()
    with empty.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_upgrade__keeps_what_only_part_of_a_table_is_unique_in(empty: Database) -> None:
    """Comparing the schemas says nothing of an index's condition."""
    migrate.upgrade(empty)
    kind = "sqlite" if empty.is_sqlite else "postgresql"
    wanted = {
        index.name
        for table in metadata.tables.values()
        for index in table.indexes
        if index.dialect_options[kind].get("where") is not None
    }
    with empty.read() as connection:
        found = {
            index["name"]
            for table in metadata.tables
            for index in inspect(connection).get_indexes(table)
            if index["unique"] and index.get("dialect_options", {}).get(f"{kind}_where") is not None
        }
    assert len(wanted) >= 3
    assert found == wanted


def test_upgrade__json__is_jsonb_on_postgresql(empty: Database) -> None:
    if empty.is_sqlite:
        pytest.skip("SQLite keeps JSON as text")
    migrate.upgrade(empty)
    wanted = {(t.name, c.name) for t in metadata.tables.values() for c in t.columns if c.type is Json}
    query = "SELECT table_name, column_name FROM information_schema.columns WHERE data_type = 'jsonb'"
    with empty.read() as connection:
        found = {tuple(row) for row in connection.execute(text(query))}
    assert len(wanted) > 5
    assert found == wanted


def test_upgrade__by_four_at_once__is_done_once(url: str) -> None:
    databases = [Database.at(url) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(migrate.upgrade, databases))
    assert {migrate.current(database) for database in databases} == {migrate.head()}
    for database in databases:
        database.close()
