"""What is kept of a park judges a row to come as the park's audit will judge it once it is stored."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.domain.plausibility.curve import Curve
from api.domain.plausibility.judging import continuous, judge_against, judge_many, judge_park
from api.domain.plausibility.limits import Implausible
from api.domain.plausibility.memory import ParkMemory, Registered, remember
from api.domain.plausibility.park import learn_park
from api.domain.plausibility.table import day_of
from tests.support.measurements.plausibility_park import SENSORS, as_table, made_park
from tests.support.measurements.plausibility_tools import MEASURED

FIRST, DAYS, TURBINES = 19_800, 50, 4
Columns = dict[str, np.ndarray]
FEW = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def parks(draw: st.DrawFn) -> Columns:
    """A park with gaps of its own and of the whole park, missing values, dead and stuck sensors."""
    columns = made_park(turbines=TURBINES, days=DAYS, seed=draw(st.integers(0, 10_000)), first=FIRST)
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    rows = len(columns["day"])
    for name in MEASURED:
        columns[name][rng.random(rows) < 0.05] = np.nan
        columns[name][rng.random(rows) < 0.03] = 0.0
    late = columns["day"] >= FIRST + DAYS - 6
    columns["temperature"][(columns["turbine"] == 1) & late] = 41.0
    for name in MEASURED:
        columns[name][late & (rng.random(rows) < 0.1)] *= 4
    kept = rng.random(rows) < draw(st.floats(0.4, 1.0))
    silent = draw(st.integers(0, 12))  # days on which nobody measures, just before the last one
    last = columns["day"] == FIRST + DAYS - 1
    kept[(columns["day"] >= FIRST + DAYS - 1 - silent) & ~last] = False
    kept[last] = True
    return {name: column[kept] for name, column in columns.items()}


def remembered(columns: Columns, wanted: np.ndarray, rated: float | None, in_service: bool) -> ParkMemory:
    """The memory of the rows ``wanted``, on the park's last day."""
    kept = {name: column[wanted] for name, column in columns.items()}
    register = {str(n): Registered(n, rated, in_service) for n in range(TURBINES)}
    table = as_table(kept, **facts(kept, rated, in_service))
    return remember(table, day_of(FIRST + DAYS - 1), SENSORS, register)


def facts(columns: Columns, rated: float | None, in_service: bool) -> dict[str, np.ndarray]:
    rows = len(columns["day"])
    return {
        "rated_kw": np.full(rows, np.nan if rated is None else rated),
        "in_service": np.full(rows, in_service),
    }


@pytest.mark.slow
@FEW
@given(parks(), st.sampled_from([None, 900.0, 2_000.0]), st.booleans())
def test_a_row_to_come__is_judged_as_the_audit_judges_it_once_stored(
    columns: Columns, rated: float | None, in_service: bool
) -> None:
    """The row being stored or not changes nothing: it is never its own past."""
    day = float(FIRST + DAYS - 1)
    table = as_table(columns, **facts(columns, rated, in_service))
    audit = judge_park(table, day_of(day), SENSORS).rows
    for row in np.flatnonzero(columns["day"] == day):
        name = str(columns["turbine"][row])
        values = {s: None if np.isnan(v := columns[s][row]) else float(v) for s in SENSORS}
        for wanted in (np.arange(len(columns["day"])) != row, np.ones(len(columns["day"]), dtype=bool)):
            memory = remembered(columns, wanted, rated, in_service)
            against = memory.against(memory.machines[name], day)
            found = judge_against(values, day, SENSORS, against, in_service=in_service)
            assert found == audit.get(int(row), [])


@FEW
@given(parks(), st.lists(st.tuples(st.integers(0, TURBINES - 1), st.integers(-12, 40)), max_size=30))
def test_one_by_one_and_all_together__are_the_same(columns: Columns, asked: list[tuple[int, int]]) -> None:
    """On any day: before the park's figures, on a stored day, long after the last."""
    memory = remembered(columns, np.ones(len(columns["day"]), dtype=bool), None, True)
    rng = np.random.default_rng(0)
    rows = {s: columns[s][rng.integers(0, len(columns[s]), len(asked))] for s in SENSORS}
    days = np.array([FIRST + DAYS - 1.0 + offset for _, offset in asked])
    machines = [memory.machines[str(turbine)] for turbine, _ in asked]
    many: list[list[object]] = [[] for _ in asked]
    for part, against in memory.against_many(machines, days):
        values = {s: column[part] for s, column in rows.items()}
        told = judge_many(values, days[part], SENSORS, against, np.ones(len(part), dtype=bool))
        for row, own in zip(part, told, strict=True):
            many[row] = list(own)
    one = [
        judge_against(
            {s: None if np.isnan(rows[s][n]) else float(rows[s][n]) for s in SENSORS},
            float(days[n]),
            SENSORS,
            memory.against(machine, float(days[n])),
        )
        for n, machine in enumerate(machines)
    ]
    assert many == one


