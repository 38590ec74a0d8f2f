"""What the database itself does, of either kind: one state per reading, and its faults in plain words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, insert, select, text
from sqlalchemy.exc import OperationalError

from api.domain.shared.exceptions import DatabaseUnavailable
from api.storage.measurements import ingestion
from api.storage.shared import jobs
from api.storage.shared.database import Database
from api.storage.tables import workers
from tests.support import postgres

NOW = datetime(2025, 6, 1, tzinfo=UTC)


def _arrive(database: Database, name: str) -> None:
    with database.write() as connection:
        connection.execute(insert(workers).values(name=name, started_at=NOW, seen_at=NOW))


@pytest.mark.usefixtures("two_connections")
def test_reading__sees_one_state_from_its_first_question_to_its_last(any_database: Database) -> None:
    count = select(func.count()).select_from(workers)
    _arrive(any_database, "a")
    with any_database.read() as connection:
        assert connection.scalar(count) == 1
        _arrive(any_database, "b")
        assert connection.scalar(count) == 1
    with any_database.read() as connection:
        assert connection.scalar(count) == 2


def test_table_missing__says_that_the_database_is_to_be_migrated(any_database: Database) -> None:
    with any_database.write() as connection:
        connection.execute(text("DROP TABLE workers"))
    with pytest.raises(DatabaseUnavailable, match="pas à jour"), any_database.read() as connection:
        jobs.last_seen(connection)


def test_fault_of_the_code__is_not_taken_for_one_of_the_database(any_database: Database) -> None:
    _arrive(any_database, "a")
    with pytest.raises(Exception, match=r"(?i)unique") as caught:
        _arrive(any_database, "a")
    assert not isinstance(caught.value, DatabaseUnavailable)


def test_more_values_than_a_question_takes__is_not_taken_for_a_silent_database(
    any_database: Database,
) -> None:
    limit = 250_000 if any_database.is_sqlite else 65_535
    many = select(workers.c.name).where(workers.c.name.in_([str(n) for n in range(limit + 1)]))
    with pytest.raises(OperationalError) as caught, any_database.read() as connection:
        connection.execute(many)
    assert not isinstance(caught.value, DatabaseUnavailable)


@pytest.mark.parametrize(
    # SQLite takes four times as many values: what is cut for PostgreSQL is short for it.
    "any_database",
    [pytest.param("sqlite", marks=pytest.mark.long), "postgresql"],
    indirect=True,
)
def test_turbines__more_than_a_question_takes(any_database: Database) -> None:
    names = [f"E-{number}" for number in range(70_000)]
    with any_database.write() as connection:
        keys, created = ingestion.ensure_turbines(connection, names, "mesure", NOW)
        # A change is a statement of its own: few are enough, the question asks for all.
        described = {name: {"site": "Lyon" if number < 100 else None} for number, name in enumerate(names)}
        assert ingestion.describe_turbines(connection, described, "mesure", NOW) == (0, 100)
        again, none = ingestion.ensure_turbines(connection, names, "mesure", NOW)
    assert (created, none, again) == (70_000, 0, keys)
    assert set(keys) == set(names)


@pytest.fixture
def on_postgresql(postgres_server: postgres.Server) -> Iterator[Database]:
    with postgres_server.database() as database:
        yield database


def test_postgresql__read_only_server__is_told(on_postgresql: Database) -> None:
    with pytest.raises(DatabaseUnavailable, match="lecture seule"), on_postgresql.write() as connection:
        connection.execute(text("SET TRANSACTION READ ONLY"))
        connection.execute(insert(workers).values(name="a", started_at=NOW, seen_at=NOW))


@pytest.mark.usefixtures("two_connections")
def test_postgresql__row_that_stays_locked__is_told(on_postgresql: Database) -> None:
    _arrive(on_postgresql, "a")
    with on_postgresql.write() as holder:
        holder.execute(text("UPDATE workers SET seen_at = now()"))
        with pytest.raises(DatabaseUnavailable, match="occupée"), on_postgresql.write() as connection:
            connection.execute(text("SET LOCAL lock_timeout = '50ms'"))
            connection.execute(text("UPDATE workers SET seen_at = now()"))


def test_postgresql__connections_cut__the_next_question_is_answered(
    on_postgresql: Database, postgres_server: postgres.Server
) -> None:
    """A restart of the server: what was under way fails in plain words, nothing has to be restarted here."""
    _arrive(on_postgresql, "a")
    name = on_postgresql.engine.url.database
    cut = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
    with pytest.raises(DatabaseUnavailable, match="ne répond pas"), on_postgresql.read() as connection:
        jobs.last_seen(connection)
        postgres_server.command(cut)
        jobs.last_seen(connection)
    with on_postgresql.read() as connection:
        assert jobs.last_seen(connection) == NOW


@pytest.mark.parametrize("url", ["postgresql+psycopg://u:p@127.0.0.1:9/x", "postgresql://u:p@127.0.0.1:9/x"])
def test_postgresql__no_server__is_told_without_the_password(url: str) -> None:
    """The second way to write it is what the documentation says: it finds the driver that is installed."""
    database = Database.at(url)
    with pytest.raises(DatabaseUnavailable, match="COCKPIT_DATABASE_URL") as caught, database.read():
        pass
    assert ":p@" not in str(caught.value)
    database.close()
