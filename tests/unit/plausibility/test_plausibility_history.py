"""The rules that judge a measurement by its turbine's past: curve, temperature, jump, short pasts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from api.domain.measurements.sensors import Sensor
from api.domain.plausibility.judging import continuous, judge_park
from api.domain.plausibility.limits import STOPPED, Implausible
from api.domain.plausibility.park import learn_park
from api.domain.plausibility.table import arranged, day_of
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
    history,
    learnt,
    made_park,
    newest,
)


@pytest.fixture
def plain() -> Columns:
    return made_park(days=DAYS, first=FIRST)


def test_a_plain_row__says_nothing(plain: Columns) -> None:
    assert findings_on(plain, {}) == []


# Power against the turbine's own curve


@pytest.mark.parametrize(
    ("wind", "power", "off"),
    [
        (10.0, 600.0, False),
        (10.0, 670.0, False),
        (10.0, 300.0, True),
        (10.0, 900.0, True),
        (5.0, 600.0, True),
        (15.0, 600.0, True),
        (40.0, 600.0, True),  # an anemometer that lies beyond all known winds
        (40.0, 2_400.0, False),  # but more power in more wind proves nothing
        (None, 300.0, False),
        (10.0, None, False),
    ],
)
def test_off_curve(plain: Columns, wind: float | None, power: float | None, off: bool) -> None:
    expected = [(Implausible.OFF_CURVE, "power_output")] if off else []
    assert codes(plain, {"wind_speed": wind, "power_output": power}) == expected


def test_off_curve__each_turbine_has_its_own_yield(plain: Columns) -> None:
    own = {**plain, "power_output": np.where(plain["turbine"] == 0, 0.7, 1.0) * plain["power_output"]}
    assert codes(own, {"power_output": 420.0}) == []
    assert codes(own, {"power_output": 600.0}) == [(Implausible.OFF_CURVE, "power_output")]
    # Below eight readings of its own the park's curve holds: 70 % of it is then too little.
    assert codes(own, {"power_output": 420.0}, last=7) == [(Implausible.OFF_CURVE, "power_output")]
    assert codes(own, {"power_output": 600.0}, last=7) == []


def test_off_curve__machines_of_another_size_are_judged_by_their_rated_power(plain: Columns) -> None:
    """One machine three times as large, new in the park: it is judged by the curve of its own size."""
    large = plain["turbine"] == 0
    columns = {**plain, "power_output": np.where(large, 3.0, 1.0) * plain["power_output"]}
    rated = np.where(large, 3_000.0, 1_000.0)
    table = as_table(columns, rated_kw=rated)
    park = learn_park(table, TODAY, continuous(SENSORS))
    own = table.kept(table.turbine == 0)
    past = past_of_one(own.kept(np.arange(len(own)) < 3), TODAY, park, SENSORS)
    row = {**PLAIN, "power_output": 1_800.0}
    assert judge(row, TODAY, SENSORS, past=past, park=park, rated_kw=3_000.0) == []
    (finding,) = judge(row, TODAY, SENSORS, past=past, park=park, rated_kw=1_000.0)
    assert finding.code == Implausible.OFF_CURVE


# Temperature against past, season and load


@pytest.mark.parametrize(
    ("heat", "odd"), [(40.0, False), (46.0, False), (52.0, True), (28.0, True), (-40.0, True)]
)
def test_temperature__against_its_past(plain: Columns, heat: float, odd: bool) -> None:
    assert codes(plain, {"temperature": heat}) == ([(Implausible.TEMPERATURE, "temperature")] if odd else [])


def seasonal(days: int, reach: float = 12.0) -> Columns:
    """A year-like wave of ± ``reach`` °C over 360 days, coldest on the first."""
    columns = made_park(days=days, first=FIRST)
    wave = -reach * np.cos(2 * np.pi * (columns["day"] - FIRST) / 360)
    return {**columns, "temperature": columns["temperature"] + wave}


@pytest.mark.parametrize(("day", "warm"), [(90, 40.0), (180, 52.0), (270, 40.0)])
def test_temperature__the_season_is_no_fault(day: int, warm: float) -> None:
    columns = seasonal(day)
    today = float(FIRST + day)
    park = learn_park(as_table(columns), today, continuous(SENSORS))
    own = as_table(columns)
    past = past_of_one(own.kept(own.turbine == 0), today, park, SENSORS)
    judged = {
        heat: judge({**PLAIN, "temperature": heat}, today, SENSORS, past=past, park=park)
        for heat in (warm, warm + 18.0, warm - 18.0)
    }
    assert [len(findings) for findings in judged.values()] == [0, 1, 1]


def test_temperature__the_load_s_heat_is_learnt_where_the_data_show_it(plain: Columns) -> None:
    heated = {**plain, "temperature": plain["temperature"] + 30 * plain["power_output"] / 960}
    park = learnt(heated)
    assert park.heat_per_load * 960 / park.capacity_kw == pytest.approx(30, rel=0.1)
    full, idle = {"wind_speed": 15.5, "power_output": 930.0}, {"wind_speed": 4.5, "power_output": 270.0}
    assert codes(heated, {**full, "temperature": 69.0}) == []
    assert codes(heated, {**idle, "temperature": 69.0}) == [(Implausible.TEMPERATURE, "temperature")]
    assert codes(heated, {**idle, "temperature": 48.0}) == []
    assert codes(heated, {**full, "temperature": 48.0}) == [(Implausible.TEMPERATURE, "temperature")]


def test_temperature__no_link_with_the_load_is_invented(plain: Columns) -> None:
    """As in EnergiTech's file: noise of 10 °C that follows nothing."""
    rng = np.random.default_rng(3)
    noisy = {**plain, "temperature": 45 + 10 * rng.standard_normal(len(plain["day"]))}
    assert learnt(noisy).heat_per_load == 0.0


