"""Ten-minute records joined into the days of Europe/Paris, counted again by hand."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.domain.measurements.known_sensors import KNOWN_SENSORS
from api.domain.measurements.mapping.daily import DayRow, Days, rule_of, rule_words
from api.domain.shared.exceptions import InvalidInput
from api.schemas.french import PARIS

WIND, FLAG = KNOWN_SENSORS["wind_speed"], KNOWN_SENSORS["maintenance_done"]
MIDNIGHT = datetime(2024, 12, 13, 23, tzinfo=UTC)  # of the 14th in Paris
TEN = timedelta(minutes=10)
Record = tuple[datetime, float | None]


def joined(records: Iterable[Record], rule: str = "mean", *, sensor: str = "wind_speed") -> list[DayRow]:
    days = Days([KNOWN_SENSORS[sensor]], [rule])
    for line, (at, value) in enumerate(records, start=2):
        days.add(line, "T1", at.astimezone(PARIS).date(), at, [value])
    return days.rows()


@given(st.lists(st.none() | st.floats(0, 25), min_size=144, max_size=144), st.randoms())
def test_day__mean_of_its_valid_records_whatever_their_order_or_empty_under_half(
    values: list[float | None], shuffled: object
) -> None:
    records = [(MIDNIGHT + n * TEN, value) for n, value in enumerate(values)]
    shuffled.shuffle(records)  # type: ignore[attr-defined]
    valid = [value for value in values if value is not None]

    (row,) = joined(records)

    assert row.on == date(2024, 12, 14)
    assert row.basis == {
        "records": 144, "expected": 144, "step_min": 10, "valid": {"wind_speed": len(valid)}
    }  # fmt: skip
    if len(valid) < 72:
        assert row.values == [None]
    else:
        assert row.values == [pytest.approx(fmean(valid), abs=1e-6)]


@pytest.mark.parametrize(("rule", "value"), [("max", 143.0), ("mean", 71.5), ("min", 0.0), ("share", 1.0)])
def test_rule__makes_the_day(rule: str, value: float) -> None:
    (row,) = joined([(MIDNIGHT + n * TEN, float(n)) for n in range(144)], rule)
    assert row.values == [value]


def test_half_a_day__is_the_limit_for_the_day_and_for_each_sensor() -> None:
    half = [(MIDNIGHT + n * TEN, 5.0) for n in range(72)]
    assert joined(half)[0].values == [5.0]
    assert joined(half[:-1])[0].values == [None]


def test_day__of_paris_not_of_utc_and_as_long_as_its_clocks_make_it() -> None:
    first = datetime(2024, 10, 26, 22, tzinfo=UTC)  # midnight of the day that has 25 hours
    rows = joined([(first + n * TEN, 1.0) for n in range(150 + 6)])
    assert [(row.on, row.basis["records"], row.basis["expected"]) for row in rows] == [
        (date(2024, 10, 27), 150, 150),
        (date(2024, 10, 28), 6, 144),
    ]
    assert [row.values for row in rows] == [[1.0], [None]]


def test_record__that_comes_twice_counts_once() -> None:
    days = Days([WIND], ["mean"])
    for line, (n, wind) in enumerate([*((n, 4.0) for n in range(144)), (3, 9.0)], start=2):
        at = MIDNIGHT + n * TEN
        days.add(line, "T1", at.astimezone(PARIS).date(), at, [wind])
    (row,) = days.rows()
    assert row.values == [4.0]
    assert (days.records, days.repeated) == (144, 1)
    assert "répétés, laissés de côté : 1" in rule_words(days, 10)[""]


def test_flag__is_the_days_maximum_and_stays_0_or_1() -> None:
    assert rule_of(FLAG, None) == "max"
    (row,) = joined(
        [(MIDNIGHT + n * TEN, float(n == 7)) for n in range(144)], "max", sensor="maintenance_done"
    )
    assert row.values == [1]
    with pytest.raises(InvalidInput, match="0 ou 1"):
        rule_of(FLAG, "mean")
    assert rule_of(WIND, None) == "mean"


@pytest.mark.parametrize("step", [timedelta(days=1), timedelta(hours=13), timedelta(seconds=1)])
def test_records__that_are_no_part_of_a_day_are_refused(step: timedelta) -> None:
    with pytest.raises(InvalidInput, match=r"aggregate|minute"):
        joined([(MIDNIGHT + n * step, 1.0) for n in range(300)])
