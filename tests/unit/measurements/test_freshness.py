"""A turbine's usual rhythm, and when it is late."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.domain.measurements.rhythm import (
    MIN_GAPS,
    WINDOW_ROWS,
    age_days,
    freshness,
    gaps_between,
    park_gap,
    usual_gap,
    usual_gap_of,
    usual_gaps,
)
from api.domain.plausibility.park import learn_park
from api.domain.plausibility.past import learn_past
from api.domain.plausibility.table import arranged
from api.domain.plausibility.trust import age_finding, data_status
from api.schemas.vocabulary import DataStatus, Freshness
from tests.support.measurements.plausibility_park import as_table, made_park

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
    ("age", "gap", "in_service", "expected"),
    [
        (1, 1.0, True, Freshness.A_JOUR),
        (2, 1.0, True, Freshness.EN_RETARD),
        (7, 9.0, True, Freshness.A_JOUR),
        (8, 9.0, True, Freshness.TROP_ANCIENNE),  # the policy's limit counts, however slow the rhythm
        (8, 1.0, True, Freshness.TROP_ANCIENNE),
        (7, None, True, Freshness.A_JOUR),  # no rhythm known anywhere: only the limit speaks
        (400, 1.0, False, Freshness.A_L_ARRET),
        (None, 1.0, True, Freshness.JAMAIS_MESUREE),
        (None, None, False, Freshness.A_L_ARRET),
    ],
)
def test_freshness(age: int | None, gap: float | None, in_service: bool, expected: Freshness) -> None:
    assert freshness(age, usual_gap=gap, limit=7, in_service=in_service) is expected


@given(st.integers(0, 60), st.integers(0, 60))
def test_freshness__calls_too_old_what_the_score_calls_too_old(age: int, limit: int) -> None:
    measured = START - timedelta(days=age)
    called = freshness(age_days(measured, START), usual_gap=None, limit=limit, in_service=True)
    finding = age_finding(measured, START, limit)
    perished = data_status([] if finding is None else [finding]) is DataStatus.PERIME
    assert (called is Freshness.TROP_ANCIENNE) is perished


def test_park_gap__is_the_median_of_those_known() -> None:
    assert park_gap([None, 1.0, 9.0, 2.0]) == 2.0
    assert park_gap([None]) is None


@given(st.lists(st.lists(st.integers(1, 400), max_size=60), min_size=1, max_size=6))
def test_the_rule_of_the_usual_gap__is_one_for_lateness_and_for_silence(rows: list[list[int]]) -> None:
    """One gap in twenty at most is longer, and no shorter gap of the turbine can say so."""
    width = max(1, *(len(row) for row in rows))
    matrix = np.array([[*row, *[np.nan] * (width - len(row))] for row in rows], dtype=float)
    for row, found in zip(rows, usual_gaps(matrix), strict=True):
        if not row:
            assert np.isnan(found)
            continue
        assert found == usual_gap_of(row)
        assert found == min(gap for gap in row if 20 * sum(longer > gap for longer in row) <= len(row))


def test_gaps__several_measurements_of_a_day_are_one() -> None:
    assert gaps_between([10, 3, 3, 4, 10]) == [1, 6]


def test_a_silent_turbine__and_a_late_one_have_the_same_usual_gap() -> None:
    """Twenty-one daily measurements with one gap of four days: both rules say one day."""
    days = np.array([*range(20), 24], dtype=float)
    columns = made_park(turbines=2, days=60)
    table = as_table(columns)
    park = learn_park(table, table.day.max() + 1, ())
    one = arranged(np.zeros(21), 19_000 + days, {})
    own = learn_past(one, np.array([21]), park, ()).gap
    assert own == usual_gap(_days(*(int(day) for day in days))) == 1.0
