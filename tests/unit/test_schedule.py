"""When the daily run is due."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from api.domain.schedule import MAX_ATTEMPTS, RETRY_AFTER, Attempt, is_due, next_run
from api.settings import PARIS

NOON = datetime(2024, 12, 30, 11, 0, tzinfo=UTC)
LONG_AGO = NOON - RETRY_AFTER


@pytest.mark.parametrize(
    ("attempts", "due"),
    [
        ([], True),
        ([Attempt(failed=False, ended_at=None)], False),
        ([Attempt(failed=False, ended_at=LONG_AGO)], False),
        ([Attempt(failed=True, ended_at=LONG_AGO)], True),
        ([Attempt(failed=True, ended_at=LONG_AGO + timedelta(seconds=1))], False),
        ([Attempt(failed=True, ended_at=LONG_AGO)] * MAX_ATTEMPTS, False),
        ([Attempt(failed=True, ended_at=LONG_AGO), Attempt(failed=False, ended_at=LONG_AGO)], False),
    ],
)
def test_due__once_a_day_with_bounded_retries(attempts: list[Attempt], due: bool) -> None:
    assert is_due(NOON, 6, PARIS, attempts) is due


@pytest.mark.parametrize(("month", "utc_hour"), [(1, 5), (7, 4)])
def test_due__at_the_paris_hour_in_winter_and_in_summer(month: int, utc_hour: int) -> None:
    due_at = datetime(2024, month, 15, utc_hour, 0, tzinfo=UTC)
    assert not is_due(due_at - timedelta(seconds=1), 6, PARIS, [])
    assert is_due(due_at, 6, PARIS, [])


def test_next_run__is_today_or_tomorrow_at_the_hour() -> None:
    before = datetime(2024, 12, 30, 4, 0, tzinfo=UTC)
    assert next_run(before, 6, PARIS, done_today=False) == datetime(2024, 12, 30, 6, tzinfo=PARIS)
    assert next_run(before, 6, PARIS, done_today=True) == datetime(2024, 12, 31, 6, tzinfo=PARIS)
    assert next_run(NOON, 6, PARIS, done_today=False) == datetime(2024, 12, 31, 6, tzinfo=PARIS)
