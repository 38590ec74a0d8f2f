"""Outcomes that come later or are corrected, and rows that come back with more sensors than were known."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from api.domain.measurements.measurements import row_identity
from api.domain.measurements.sensors import Sensor
from api.storage.shared.database import Database
from api.storage.tables import measurements, outcome_versions
from tests.integration.conftest import NewDatabase
from tests.support.measurements.ingest_tools import (
    FULL,
    LABELLED,
    NOW,
    ROW,
    SENSORS,
    SHORT,
    changed,
    content,
    counts,
    ingest,
    write_csv,
)

LATER = NOW + timedelta(days=3)
SOON = changed(LABELLED, failure_within_7d="1", time_to_failure_days="2.5")
FEW = {name: SENSORS[name] for name in ("wind_speed", "temperature")}
OIL = Sensor("oil_pressure", "Huile", "bar", "float", (0, 20), ("c",))
MANY = {**FEW, "oil_pressure": OIL}
WIDE = ("turbine_id", "date_measure", "wind_speed", "temperature", "oil_pressure")


def labels(database: Database) -> list[tuple[Any, ...]]:
    return [row[6:] for row in content(database)["measurements"]]


def write(path: Path, *rows: Sequence[str], header: Sequence[str] = FULL) -> Path:
    return write_csv(path, header, rows)


# --- corrections ---


def test_corrected_label__latest_wins_and_history_is_kept(any_database: Database, tmp_path: Path) -> None:
    first = ingest(any_database, write(tmp_path / "a.csv", LABELLED), imported_by="alice")
    second = ingest(any_database, write(tmp_path / "b.csv", SOON), imported_by="bob", now=LATER)
    assert counts(second) == (0, 1, 0, 0)
    assert second.labels_corrected == 1
    assert labels(any_database) == [(True, 2.5)]
    assert "33,2" in second.problems[1].reason
    with any_database.read() as connection:
        replaced = connection.execute(select(outcome_versions)).mappings().one()
        assert dict(replaced) == {
            "id": replaced["id"],
            "measurement": connection.scalar(select(measurements.c.id)),
            "failure_within_7d": False,
            "time_to_failure_days": 33.2,
            "recorded_at": NOW,
            "source": "mesure",
            "import_id": first.import_id,
            "replaced_at": LATER,
            "replaced_by": "bob",
            "withdrawal": None,
        }
    third = changed(SOON, time_to_failure_days="3")
    ingest(any_database, write(tmp_path / "c.csv", third), now=LATER)
    with any_database.read() as connection:
        versions = connection.execute(select(outcome_versions).order_by(outcome_versions.c.id)).all()
    assert [version.time_to_failure_days for version in versions] == [33.2, 2.5]
    assert versions[1].import_id == second.import_id


def test_file_imported_again_after_its_correction__brings_the_error_back_nowhere(
    database: Database, tmp_path: Path
) -> None:
    ingest(database, write(tmp_path / "a.csv", LABELLED))
    ingest(database, write(tmp_path / "b.csv", SOON))
    again = ingest(database, tmp_path / "a.csv")
    assert (again.already_known, again.labels_corrected) == (1, 0)
    assert all("déjà importé en entier" in problem.reason for problem in again.problems)
    assert len(again.problems) == 2
    assert labels(database) == [(True, 2.5)]


def test_half_a_correction_that_contradicts_the_other_label__refused(
    database: Database, tmp_path: Path
) -> None:
    ingest(database, write(tmp_path / "a.csv", LABELLED))
    half = changed(LABELLED, failure_within_7d="1", time_to_failure_days="")
    report = ingest(database, write(tmp_path / "b.csv", half))
    assert report.labels_corrected == 0
    assert [(p.line, p.column) for p in report.problems] == [(2, "failure_within_7d")]
    assert "donnez les deux" in report.problems[0].reason
    assert labels(database) == [(False, 33.2)]


@pytest.mark.parametrize(("days", "taken"), [("7", True), ("7.1", False), ("6.9", True)])
def test_failure_within_7_days__day_7_is_either(
    database: Database, tmp_path: Path, days: str, taken: bool
) -> None:
    yes = changed(LABELLED, failure_within_7d="1", time_to_failure_days=days)
    no = changed(LABELLED, turbine_id="6", failure_within_7d="0", time_to_failure_days="7")
    report = ingest(database, write(tmp_path / "a.csv", yes, no))
    assert (report.inserted, report.rejected) == (1 + taken, 1 - taken)


# --- a catalogue that grew ---


def test_known_rows_with_a_new_sensor__enriched_not_doubled(any_database: Database, tmp_path: Path) -> None:
    rows = [("5", "2024-08-14", "12.26", "49.6", "4.2"), ("5", "2024-08-14", "10.0", "48.0", "")]
    path = write(tmp_path / "a.csv", *rows, header=WIDE)
    before = ingest(any_database, path, sensors=FEW)
    assert before.unknown_columns == ["oil_pressure"]
    after = ingest(any_database, path, sensors=MANY)
    assert (after.inserted, after.already_known, after.enriched, after.rejected) == (0, 1, 1, 0)
    values = {"wind_speed": 12.26, "temperature": 49.6, "oil_pressure": 4.2}
    kept = {row[4]: row[3] for row in content(any_database)["measurements"]}
    assert len(kept) == 2
    full = next(row for row in content(any_database)["measurements"] if row[3] == values)
    assert full[4] == row_identity("5", full[1], None, values, 0)
    again = ingest(any_database, path, sensors=MANY)
    assert (again.already_known, again.enriched) == (2, 0)


def test_enriched_row__receives_its_labels_too(database: Database, tmp_path: Path) -> None:
    ingest(database, write(tmp_path / "a.csv", ROW[:4], header=SHORT[:4]))
    report = ingest(database, write(tmp_path / "b.csv", LABELLED))
    assert (report.enriched, report.labels_added) == (1, 1)
    assert labels(database) == [(False, 33.2)]


@pytest.mark.parametrize(
    "other",
    [
        changed(ROW, turbine_id="6"),
        changed(ROW, date_measure="2024-08-15"),
        changed(ROW, date_measure="2024-08-14T10:00:00"),
        changed(ROW, wind_speed="12.27"),
    ],
)
def test_row_that_differs_in_anything_stored__a_row_of_its_own(
    database: Database, tmp_path: Path, other: tuple[str, ...]
) -> None:
    ingest(database, write(tmp_path / "a.csv", ROW[:4], header=SHORT[:4]))
    report = ingest(database, write(tmp_path / "b.csv", other, header=SHORT))
    assert (report.inserted, report.enriched) == (1, 0)


def test_poorer_row_of_the_same_file__stays(database: Database, tmp_path: Path) -> None:
    poor = changed(ROW, vibration_level="")
    path = write(tmp_path / "a.csv", poor, header=SHORT)
    ingest(database, path)
    both = write(tmp_path / "b.csv", poor, ROW, header=SHORT)
    report = ingest(database, both, chunk_rows=1)
    assert (report.inserted, report.already_known, report.enriched) == (1, 1, 0)
    assert ingest(database, both).already_known == 2


cells = st.sampled_from(["1.0", "2.0", ""])


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("12"), cells, cells, cells), max_size=12), st.integers(1, 5))
def test_catalogue_that_grew__same_content_as_if_it_had_been_known(
    new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory, drawn: list[Any], chunk: int
) -> None:
    # All rows of a day and turbine differ in what the first import knows: which is which is beyond doubt.
    rows = {(t, w, x): (t, "2024-08-14", w, x, o) for t, w, x, o in drawn if w and x}
    path = write_csv(tmp_path_factory.mktemp("grown") / "a.csv", WIDE, list(rows.values()))
    with new_database() as grown, new_database() as known:
        ingest(known, path, sensors=MANY)
        ingest(grown, path, sensors=FEW, chunk_rows=chunk)
        report = ingest(grown, path, sensors=MANY, chunk_rows=chunk)
        assert content(grown) == content(known)
        assert report.enriched == sum(bool(row[4]) for row in rows.values())
        assert report.rows == report.already_known + report.enriched
