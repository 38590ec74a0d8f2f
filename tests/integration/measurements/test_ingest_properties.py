"""Random tables: every row is stored as given or reported, however the import is cut, repeated or raced."""

from __future__ import annotations

import gzip
from collections import Counter
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.integration.conftest import NewDatabase
from tests.support.measurements.ingest_tools import (
    FULL,
    SHORT,
    VALUES,
    content,
    ingest,
    statuses,
    stored_import,
    write_csv,
)


@dataclass(frozen=True)
class Cell:
    """A text and what it means; a bad one means nothing, and one that cannot be is left out of its row."""

    text: str
    meaning: Any
    good: bool = True
    impossible: bool = False


def good(*texts_and_meanings: tuple[str, Any]) -> st.SearchStrategy[Cell]:
    return st.sampled_from([Cell(text, meaning) for text, meaning in texts_and_meanings])


def bad(*texts: str) -> st.SearchStrategy[Cell]:
    return st.sampled_from([Cell(text, None, good=False) for text in texts])


def beyond(*texts: str) -> st.SearchStrategy[Cell]:
    """Numbers outside of what physics allows: they cost the row that sensor alone."""
    return st.sampled_from([Cell(text, None, good=False, impossible=True) for text in texts])


def mostly(usual: st.SearchStrategy[Cell], rare: st.SearchStrategy[Cell]) -> st.SearchStrategy[Cell]:
    return st.integers(0, 19).flatmap(lambda draw: rare if draw == 7 else usual)


def numbers(low: float, high: float) -> st.SearchStrategy[Cell]:
    # Few different figures, so that equal rows are frequent.
    chosen = st.sampled_from([low, high, (low + high) / 2]) | st.floats(low, high)
    return chosen.map(lambda value: Cell(repr(value), value)) | good(("", None), ("NaN", None))


NONE = Cell("", None)
TURBINES = mostly(good(("1", "1"), ("01", "1"), ("1.0", "1"), ("E-2", "E-2"), ("3", "3")), bad("", "nan"))
DAYS = mostly(
    good(("2024-01-01", date(2024, 1, 1)), ("2024-12-31", date(2024, 12, 31))),
    bad("", "01.2024", "2999-01-01", "2024-13-01", "hier"),
)
SENSOR_CELLS = {
    "wind_speed": mostly(numbers(0, 75), bad("fort", "inf", "1e400", "12 m/s") | beyond("-1")),
    "vibration_level": mostly(numbers(0, 100), bad("?") | beyond("101")),
    "temperature": mostly(numbers(-60, 200), bad("tiède") | beyond("-61")),
    "power_output": mostly(numbers(-200, 20_000), beyond("20000.5")),
    "maintenance_done": mostly(good(("0", 0), ("1", 1), ("1.0", 1), ("", None)), bad("2", "oui")),
}
FAILURES = mostly(good(("0", False), ("1", True), ("", None)), bad("2", "oui"))
DAYS_LEFT = mostly(good(("0", 0.0), ("33.2", 33.2), ("", None)), bad("-1", "bientôt"))
ROWS = st.fixed_dictionaries(
    {
        "turbine_id": TURBINES,
        "date_measure": DAYS,
        **SENSOR_CELLS,
        "failure_within_7d": FAILURES,
        "time_to_failure_days": DAYS_LEFT,
        "technician_id": st.just(NONE),
        "planned_intervention_date": st.just(NONE),
    }
)
Row = dict[str, Cell]


def is_kept(row: Row) -> bool:
    """By construction, not by the code under test."""
    failure, days = row["failure_within_7d"].meaning, row["time_to_failure_days"].meaning
    if failure is not None and days is not None and failure != (days <= 7):
        return False
    read = all(cell.good or cell.impossible for cell in row.values())
    return read and any(row[name].meaning is not None for name in VALUES)


def is_good(row: Row) -> bool:
    """Kept whole."""
    return is_kept(row) and all(cell.good for cell in row.values())


def meaning(row: Row) -> tuple[object, ...]:
    values = {name: row[name].meaning for name in VALUES if row[name].meaning is not None}
    labels = (row["failure_within_7d"].meaning, row["time_to_failure_days"].meaning)
    return (row["turbine_id"].meaning, row["date_measure"].meaning, tuple(sorted(values.items())), *labels)


