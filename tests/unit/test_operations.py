"""The park-wide alert level: what is usual is learned from the days before."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.domain.operations import MIN_HISTORY, alert_level


def test_alert_level__few_days__is_not_judged() -> None:
    level = alert_level([0] * (MIN_HISTORY - 1) + [50])

    assert (level.usual, level.unusual, level.days_known) == (None, False, MIN_HISTORY - 1)


@pytest.mark.parametrize(("today", "unusual"), [(5, False), (6, False), (7, True)])
def test_alert_level__calm_park__two_more_turbines_are_no_news(today: int, unusual: bool) -> None:
    level = alert_level([4] * MIN_HISTORY + [today])

    assert (level.usual, level.unusual) == (4, unusual)


def test_alert_level__restless_park__needs_more() -> None:
    before = [0, 8] * MIN_HISTORY  # mean 4, standard deviation 4

    assert not alert_level([*before, 12]).unusual
    assert alert_level([*before, 13]).unusual


@given(st.lists(st.integers(0, 100), min_size=MIN_HISTORY, max_size=40))
def test_alert_level__no_more_than_ever_before__is_never_unusual_in_a_steady_park(before: list[int]) -> None:
    assert not alert_level([*before, min(before)]).unusual