# Jump against its own past


@pytest.mark.parametrize(
    ("shake", "odd"), [(3.0, False), (4.2, False), (5.5, True), (0.5, True), (0.0, False)]
)
def test_jump(plain: Columns, shake: float, odd: bool) -> None:
    jumps = [code for code in codes(plain, {"vibration_level": shake}) if code[0] == Implausible.JUMP]
    assert jumps == ([(Implausible.JUMP, "vibration_level")] if odd else [])


def test_jump__wear_climbs_and_a_repair_falls_back_without_a_word(plain: Columns) -> None:
    climbing = newest(plain, "vibration_level", *np.linspace(3.0, 7.0, 40))
    assert codes(climbing, {"vibration_level": 7.2}) == []
    assert codes(climbing, {"vibration_level": 3.0}) == []
    worn = newest(plain, "vibration_level", *np.linspace(3.0, 7.0, 20))
    assert codes(worn, {"vibration_level": 7.2}) == []
    assert codes(worn, {"vibration_level": 3.0}) == []
    assert codes(worn, {"vibration_level": 12.0}) == [(Implausible.JUMP, "vibration_level")]


def test_jump__a_machine_that_stops_or_starts_again_does_not_jump(plain: Columns) -> None:
    stopped = {"vibration_level": 0.15, "power_output": 0.0, "wind_speed": 2.0}
    assert codes(plain, stopped) == []
    rested = newest(plain, "vibration_level", *[0.14, 0.15, 0.16, 0.15, 0.13, 0.15])
    assert codes(rested, {}) == []


def test_jump__any_continuous_sensor_of_the_catalogue_is_judged(plain: Columns) -> None:
    sensors = {
        **SENSORS,
        "oil_pressure": Sensor("oil_pressure", "Pression d’huile", "bar", "float", (0.0, 20.0)),
    }
    rng = np.random.default_rng(1)
    values = {name: plain[name] for name in SENSORS} | {
        "oil_pressure": rng.normal(5.0, 0.2, len(plain["day"]))
    }
    table = arranged(plain["turbine"], plain["day"], values)
    park = learn_park(table, TODAY, continuous(sensors))
    past = past_of_one(table.kept(table.turbine == 0), TODAY, park, sensors)
    assert judge({**PLAIN, "oil_pressure": 5.1}, TODAY, sensors, past=past, park=park) == []
    (finding,) = judge({**PLAIN, "oil_pressure": 9.0}, TODAY, sensors, past=past, park=park)
    assert (finding.code, finding.field) == (Implausible.JUMP, "oil_pressure")
    assert finding.message.startswith("Pression d’huile : 9\u00a0bar, loin des dernières mesures")
    # A sensor that came into the catalogue after the past was learnt is not judged by it.
    later = {**sensors, "humidity": Sensor("humidity", "Humidité", "%", "float")}
    assert judge({**PLAIN, "humidity": 99.0}, TODAY, later, past=past, park=park) == []