@pytest.mark.parametrize("silence", [0, 1, 5, 29, 30, 31, 45])
def test_season__of_a_day_without_measurements_is_that_of_the_day_measured(silence: int) -> None:
    """A gap of the whole park: the window before the day asked for, not before the last stored one."""
    columns = made_park(days=DAYS, first=FIRST)
    columns["temperature"] += np.linspace(0, 15, DAYS)[(columns["day"] - FIRST).astype(int)]
    day = float(FIRST + DAYS + silence)
    stored = {name: np.append(column, column[-1]) for name, column in columns.items()} | {
        "day": np.append(columns["day"], day)
    }
    names = continuous(SENSORS)
    before, after = (learn_park(as_table(c), FIRST + DAYS - 7.0, names) for c in (columns, stored))
    assert before.residual_temperature(day, 50.0, 0.4) == after.residual_temperature(day, 50.0, 0.4)


@FEW
@given(
    st.lists(st.floats(0.1, 40.0), min_size=1, max_size=12, unique=True).map(sorted),
    st.randoms(use_true_random=False),
    st.one_of(st.floats(-5.0, 60.0), st.just(float("nan"))),
)
def test_curve__one_number_is_numpy_s_interpolation_to_the_last_bit(
    winds: list[float], random: object, wind: float
) -> None:
    rng = np.random.default_rng(random.randint(0, 10**6))  # type: ignore[attr-defined]
    curve = Curve(np.array(winds), rng.random(len(winds)), rng.random(len(winds)))
    for at in (wind, *winds, 0.0):
        for one, knots in (
            (curve.expected, np.append(0.0, curve.load)),
            (curve.scatter, np.append(curve.spread[0], curve.spread)),
        ):
            exact = float(np.interp(at, np.append(0.0, curve.wind), knots))
            assert np.array_equal(one(at), exact, equal_nan=True)
            assert np.array_equal(one(np.array([at])), [exact], equal_nan=True)


@FEW
@given(parks(), st.floats(-10, 100), st.floats(-10.0, 60.0), st.one_of(st.floats(0, 1), st.just(np.nan)))
def test_residual_temperature__of_one_row_is_that_of_many(
    columns: Columns, after: float, heat: float, load: float
) -> None:
    park = learn_park(as_table(columns), FIRST + DAYS - 7.0, continuous(SENSORS))
    for known in (park, replace(park, heat_per_load=12.5, usual_load=0.4)):
        day = FIRST + DAYS - 20 + after
        many = known.residual_temperature(np.array([day]), np.array([heat]), np.array([load]))
        assert np.array_equal(many, np.array([known.residual_temperature(day, heat, load)]), equal_nan=True)


def test_a_turbine_never_measured__is_judged_on_the_park_s_own_figures() -> None:
    columns = made_park(turbines=TURBINES - 1, days=DAYS, first=FIRST)
    memory = remembered(columns, np.ones(len(columns["day"]), dtype=bool), None, True)
    day = float(FIRST + DAYS)
    new = memory.machines[str(TURBINES - 1)]
    calm = {"wind_speed": 10.0, "vibration_level": 3.0, "temperature": 40.0, "power_output": 600.0}
    assert judge_against(calm, day, SENSORS, memory.against(new, day)) == []
    (finding,) = judge_against({**calm, "power_output": 100.0}, day, SENSORS, memory.against(new, day))
    assert finding.code == Implausible.OFF_CURVE


def test_memory__does_not_grow_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.domain.plausibility.memory.MOST_KEPT", 3)
    columns = made_park(turbines=TURBINES, days=DAYS, first=FIRST)
    memory = remembered(columns, np.ones(len(columns["day"]), dtype=bool), None, True)
    for offset in range(7):
        for machine in memory.machines.values():
            memory.against(machine, float(FIRST + DAYS - offset))
            assert len(memory._kept) <= 3
