"""When the daily run is due."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest

from api.domain.park.schedule import MAX_ATTEMPTS, RETRY_AFTER, Attempt, is_due, next_attempt, next_look
from api.schemas.french import PARIS

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
    assert is_due(NOON, 6, attempts) is due


@pytest.mark.parametrize(("month", "utc_hour"), [(1, 5), (7, 4)])
def test_due__at_the_paris_hour_in_winter_and_in_summer(month: int, utc_hour: int) -> None:
    due_at = datetime(2024, month, 15, utc_hour, 0, tzinfo=UTC)
    assert not is_due(due_at - timedelta(seconds=1), 6, [])
    assert is_due(due_at, 6, [])


def test_due__at_once_after_a_failure_that_lies_ahead_for_the_clock_went_back() -> None:
    assert is_due(NOON, 6, [Attempt(failed=True, ended_at=NOON + timedelta(hours=3))])


def test_next_attempt__is_the_hour_until_it_stands_then_that_of_tomorrow() -> None:
    before = datetime(2024, 12, 30, 4, 0, tzinfo=UTC)
    today, tomorrow = datetime(2024, 12, 30, 6, tzinfo=PARIS), datetime(2024, 12, 31, 6, tzinfo=PARIS)
    stands = [Attempt(failed=False, ended_at=NOON)]
    assert next_attempt(before, 6, []) == today
    assert next_attempt(NOON, 6, []) == today, "due since then"
    assert next_attempt(NOON, 6, stands) == tomorrow
    assert next_attempt(NOON, 6, [Attempt(failed=True, ended_at=NOON)]) == NOON + RETRY_AFTER
    assert next_attempt(NOON, 6, [Attempt(failed=True, ended_at=NOON)] * MAX_ATTEMPTS) == tomorrow
    assert next_look(before, 6) == today
    assert next_look(NOON, 6) == tomorrow


@pytest.mark.parametrize("hour", [0, 1, 2, 3, 6, 23])
@pytest.mark.parametrize("day", [date(2024, 3, 31), date(2024, 10, 27), date(2024, 7, 14)])
def test_due__once_and_from_the_told_instant_on_days_when_the_clocks_change(hour: int, day: date) -> None:
    """Every minute of the day, in UTC: due from one instant on, which is the one that was announced."""
    midnight = datetime.combine(day, time(), PARIS).astimezone(UTC)
    after = datetime.combine(day + timedelta(days=1), time(), PARIS).astimezone(UTC)
    minutes = [midnight + timedelta(minutes=n) for n in range(int((after - midnight).total_seconds()) // 60)]
    due = [is_due(minute, hour, []) for minute in minutes]
    first = due.index(True)
    told = next_attempt(midnight, hour, [])
    assert minutes[first] == told.astimezone(UTC)
    assert told.astimezone(PARIS).hour == (3 if (day.month, hour) == (3, 2) else hour)
    # In October the hour comes twice: what the second one would start stands already.
    stands = [Attempt(failed=False, ended_at=minutes[first])]
    assert not any(is_due(minute, hour, stands) for minute in minutes)
    assert next_attempt(minutes[first], hour, stands).astimezone(PARIS).date() > day
