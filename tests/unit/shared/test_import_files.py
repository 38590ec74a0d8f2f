"""The mapping file, the date formats, the notation of numbers, and the report as a spreadsheet opens it."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.domain.measurements import day_format, units
from api.domain.measurements.column_map import ColumnMap, Target
from api.domain.measurements.notation import Notation
from api.domain.measurements.readings import UnreadableCell, read_pseudonym
from api.domain.shared.exceptions import InvalidInput
from api.schemas.measurements import ImportReport, RowProblem
from api.services.measurements.files.map_file import parse_map, read_map
from api.services.measurements.import_report import report_csv

WANTED = ColumnMap({"Éolienne": Target("turbine_id"), "T (K)": Target("temperature", "K")}, ",", "JJ/MM/AAAA")


def test_map__json_and_toml__the_same(tmp_path: Path) -> None:
    toml = tmp_path / "m.toml"
    toml.write_text(
        'decimal = ","\ndate_format = "JJ/MM/AAAA"\n[columns]\n"Éolienne" = "turbine_id"\n'
        '"T (K)" = {sensor = "temperature", unit = "K"}\n',
        encoding="utf-8",
    )
    json = (
        '{"columns": {"Éolienne": "turbine_id", "T (K)": {"sensor": "temperature", "unit": "K"}},'
        ' "decimal": ",", "date_format": "JJ/MM/AAAA"}'
    )
    assert read_map(toml) == parse_map(json, "m.json") == WANTED


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "JSON valide"),
        ("[]", "clés attendues"),
        ('{"colonnes": {}}', "clés attendues"),
        ('{"columns": []}', "« columns »"),
        ('{"columns": {"a": 3}}', "« a »"),
        ('{"columns": {"a": {"unit": "K"}}}', "« a »"),
        ('{"columns": {"a": "wind_speed", "b": "wind_speed"}}', "deux colonnes"),
        ('{"decimal": ";"}', "« decimal »"),
        ('{"date_format": "AAAA"}', "au choix"),
        ("[" * 100_000, "JSON valide"),
    ],
)
def test_map__not_understood__refused_naming_it(text: str, told: str) -> None:
    with pytest.raises(InvalidInput, match=told):
        parse_map(text, "m.json")


def test_map__absent_or_not_text__refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="introuvable"):
        read_map(tmp_path / "m.toml")
    (tmp_path / "m.toml").write_bytes(b"\xff\xff")
    with pytest.raises(InvalidInput, match="illisible"):
        read_map(tmp_path / "m.toml")


MANY_DAYS = st.lists(st.dates(date(1990, 1, 1), date(2025, 1, 1)), min_size=1, max_size=30)


@given(MANY_DAYS, st.sampled_from(["%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%Y-%m-%d", "%Y/%m/%d"]))
def test_find__whole_file_in_one_format__that_one_or_refused_where_it_could_be_two(
    drawn: list[date], written: str
) -> None:
    texts = {day.strftime(written) for day in drawn}
    swappable = not written.startswith("%Y") and all(day.day <= 12 for day in drawn)
    try:
        found = day_format.find_format(texts)
    except InvalidInput as error:
        assert swappable
        assert "échangés" in error.detail
        return
    assert not swappable
    assert {found.iso(text) for text in texts} == {day.isoformat() for day in drawn}


@pytest.mark.parametrize("name", day_format.NAMES)
def test_named__each__reads_its_own_writing(name: str) -> None:
    day = date(2024, 3, 14)
    written = name.replace("AAAA", "2024").replace("MM", "03").replace("JJ", "14")
    form = day_format.named_format(name.lower())
    assert form.iso(written) == day.isoformat()
    assert form.iso(f"{written} 9:05") == "2024-03-14T09:05"
    assert form.iso(f"{written} 24:00") == "2024-03-15T00:00"
    assert form.iso(f"{written}T23:59:58,5+02:00") == "2024-03-14T23:59:58.5+02:00"


@given(st.decimals(-99_999, 99_999, places=2))
def test_number__written_in_french__the_same_number(value: Decimal) -> None:
    grouped = f"{value:,.2f}".replace(",", "\u202f").replace(".", ",")
    for text in (f"{value:.2f}".replace(".", ","), grouped, grouped.replace("-", "\u2212")):
        assert float(Notation(",").number(text)) == float(value)


@pytest.mark.parametrize(("decimal", "text"), [(".", "1,234"), (",", "1.234"), (".", "1,5"), (",", "1.5")])
def test_number__that_could_be_another__refused(decimal: str, text: str) -> None:
    with pytest.raises(UnreadableCell, match="écrivez"):
        Notation(decimal).number(text)


@pytest.mark.parametrize(
    ("source", "unit", "given", "wanted"),
    [
        ("K", "°C", "273.15", 0.0),
        ("°F", "°C", "212", 100.0),
        ("km/h", "m/s", "36", 10.0),
        ("kn", "m/s", "3600", 1852.0),
        ("mph", "m/s", "1", 0.44704),
        ("MW", "kW", "0.5572", 557.2),
        ("W", "kW", "557200", 557.2),
        ("celsius", "°C", "4.5", 4.5),
    ],
)
def test_conversion__known_points__exact(source: str, unit: str, given: str, wanted: float) -> None:
    how = units.conversion(source, unit)
    assert how is not None
    assert float(how.text(given)) == pytest.approx(wanted, rel=1e-15)
    assert how.text("NaN") == "NaN"
    assert how.text("douze") == "douze"


@pytest.mark.parametrize("code", ["139", "139.0", "T-12", "TECH07", "a.3", "-", ""])
def test_pseudonym__number_or_short_code__taken(code: str) -> None:
    assert read_pseudonym(code) in {code, "139", None}


@pytest.mark.parametrize(
    "name",
    ["Jean Dupont", "dupont", "j.dupont@energitech.fr", "0612345678", "JD", "Dupont12345678", "X" * 70],
)
def test_pseudonym__name_or_address__refused_and_not_repeated(name: str) -> None:
    with pytest.raises(UnreadableCell) as caught:
        read_pseudonym(name)
    assert not caught.value.repeatable
    assert name not in caught.value.reason


def report(problems: list[RowProblem], total: int) -> ImportReport:
    facts = dict.fromkeys(
        ("rows", "inserted", "already_known", "labels_added", "rejected", "turbines_added"), 0
    )
    now = datetime(2025, 6, 1, tzinfo=UTC)
    return ImportReport(
        import_id=1, filename="m.csv", sha256="0", planned_visits_added=0, problems=problems,
        problems_total=total, unknown_columns=[], missing_columns=[], started_at=now, finished_at=now,
        imported_by="essai", **facts,
    )  # fmt: skip


def test_report_csv__as_a_french_spreadsheet_reads_it() -> None:
    problems = [
        RowProblem(line=3, column="wind_speed", value="12;5", reason="un nombre « entier » est attendu."),
        RowProblem(line=4, column="=CMD()", value="-1", reason='"x"'),
        RowProblem(line=5, column="", value=None, reason="trop de colonnes"),
        RowProblem(line=6, column="a", value="@SUM(A1)", reason="b"),
    ]
    text = report_csv(report(problems, 9))
    assert text.startswith("\ufeffLigne;Colonne;Valeur reçue;Motif\r\n")
    rows = list(csv.reader(io.StringIO(text[1:]), delimiter=";"))
    assert rows[1] == ["3", "wind_speed", "12;5", "un nombre « entier » est attendu."]
    assert rows[2] == ["4", "'=CMD()", "-1", '"x"']
    assert rows[3] == ["5", "", "", "trop de colonnes"]
    assert rows[4][2] == "'@SUM(A1)"
    assert rows[5] == ["", "", "", "… et 5\u00a0autres problèmes, sans détail."]
