"""What is usual for a turbine: percentiles, its own power curve, and the days of its failures."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.domain.turbines import FEWEST_VALUES, PowerLink, failure_days, power_link, usual_range

NUMBERS = st.floats(-1e4, 1e4, allow_nan=False)
WINDS = st.floats(0, 40, allow_nan=False)


@given(st.lists(NUMBERS, min_size=FEWEST_VALUES, max_size=200))
def test_usual_range__nine_values_in_ten_within_the_extremes(values: list[float]) -> None:
    found = usual_range(values)

    assert found is not None
    assert min(values) <= found.low <= found.high <= max(values)
    # Interpolated percentiles may leave one more value out on each side.
    inside = sum(found.low <= value <= found.high for value in values)
    assert inside >= 0.9 * len(values) - 2
    assert found.values == len(values)


def test_usual_range__holes_are_not_values_and_few_values_say_nothing() -> None:
    assert usual_range([1.0] * (FEWEST_VALUES - 1) + [None, float("nan")]) is None
    full = usual_range([*map(float, range(101)), None])
    assert full is not None
    assert (full.low, full.high, full.values) == (5.0, 95.0, 101)


def rows(count: int = 80, slope: float = 60.0, seed: int = 3) -> list[dict[str, float | None]]:
    """A machine that delivers ``slope`` kW per m/s, within 5 kW, up to 18 m/s."""
    draw = np.random.default_rng(seed)
    wind = draw.uniform(2, 18, count)
    power = slope * wind + draw.uniform(-5, 5, count)
    return [{"wind_speed": float(w), "power_output": float(p)} for w, p in zip(wind, power, strict=True)]


@pytest.fixture(scope="module")
def link() -> PowerLink:
    found = power_link(rows())
    assert found is not None
    return found


def test_power__follows_the_machine_s_own_curve(link: PowerLink) -> None:
    for wind in (5.0, 9.0, 13.0):
        assert link.power_at(wind) == pytest.approx(60 * wind, abs=40)


@given(WINDS, NUMBERS)
def test_power__the_measured_wind_gives_the_measured_power_back(wind: float, power: float) -> None:
    found = power_link(rows())
    assert found is not None
    assert found.power_at(wind, wind, power) == power


@given(WINDS, WINDS, st.floats(0, 1000))
def test_power__between_nothing_and_the_most_ever_delivered(wind: float, other: float, power: float) -> None:
    found = power_link(rows())
    assert found is not None
    if wind != other:
        assert 0 <= found.power_at(wind, other, power) <= found.strongest_kw


def test_power__keeps_the_machine_s_distance_to_its_curve(link: PowerLink) -> None:
    measured = link.power_at(8.0) + 50

    assert link.power_at(10.0, 8.0, measured) == pytest.approx(link.power_at(10.0) + 50)


def test_power__no_curve_from_few_stopped_or_unmeasured_rows() -> None:
    assert power_link(rows(20)) is None
    stopped: list[dict[str, float | None]] = [{**row, "power_output": 0.0} for row in rows()]
    assert power_link(stopped) is None
    assert power_link([{"wind_speed": 7.0, "power_output": None}] * 80) is None


def test_failures__rows_within_the_horizon_announce_one() -> None:
    first = date(2024, 3, 1)
    near = [(first, 6.4), (first + timedelta(days=3), 3.2), (first + timedelta(days=5), None)]
    far = [(first + timedelta(days=40), None)]

    assert failure_days([*far, *near]) == [first + timedelta(days=6), first + timedelta(days=40)]
    assert failure_days([]) == []
