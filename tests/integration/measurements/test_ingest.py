"""What becomes of a file of measurements: small files made by hand, a real database."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import select, update

from api.domain.measurements.measurements import row_identity
from api.domain.shared.exceptions import Conflict
from api.storage.shared.database import Database
from api.storage.tables import imports, measurements, turbines
from tests.support.measurements.ingest_tools import (
    FULL,
    LABELLED,
    NOW,
    READING,
    ROW,
    SENSORS,
    SHORT,
    VALUES,
    changed,
    content,
    counts,
    ingest,
    statuses,
    write_csv,
)

# --- what is stored ---


def test_one_row__stored_as_given(any_database: Database, tmp_path: Path) -> None:
    report = ingest(any_database, write_csv(tmp_path / "a.csv", FULL, [LABELLED]))
    values = dict(zip(VALUES, map(float, READING), strict=True))
    kept = content(any_database)
    identity = row_identity("5", date(2024, 8, 14), None, values, 0)
    assert kept["measurements"] == [("5", date(2024, 8, 14), None, values, identity, "mesure", False, 33.2)]
    assert kept["visits"] == [("5", date(2024, 9, 2), date(2024, 8, 14), "139")]
    assert counts(report) == (1, 0, 1, 0)
    assert (report.turbines_added, report.planned_visits_added) == (1, 1)
    assert statuses(any_database) == ["termine"]


def test_instant__utc_and_day_in_paris(any_database: Database, tmp_path: Path) -> None:
    row = changed(ROW, date_measure="2024-08-14T23:30:00+00:00")
    ingest(any_database, write_csv(tmp_path / "a.csv", SHORT, [row]))
    (stored,) = content(any_database)["measurements"]
    assert stored[1:3] == (date(2024, 8, 15), datetime(2024, 8, 14, 23, 30, tzinfo=UTC))


def test_bom_crlf_quotes_and_blank_lines__read(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    row = '"5",2024-08-14,"12.26",3.57,49.6,557.2,0'
    path.write_bytes(b"\xef\xbb\xbf" + "\r\n".join([",".join(SHORT), "", row, ",,,,,,", ""]).encode())
    assert counts(ingest(database, path)) == (1, 0, 0, 0)


def test_columns_in_another_order_and_unknown_ones__kept_aside_and_named(
    database: Database, tmp_path: Path
) -> None:
    header = ("humidité", *reversed(SHORT))
    report = ingest(database, write_csv(tmp_path / "a.csv", header, [("80", *reversed(ROW))]))
    assert report.unknown_columns == ["humidité"]
    (stored,) = content(database)["measurements"]
    assert stored[3] == dict(zip(VALUES, map(float, READING), strict=True))


def test_missing_sensor_column__named_with_what_will_not_work(database: Database, tmp_path: Path) -> None:
    header, row = list(SHORT), list(ROW)
    del header[3], row[3]
    report = ingest(database, write_csv(tmp_path / "a.csv", header, [row]))
    assert counts(report) == (1, 0, 0, 0)
    assert report.missing_columns == ["vibration_level"]
    (problem,) = report.problems
    assert (problem.line, problem.column) == (1, "vibration_level")
    assert "(a, b) ne pourront pas" in problem.reason


# --- identity ---


def test_same_file_twice__nothing_new(any_database: Database, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", FULL, [LABELLED, changed(LABELLED, turbine_id="6"), LABELLED])
    assert counts(ingest(any_database, path)) == (3, 0, 3, 0)
    before = content(any_database)
    again = ingest(any_database, path)
    assert counts(again) == (0, 3, 0, 0)
    assert (again.turbines_added, again.planned_visits_added) == (0, 0)
    assert content(any_database) == before


def test_equal_rows_of_one_file__each_is_a_row(database: Database, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", SHORT, [ROW] * 3)
    assert counts(ingest(database, path, chunk_rows=2)) == (3, 0, 0, 0)
    longer = write_csv(tmp_path / "b.csv", SHORT, [ROW] * 4)
    assert counts(ingest(database, longer, chunk_rows=3)) == (1, 3, 0, 0)


def test_spelling_of_numbers_and_turbines__same_row(database: Database, tmp_path: Path) -> None:
    ingest(database, write_csv(tmp_path / "a.csv", SHORT, [ROW]))
    spelt = ("05.0", "2024-08-14", "12.260", "3.57", "+49.6", "5572e-1", "-0.0")
    assert counts(ingest(database, write_csv(tmp_path / "b.csv", SHORT, [spelt]))) == (0, 1, 0, 0)


def test_labels_coming_later__only_added(any_database: Database, tmp_path: Path) -> None:
    rows = [changed(LABELLED, turbine_id=str(n)) for n in range(7)]
    ingest(any_database, write_csv(tmp_path / "a.csv", SHORT, [row[: len(SHORT)] for row in rows]))
    report = ingest(any_database, write_csv(tmp_path / "b.csv", FULL, rows), chunk_rows=3)
    assert counts(report) == (0, 7, 7, 0)
    assert {row[6:] for row in content(any_database)["measurements"]} == {(False, 33.2)}
    assert ingest(any_database, tmp_path / "b.csv").labels_added == 0


def test_one_label_then_the_other__completed(any_database: Database, tmp_path: Path) -> None:
    only_failure = changed(LABELLED, time_to_failure_days="")
    only_days = changed(LABELLED, failure_within_7d="")
    ingest(any_database, write_csv(tmp_path / "a.csv", FULL, [only_failure]))
    assert counts(ingest(any_database, write_csv(tmp_path / "b.csv", FULL, [only_days]))) == (0, 1, 1, 0)
    (stored,) = content(any_database)["measurements"]
    assert stored[6:] == (False, 33.2)


def test_bad_label_mended_later__same_rows(database: Database, tmp_path: Path) -> None:
    soon = changed(LABELLED, time_to_failure_days="5")
    first = [changed(soon, failure_within_7d="7"), LABELLED]
    assert counts(ingest(database, write_csv(tmp_path / "a.csv", FULL, first))) == (1, 0, 1, 1)
    mended = [changed(soon, failure_within_7d="1"), LABELLED]
    report = ingest(database, write_csv(tmp_path / "b.csv", FULL, mended))
    assert counts(report) == (1, 1, 1, 0)
    assert {problem.line for problem in report.problems} == {
        3
    }  # its labels are not those of its equal, line 2


# --- imports that were interrupted ---


class Interrupted(Exception):
    """Stands for a process that dies between two chunks."""


def interrupt(_done: int, _total: int) -> None:
    raise Interrupted


def origins(database: Database) -> dict[str, int | None]:
    """Which import brought each turbine's only row."""
    with database.read() as connection:
        rows = connection.execute(select(turbines.c.turbine_id, measurements.c.import_id).join(measurements))
        return {row.turbine_id: row.import_id for row in rows}


