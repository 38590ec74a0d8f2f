"""Every CSV file comes from one writer, and no cell of it is a formula."""

from __future__ import annotations

import ast
import csv
import io

import pytest

from api.domain.measurements.measurements import canonical_turbine_id
from api.schemas.csv_text import data_lines, sheet_lines
from launcher.settings import ROOT

HOSTILE = ["+1+1", "-1+1", "=1+1", "@SUM(A1)", "\t=1", "\r=1", " =1", "=cmd|' /C calc'!A0", "＝1+1", "|calc"]


@pytest.mark.parametrize("text", HOSTILE)
def test_cell__what_somebody_typed_is_never_a_formula(text: str) -> None:
    for lines, delimiter in ((sheet_lines([[text, "x"]]), ";"), (data_lines([[text, "x"]]), ",")):
        ((cell, _),) = csv.reader(io.StringIO(lines, newline=""), delimiter=delimiter)
        assert cell == f"'{text}".replace("\r", "\n")


@pytest.mark.parametrize("number", ["+3", "-1", "-12,5", "-0.25", "1e-05", "-2.5e-07"])
def test_cell__a_number_stays_one(number: str) -> None:
    assert data_lines([[number]]).strip().strip('"') == number


def test_cell__numbers_and_nothing_are_written_as_they_are() -> None:
    assert data_lines([[-1.5, None, 3]]) == "-1.5,,3\n"


@pytest.mark.parametrize("name", ["+A", "-T1", "=A1", "@5"])
def test_turbine__comes_back_from_an_export_under_its_own_name(name: str) -> None:
    written = data_lines([[name, ""]]).split(",")[0]
    assert canonical_turbine_id(written) == canonical_turbine_id(name) == name


@pytest.mark.slow  # reads the whole product
def test_writer__there_is_no_other() -> None:
    others = []
    for path in sorted([*(ROOT / "api").rglob("*.py"), *(ROOT / "ui").rglob("*.py")]):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        attributes = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
        if any(ast.unparse(node) in {"csv.DictWriter", "csv.writer"} for node in attributes):
            others.append(path.relative_to(ROOT).as_posix())
    assert others == ["api/schemas/csv_text.py"]
