"""The rules that set the sensors of one row against each other."""

from __future__ import annotations

import math
from dataclasses import fields, replace

import numpy as np
import pytest

from api.domain.plausibility.curve import Curve
from api.domain.plausibility.limits import DEFAULT, STOPPED, Implausible, Limits
from api.domain.plausibility.park import Park
from api.domain.plausibility.row_rules import at_rest
from api.domain.plausibility.trust import Finding, data_status
from api.domain.plausibility.verdicts import Rows, reference_for
from api.schemas.vocabulary import DataStatus
from tests.support.measurements.plausibility_judging import judge
from tests.support.measurements.plausibility_park import SENSORS
from tests.support.measurements.plausibility_tools import document
from tests.support.words import plain

DAY = 20_000.0
EMPTY = np.empty(0)
NOTHING = Curve(EMPTY, EMPTY, EMPTY)


def park(*, vibration: float = 3.0, calm_load: float = math.nan, capacity_kw: float = 1_500.0) -> Park:
    """A park of which only these figures are known."""
    return Park(
        until=0.0,
        capacity_kw=capacity_kw,
        curve=NOTHING,
        calm_load=calm_load,
        heat_per_load=0.0,
        usual_load=0.5,
        season_day=EMPTY,
        season=EMPTY,
        level={"vibration_level": vibration},
        spread={},
        repeats={},
        gap=math.nan,
    )


def codes(
    wind: float | None = 12.0,
    vibration: float | None = 3.0,
    power: float | None = 720.0,
    *,
    known: Park | None = None,
    in_service: bool = True,
    rated_kw: float | None = None,
) -> list[str]:
    """Codes found on one row; ``park()`` is known unless said otherwise."""
    values = {"wind_speed": wind, "vibration_level": vibration, "temperature": 45.0, "power_output": power}
    found = judge(values, DAY, SENSORS, park=known or park(), in_service=in_service, rated_kw=rated_kw)
    return [finding.code for finding in found]


def message(**values: float | None) -> str:
    """The sentence of the only finding on a row."""
    (finding,) = judge(values, DAY, SENSORS, park=park())
    return plain(finding.message)


def test_a_plain_row__says_nothing() -> None:
    assert codes() == []


@pytest.mark.parametrize(
    ("wind", "vibration", "power", "found"),
    [
        (12.0, 0.0, 720.0, True),  # power and wind say that it runs
        (None, 0.0, 720.0, True),
        (12.0, 0.0, None, True),  # the wind alone
        (5.0, 0.0, None, True),  # clear of cut-in, bound included
        (4.99, 0.0, None, False),
        (2.0, 0.0, 7.6, True),  # half a percent of 1,500 kW is 7.5 kW
        (2.0, 0.0, 7.5, False),
        (12.0, 0.01, 720.0, False),
        (12.0, None, 720.0, False),
        (None, 0.0, None, False),
    ],
)
def test_zero_vibration__while_running(
    wind: float | None, vibration: float | None, power: float | None, found: bool
) -> None:
    assert (Implausible.ZERO_VIBRATION in codes(wind, vibration, power)) is found


@pytest.mark.parametrize(
    ("wind", "power", "found"),
    [
        (0.0, 24.1, True),
        (0.0, 7.6, True),
        (0.0, 7.5, False),
        (0.0, None, False),
        (0.1, 24.1, False),
        (2.99, 376.0, True),  # a quarter of 1,500 kW is 375 kW
        (2.99, 375.0, False),
        (3.0, 376.0, False),
        (None, 720.0, False),
    ],
)
def test_power_without_wind(wind: float | None, power: float | None, found: bool) -> None:
    assert (Implausible.POWER_WITHOUT_WIND in codes(wind, 3.0, power)) is found


def test_power_without_wind__is_a_share_of_the_machine_s_own_capacity() -> None:
    assert Implausible.POWER_WITHOUT_WIND in codes(2.0, 3.0, 376.0, rated_kw=1_500.0)
    assert Implausible.POWER_WITHOUT_WIND not in codes(2.0, 3.0, 376.0, rated_kw=3_000.0)
    assert Implausible.POWER_WITHOUT_WIND not in codes(2.0, 3.0, 376.0, known=park(capacity_kw=3_000.0))
    assert Implausible.POWER_WITHOUT_WIND in codes(2.0, 3.0, 376.0, rated_kw=0.0)  # zero is « unknown »