def test_a_yes_or_no__is_neither_stuck_nor_jumps(plain: Columns) -> None:
    assert codes(plain, {"maintenance_done": 1.0}) == []
    tossed = {**plain, "maintenance_done": np.random.default_rng(2).integers(0, 2, len(plain["day"])) * 1.0}
    assert codes(newest(tossed, "maintenance_done", *[1.0] * 40), {"maintenance_done": 1.0}) == []


# Short pasts


@pytest.mark.parametrize("rows", [0, 1])
def test_short_past__judges_by_the_park_and_never_by_one_reading(plain: Columns, rows: int) -> None:
    odd = newest(plain, "vibration_level", 8.0)
    assert codes(odd, {"vibration_level": 8.1}, last=rows) == []
    assert codes(odd, {"vibration_level": 3.0}, last=rows) == []
    assert findings_on(plain, {}, last=rows) == []


def test_no_past__leaves_the_row_rules(plain: Columns) -> None:
    assert codes(plain, {"vibration_level": 0.0, "temperature": 90.0}, last=0) == [
        (Implausible.ZERO_VIBRATION, "vibration_level")
    ]
    assert past_of_one(history(plain, last=0), TODAY, learnt(plain), SENSORS) is None


def test_a_park_of_few_rows__accuses_nobody() -> None:
    few = made_park(turbines=1, days=20, first=FIRST)
    table = as_table(few)
    park = learn_park(table, TODAY, continuous(SENSORS))
    past = past_of_one(table, TODAY, park, SENSORS)
    odd = {"wind_speed": 10.0, "vibration_level": 3.0, "temperature": 40.0, "power_output": 100.0}
    assert judge(odd, TODAY, SENSORS, past=past, park=park) == []


def test_a_past_later_than_the_row__is_left_unused(plain: Columns) -> None:
    park = learnt(plain)
    past = past_of_one(history(plain), TODAY, park, SENSORS)
    hot = {**PLAIN, "temperature": 90.0}
    assert [f.code for f in judge(hot, TODAY, SENSORS, past=past, park=park)] == [Implausible.TEMPERATURE]
    assert judge(hot, TODAY - 2, SENSORS, past=past, park=replace(park, until=0.0)) == []
    assert judge(hot, TODAY - 2, SENSORS, past=None, park=park) == []


def test_a_history_that_goes_on_after_the_row__is_cut_at_the_row(plain: Columns) -> None:
    park = replace(learnt(plain), until=0.0)
    day = TODAY - 20
    whole = history(plain)
    cut = whole.kept(whole.day <= day)
    assert past_of_one(whole, day, park, SENSORS) == past_of_one(cut, day, park, SENSORS)
    assert past_of_one(whole, day, park, SENSORS) != past_of_one(whole, TODAY, park, SENSORS)


def test_rest__is_told_by_the_turbine_s_own_usual_vibration(plain: Columns) -> None:
    """2 u.a. is the park's running level, and rest for a machine that usually shows 10."""
    strong = {
        **plain,
        "vibration_level": np.where(plain["turbine"] == 0, 10.0, 3.0) + plain["wind_speed"] / 100,
    }
    row = {"vibration_level": 2.0, "power_output": 0.0}
    assert [code for code, _ in codes(strong, row)] == [STOPPED]
    assert [code for code, _ in codes(plain, row)] == [Implausible.WIND_WITHOUT_POWER]


def test_a_rated_power_of_zero__is_an_unknown_one(plain: Columns) -> None:
    odd = newest(plain, "power_output", 100.0)
    day = day_of(TODAY - 1)
    unknown = judge_park(as_table(odd), day, SENSORS)
    assert unknown.rows
    assert judge_park(as_table(odd, rated_kw=np.zeros(len(odd["day"]))), day, SENSORS) == unknown


@pytest.mark.parametrize(("age", "judged"), [(0, True), (3, True), (7, True), (8, False)])
def test_judge_park__judges_by_history_what_is_not_out_of_date(
    plain: Columns, age: int, judged: bool
) -> None:
    hot = newest(plain, "temperature", 80.0)
    found = judge_park(as_table(hot), day_of(TODAY - 1 + age), SENSORS).rows
    assert [[f.code for f in rows] for rows in found.values()] == [[Implausible.TEMPERATURE]] * judged
