"""Columns are matched by name; each row is judged alone, and every wrong cell of it is told."""

from __future__ import annotations

from datetime import date

import pytest

from api.domain.measurements.rows import Columns, RowVerdict, Visit, judge_row
from api.domain.measurements.sensors import Sensor
from api.domain.shared.exceptions import InvalidInput

TODAY = date(2025, 6, 1)
SENSORS = {
    "wind": Sensor("wind", "Vent", "m/s", "float", (0, 75)),
    "done": Sensor("done", "Intervention", "", "binary", (0, 1)),
}
HEADER = (
    "turbine_id",
    "date_measure",
    "wind",
    "done",
    "failure_within_7d",
    "time_to_failure_days",
    "technician_id",
    "planned_intervention_date",
)
GOOD = ["5", "2024-08-14", "12.26", "0", "0", "33.2", "139", "2024-09-02"]


def judge(**changes: str) -> RowVerdict:
    cells = [changes.get(name, cell) for name, cell in zip(HEADER, GOOD, strict=True)]
    return judge_row(cells, Columns.of(HEADER, SENSORS), TODAY)


def test_judge_row__good__as_given() -> None:
    row, accepted, problems = judge()
    assert accepted
    assert not problems
    assert row is not None
    assert (row.turbine_id, row.measured_on, row.measured_at) == ("5", date(2024, 8, 14), None)
    assert row.values == {"wind": 12.26, "done": 0}
    assert (row.failure_within_7d, row.time_to_failure_days) == (False, 33.2)
    assert row.visit == Visit(date(2024, 9, 2), "139")


def test_judge_row__missing_sensor_value__row_kept_without_it() -> None:
    row, accepted, problems = judge(wind="NaN")
    assert accepted
    assert not problems
    assert row is not None
    assert row.values == {"done": 0}


def test_judge_row__no_sensor_value__rejected() -> None:
    _row, accepted, (problem,) = judge(wind="", done="NA")
    assert not accepted
    assert "aucune valeur" in problem.reason


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("turbine_id", ""),
        ("date_measure", "14/08/2024"),
        ("date_measure", "2025-06-02"),
        ("wind", "douze"),
        ("wind", "inf"),
        ("done", "2"),
        ("failure_within_7d", "2"),
        ("time_to_failure_days", "-3"),
    ],
)
def test_judge_row__one_bad_cell__rejected_naming_it(column: str, cell: str) -> None:
    _row, accepted, (problem,) = judge(**{column: cell})
    assert not accepted
    assert (problem.column, problem.value) == (column, cell)


@pytest.mark.parametrize(
    ("cell", "code"), [("-1", False), ("75.1", False), ("999", True), ("-9999", True), ("6553.5", True)]
)
def test_judge_row__impossible_value__costs_that_sensor_alone(cell: str, code: bool) -> None:
    verdict = judge(wind=cell)
    assert verdict.accepted
    assert verdict.row is not None
    assert verdict.row.values == {"done": 0}
    assert verdict.refused_values == 1
    assert ("code d’erreur" in verdict.problems[0].reason) == code


def test_judge_row__nothing_but_an_impossible_value__rejected() -> None:
    row, accepted, (problem,) = judge(wind="999", done="")
    assert (row, accepted) == (None, False)
    assert "autres capteurs" not in problem.reason


def test_judge_row__several_bad_cells__all_told() -> None:
    _row, accepted, problems = judge(turbine_id="", wind="x", failure_within_7d="7")
    assert not accepted
    assert [problem.column for problem in problems] == ["turbine_id", "wind", "failure_within_7d"]


def test_judge_row__bad_label__rejected_but_identified() -> None:
    row, accepted, _problems = judge(failure_within_7d="7")
    assert not accepted
    assert row is not None
    assert row.values == {"wind": 12.26, "done": 0}


def test_judge_row__bad_plan__told_and_row_kept() -> None:
    row, accepted, (problem,) = judge(planned_intervention_date="demain")
    assert accepted
    assert row is not None
    assert row.visit is None
    assert problem.column == "planned_intervention_date"


def test_judge_row__no_plan__technician_alone_is_no_visit() -> None:
    row, _accepted, problems = judge(planned_intervention_date="")
    assert row is not None
    assert row.visit is None
    assert not problems


def test_columns__order_is_free_and_the_rest_named() -> None:
    columns = Columns.of(["wind", "humidité", " turbine_id ", "date_measure", "", "sector\x07"], SENSORS)
    assert columns.fixed == {"turbine_id": 2, "date_measure": 3}
    assert columns.unknown == ("humidité", "(sans nom, colonne 5)", "sector\ufffd")
    assert [sensor.name for sensor in columns.missing] == ["done"]


@pytest.mark.parametrize(
    ("header", "field"),
    [
        (["date_measure", "wind"], "turbine_id"),
        (["turbine_id", "wind"], "date_measure"),
        (["turbine_id", "date_measure", "humidity"], "capteurs"),
        (["turbine_id", "date_measure", "wind", "wind"], "wind"),
    ],
)
def test_columns__unusable_header__refused_naming_the_column(header: list[str], field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        Columns.of(header, SENSORS)
    assert caught.value.errors[0].field == field
