"""What holds of the plausibility rules whatever the measurements."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.domain.plausibility.judging import Findings, continuous, judge_park, judge_rows
from api.domain.plausibility.limits import Implausible
from api.domain.plausibility.park import learn_park
from api.domain.plausibility.table import (
    arranged,
    day_of,
    deviations,
    medians,
    quantiles,
)
from tests.support.measurements.plausibility_judging import audit, judge, past_of_one
from tests.support.measurements.plausibility_park import SENSORS, as_table, made_park
from tests.support.measurements.plausibility_tools import MEASURED

pytestmark = pytest.mark.slow

FIRST = 19_800
Columns = dict[str, np.ndarray]
FEW = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def parks(draw: st.DrawFn) -> Columns:
    """A park with gaps, missing values, dead and stuck sensors."""
    columns = made_park(turbines=4, days=40, seed=draw(st.integers(0, 10_000)), first=FIRST)
    rows = len(columns["day"])
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    for name in MEASURED:
        columns[name][rng.random(rows) < 0.05] = np.nan
        columns[name][rng.random(rows) < 0.03] = 0.0
        columns[name][rng.random(rows) < 0.03] *= 4
    start = draw(st.integers(0, rows - 8))
    columns["temperature"][start : start + 8] = 41.0
    kept = rng.random(rows) < draw(st.floats(0.3, 1.0))
    kept[rows - 1] = True
    return {name: column[kept] for name, column in columns.items()}


def said(found: Findings) -> dict[int, list[str]]:
    """Sentences by row."""
    return {row: [finding.message for finding in findings] for row, findings in found.items()}


def rows_of(columns: Columns, wanted: np.ndarray) -> Columns:
    return {name: column[wanted] for name, column in columns.items()}


@FEW
@given(parks(), st.integers(5, 38))
def test_no_look_ahead__later_rows_never_change_an_earlier_verdict(columns: Columns, day: int) -> None:
    early = columns["day"] <= FIRST + day
    known = rows_of(columns, early)
    positions = np.flatnonzero(early)
    alone = {int(positions[row]): text for row, text in said(audit(as_table(known), SENSORS)).items()}
    among = {row: text for row, text in said(audit(as_table(columns), SENSORS)).items() if early[row]}
    assert among == alone


@FEW
@given(parks(), st.integers(5, 38))
def test_no_look_ahead__a_park_run_sees_nothing_after_its_day(columns: Columns, day: int) -> None:
    as_of = day_of(FIRST + day)
    early = columns["day"] <= FIRST + day
    if not early.any():
        return
    then = judge_park(as_table(rows_of(columns, early)), as_of, SENSORS)
    now = judge_park(as_table(columns), as_of, SENSORS)
    positions = np.flatnonzero(early)
    assert said(now.rows) == {int(positions[row]): text for row, text in said(then.rows).items()}
    assert dict(now.silent) == dict(then.silent)


@FEW
@given(parks(), st.randoms(use_true_random=False))
def test_order_of_arrival__changes_nothing(columns: Columns, random: object) -> None:
    order = np.random.default_rng(random.randint(0, 10**6)).permutation(len(columns["day"]))  # type: ignore[attr-defined]
    shuffled = {name: column[order] for name, column in columns.items()}
    once = said(audit(as_table(columns), SENSORS))
    again = {int(order[row]): text for row, text in said(audit(as_table(shuffled), SENSORS)).items()}
    assert again == once


@FEW
@given(parks())
def test_one_row_and_many__are_judged_alike(columns: Columns) -> None:
    """The serving path and the park's path are one rule."""
    table = as_table(columns)
    park = learn_park(table, FIRST + 30, continuous(SENSORS))
    rows = np.flatnonzero(table.day >= FIRST + 30)
    many = said(judge_rows(table, rows, park, SENSORS))
    one: dict[int, list[str]] = {}
    for row in rows:
        history = table.kept((table.turbine == table.turbine[row]) & (np.arange(len(table)) < row))
        past = past_of_one(history, table.day[row], park, SENSORS)
        values = {name: None if np.isnan(v := table.values[name][row]) else float(v) for name in SENSORS}
        if found := judge(values, float(table.day[row]), SENSORS, past=past, park=park):
            one[int(table.order[row])] = [finding.message for finding in found]
    assert one == many


