"""Files as strangers' tools write them: trivia costs nothing, text stays text, doubtful names are asked."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.domain.measurements.column_map import ColumnMap, Target
from api.domain.shared.exceptions import InvalidInput, UnclearFile
from api.services.measurements.files.csv_records import records
from api.services.measurements.files.options import ImportOptions
from api.services.measurements.preview import preview_file
from api.storage.shared.database import Database
from tests.support.measurements.ingest_tools import (
    FULL,
    LABELLED,
    NOW,
    ROW,
    SENSORS,
    SHORT,
    changed,
    content,
    ingest,
    write_csv,
)

HEAD = ",".join(SHORT)
LINE = ",".join(ROW)


def stored(database: Database, path: Path, text: str, **options: Any) -> list[Any]:
    """Import a text and return the rows kept: turbine, day, instant, values."""
    path.write_text(text, encoding="utf-8")
    ingest(database, path, **options)
    return [tuple(row[:4]) for row in content(database)["measurements"]]


def moments(database: Database) -> list[datetime | None]:
    rows = content(database)["measurements"]
    return sorted((row[2] for row in rows), key=lambda at: at or datetime(1900, 1, 1, tzinfo=UTC))


# --- trivia ---

PLAIN = [("5", date(2024, 8, 14), None)]
TRIVIA = {
    "a comment among the rows": f"{HEAD}\n# relevé à la main\n{LINE}\n",
    "a comment as wide as a row": f"{HEAD}\n#,,m/s,,°C,kW,\n{LINE}\n",
    "a commented header": f"# export\n# {HEAD}\n{LINE}\n",
    "a header put there again": f"{HEAD}\n{LINE}\n{HEAD}\n",
    "a name with a line break": HEAD.replace("wind_speed", '"wind_speed\n(m/s)"') + f"\n{LINE}\n",
    "a separator behind the header": f"{HEAD},\n{LINE}\n",
    "a separator behind the rows": f"{HEAD}\n{LINE},\n",
    "separators behind all": f"{HEAD},,\n{LINE},,\n",
    "whole days with an hour": f"{HEAD}\n{LINE.replace('2024-08-14', '2024-08-14 00:00:00')}\n",
}


@pytest.mark.parametrize("text", TRIVIA.values(), ids=TRIVIA)
def test_trivia__costs_nothing(database: Database, tmp_path: Path, text: str) -> None:
    rows = stored(database, tmp_path / "a.csv", text)
    assert [row[:3] for row in rows] == PLAIN
    assert set(rows[0][3]) == set(SENSORS)


def test_missing_end_cells__empty_and_counted(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"{HEAD},humidité\n5,2024-08-14,9.5,2.4\n6,2024-08-14,9.5,,40\n", encoding="utf-8")
    report = ingest(database, path)
    assert (report.inserted, report.rejected) == (2, 0)
    assert report.empty_cells == {
        "maintenance_done": 2,
        "power_output": 2,
        "temperature": 1,
        "vibration_level": 1,
    }


def test_last_line_cut__refused_by_name(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"{HEAD}\n{LINE}\n5,2024-08-15,9.5,2", encoding="utf-8")
    report = ingest(database, path)
    assert (report.inserted, report.rejected) == (1, 1)
    assert "coupée" in report.problems[0].reason


@pytest.mark.parametrize("cell", ["#DIV/0!", "#REF!", "--", "<NA>", "None", "\\N", "NaT"])
def test_error_in_one_cell__the_others_kept(database: Database, tmp_path: Path, cell: str) -> None:
    rows = stored(database, tmp_path / "a.csv", f"{HEAD}\n{LINE.replace('12.26', cell)}\n")
    assert set(rows[0][3]) == set(SENSORS) - {"wind_speed"}


# --- cells with line breaks ---


def test_comment_of_several_lines__one_cell(database: Database, tmp_path: Path) -> None:
    inside = f"{LINE.replace('5,', '6,', 1)},vu"
    text = f'{HEAD},remarque\n{LINE},"bruit\n{inside}\nfin"\n{LINE.replace("5,", "7,", 1)},rien\n'
    rows = stored(database, tmp_path / "a.csv", text)
    assert sorted(row[0] for row in rows) == ["5", "7"]


def test_quote_never_closed__nothing_below_is_taken(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    others = "\n".join(LINE.replace("5,", f"{n},", 1) for n in (7, 8))
    path.write_text(f'{HEAD}\n{LINE}\n"6,2024-08-14,9,2,40,500,0\n{others}\n', encoding="utf-8")
    report = ingest(database, path)
    assert (report.inserted, report.rejected) == (1, 3)
    assert [problem.line for problem in report.problems] == [3, 4, 5]
    assert "jamais refermé" in report.problems[0].reason


CELLS = st.lists(st.lists(st.text('ab",;\n #', max_size=8), min_size=3, max_size=3), min_size=1, max_size=6)


@settings(deadline=None)
@given(CELLS)
def test_records__any_cells_well_quoted__come_back_as_they_are(table: list[list[str]]) -> None:
    quoted = [",".join('"' + cell.replace('"', '""') + '"' for cell in row) + "\n" for row in table]
    lines = "".join(quoted).splitlines(keepends=True)
    read = list(records(iter(enumerate(lines, start=1)), 3, ","))
    assert [line.cells for line in read] == table
    assert all(line.defect is None for line in read)


@settings(deadline=None)
@given(st.lists(st.text('a",', max_size=6), max_size=12))
def test_records__any_lines__each_is_read_or_refused(texts: list[str]) -> None:
    lines = [text + "\n" for text in texts]
    read = list(records(iter(enumerate(lines, start=1)), 2, ","))
    numbers = [line.number for line in read]
    assert numbers == sorted(set(numbers))
    assert all(bool(line.cells) != (line.defect is not None) for line in read)


FILLED = st.lists(st.text("a5.", max_size=3), min_size=4, max_size=4).filter(any)


@settings(deadline=None)
@given(st.lists(st.tuples(FILLED, st.booleans(), st.integers(0, 3)), max_size=8), st.sampled_from(",;\t|"))
def test_records__end_cells_omitted_or_separators_added__the_same_cells(
    rows: list[tuple[list[str], bool, int]], separator: str
) -> None:
    lines = []
    for cells, omit, more in rows:
        text = separator.join(cells)
        lines.append((text.rstrip(separator) if omit else text + separator * more) + "\n")
    read = list(records(iter(enumerate(lines, start=1)), 4, separator))
    assert [line.cells for line in read] == [cells for cells, _omit, _more in rows]


def test_nul_bytes__named(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"{HEAD}\n{LINE}\n" + "\0" * 40, encoding="utf-8")
    report = ingest(database, path)
    assert (report.inserted, report.rejected) == (1, 1)
    assert "octet nul" in report.problems[0].reason


# --- files that are something else ---


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b'{"measurements": []}', "JSON"),
        (
            b"5,2024-08-14,12.26,3.57,49.6,557.2,0\n6,2024-08-14,9,3,49,557,0\n",
            "pas d’en-tête",
        ),
        (b"\x80\x04\x95abc", "pickle"),
        (b"\xef\xbb\xbf<!DOCTYPE html>\n<html><body>login</body></html>", "page HTML"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:ab\nsize 3\n", "Git LFS"),
    ],
)
def test_other_file__named(database: Database, tmp_path: Path, data: bytes, words: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(data)
    with pytest.raises(InvalidInput) as caught:
        ingest(database, path)
    assert words in caught.value.detail


def test_header__all_that_is_missing_at_once_with_close_names(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("Turbine ID,Date mesure,Wind Speed (m/s),Humidité\n5,2024-08-14,9,80\n", encoding="utf-8")
    with pytest.raises(UnclearFile) as caught:
        ingest(database, path)
    detail = caught.value.detail
    for words in ("turbine_id", "date_measure", "« Turbine ID »", "« Date mesure »", "« Wind Speed (m/s) »",
                  "« Humidité »"):  # fmt: skip
        assert words in detail


@pytest.mark.parametrize(
    "name", ["TEMPERATURE", "Tempéra ture", "Température", "temperature ", "tempеrature"]
)
def test_sensor__close_name__offered(database: Database, tmp_path: Path, name: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"{HEAD.replace('temperature', name)}\n{LINE}\n", encoding="utf-8")
    report = ingest(database, path)
    if name.strip() == "temperature":
        assert not report.missing_columns
    else:
        assert f"Est-ce « {name} » ?" in report.problems[0].reason


def test_decimal_commas_in_a_comma_file__named(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"{HEAD}\n5,2024-08-14,12,26,3,57,49,6,557,2,0\n", encoding="utf-8")
    assert "virgule décimale" in ingest(database, path).problems[0].reason


# --- names of turbines ---


@pytest.mark.parametrize("other", ["e-01", "E-01", "E -01", "Ｅ-01"])
def test_names__by_case_spaces_or_width__asked_once(database: Database, tmp_path: Path, other: str) -> None:
    first = changed(ROW, turbine_id="E-01")
    second = changed(ROW, turbine_id=other, wind_speed="9")
    path = write_csv(tmp_path / "a.csv", SHORT, [first, second])
    if other == "E-01":
        assert ingest(database, path, options=ImportOptions()).turbines_added == 1
        return
    with pytest.raises(UnclearFile) as caught:
        ingest(database, path, options=ImportOptions())
    assert "sans doute la même turbine" in caught.value.detail
    assert preview_file(database, path, SENSORS, now=NOW).needs_confirmation
    mapped = ImportOptions(map=ColumnMap(turbines={other.strip(): "E-01"}))
    assert ingest(database, path, options=mapped).turbines_added == 1
    assert content(database)["turbines"] == ["E-01"]


def test_name__close_to_one_of_the_park__asked_and_not_again(database: Database, tmp_path: Path) -> None:
    ingest(database, write_csv(tmp_path / "a.csv", SHORT, [changed(ROW, turbine_id="E-01")]))
    path = write_csv(tmp_path / "b.csv", SHORT, [changed(ROW, turbine_id="e-01")])
    with pytest.raises(UnclearFile):
        ingest(database, path, options=ImportOptions())
    assert ingest(database, path).turbines_added == 1
    later = write_csv(tmp_path / "c.csv", SHORT, [changed(ROW, turbine_id="e-01", wind_speed="8")])
    assert ingest(database, later, options=ImportOptions()).inserted == 1


def test_numbers__written_in_several_ways__joined_and_told(database: Database, tmp_path: Path) -> None:
    days = ("2024-08-14", "2024-08-15", "2024-08-16")
    rows = [
        changed(ROW, turbine_id=name, date_measure=day)
        for name, day in zip(("007", "7", "7.0"), days, strict=True)
    ]
    report = ingest(database, write_csv(tmp_path / "a.csv", SHORT, rows), options=ImportOptions())
    assert (report.inserted, report.turbines_added) == (3, 1)
    assert "« 007 », « 7 », « 7.0 » : lus comme une seule turbine" in report.problems[0].reason


def test_numbers__side_by_side__asked(database: Database, tmp_path: Path) -> None:
    rows = [changed(ROW, turbine_id="007"), changed(ROW, turbine_id="7", wind_speed="9")]
    path = write_csv(tmp_path / "a.csv", SHORT, rows)
    with pytest.raises(UnclearFile, match="deux machines différentes"):
        ingest(database, path, options=ImportOptions())
    assert ingest(database, path).turbines_added == 1


# --- times ---


def test_hour_in_a_column_of_its_own__joined_by_the_mapping(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"{HEAD},Heure\n{LINE},6:10\n{LINE},\n", encoding="utf-8")
    mapped = ImportOptions(map=ColumnMap({"Heure": Target("time_measure")}, timezone="UTC"), confirmed=True)
    report = ingest(database, path, options=mapped)
    assert moments(database) == [None, datetime(2024, 8, 14, 6, 10, tzinfo=UTC)]
    assert report.format is not None
    assert report.format.timezone == "UTC (correspondance)"


@pytest.mark.parametrize(
    ("text", "hour", "words"),
    [
        (f"# Time zone: UTC\n{HEAD}", 6, "commentaire de la ligne 1"),
        (HEAD.replace("date_measure", "date_measure (UTC+2)"), 4, "en-tête"),
        (HEAD, 4, "par défaut"),
    ],
)
def test_zone__used_and_told(database: Database, tmp_path: Path, text: str, hour: int, words: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"{text}\n{LINE.replace('2024-08-14', '2024-08-14 06:10')}\n", encoding="utf-8")
    report = ingest(database, path)
    assert moments(database) == [datetime(2024, 8, 14, hour, 10, tzinfo=UTC)]
    assert report.format is not None
    assert words in (report.format.timezone or "")


def test_zone__each_hour_with_its_offset__told(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    text = "\n".join(LINE.replace("2024-08-14", f"2024-08-14T0{n}:10:00.0000000Z") for n in (6, 7))
    path.write_text(f"{HEAD}\n{text}\n", encoding="utf-8")
    report = ingest(database, path)
    assert moments(database) == [datetime(2024, 8, 14, hour, 10, tzinfo=UTC) for hour in (6, 7)]
    assert report.format is not None
    assert "donné par le fichier" in (report.format.timezone or "")


@pytest.mark.parametrize("written", ["dd/mm/yyyy", "mm:ss.0", "General", "yyyy-mm-dd hh:mm", "d mmm"])
def test_workbook__hidden_hour__kept(database: Database, tmp_path: Path, written: str) -> None:
    book = openpyxl.Workbook()
    book.active.append(SHORT)
    for hour in (0, 6, 12):
        day = datetime(2024, 12, 2, hour, 10)  # noqa: DTZ001 - a spreadsheet's clock has no zone
        number = (day - datetime(1899, 12, 30)).total_seconds() / 86_400  # noqa: DTZ001
        book.active.append(["5", number if written == "General" else day, 9 + hour / 10, 2, 40, 500, 0])
        book.active.cell(book.active.max_row, 2).number_format = written
    book.save(tmp_path / "a.xlsx")
    ingest(database, tmp_path / "a.xlsx")
    assert moments(database) == [datetime(2024, 12, day, hour, 10, tzinfo=UTC) for day, hour in
                                 ((1, 23), (2, 5), (2, 11))]  # fmt: skip


def test_dates__one_format_per_column(database: Database, tmp_path: Path) -> None:
    rows = [
        changed(LABELLED, date_measure="21/04/2024", planned_intervention_date="2024-05-02"),
        changed(LABELLED, date_measure="03/04/2024", planned_intervention_date="2024-05-03"),
    ]
    report = ingest(database, write_csv(tmp_path / "a.csv", FULL, rows))
    assert (report.inserted, report.planned_visits_added, report.labels_added) == (2, 2, 2)
    assert report.format is not None
    assert (report.format.date_format, report.format.planned_format) == ("JJ/MM/AAAA", "AAAA-MM-JJ")


def test_dates__the_advice_of_a_refusal_works(database: Database, tmp_path: Path) -> None:
    row = changed(LABELLED, date_measure="03/04/2024", planned_intervention_date="2024-05-02")
    path = write_csv(tmp_path / "a.csv", FULL, [row])
    with pytest.raises(UnclearFile, match="JJ/MM/AAAA"):
        ingest(database, path)
    report = ingest(database, path, options=ImportOptions(date_format="JJ/MM/AAAA"))
    assert (report.inserted, report.planned_visits_added, report.problems) == (1, 1, [])


def test_preview__tells_of_identical_rows_and_swapped_days(database: Database, tmp_path: Path) -> None:
    rows = [
        changed(ROW, date_measure=f"2024-{month:02d}-{day:02d}")
        for month in range(1, 13)
        for day in range(1, 13)
    ]
    path = write_csv(tmp_path / "a.csv", SHORT, [*rows, rows[0], rows[0]])
    told = {notice.code: notice.message for notice in preview_file(database, path, SENSORS, now=NOW).notices}
    assert "2\u00a0lignes identiques" in told["lignes_identiques"]
    assert "échangés" in told["a_verifier"]


# --- JSON ---


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ('{"measurements": [{"turbine_id": 5, "turbine_id": 6, "measured_at": "2024-08-14"}]}', "deux fois"),
        (
            '{"measurements": [{"turbine_id": "\\ud800", "measured_at": "2024-08-14"}]}',
            "moitié d’un caractère",
        ),
        ('{"measurements": [{"turbine_id": 5, "date_measure": "2024-08-14"}]}', "Est-ce « date_measure »"),
        (
            '{"measurements": [{"turbine_id": 5, "measured_at": "2024-08-14", "Wind_Speed": 9}]}',
            "« Wind_Speed » pour wind_speed. ; champs reçus",
        ),
        ('{"measurements": [{"turbineId": 5, "measured_at": "2024-08-14"}]}', "Est-ce « turbineId »"),
        (
            json.dumps(
                {
                    "measurements": [
                        {"turbine_id": name, "measured_at": "2024-08-14", "wind_speed": 9}
                        for name in ("E1", "Ｅ１")
                    ]
                }
            ),
            "la même turbine",
        ),
    ],
)
def test_json__doubtful_text__refused(database: Database, tmp_path: Path, body: str, words: str) -> None:
    path = tmp_path / "envoi.json"
    path.write_text(body, encoding="utf-8")
    with pytest.raises(InvalidInput) as caught:
        ingest(database, path, options=ImportOptions(sent_as_json=True))
    assert words in caught.value.detail
