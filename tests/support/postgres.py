"""A PostgreSQL server for the tests: no network port, no durability, removed at the end."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

from api.storage import migrate
from api.storage.shared.database import Database

START_TIMEOUT_S = 30
_USER = "cockpit"
_TEMPLATE = "migrated"
_FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "listen_addresses=")


class Server:
    """A running server that creates databases at the newest schema."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = itertools.count()
        self._create(_TEMPLATE, "template1")
        template = Database.at(self.url(_TEMPLATE))
        migrate.upgrade(template)
        template.close()

    def url(self, name: str) -> str:
        """Return the SQLAlchemy URL of one database."""
        return f"postgresql+psycopg://{_USER}@/{name}?host={self._folder}"

    @contextmanager
    def database(self) -> Iterator[Database]:
        """Yield a fresh database, which is closed and dropped at the end."""
        with self.fresh() as url:
            database = Database.at(url)
            try:
                yield database
            finally:
                database.close()

    @contextmanager
    def fresh(self, *, migrated: bool = True) -> Iterator[str]:
        """Yield the URL of a fresh database, which is dropped at the end, even with open connections."""
        name = f"test_{next(self._numbers)}"
        self._create(name, _TEMPLATE if migrated else "template1")
        try:
            yield self.url(name)
        finally:
            self.command(f"DROP DATABASE {name} WITH (FORCE)")

    def command(self, sql: str) -> None:
        """Run one statement as the server's owner, outside any transaction."""
        engine = create_engine(self.url("postgres"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(sql))
        engine.dispose()

    def _create(self, name: str, template: str) -> None:
        self.command(f"CREATE DATABASE {name} TEMPLATE {template}")


def missing() -> str | None:
    """Return why no server can start here, with the remedy; None where one can."""
    if not hasattr(os, "geteuid"):
        return "PostgreSQL's tests need Unix sockets"
    if _binary("initdb") is None:
        return "PostgreSQL is not installed; sudo apt-get install postgresql"
    return None


@contextmanager
def server() -> Iterator[Server]:
    """Start a server in its own folder and stop it at the end."""
    folder = Path(tempfile.mkdtemp(prefix="cockpit-pg-"))
    # PostgreSQL refuses to run as root; Debian's package creates this account for it.
    owner = "postgres" if os.geteuid() == 0 else None
    if owner:
        shutil.chown(folder, owner)
    data = folder / "data"
    process = None
    try:
        subprocess.run(
            [str(_binary("initdb")), "-D", data, "-U", _USER, "-A", "trust", "-E", "UTF8", "--no-sync"],
            user=owner,
            cwd=folder,
            check=True,
            capture_output=True,
        )
        options = itertools.chain.from_iterable(("-c", option) for option in _FAST)
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [str(_binary("postgres")), "-D", data, "-k", folder, *options],
                user=owner,
                cwd=folder,
                stdout=log,
                stderr=log,
            )
        _wait(folder, process)
        yield Server(folder)
    finally:
        if process is not None:
            process.terminate()
            process.wait(timeout=START_TIMEOUT_S)
        shutil.rmtree(folder, ignore_errors=True)


def _wait(folder: Path, process: subprocess.Popen[bytes]) -> None:
    engine = create_engine(f"postgresql+psycopg://{_USER}@/postgres?host={folder}")
    deadline = time.monotonic() + START_TIMEOUT_S
    while True:
        try:
            with engine.connect():
                break
        except OperationalError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError((folder / "log").read_text(errors="replace")) from None
            time.sleep(0.05)
    engine.dispose()


def _binary(name: str) -> Path | None:
    packaged = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    if packaged:
        return packaged[-1]
    path = shutil.which(name)
    return Path(path) if path else None
