"""The register of turbines, from a file."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from api.domain.shared.exceptions import Conflict, InvalidInput
from api.services.turbines.register import RegisterReport, import_turbines
from api.storage.measurements import measurements
from api.storage.shared.database import Database
from tests.support.measurements.ingest_tools import NOW, SHORT, ingest, write_csv

HEADER = ("turbine_id", "site", "farm", "rated_power_kw", "commissioned_on", "service_state")
ROWS = [
    ("1", "Plaine", "Parc A", "2300", "2015-06-01", "en_service"),
    ("2.0", "Crête", "Parc B", "1500", "2012-01-15", "hors_service"),
]


def register(database: Database, path: Path, source: str = "mesure") -> RegisterReport:
    return import_turbines(database, path, source=source, now=NOW)


def described(database: Database) -> dict[str, tuple[Any, ...]]:
    with database.read() as connection:
        return {row.turbine_id: tuple(row[3:8]) for row in measurements.living_turbines(connection)}


def figures(report: RegisterReport) -> tuple[int, int, int, int]:
    total = report.created + report.updated + report.unchanged + report.rejected
    assert total == report.rows
    return report.created, report.updated, report.unchanged, report.rejected


def test_register__created_as_given_then_unchanged(any_database: Database, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "t.csv", HEADER, ROWS)
    assert figures(register(any_database, path)) == (2, 0, 0, 0)
    assert described(any_database) == {
        "1": ("Plaine", "Parc A", 2300.0, date(2015, 6, 1), "en_service"),
        "2": ("Crête", "Parc B", 1500.0, date(2012, 1, 15), "hors_service"),
    }
    assert figures(register(any_database, path)) == (0, 0, 2, 0)


def test_register__empty_cells_and_absent_columns_say_nothing(any_database: Database, tmp_path: Path) -> None:
    register(any_database, write_csv(tmp_path / "t.csv", HEADER, ROWS))
    rows = [("1", "", "arret_programme"), ("2", "Vallée", ""), ("3", "Vallée", "")]
    report = register(
        any_database, write_csv(tmp_path / "u.csv", ("turbine_id", "site", "service_state"), rows)
    )
    assert figures(report) == (1, 2, 0, 0)
    assert described(any_database) == {
        "1": ("Plaine", "Parc A", 2300.0, date(2015, 6, 1), "arret_programme"),
        "2": ("Vallée", "Parc B", 1500.0, date(2012, 1, 15), "hors_service"),
        "3": ("Vallée", None, None, None, "en_service"),
    }


def test_register__turbine_known_by_its_measurements__described(database: Database, tmp_path: Path) -> None:
    ingest(database, write_csv(tmp_path / "m.csv", SHORT, [("1", "2024-01-01", 1, 1, 1, 1, 0)]))
    assert figures(register(database, write_csv(tmp_path / "t.csv", HEADER, ROWS))) == (1, 1, 0, 0)
    assert described(database)["1"][0] == "Plaine"


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("turbine_id", ""),
        ("turbine_id", "1"),  # described above already
        ("site", "x" * 121),
        ("rated_power_kw", "1500000"),
        ("rated_power_kw", "0"),
        ("rated_power_kw", "2,3"),
        ("commissioned_on", "2015"),
        ("service_state", "en panne"),
    ],
)
def test_register__bad_cell__its_row_alone_is_rejected(
    database: Database, tmp_path: Path, column: str, cell: str
) -> None:
    bad = [f'"{cell}"' if name == column else given for name, given in zip(HEADER, ROWS[1], strict=True)]
    report = register(database, write_csv(tmp_path / "t.csv", HEADER, [ROWS[0], bad]))
    assert figures(report) == (1, 0, 0, 1)
    (problem,) = report.problems.kept
    assert (problem.line, problem.column) == (3, column)
    assert list(described(database)) == ["1"]


@pytest.mark.parametrize(
    ("header", "field"),
    [
        (("site",), "turbine_id"),
        (("turbine_id", "colour"), "colonnes"),
        (("turbine_id", "site", "site"), "site"),
    ],
)
def test_register__unusable_header__refused(
    database: Database, tmp_path: Path, header: tuple[str, ...], field: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        register(database, write_csv(tmp_path / "t.csv", header, [["1"] * len(header)]))
    assert caught.value.errors[0].field == field


def test_register__real_one_archives_the_simulated_park__and_no_way_back(
    database: Database, tmp_path: Path
) -> None:
    path = write_csv(tmp_path / "t.csv", HEADER, ROWS)
    register(database, path, source="simulation")
    assert figures(register(database, write_csv(tmp_path / "u.csv", HEADER, ROWS[:1]))) == (1, 0, 0, 0)
    assert list(described(database)) == ["1"]
    with pytest.raises(Conflict):
        register(database, path, source="simulation")


def test_register__unknown_columns__named(database: Database, tmp_path: Path) -> None:
    report = register(
        database, write_csv(tmp_path / "t.csv", ("turbine_id", "site", "hauteur"), [("1", "A", "90")])
    )
    assert report.unknown_columns == ["hauteur"]