@pytest.mark.parametrize(
    ("wind", "vibration", "power", "found"),
    [
        (12.0, 3.0, 0.0, True),
        (5.0, 3.0, 0.0, True),
        (4.99, 3.0, 0.0, False),
        (19.99, 3.0, 0.0, True),
        (20.0, 3.0, 0.0, False),  # cut out by the storm
        (12.0, 3.0, 7.5, True),
        (12.0, 3.0, 7.6, False),
        (12.0, 3.0, -12.0, True),  # it draws its own consumption: it does not deliver
        (12.0, None, 0.0, True),  # no witness
        (12.0, 0.0, 0.0, True),  # a dead witness
        (12.0, 0.75, 0.0, True),  # a quarter of the usual vibration is no longer rest
        (12.0, 0.74, 0.0, False),  # at rest
        (12.0, 3.0, None, False),
        (None, 3.0, 0.0, False),
    ],
)
def test_wind_without_power(
    wind: float | None, vibration: float | None, power: float | None, found: bool
) -> None:
    assert (Implausible.WIND_WITHOUT_POWER in codes(wind, vibration, power)) is found


def test_a_machine_at_rest__is_told_and_accuses_no_sensor() -> None:
    found = judge(
        {"wind_speed": 12.0, "vibration_level": 0.15, "power_output": 0.0}, DAY, SENSORS, park=park()
    )
    assert [finding.code for finding in found] == [STOPPED]
    assert data_status(found) is DataStatus.OK


@pytest.mark.parametrize("vibration", [0.0, 0.15, 3.0, None])
def test_a_programmed_stop__is_not_a_dead_sensor(vibration: float | None) -> None:
    assert codes(12.0, vibration, 0.0, in_service=False) == []


def test_a_turbine_that_delivers__runs_whatever_its_service_state() -> None:
    assert codes(12.0, 0.0, 720.0, in_service=False) == [Implausible.ZERO_VIBRATION]
    assert codes(0.0, 3.0, 720.0, in_service=False) == [Implausible.POWER_WITHOUT_WIND]


@pytest.mark.parametrize(
    ("wind", "vibration", "power", "calm_load", "found"),
    [
        (1.33, 2.63, 0.0, math.nan, True),
        (1.33, 2.63, 0.0, 0.06, True),  # a park that delivers in calm weather
        (1.33, 2.63, 0.0, 0.019, False),  # a park that stops in calm weather
        (0.0, 2.63, 0.0, math.nan, True),
        (1.33, 1.5, 0.0, math.nan, True),  # half of the usual vibration
        (1.33, 1.49, 0.0, math.nan, False),
        (1.33, 2.63, -3.0, math.nan, False),  # a live sensor: the machine draws power
        (1.33, 2.63, 0.1, math.nan, False),
        (5.0, 2.63, 0.0, math.nan, False),  # wind without power speaks there
        (None, 2.63, 0.0, math.nan, False),
        (1.33, None, 0.0, math.nan, False),
        (1.33, 2.63, None, math.nan, False),
    ],
)
def test_zero_power__while_vibrating(
    wind: float | None, vibration: float | None, power: float | None, calm_load: float, found: bool
) -> None:
    assert (Implausible.ZERO_POWER in codes(wind, vibration, power, known=park(calm_load=calm_load))) is found


def test_without_a_park__only_what_one_row_proves_is_said() -> None:
    dead = {"wind_speed": 12.0, "vibration_level": 0.0, "power_output": 720.0}
    assert [f.code for f in judge(dead, DAY, SENSORS)] == [Implausible.ZERO_VIBRATION]
    quiet = {"wind_speed": 1.3, "vibration_level": 2.6, "power_output": 0.0}
    assert judge(quiet, DAY, SENSORS) == []


def test_a_park_later_than_the_row__is_left_unused() -> None:
    quiet = {"wind_speed": 1.3, "vibration_level": 2.6, "power_output": 0.0}
    assert [f.code for f in judge(quiet, DAY, SENSORS, park=replace(park(), until=DAY))] == [
        Implausible.ZERO_POWER
    ]
    assert judge(quiet, DAY, SENSORS, park=replace(park(), until=DAY + 1)) == []


def test_nothing_measured__says_nothing() -> None:
    assert codes(None, None, None) == []
    assert judge({}, DAY, SENSORS) == []
    assert judge({}, DAY, {}, park=park()) == []


