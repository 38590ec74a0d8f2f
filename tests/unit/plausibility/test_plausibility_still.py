"""What does not move any more: sensors that are stuck, turbines that are silent; and the table itself."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import pytest

from api.domain.measurements.sensors import Sensor
from api.domain.plausibility.judging import continuous, judge_park
from api.domain.plausibility.limits import Implausible
from api.domain.plausibility.park import learn_park
from api.domain.plausibility.table import arranged, day_number, day_of
from api.domain.plausibility.trust import Finding
from tests.support import words
from tests.support.measurements.plausibility_judging import judge, past_of_one
from tests.support.measurements.plausibility_park import (
    DAYS,
    FIRST,
    PLAIN,
    SENSORS,
    TODAY,
    Columns,
    as_table,
    codes,
    findings_on,
    made_park,
    newest,
)


@pytest.fixture
def plain() -> Columns:
    return made_park(days=DAYS, first=FIRST)


# Stuck at a value


@pytest.mark.parametrize(("before", "stuck"), [(0, False), (1, False), (2, True), (5, True)])
@pytest.mark.parametrize("sensor", ["temperature", "vibration_level"])
def test_stuck__from_three_readings_over_two_days(
    plain: Columns, sensor: str, before: int, stuck: bool
) -> None:
    held = newest(plain, sensor, *[PLAIN[sensor]] * before)
    assert ((Implausible.STUCK, sensor) in codes(held, {})) is stuck


def test_stuck__says_since_when(plain: Columns) -> None:
    (finding,) = findings_on(newest(plain, "temperature", 41.2, 41.2, 41.2), {"temperature": 41.2})
    since = day_of(TODAY - 3)
    assert words.plain(finding.message) == (
        f"Température nacelle : 41,2 °C, inchangé sur 4 mesures depuis le {since:%d/%m/%Y}. "
        "Vérifiez le capteur : il paraît figé."
    )


def test_stuck__several_equal_readings_of_one_day_are_normal(plain: Columns) -> None:
    held = newest(plain, "temperature", 40.0, 40.0, 40.0)
    held["day"][DAYS - 3 : DAYS] = TODAY
    assert codes(held, {}) == []


def test_stuck__a_missing_reading_neither_lengthens_nor_breaks_the_run(plain: Columns) -> None:
    assert codes(newest(plain, "temperature", 40.0, np.nan, 40.0), {}) == [(Implausible.STUCK, "temperature")]
    assert codes(newest(plain, "temperature", 40.0, np.nan), {}) == []
    assert codes(newest(plain, "temperature", 40.0, 40.0), {"temperature": None}) == []


def test_stuck__not_on_a_machine_that_stands_still_or_is_stopped_on_purpose(plain: Columns) -> None:
    held = newest(plain, "vibration_level", 0.15, 0.15, 0.15)
    still = {"vibration_level": 0.15, "power_output": 0.0, "wind_speed": 2.0}
    assert codes(held, still) == []
    held = newest(plain, "temperature", 40.0, 40.0, 40.0)
    assert codes(held, {}, in_service=False) == []


def test_stuck__a_power_at_its_plateau_is_regulated_not_stuck(plain: Columns) -> None:
    capped = {**plain, "power_output": np.minimum(plain["power_output"], 700.0)}
    top = newest(newest(capped, "power_output", *[700.0] * 4), "wind_speed", *[14.0, 15.0, 13.0, 14.5])
    assert codes(top, {"power_output": 700.0, "wind_speed": 15.0}) == []
    below = newest(newest(plain, "power_output", *[600.0] * 4), "wind_speed", *[10.0] * 4)
    assert (Implausible.STUCK, "power_output") in codes(below, {"wind_speed": 10.0})


def test_stuck__a_coarse_sensor_needs_more_readings(plain: Columns) -> None:
    """In whole degrees of ± 2 °C, two readings are equal one time in seven: three of them prove nothing."""
    coarse = {**plain, "temperature": np.round(plain["temperature"])}
    assert codes(newest(coarse, "temperature", 40.0, 40.0), {}) == []
    assert codes(newest(coarse, "temperature", *[40.0] * 9), {}) == [(Implausible.STUCK, "temperature")]


def test_stuck__what_never_varies_in_the_park_is_constant_by_nature() -> None:
    columns = made_park(days=DAYS, first=FIRST)
    sensors = {**SENSORS, "age": Sensor("age", "Âge", "ans", "float")}
    table = arranged(
        columns["turbine"],
        columns["day"],
        {"age": 5.0 + columns["turbine"], "power_output": columns["power_output"]},
    )
    park = learn_park(table, TODAY, continuous(sensors))
    past = past_of_one(table.kept(table.turbine == 0), TODAY, park, sensors)
    assert judge({"age": 5.0, "power_output": 600.0}, TODAY, sensors, past=past, park=park) == []


def test_stuck__a_set_point_that_changes_now_and_then_is_not_stuck(plain: Columns) -> None:
    sensors = {**SENSORS, "limit": Sensor("limit", "Consigne", "kW", "float")}
    values = {"limit": np.floor(plain["day"] / 4) % 5, "power_output": plain["power_output"]}
    table = arranged(plain["turbine"], plain["day"], values)
    park = learn_park(table, TODAY, continuous(sensors))
    past = past_of_one(table.kept(table.turbine == 0), TODAY, park, sensors)
    last = float(values["limit"][DAYS - 1])
    assert judge({"limit": last, "power_output": 600.0}, TODAY, sensors, past=past, park=park) == []


def test_stuck__a_whole_window_of_equal_readings_needs_no_two_days(plain: Columns) -> None:
    """Ten-minute data: 60 readings last ten hours."""
    dense = newest(plain, "temperature", *[40.0] * DAYS)
    dense["day"][:DAYS] = TODAY - 1 + np.arange(DAYS) / 144
    assert codes(dense, {}) == [(Implausible.STUCK, "temperature")]
    assert codes(newest(dense, "temperature", 39.0, *[40.0] * 40), {}) == []


# Silence


def silent_after(columns: Columns, days_later: int, **more: np.ndarray) -> dict[int, Finding]:
    day = day_of(FIRST + DAYS - 1 + days_later)
    return dict(judge_park(as_table(columns, **more), day, SENSORS).silent)


@pytest.mark.parametrize(("age", "silent"), [(0, False), (7, False), (8, True)])
def test_silent__a_daily_turbine_after_a_week(plain: Columns, age: int, silent: bool) -> None:
    assert set(silent_after(plain, age)) == ({0, 1, 2, 3} if silent else set())


@pytest.mark.parametrize(("age", "silent"), [(10, False), (20, False), (21, True)])
def test_silent__twice_the_turbine_s_own_rhythm(plain: Columns, age: int, silent: bool) -> None:
    """Turbine 0 answers every ten days, the others every day."""
    kept = (plain["turbine"] != 0) | ((plain["day"] - FIRST) % 10 == 9)
    slow = {name: column[kept] for name, column in plain.items()}
    longer = made_park(turbines=1, days=40, first=FIRST - 400)
    longer["day"] = FIRST - 400 + 10.0 * np.arange(40)
    both = {name: np.concatenate([longer[name], slow[name]]) for name in plain}
    assert (0 in silent_after(both, age)) is silent


def test_silent__several_readings_a_day_do_not_shorten_the_rhythm() -> None:
    """Twenty readings every tenth day: the newest sixty hold two gaps only, and the park's rhythm stands."""
    columns = made_park(turbines=4, days=400, first=FIRST)
    columns["day"] = np.tile(FIRST + 10.0 * np.repeat(np.arange(20), 20), 4)
    last = columns["day"].max()
    assert not judge_park(as_table(columns), day_of(last + 20), SENSORS).silent
    assert len(judge_park(as_table(columns), day_of(last + 21), SENSORS).silent) == 4


