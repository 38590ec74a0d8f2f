"""What becomes of a file of measurements: small files made by hand, a real database."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from api.domain.exceptions import Conflict, InvalidInput
from api.domain.measurements import row_identity
from api.schemas.measurements import ImportReport
from api.storage.database import Database
from api.storage.tables import imports, turbines
from tests.integration.ingest_tools import (
    FULL,
    NOW,
    SENSORS,
    SHORT,
    VALUES,
    content,
    ingest,
    stored_import,
    unsigned,
    write_csv,
)

READING = ("12.26", "3.57", "49.6", "557.2", "0")
ROW = ("5", "2024-08-14", *READING)
LABELLED = (*ROW, "0", "33.2", "139", "2024-09-02")


def counts(report: ImportReport) -> tuple[int, int, int, int]:
    assert report.rows == report.inserted + report.already_known + report.rejected
    return report.inserted, report.already_known, report.labels_added, report.rejected


def changed(row: tuple[str, ...], **cells: str) -> tuple[str, ...]:
    return tuple(cells.get(name, cell) for name, cell in zip(FULL, row, strict=False))


# --- what is stored ---


def test_one_row__stored_as_given(any_database: Database, tmp_path: Path) -> None:
    report = ingest(any_database, write_csv(tmp_path / "a.csv", FULL, [LABELLED]))
    values = dict(zip(VALUES, map(float, READING), strict=True))
    kept = content(any_database)
    identity = row_identity("5", date(2024, 8, 14), None, values, 0)
    assert kept["measurements"] == [("5", date(2024, 8, 14), None, values, identity, "mesure", False, 33.2)]
    assert kept["visits"] == [("5", date(2024, 9, 2), date(2024, 8, 14), "139")]
    assert counts(report) == (1, 0, 0, 0)
    assert (report.turbines_added, report.planned_visits_added) == (1, 1)
    assert unsigned(any_database) == 0


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
    assert counts(ingest(any_database, path)) == (3, 0, 0, 0)
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


def test_contradictory_labels__told_and_the_old_kept(any_database: Database, tmp_path: Path) -> None:
    ingest(any_database, write_csv(tmp_path / "a.csv", FULL, [LABELLED]))
    other = changed(LABELLED, failure_within_7d="1", time_to_failure_days="2.5")
    report = ingest(any_database, write_csv(tmp_path / "b.csv", FULL, [other]))
    assert counts(report) == (0, 1, 0, 0)
    told = [(problem.line, problem.column, problem.value) for problem in report.problems]
    assert told == [(2, "failure_within_7d", "1"), (2, "time_to_failure_days", "2.5")]
    assert "33,2" in report.problems[1].reason
    (stored,) = content(any_database)["measurements"]
    assert stored[6:] == (False, 33.2)


def test_bad_label_mended_later__same_rows(database: Database, tmp_path: Path) -> None:
    first = [changed(LABELLED, failure_within_7d="7"), LABELLED]
    assert counts(ingest(database, write_csv(tmp_path / "a.csv", FULL, first))) == (1, 0, 0, 1)
    mended = [changed(LABELLED, failure_within_7d="1"), LABELLED]
    report = ingest(database, write_csv(tmp_path / "b.csv", FULL, mended))
    assert counts(report) == (1, 1, 0, 0)
    assert not report.problems


# --- rows that are rejected ---


@pytest.mark.parametrize(
    ("column", "cell", "told"),
    [
        ("turbine_id", "", "vide"),
        ("date_measure", "14/08/2024", "AAAA-MM-JJ"),
        ("date_measure", "2025-06-02", "future"),
        ("wind_speed", "douze", "nombre est attendu"),
        ("wind_speed", "-1", "limites physiques"),
        ("temperature", "inf", "infinie"),
        ("temperature", '"12,5"', "virgule"),
        ("maintenance_done", "2", "0 ou 1"),
        ("failure_within_7d", "oui", "nombre est attendu"),
        ("time_to_failure_days", "-1", "négatif"),
    ],
)
def test_bad_cell__its_row_alone_is_rejected(
    database: Database, tmp_path: Path, column: str, cell: str, told: str
) -> None:
    rows = [LABELLED, changed(LABELLED, **{column: cell}), changed(LABELLED, turbine_id="6")]
    report = ingest(database, write_csv(tmp_path / "a.csv", FULL, rows))
    assert counts(report) == (2, 0, 0, 1)
    (problem,) = report.problems
    assert (problem.line, problem.column, problem.value) == (3, column, cell.strip('"'))
    assert told in problem.reason


@pytest.mark.parametrize(
    "line",
    [
        "5,2024-08-14,1,2,3,4,0,extra",
        "5,2024-08-14,1,2,3",
        '5,2024-08-14,"1,2,3,4,0',  # its quote is never closed: it must not swallow the next line
        '5,2024-08-14,"1"2,2,3,4,0',
        "5,2024-08-14,1,2,3,4\x00,0",
    ],
)
def test_malformed_line__rejected_and_the_next_one_read(
    database: Database, tmp_path: Path, line: str
) -> None:
    path = tmp_path / "a.csv"
    path.write_text("\n".join([",".join(SHORT), line, ",".join(ROW)]), encoding="utf-8")
    report = ingest(database, path)
    assert counts(report) == (1, 0, 0, 1)
    assert report.problems[0].line == 2


def test_bad_plan__told_and_the_measurement_kept(database: Database, tmp_path: Path) -> None:
    row = changed(LABELLED, planned_intervention_date="demain")
    report = ingest(database, write_csv(tmp_path / "a.csv", FULL, [row]))
    assert counts(report) == (1, 0, 0, 0)
    assert [(p.line, p.column) for p in report.problems] == [(2, "planned_intervention_date")]
    assert not content(database)["visits"]


def test_visit_without_technician__not_repeated(any_database: Database, tmp_path: Path) -> None:
    row = changed(LABELLED, technician_id="")
    ingest(any_database, write_csv(tmp_path / "a.csv", FULL, [row, row]))
    other = changed(row, wind_speed="13")
    assert ingest(any_database, write_csv(tmp_path / "b.csv", FULL, [other])).planned_visits_added == 0
    assert content(any_database)["visits"] == [("5", date(2024, 9, 2), date(2024, 8, 14), None)]


def test_many_problems__twenty_shown_all_recorded(any_database: Database, tmp_path: Path) -> None:
    rows = [changed(ROW, wind_speed="\x00é") for _ in range(50)] + [ROW]
    report = ingest(any_database, write_csv(tmp_path / "a.csv", SHORT, rows), chunk_rows=8)
    assert counts(report) == (1, 0, 0, 50)
    assert [problem.line for problem in report.problems] == list(range(2, 22))
    kept = stored_import(any_database, report.import_id)
    assert kept.report["problems_total"] == 50
    assert [problem["line"] for problem in kept.report["problems"]] == list(range(2, 52))
    assert (kept.sha256, kept.source, kept.imported_by) == (report.sha256, "mesure", "essai")
    assert kept.started_at == NOW < kept.finished_at < NOW + timedelta(minutes=1)


# --- files that are refused as a whole ---


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "vide"),
        (b"\n \n,,\n", "aucune ligne"),
        (",".join(SHORT).replace(",", ";").encode(), "points-virgules"),
        (",".join(SHORT).replace(",", "\t").encode(), "tabulations"),
        (f"{','.join(SHORT)},é\n".encode("cp1252"), "UTF-8"),
        (f"{','.join(SHORT)}\n".encode("utf-16"), "UTF-16"),
        (b"PK\x03\x04whatever", "classeur"),
        (b"\x1f\x8b\x08data", "compressé"),
        (b"PAR1....", "Parquet"),
        (b"x" * 1_200_000, "1 Mo"),
        (b"date_measure,wind_speed\n2024-08-14,1\n", "turbine_id"),
        (b"turbine_id,wind_speed\n5,1\n", "date_measure"),
        (b"turbine_id,date_measure,humidity\n5,2024-08-14,1\n", "wind_speed, vibration_level"),
        (b"turbine_id,date_measure,wind_speed,wind_speed\n5,2024-08-14,1,2\n", "plusieurs fois"),
    ],
)
def test_unusable_file__refused_with_the_reason_and_nothing_stored(
    database: Database, tmp_path: Path, data: bytes, told: str
) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(data)
    with pytest.raises(InvalidInput) as caught:
        ingest(database, path)
    assert told in caught.value.detail
    with database.read() as connection:
        assert connection.execute(select(imports)).all() == []


def test_no_file_or_a_folder__refused(database: Database, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="introuvable"):
        ingest(database, tmp_path / "absent.csv")
    with pytest.raises(InvalidInput, match="dossier"):
        ingest(database, tmp_path)


def test_header_only__said(database: Database, tmp_path: Path) -> None:
    report = ingest(database, write_csv(tmp_path / "a.csv", SHORT, []))
    assert counts(report) == (0, 0, 0, 0)
    assert "en-tête" in report.problems[0].reason


def test_unknown_source__refused(database: Database, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="mesure"):
        ingest(database, write_csv(tmp_path / "a.csv", SHORT, [ROW]), source="ailleurs")


def test_file_still_being_written__refused_and_finished_later(database: Database, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", SHORT, [changed(ROW, turbine_id=str(n)) for n in range(20_000)])
    late = b"99999,2024-08-14,1,2,3,4,0\n"

    def append(_done: int, _total: int) -> None:
        with path.open("ab") as stream:
            stream.write(late)

    with pytest.raises(InvalidInput, match="changé"):
        ingest(database, path, progress=append, chunk_rows=19_000)
    report = ingest(database, path)
    assert report.rejected == 0
    assert len(content(database)["measurements"]) == report.rows
    assert unsigned(database) == 0


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