def test_limits__are_parameters() -> None:
    values = {"wind_speed": 3.5, "vibration_level": 3.0, "power_output": 0.0}
    late = Limits(cut_in=3.0, clear_of_cut_in=0.5)
    assert [f.code for f in judge(values, DAY, SENSORS, park=park(), limits=late)] == [
        Implausible.WIND_WITHOUT_POWER
    ]


def test_every_code__makes_the_data_doubtful() -> None:
    for code in Implausible:
        assert data_status([Finding(code.value, None, "")]) is DataStatus.DOUTEUX
    assert data_status([Finding(STOPPED, None, "")]) is DataStatus.OK


def test_sentences__name_sensor_value_unit_and_what_to_check() -> None:
    assert message(wind_speed=12.92, vibration_level=0.0, power_output=690.5) == (
        "Niveau de vibration : 0 u.a. alors que la turbine délivre 690,5 kW (vent 12,92 m/s). Une machine "
        "qui tourne vibre toujours : vérifiez le capteur de vibration et son câble."
    )
    assert message(wind_speed=0.0, vibration_level=2.35, power_output=24.1) == (
        "Vitesse du vent : 0 m/s alors que la turbine délivre 24,1 kW. Vérifiez l’anémomètre (givre, câble), "
        "puis la mesure de puissance."
    )
    assert "2,5 m/s, sous le vent de démarrage (3 m/s), alors que la turbine délivre 1 200 kW" in message(
        wind_speed=2.5, vibration_level=2.35, power_output=1_200.0
    )
    assert message(wind_speed=12.1, vibration_level=3.0, power_output=0.0) == (
        "Puissance délivrée : 0 kW par un vent de 12,1 m/s. Vérifiez la mesure de puissance ; si la turbine "
        "est à l’arrêt, déclarez cet arrêt."
    )
    assert message(wind_speed=1.57, vibration_level=2.63, power_output=0.0).startswith(
        "Puissance délivrée : exactement 0 kW (vent 1,57 m/s) alors que la vibration, 2,63 u.a.,"
    )
    assert message(wind_speed=None, vibration_level=0.0, power_output=700.0).startswith(
        "Niveau de vibration : 0 u.a. alors que la turbine délivre 700 kW (vent non mesuré)."
    )
    assert message(wind_speed=12.0, vibration_level=0.15, power_output=0.0).startswith(
        "La turbine paraît à l’arrêt : 0 kW par un vent de 12 m/s, et une vibration de repos (0,15 u.a.)."
    )


def test_sentences__use_the_catalogue_s_words() -> None:
    renamed = {
        **SENSORS,
        "vibration_level": replace(SENSORS["vibration_level"], label="Accéléromètre", unit="g"),
    }
    (finding,) = judge({"vibration_level": 0.0, "power_output": 700.0}, DAY, renamed, park=park())
    assert finding.message.startswith("Accéléromètre : 0\u00a0g alors que")
    assert finding.field == "vibration_level"


def test_limits__are_all_in_the_document() -> None:
    told = document().splitlines()
    for field in fields(Limits):
        value = np.format_float_positional(getattr(DEFAULT, field.name), trim="-").replace(".", ",")
        assert f"| `{field.name}` | {value} |" in told


STANDING = [
    (2.1, 0.21, -1.5),
    (0.0, 0.1, -12.0),
    (1.0, 0.0, -4.0),
    (1.0, None, -4.0),
    (2.9, 0.2, 0.0),
    (0.0, 0.2, -1e-7),
]


@pytest.mark.parametrize(("wind", "vibration", "power"), STANDING)
def test_standing_still_in_a_calm__is_rest(wind: float, vibration: float | None, power: float) -> None:
    """At rest, neither a cold nacelle nor a low vibration is held against a sensor."""
    values = {"wind_speed": wind, "vibration_level": vibration, "power_output": power}
    against = reference_for((), DEFAULT, park=park())
    assert at_rest(Rows(DAY, values, in_service=True), against.known, DEFAULT)
    assert codes(wind, vibration, power) == []


@pytest.mark.parametrize(
    ("wind", "vibration", "power"), [(2.0, 3.0, -4.0), (12.0, 0.0, -4.0), (12.0, None, 0.0), (2.0, 0.2, 60.0)]
)
def test_a_machine_that_shakes_delivers_or_is_blown__is_not_at_rest(
    wind: float, vibration: float | None, power: float
) -> None:
    values = {"wind_speed": wind, "vibration_level": vibration, "power_output": power}
    against = reference_for((), DEFAULT, park=park())
    assert not at_rest(Rows(DAY, values, in_service=True), against.known, DEFAULT)