def test_interrupted_import__visible_then_finished_by_its_restart(
    any_database: Database, tmp_path: Path
) -> None:
    left = write_csv(tmp_path / "a.csv", SHORT, [changed(ROW, turbine_id=name) for name in "134"])
    with pytest.raises(Interrupted):
        ingest(any_database, left, chunk_rows=2, progress=interrupt)
    assert statuses(any_database) == ["interrompu"]
    other = ingest(
        any_database,
        write_csv(tmp_path / "b.csv", SHORT, [changed(ROW, turbine_id=name) for name in "12"]),
    )
    assert counts(other) == (1, 1, 0, 0)
    again = ingest(any_database, left)
    assert counts(again) == (1, 2, 0, 0)
    assert origins(any_database) == {"1": 1, "3": 1, "2": other.import_id, "4": again.import_id}
    assert statuses(any_database) == ["interrompu", "termine", "termine"]


def test_import_that_was_killed__said_interrupted_once_its_file_is_in(
    database: Database, tmp_path: Path
) -> None:
    path = write_csv(tmp_path / "a.csv", SHORT, [ROW])
    ingest(database, path)
    with database.write() as connection:  # as a killed process leaves it
        connection.execute(update(imports).values(status="en_cours", report=None, finished_at=None))
    ingest(database, path)
    assert statuses(database) == ["interrompu", "termine"]


# --- simulated and real parks ---


def test_first_real_data__archive_the_simulated_park(any_database: Database, tmp_path: Path) -> None:
    simulated = write_csv(tmp_path / "sim.csv", SHORT, [ROW, changed(ROW, turbine_id="6")])
    ingest(any_database, simulated, source="simulation")
    # The same turbine and the same figures, measured: a row of its own.
    report = ingest(any_database, write_csv(tmp_path / "real.csv", SHORT, [ROW]))
    assert counts(report) == (1, 0, 0, 0)
    assert report.turbines_added == 1
    assert [row[5] for row in content(any_database)["measurements"]] == ["mesure"]
    with any_database.read() as connection:
        archived = connection.execute(select(turbines).where(turbines.c.archived_at.is_not(None))).all()
    assert {(row.turbine_id, row.source, row.archived_at) for row in archived} == {
        ("5", "simulation", NOW),
        ("6", "simulation", NOW),
    }


def test_real_file_without_a_good_row__simulated_park_stays(database: Database, tmp_path: Path) -> None:
    ingest(database, write_csv(tmp_path / "sim.csv", SHORT, [ROW]), source="simulation")
    ingest(database, write_csv(tmp_path / "real.csv", SHORT, [changed(ROW, wind_speed="x")]))
    assert content(database)["turbines"] == ["5"]


def test_simulated_data_in_a_real_park__refused(database: Database, tmp_path: Path) -> None:
    ingest(database, write_csv(tmp_path / "real.csv", SHORT, [ROW]))
    before = content(database)
    with pytest.raises(Conflict, match="données réelles"):
        ingest(database, write_csv(tmp_path / "sim.csv", SHORT, [ROW]), source="simulation")
    assert content(database) == before


def test_another_operators_sensors__stored_without_a_new_table(database: Database, tmp_path: Path) -> None:
    sensors = {
        **SENSORS,
        "oil_pressure": SENSORS["wind_speed"].__class__("oil_pressure", "Huile", "bar", "float"),
    }
    path = write_csv(
        tmp_path / "a.csv", ("turbine_id", "date_measure", "oil_pressure"), [("A", "2024-08-14", "4.2")]
    )
    report = ingest(database, path, sensors=sensors)
    assert counts(report) == (1, 0, 0, 0)
    assert report.missing_columns == list(VALUES)
    assert content(database)["measurements"][0][3] == {"oil_pressure": 4.2}
