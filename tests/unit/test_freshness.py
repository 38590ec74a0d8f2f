"""A turbine's usual rhythm, and when it is late."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.domain.freshness import MIN_GAPS, WINDOW_ROWS, is_late, park_gap, usual_gap

START = date(2024, 1, 1)


def _days(*offsets: int) -> dict[date, int]:
    return {START + timedelta(days=n): 1 for n in offsets}


def test_usual_gap__a_daily_turbine__is_one_day() -> None:
    assert usual_gap(_days(*range(21))) == 1.0


def test_usual_gap__is_seldom_exceeded_not_the_mean() -> None:
    # 19 gaps of one day and one of five: the 95th percentile by nearest rank is the 19th of 20.
    assert usual_gap(_days(*range(20), 24)) == 1.0
    assert usual_gap(_days(*range(19), 23, 28)) == 5.0


def test_usual_gap__too_little_to_tell__is_none() -> None:
    assert usual_gap({}) is None
    assert usual_gap(_days(*range(0, 10 * MIN_GAPS, 10))) is None  # one gap short
    assert usual_gap(_days(*range(0, 10 * MIN_GAPS + 1, 10))) == 10.0


def test_usual_gap__hourly_measurements__fill_the_window_within_a_day() -> None:
    assert usual_gap({START: WINDOW_ROWS}) == 1.0
    assert usual_gap({START: WINDOW_ROWS - 1}) is None


@given(st.lists(st.integers(1, 400), min_size=MIN_GAPS, max_size=60))
def test_usual_gap__is_one_of_its_own_gaps_and_at_most_a_twentieth_exceed_it(gaps: list[int]) -> None:
    offsets = [0]
    for gap in gaps:
        offsets.append(offsets[-1] + gap)
    found = usual_gap(_days(*offsets))
    assert found in gaps
    assert sum(gap > found for gap in gaps) <= 0.05 * len(gaps)


@pytest.mark.parametrize(
    ("age", "gap", "in_service", "late"),
    [
        (1, 1.0, True, False),
        (2, 1.0, True, True),
        (400, 1.0, False, False),
        (None, 1.0, True, True),
        (None, None, False, False),
        (400, None, True, False),  # no rhythm known anywhere: the age limit of the policy speaks, not this
    ],
)
def test_is_late(age: int | None, gap: float | None, in_service: bool, late: bool) -> None:
    assert is_late(age, gap, in_service=in_service) is late


def test_park_gap__is_the_median_of_those_known() -> None:
    assert park_gap([None, 1.0, 9.0, 2.0]) == 2.0
    assert park_gap([None]) is None
