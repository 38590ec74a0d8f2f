"""Migrations bring an empty database of either kind to the schema that the tables declare."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text

from api.domain.shared.exceptions import DatabaseUnavailable
from api.services.operations.readiness import Readiness
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


# A landed migration has run on somebody's database: a change of it would never reach that one. A new file
# gets its line when it lands.
LANDED = {
    "0001_first_schema.py": "55e4e1f65a69dc519b5923aba493bcece06e73a327b5b4af3784f6708d371f21",
    "0002_shadow_candidates.py": "c2ff6ad2d1fd5a263c37bef5ca6420ac3d3ec7ad51f8fd42f3c4357a3fa3520b",
    "0003_park_changes.py": "317b6906a93b5fbcecc9d649bcc216f887bed834ee857bc3bc63dabf6a3683c3",
    "0004_interventions.py": "2e4b1dc55b5e6f0c798367909db8eccb188e225128e456b63886cd26afd8f504",
    "0005_audit_trail.py": "5557fd4591d0ff9dddd648dda32e32eebcafa1b73f18a422cd3fbee1096986c3",
    "0006_run_cancel.py": "e73b73fb994eb02e2a25a9a97dc5fb11942437e2a9d0229870be37dffaf78b96",
    "0007_week_plan.py": "5bb1618d9f7f795d02e97b6dee5b43ff72a4903716ace9c3dc056ba2911feedf",
    "0008_versions_people_read.py": "2ca58586132d14223d4753b8b78053c4bb5f87c356bfd07503a7f1598db8fca2",
    "0009_situations.py": "46114e95a9941ede21cfe4c9abc4bd53f2f31c8c879c45c81d0282a1527ff101",
    "0010_activated_manifest.py": "1476f984f35d084771e780c61e3bd76eee54ac57cf4d72e8290b77eaeb7f4805",
    "0011_model_retirements.py": "0d6c074c8a11ab36327e23cc6b4f295f3630f55655a2d31ab4c21d10e6e5aaa1",
    "0012_withdrawals.py": "7e38ca7c59f0b1531b6772e238f6452bfe01882d93b2f4bf7ac3c1503d491ffb",
    "0013_measurement_basis.py": "1188ee568681cb43ccac078859ccf299325fb3ec65099224cb0b7a514c078017",
    "0014_standing_rows.py": "81e0e341eac3e9444bfbb218a9b47caa6849d69aa96b9349fcfb8f33fe25d0cd",
}


def test_landed_migrations__are_never_edited() -> None:
    folder = Path(migrate.__file__).parent / "migrations" / "versions"
    present = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.glob("*.py"))
    }
    assert present == LANDED, "add a new migration instead; a new one gets its fingerprint here"


def test_newer_database__is_refused_in_one_sentence_by_everyone(empty: Database) -> None:
    migrate.upgrade(empty)
    with empty.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for refuse in (migrate.require_known, migrate.refuse_newer, migrate.upgrade, readiness_of):
        with pytest.raises(DatabaseUnavailable, match=r"plus récente du cockpit \(schéma « 9999 »"):
            refuse(empty)


def readiness_of(database: Database) -> None:
    Readiness(database).verify()


def test_schema__that_is_not_the_declared_one_is_told_at_start(empty: Database) -> None:
    migrate.upgrade(empty)
    readiness_of(empty)
    with empty.write() as connection:
        connection.execute(text("ALTER TABLE model_activations DROP COLUMN manifest_sha256"))
    with pytest.raises(DatabaseUnavailable, match=r"model_activations\.manifest_sha256"):
        readiness_of(empty)


def test_landed_heads__every_earlier_database_reaches_the_present_one(empty: Database) -> None:
    for name in LANDED:
        migrate.upgrade(empty, name[:4])
        assert migrate.current(empty) == name[:4]
    assert migrate.differences(empty) == []


@pytest.mark.parametrize("command", ["worker", "prepare"])
def test_newer_database__processes_end_on_the_sentence(tmp_path: Path, command: str) -> None:
    database = Database.at(f"sqlite:///{tmp_path / 'cockpit.db'}")
    migrate.upgrade(database)
    with database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    database.close()
    module = ["api.worker"] if command == "worker" else ["api.cli", "prepare"]
    environment = {**os.environ, "COCKPIT_HOME": str(tmp_path), "COCKPIT_ENV": "test"}
    done = subprocess.run(
        [sys.executable, "-m", *module], env=environment, capture_output=True, timeout=120, check=False
    )
    assert done.returncode != 0
    assert "plus récente du cockpit" in done.stderr.decode()
    assert "Traceback" not in done.stderr.decode()