def texts(rows: list[Row], header: tuple[str, ...] = FULL) -> list[list[str]]:
    return [[row[name].text for name in header] for row in rows]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(ROWS, max_size=25),
    st.integers(1, 9),
    st.sampled_from([",", ";", "\t"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]),
    st.booleans(),
)
def test_every_row__stored_as_given_or_reported_by_line(
    new_database: NewDatabase, rows: list[Row], chunk_rows: int, separator: str, encoding: str, packed: bool
) -> None:
    with new_database() as database, TemporaryDirectory() as folder:
        path = write_csv(Path(folder) / "a.csv", FULL, texts(rows))
        data = path.read_text(encoding="utf-8").replace(",", separator).encode(encoding)
        path.write_bytes(gzip.compress(data) if packed else data)
        report = ingest(database, path, chunk_rows=chunk_rows)
        kept = content(database)["measurements"]
        told = stored_import(database, report.import_id).report["problems"]
    expected = Counter(meaning(row) for row in rows if is_kept(row))
    stored = Counter(
        (name, on, tuple(sorted(v.items())), *labels) for name, on, _at, v, _i, _s, *labels in kept
    )
    assert stored == expected
    assert {p["line"] for p in told if p["line"] > 1 and "plus haut dans le fichier" not in p["reason"]} == {
        line for line, row in enumerate(rows, start=2) if not is_good(row)
    }
    assert report.rows == len(rows) == report.inserted + report.rejected
    assert report.inserted == sum(expected.values())


class Interrupted(Exception):
    """Stands for a process that dies between two chunks."""


@settings(max_examples=40, deadline=None)
@given(st.lists(ROWS, min_size=1, max_size=25), st.integers(1, 9), st.integers(1, 9), st.integers(0, 5))
def test_interrupted_and_restarted__same_content_as_one_calm_run(
    new_database: NewDatabase, rows: list[Row], first: int, second: int, survived: int
) -> None:
    chunks = 0

    def interrupt(_done: int, _total: int) -> None:
        nonlocal chunks
        chunks += 1
        if chunks > survived:
            raise Interrupted

    with new_database() as calm, new_database() as cut, TemporaryDirectory() as folder:
        path = write_csv(Path(folder) / "a.csv", FULL, texts(rows))
        ingest(calm, path)
        try:
            ingest(cut, path, chunk_rows=first, progress=interrupt)
        except Interrupted:
            ingest(cut, path, chunk_rows=second)
        assert content(cut) == content(calm)
        assert statuses(cut)[-1] == statuses(calm)[-1]
        assert ingest(cut, path, chunk_rows=second).inserted == 0
        assert content(cut) == content(calm)


@settings(max_examples=30, deadline=None)
@given(st.data(), st.lists(ROWS.filter(is_good), max_size=20), st.integers(1, 9))
def test_rows_in_another_order__same_content(
    new_database: NewDatabase, data: st.DataObject, rows: list[Row], chunk_rows: int
) -> None:
    with new_database() as one, new_database() as other, TemporaryDirectory() as folder:
        shuffled = data.draw(st.permutations(rows))
        # Labels apart: which of two equal rows has which label is only told by their order.
        ingest(one, write_csv(Path(folder) / "a.csv", SHORT, texts(rows, SHORT)))
        ingest(other, write_csv(Path(folder) / "b.csv", SHORT, texts(shuffled, SHORT)), chunk_rows=chunk_rows)
        assert content(other) == content(one)


@settings(max_examples=30, deadline=None)
@given(st.lists(ROWS.filter(is_good), max_size=20), st.integers(1, 9))
def test_labels_afterwards__same_content_as_labels_at_once(
    new_database: NewDatabase, rows: list[Row], chunk_rows: int
) -> None:
    with new_database() as at_once, new_database() as later, TemporaryDirectory() as folder:
        full = write_csv(Path(folder) / "full.csv", FULL, texts(rows))
        short = write_csv(Path(folder) / "short.csv", SHORT, texts(rows, SHORT))
        ingest(at_once, full)
        ingest(later, short, chunk_rows=chunk_rows)
        report = ingest(later, full, chunk_rows=chunk_rows)
        labelled = [r for r in rows if r["failure_within_7d"].text or r["time_to_failure_days"].text]
        assert (report.inserted, report.labels_added) == (0, len(labelled))
        assert content(later) == content(at_once)


@pytest.mark.parametrize("attempt", range(3))
def test_two_imports_of_one_file_at_once__each_row_once(
    any_database: Any, tmp_path: Path, attempt: int
) -> None:
    rows = [[str(n % 7), f"2024-01-{1 + n % 28:02d}", str(n % 5), "1", "1", "1", "0"] for n in range(400)]
    path = write_csv(tmp_path / "a.csv", SHORT, rows)
    reports: list[Any] = []
    threads = [
        Thread(target=lambda: reports.append(ingest(any_database, path, chunk_rows=40 + attempt)))
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(content(any_database)["measurements"]) == 400
    assert sum(report.inserted for report in reports) == 400
    assert statuses(any_database) == ["termine", "termine"]