def test_silent__not_where_the_turbine_is_stopped_on_purpose(plain: Columns) -> None:
    assert set(silent_after(plain, 30, in_service=plain["turbine"] != 2)) == {0, 1, 3}


def test_silent__says_since_when_and_what_to_check(plain: Columns) -> None:
    finding = silent_after(plain, 9)[1]
    last = day_of(FIRST + DAYS - 1)
    assert (finding.code, finding.field) == (Implausible.SILENT, "measured_at")
    assert words.plain(finding.message) == (
        f"Aucune mesure depuis 9 jours (dernière le {last:%d/%m/%Y}), alors que cette turbine se tait "
        "rarement plus de 1 jour. Vérifiez la transmission et l’alimentation des capteurs ; si la turbine "
        "est à l’arrêt, déclarez cet arrêt."
    )


def test_judge_park__of_an_empty_park_is_empty() -> None:
    empty = arranged([], [], {name: [] for name in SENSORS})
    verdict = judge_park(empty, date(2024, 12, 30), SENSORS)
    assert (dict(verdict.rows), dict(verdict.silent)) == ({}, {})


def test_arranged__refuses_columns_that_do_not_fit() -> None:
    with pytest.raises(ValueError, match="one entry per row"):
        arranged([1, 2], [1.0, 2.0], {"wind_speed": [1.0]})
    with pytest.raises(ValueError, match="its day"):
        arranged([1], [np.nan], {})


def test_day_number__counts_days_and_the_hour_of_paris() -> None:
    assert day_number(date(1970, 1, 1)) == 0
    assert day_of(day_number(date(2024, 12, 30))) == date(2024, 12, 30)
    noon = datetime(2024, 7, 1, 10, 0, tzinfo=UTC)  # 12:00 in Paris, in summer
    assert day_number(date(2024, 7, 1), noon) == day_number(date(2024, 7, 1)) + 0.5