@FEW
@given(parks(), st.sampled_from([0.5, 2.0, 1024.0]))
def test_the_unit_of_vibration__does_not_matter(columns: Columns, factor: float) -> None:
    """It is arbitrary at EnergiTech's; powers of two keep the numbers exact."""
    scaled = {**columns, "vibration_level": columns["vibration_level"] * factor}

    def codes(of: Columns) -> Mapping[int, list[str]]:
        return {row: [f.code for f in found] for row, found in audit(as_table(of), SENSORS).items()}

    assert codes(scaled) == codes(columns)


@FEW
@given(parks())
def test_a_park_stopped_on_purpose__is_accused_of_nothing_but_delivering(columns: Columns) -> None:
    stopped = np.zeros(len(columns["day"]), dtype=bool)
    found = audit(as_table(columns, in_service=stopped), SENSORS)
    told = {finding.code for findings in found.values() for finding in findings}
    assert told <= {Implausible.ZERO_VIBRATION, Implausible.POWER_WITHOUT_WIND, Implausible.OFF_CURVE}


VALUES = st.one_of(st.none(), st.floats(-200, 20_000), st.sampled_from([0.0, 3.0, 5.0, 20.0]))


@settings(max_examples=200, deadline=None)
@given(st.fixed_dictionaries(dict.fromkeys(MEASURED, VALUES)), st.booleans())
def test_any_row__is_answered_with_whole_sentences(values: dict[str, float | None], in_service: bool) -> None:
    table = as_table(made_park(days=40, first=FIRST))
    park = learn_park(table, FIRST + 40, continuous(SENSORS))
    past = past_of_one(table.kept(table.turbine == 0), FIRST + 40, park, SENSORS)
    for finding in judge(values, FIRST + 40, SENSORS, past=past, park=park, in_service=in_service):
        assert finding.message.endswith(".")
        assert "nan" not in finding.message
        assert "inf" not in finding.message
        assert values[str(finding.field)] is not None


MATRICES = st.integers(1, 6).flatmap(
    lambda width: st.lists(
        st.lists(st.one_of(st.just(np.nan), st.floats(-1e6, 1e6)), min_size=width, max_size=width),
        min_size=1,
        max_size=6,
    )
)


@given(MATRICES, st.floats(0, 1))
def test_row_quantiles__are_numpy_s_on_the_present_values(rows: list[list[float]], share: float) -> None:
    matrix = np.array(rows)
    for row, quantile, median, spread in zip(
        matrix, quantiles(matrix, share), medians(matrix), deviations(matrix, medians(matrix)), strict=True
    ):
        present = row[~np.isnan(row)]
        if not len(present):
            assert np.isnan([quantile, median, spread]).all()
            continue
        assert np.isclose(quantile, np.quantile(present, share), rtol=1e-9, atol=1e-6)
        assert np.isclose(median, np.median(present))
        assert np.isclose(spread, 1.4826 * np.median(np.abs(present - np.median(present))), atol=1e-6)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 5)), min_size=1, max_size=30), st.integers(1, 4))
def test_before__is_what_a_loop_over_the_rows_finds(rows: list[tuple[int, int]], depth: int) -> None:
    table = arranged([t for t, _ in rows], [d for _, d in rows], {"x": np.arange(len(rows))})
    earlier = table.before(np.arange(len(table)), depth)
    for row in range(len(table)):
        own = [p for p in range(row) if table.turbine[p] == table.turbine[row]][::-1][:depth]
        assert list(earlier[row]) == own + [-1] * (depth - len(own))
    newest = {int(table.turbine[p]): p for p in range(len(table))}
    assert list(table.newest()) == sorted(newest.values())
    last = {t: table.day[p] for t, p in newest.items()}
    assert list(table.last_rows()) == [
        p for p in range(len(table)) if table.day[p] == last[int(table.turbine[p])]
    ]
