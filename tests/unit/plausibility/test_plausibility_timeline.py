"""Rows by time and values by turbine, spared in memory: against the arrays that they stand for."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from api.domain.plausibility import timeline as module
from api.domain.plausibility.judging import continuous, judge_park
from api.domain.plausibility.park import Park, learn_park
from api.domain.plausibility.table import Repeated, arranged, day_of
from api.domain.plausibility.timeline import timeline
from tests.support.measurements.plausibility_park import SENSORS, as_table, made_park

LAST = 19_800 + 59
SOME_DAYS = st.one_of(
    st.integers(0, 5).map(float),
    st.integers(19_000, 19_400).map(float),
    st.integers(-700_000, 2_900_000).map(float),  # years 1 to 9999
    st.sampled_from([19_000.25, 19_000.5, 19_000.999, 19_001.0, 19_001.25]),
)


@given(st.lists(SOME_DAYS, max_size=60), st.integers(1, 70))
def test_timeline__is_the_stable_order_of_the_days(days: list[float], block: int) -> None:
    column = np.array(days, dtype=np.float64)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_BLOCK", block)
        found = timeline(column)
    assert found.order.tolist() == sorted(range(len(days)), key=lambda row: days[row])
    by_day = [np.unique(np.floor(column[rows])) for rows in found.days()]
    assert all(len(whole) == 1 for whole in by_day)
    assert np.array_equal(np.ravel(by_day), np.unique(np.floor(column)))


def _disturbed(seed: int) -> dict[str, NDArray[np.float64]]:
    """A park with gaps, missing values, rounded ones that repeat, and several instants on a day."""
    columns = made_park(turbines=6, seed=seed)
    rng = np.random.default_rng(seed)
    rows = len(columns["day"])
    columns["wind_speed"] = np.round(columns["wind_speed"])
    columns["temperature"][rng.random(rows) < 0.1] = np.nan
    columns["vibration_level"][LAST - 19_800 - 4 : LAST - 19_800 + 1] = 3.0
    columns["day"] += np.where(columns["turbine"] < 2, rng.random(rows), 0.0)
    kept = rng.random(rows) < 0.8
    kept[-1] = True
    columns = {name: column[kept] for name, column in columns.items()}
    order = np.lexsort((columns["day"], columns["turbine"]))
    return {name: column[order] for name, column in columns.items()}


def _figures(park: Park) -> list[object]:
    curve = (park.curve.wind, park.curve.load, park.curve.spread)
    arrays = [column.tolist() for column in (*curve, park.season_day, park.season)]
    return [*arrays, park.level, park.spread, park.repeats, park.gap, park.capacity_kw, park.heat_per_load]


@pytest.mark.parametrize("block", [1, 2, 7, 50])
@pytest.mark.parametrize("seed", [1, 2])
def test_park__is_the_same_whatever_the_blocks(
    block: int, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = as_table(_disturbed(seed))
    at_once = learn_park(table, float(LAST - 6), continuous(SENSORS))
    assert at_once.gap > 1
    assert at_once.repeats["wind_speed"] > 0
    monkeypatch.setattr(module, "_BLOCK", block)
    np.testing.assert_equal(
        _figures(learn_park(table, float(LAST - 6), continuous(SENSORS))), _figures(at_once)
    )


def test_park__repeats_and_gap_are_those_of_a_loop_over_the_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_BLOCK", 13)
    until = float(LAST - 6)
    table = as_table(_disturbed(3))
    park = learn_park(table, until, continuous(SENSORS))
    wind = table.values["wind_speed"]
    past = [row for row in range(len(table)) if table.day[row] < until and not np.isnan(wind[row])]
    pairs = list(pairwise(past))
    same = [bool(wind[a] == wind[b] and table.turbine[a] == table.turbine[b]) for a, b in pairs]
    counted = [now for before, now in zip([False, *same], same, strict=False) if not before]
    assert park.repeats["wind_speed"] == sum(counted) / len(counted)
    days = np.floor(table.day)
    gaps = [
        days[row] - days[row - 1]
        for row in range(1, len(table))
        if table.day[row] < until
        and table.turbine[row] == table.turbine[row - 1]
        and days[row] > days[row - 1]
    ]
    assert park.gap == np.quantile(gaps, 0.95, method="inverted_cdf")


@given(st.lists(st.tuples(st.integers(0, 4), st.floats(0, 9)), max_size=6), st.data())
def test_repeated__answers_as_the_array_that_it_stands_for(
    runs: list[tuple[int, float]], data: st.DataObject
) -> None:
    lengths, values = [length for length, _ in runs], np.array([value for _, value in runs])
    plain = np.repeat(values, lengths)
    short = Repeated(values, np.cumsum(lengths, dtype=np.intp))
    assert len(short) == len(plain)
    asked = np.array(
        data.draw(st.lists(st.integers(0, len(plain) - 1)) if len(plain) else st.just([])), np.intp
    )
    assert np.array_equal(short[asked], plain[asked])
    wanted = np.array(data.draw(st.lists(st.booleans(), min_size=len(plain), max_size=len(plain))), np.bool_)
    kept = short.kept(wanted)
    assert len(kept) == np.count_nonzero(wanted)
    assert np.array_equal(kept[np.arange(len(kept))], plain[wanted])


@pytest.mark.parametrize("before_last", [0, 5])
def test_judge_park__finds_the_same_by_turbine_as_by_row(before_last: int) -> None:
    """Rated powers and stopped machines, once per turbine and once per row; later rows are left out."""
    columns = _disturbed(4)
    columns["power_output"][columns["day"] >= LAST - 5] = 900.0
    turbines, lengths = np.unique(columns["turbine"], return_counts=True)
    rated, serving = np.array([0.0, 1_500.0, np.nan, 2_000.0, 950.5, -1.0]), turbines != 3
    ends = np.cumsum(lengths)
    values = {name: columns[name] for name in SENSORS}
    day = day_of(LAST - before_last)
    by_turbine, by_row = (
        judge_park(
            arranged(columns["turbine"], columns["day"], values, rated_kw=power, in_service=service),
            day,
            SENSORS,
        )
        for power, service in (
            (Repeated(rated, ends), Repeated(serving, ends)),
            (np.repeat(rated, lengths), np.repeat(serving, lengths)),
        )
    )
    assert by_row.rows
    assert by_turbine == by_row


def test_arranged__puts_in_order_what_is_known_by_turbine() -> None:
    days, ends = np.array([3.0, 1.0, 2.0]), np.array([2, 3])
    table = arranged([7, 7, 4], days, {}, rated_kw=Repeated(np.array([1_500.0, 0.0]), ends))
    assert table.turbine.tolist() == [4, 7, 7]
    np.testing.assert_array_equal(table.rated_kw[np.arange(3)], [np.nan, 1_500.0, 1_500.0])
