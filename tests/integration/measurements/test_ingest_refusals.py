"""What is refused: one row, with its line, its column and the reason; or the file, with the remedy."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from api.domain.shared.exceptions import InvalidInput, UnclearFile
from api.services.measurements.files.options import ImportOptions
from api.services.measurements.preview import preview_file
from api.storage.shared.database import Database
from api.storage.tables import imports
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
    statuses,
    stored_import,
    write_csv,
)
from tests.support.words import plain

# --- rows that are rejected ---


@pytest.mark.parametrize(
    ("column", "cell", "told"),
    [
        ("turbine_id", "", "vide"),
        ("date_measure", "14/08/2024", "AAAA-MM-JJ"),
        ("date_measure", "2025-06-02", "future"),
        ("wind_speed", "douze", "nombre est attendu"),
        ("temperature", "inf", "infinie"),
        ("temperature", '"12,5"', "virgule"),
        ("maintenance_done", "2", "0 ou 1"),
        ("failure_within_7d", "oui", "0 ou 1 est attendu"),
        ("time_to_failure_days", "-1", "négatif"),
    ],
)
def test_bad_cell__its_row_alone_is_rejected(
    database: Database, tmp_path: Path, column: str, cell: str, told: str
) -> None:
    rows = [
        LABELLED,
        changed(LABELLED, **{column: cell}),
        changed(LABELLED, turbine_id="6", date_measure="2024-08-13"),
    ]
    report = ingest(database, write_csv(tmp_path / "a.csv", FULL, rows))
    assert counts(report) == (2, 0, 2, 1)
    (problem,) = report.problems
    assert (problem.line, problem.column, problem.value) == (3, column, cell.strip('"'))
    assert told in problem.reason


IMPOSSIBLE = {
    "beyond its limits": (["75.5"], "limites physiques"),
    "nines": (["999"], "code d’erreur du capteur (999)"),
    "nines below zero": (["-9999"], "code d’erreur du capteur (−9 999)"),
    "the end of a register": (["32767"], "code d’erreur du capteur (32 767)"),
    "its other end, in tenths": (["-3276.8"], "code d’erreur"),
    "a value that the file repeats": (["205", "205"], "code d’erreur du capteur (205)"),
}


@pytest.mark.parametrize(("cells", "told"), IMPOSSIBLE.values(), ids=IMPOSSIBLE)
def test_impossible_value__costs_its_row_that_sensor_alone(
    database: Database, tmp_path: Path, cells: list[str], told: str
) -> None:
    sound = [changed(LABELLED, turbine_id=str(n)) for n in range(10, 16)]
    wrong = [changed(LABELLED, turbine_id=str(n), wind_speed=cell) for n, cell in enumerate(cells)]
    report = ingest(database, write_csv(tmp_path / "a.csv", FULL, [*sound, *wrong]))
    assert (report.inserted, report.rejected) == (6 + len(cells), 0)
    assert report.refused_values == len(cells) == report.problems_total
    assert told in plain(report.problems[0].reason)
    assert report.problems[0].reason.endswith("Les autres capteurs de la ligne sont gardés.")
    kept = {row[0]: row[3] for row in content(database)["measurements"]}
    assert all("wind_speed" not in kept[str(n)] for n in range(len(cells)))
    assert kept["0"]["temperature"] == kept["10"]["temperature"]
    mended = [changed(LABELLED, turbine_id="0")]
    assert ingest(database, write_csv(tmp_path / "b.csv", FULL, mended)).enriched == 1


def test_error_codes__in_a_tenth_of_a_column_are_not_another_unit(database: Database, tmp_path: Path) -> None:
    rows = [changed(LABELLED, turbine_id=str(n), wind_speed=f"{8 + n / 7:.2f}") for n in range(45)]
    rows += [changed(LABELLED, turbine_id=str(n), wind_speed="205") for n in range(45, 50)]
    path = write_csv(tmp_path / "a.csv", FULL, rows)
    report = ingest(database, path, options=ImportOptions())
    assert (report.inserted, report.refused_values) == (50, 5)


UNITS = {
    "the median": ([f"{280 + n / 5:.1f}" for n in range(20)], "valeur médiane 281,9"),
    "the top of the column": (["20"] * 15 + [f"{111 + n}" for n in range(5)], "une valeur sur vingt dépasse"),
}


@pytest.mark.parametrize(("cells", "told"), UNITS.values(), ids=UNITS)
def test_another_unit__the_refusal_names_the_statistic(
    database: Database, tmp_path: Path, cells: list[str], told: str
) -> None:
    rows = [changed(LABELLED, turbine_id=str(n), temperature=cell) for n, cell in enumerate(cells)]
    with pytest.raises(UnclearFile) as refused:
        ingest(database, write_csv(tmp_path / "a.csv", FULL, rows), options=ImportOptions())
    assert told in plain(refused.value.detail)


@pytest.mark.parametrize("empty", ["", "-", "NaN", "None", "#REF!"])
def test_empty_column__is_told_like_an_absent_one(database: Database, tmp_path: Path, empty: str) -> None:
    rows = [changed(LABELLED, turbine_id=str(n), vibration_level=empty) for n in range(3)]
    path = write_csv(tmp_path / "a.csv", FULL, rows)
    preview = preview_file(database, path, SENSORS, now=NOW)
    (lacking,) = [column for column in preview.columns if column.state == "absente"]
    assert (lacking.name, "entièrement vide" in lacking.consequence) == ("vibration_level", True)
    report = ingest(database, path)
    assert report.missing_columns == ["vibration_level"]
    assert "a, b" in report.problems[0].reason


@pytest.mark.parametrize(
    "line",
    [
        "5,2024-08-14,1,2,3,4,0,extra",
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
    assert counts(report) == (1, 0, 1, 0)
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
        (b"PK\x03\x04whatever", "classeur"),
        (b"\x1f\x8b\x08data", "abîmée"),
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
    assert statuses(database) == ["interrompu", "termine"]
