"""Fixtures that every kind of test shares."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings

from tests.support import once

if TYPE_CHECKING:  # the fast tests load none of these
    from api.core import Core
    from api.storage.shared.database import Database
    from tests.support import postgres

ROOT = Path(__file__).resolve().parent.parent
# No test asserts a time: an example that a busy machine makes slow is no failure.
settings.register_profile("cockpit", deadline=None)
# `cockpit.py test --fast` tries a fifth of the examples; the whole run tries them all.
settings.register_profile("fast", deadline=None, max_examples=20)
settings.load_profile("cockpit")


@pytest.fixture(scope="session")
def client_files() -> Path:
    """EnergiTech's own files; the test is skipped, saying so, where they are absent."""
    folder = Path(os.environ.get("COCKPIT_CLIENT_FILES", ROOT.parent / "shared" / "energitech"))
    if not (folder / "model_classification.pkl").is_file():
        pytest.skip(f"EnergiTech's files are not in {folder}; name their folder in COCKPIT_CLIENT_FILES")
    return folder


@pytest.fixture(autouse=True, scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Let what is made once be seen by every test process."""
    once.share(tmp_path_factory)


@pytest.fixture(scope="session")
def client_home(client_files: Path) -> Path:
    """An installation with EnergiTech's models and measurements, scored: to copy, or to read only."""

    from tests.support.client import bring_client_in, new_core

    def make(home: Path) -> None:
        core = new_core(home)
        bring_client_in(core, client_files)
        core.close()

    return once.made_once("client", make)


@pytest.fixture(scope="session")
def client_core(client_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Core]:
    """The core of a copy of that installation: for reading only."""
    from tests.support.client import new_core

    home = tmp_path_factory.mktemp("client")
    shutil.copytree(client_home, home, dirs_exist_ok=True)
    core = new_core(home)
    yield core
    core.close()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[postgres.Server]:
    """The tests' own PostgreSQL server; skipped, saying why, where none can be started."""
    from tests.support import postgres

    if reason := postgres.missing():
        pytest.skip(reason)
    with postgres.server() as started:
        yield started


@pytest.fixture(autouse=True, scope="session")
def one_compilation_of_each_statement() -> Iterator[None]:
    """Let all SQLite databases of this process share what SQLAlchemy compiled: each test has a new one."""
    from sqlalchemy import Engine

    from api.storage.shared import database

    make, first = database.make_engine, list[Engine]()

    def shared(url: str) -> Engine:
        engine = make(url)
        if engine.dialect.name == "sqlite":
            first.append(engine)
            engine.dialect, engine._compiled_cache = first[0].dialect, first[0]._compiled_cache
            del first[1:]
        return engine

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(database, "make_engine", shared)
        yield


@pytest.fixture(autouse=True, scope="session")
def one_connection_at_a_time() -> Iterator[set[str]]:
    """Refuse a second connection to a thread that holds one, until a reason to allow it is added.

    A request that holds a connection while it waits for another starves all the others: with as many of them
    as the pool is large, each waits for what another holds.
    """
    from sqlalchemy import Pool, event

    holding: set[tuple[int, int]] = set()
    allowed: set[str] = set()

    def lend(_connection: object, record: Any, _proxy: object) -> None:
        holder = (threading.get_ident(), id(record._ConnectionRecord__pool))
        second = holder in holding and not allowed
        assert not second, "this thread holds a connection: pass it on, do not open another"
        holding.add(holder)
        record.info["holder"] = holder

    def take_back(_connection: object, record: Any) -> None:
        holding.discard(record.info.pop("holder", None))

    event.listen(Pool, "checkout", lend)
    event.listen(Pool, "checkin", take_back)
    yield allowed
    event.remove(Pool, "checkout", lend)
    event.remove(Pool, "checkin", take_back)


@pytest.fixture
def imports_here() -> Iterator[None]:
    """Have the importer work in this process: for tests whose subject is not its child process."""
    from tests.support.importing_here import importing_here

    with importing_here():
        yield


@pytest.fixture
def two_connections(one_connection_at_a_time: set[str]) -> Iterator[None]:
    """Let the test itself hold a connection beside that of the code under test, as another process would."""
    one_connection_at_a_time.add("the test plays two processes")
    yield
    one_connection_at_a_time.clear()


_LONG = pytest.param("postgresql", marks=pytest.mark.long)


@contextmanager
def home_on(kind: str, home: Path, request: pytest.FixtureRequest) -> Iterator[None]:
    """Have every part that is built on ``home`` use a database of that kind."""
    if kind == "sqlite":
        yield
        return
    from api.storage.shared.database import Database
    from tests.support.client import DATABASE_FILE

    server: postgres.Server = request.getfixturevalue("postgres_server")
    opened: list[Database] = []
    make = Database.at

    def noted(url: str) -> Database:
        opened.append(make(url))
        return opened[-1]

    with server.fresh() as url, pytest.MonkeyPatch.context() as patch:
        (home / DATABASE_FILE).write_text(url, encoding="utf-8")
        # Unlike SQLite's, a forgotten connection of psycopg complains; tests open more than they close.
        patch.setattr(Database, "at", noted)
        yield
        for database in opened:
            database.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def both_databases(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[None]:
    """Run the test on each kind of database: for ``pytestmark = pytest.mark.usefixtures(…)``."""
    with home_on(request.param, tmp_path, request):
        yield


@pytest.fixture(params=["sqlite", _LONG])
def both_databases_if_long(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[None]:
    """The same, PostgreSQL only among the long tests."""
    with home_on(request.param, tmp_path, request):
        yield


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def either_home(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home that a whole module shares, on each kind of database in turn."""
    home = tmp_path_factory.mktemp("home")
    with home_on(request.param, home, request):
        yield home


@pytest.fixture(scope="module", params=["sqlite", _LONG])
def either_home_if_long(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Path]:
    """The same, PostgreSQL only among the long tests."""
    home = tmp_path_factory.mktemp("home")
    with home_on(request.param, home, request):
        yield home
