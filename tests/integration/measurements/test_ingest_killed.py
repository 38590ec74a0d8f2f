"""Killed at random moments and restarted, an import ends with what one calm run brings."""

from __future__ import annotations

import csv
import hashlib
import random
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text

from api.storage.shared.database import Database
from tests.conftest import ROOT
from tests.integration.conftest import NewDatabase
from tests.support.measurements.ingest_tools import FULL, ingest, statuses

_CONTENT = """
    SELECT t.turbine_id, m.measured_on, m.measured_at, m."values", m.identity, m.value_count,
           o.failure_within_7d, o.time_to_failure_days
    FROM measurements m JOIN turbines t ON t.id = m.turbine LEFT JOIN outcomes o ON o.measurement = m.id
    ORDER BY m.identity, t.turbine_id
"""
_VISITS = "SELECT turbine, planned_on, known_on, technician FROM planned_visits ORDER BY 1, 2, 3, 4"


def measurements_file(path: Path, rows: int) -> Path:
    """A large file with equal rows, bad rows and labels among the others."""
    draw = random.Random(3)
    with path.open("w", encoding="utf-8") as stream:
        stream.write(",".join(FULL) + "\n")
        for n in range(rows):
            on = f"202{n % 4}-{1 + n % 12:02d}-{1 + n % 28:02d}"
            wind = "fort" if n % 997 == 0 else f"{draw.uniform(3, 20):.1f}"
            label = f"0,{draw.uniform(8, 60):.1f}" if n % 3 else ","
            visit = f"{100 + n % 50},2025-01-{1 + n % 28:02d}" if n % 5 == 0 else ","
            stream.write(f"{n % 50},{on},{wind},2.{n % 9},4{n % 9}.5,7{n % 9}0.1,{n % 2},{label},{visit}\n")
    return path


def fingerprint(database: Database) -> str:
    """A hash of all that was ingested, whatever the ids and the order of storage."""
    digest = hashlib.sha256()
    with database.read() as connection:
        for statement in (_CONTENT, _VISITS):
            for row in connection.execution_options(yield_per=10_000).execute(text(statement)):
                digest.update(repr(tuple(row)).encode())
    return digest.hexdigest()


def kill_and_finish(database: Database, path: Path, kills: int, chunk_rows: int, chunks: int) -> str:
    """Start the import again and again, each time killed after some chunks and some milliseconds.

    Returns:
        The peak memory of the one that ended [MB]; « None » where the system does not say.
    """
    draw = random.Random(11)
    url = database.engine.url.render_as_string(hide_password=False)
    command = [
        sys.executable,
        "-m",
        "tests.support.measurements.ingest_child",
        url,
        str(path),
        str(chunk_rows),
    ]
    for _ in range(kills):
        child = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert child.stdout is not None
        for _ in range(draw.randint(0, chunks)):
            assert not child.stdout.readline().startswith("fini")
        time.sleep(draw.uniform(0, 0.05))
        child.kill()
        child.communicate()
    finished = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    *_, last = finished.stdout.splitlines() or [""]
    assert last.startswith("fini "), finished.stderr
    return last.removeprefix("fini ")


def test_killed_and_restarted__same_content_as_one_calm_run(
    new_database: NewDatabase, tmp_path: Path
) -> None:
    path = measurements_file(tmp_path / "m.csv", 3_000)
    with new_database() as calm, new_database() as killed:
        ingest(calm, path)
        kill_and_finish(killed, path, kills=3, chunk_rows=100, chunks=20)
        assert fingerprint(killed) == fingerprint(calm)
        assert statuses(killed)[-1] == "termine"
        assert set(statuses(killed)[:-1]) <= {"interrompu"}


def plain_copy(path: Path, folder: Path) -> float:
    """Seconds that the least possible work takes: the file's cells into a table, unread and unchecked."""
    started = time.perf_counter()
    with closing(sqlite3.connect(folder / "plain.db")) as connection, path.open(encoding="utf-8") as stream:
        connection.execute(f"CREATE TABLE plain ({', '.join(FULL)})")
        reader = csv.reader(stream)
        next(reader)
        connection.executemany(f"INSERT INTO plain VALUES ({', '.join('?' * len(FULL))})", reader)
        connection.commit()
    return time.perf_counter() - started


@pytest.mark.long
def test_million_rows__killed_twenty_times__same_content_in_bounded_memory_and_time(
    new_database: NewDatabase, tmp_path: Path
) -> None:
    path = measurements_file(tmp_path / "m.csv", 1_000_000)
    with new_database() as calm, new_database() as killed:
        peak = kill_and_finish(killed, path, kills=20, chunk_rows=20_000, chunks=48)
        assert peak == "None" or float(peak) <= 500
        started = time.perf_counter()
        ingest(calm, path)
        took = time.perf_counter() - started
        assert fingerprint(killed) == fingerprint(calm)
    # On the machine where 90 s were asked for, the plain copy takes 2 s; both slow down together.
    assert took <= 45 * plain_copy(path, tmp_path)
