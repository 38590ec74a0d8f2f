"""A unit in a header is never ignored, whether or not a mapping names the column."""

from __future__ import annotations

from decimal import Decimal

import pytest

from api.domain.measurements.column_map import ColumnMap, Target, unit_in
from api.domain.measurements.columns import Columns
from api.domain.measurements.known_sensors import KNOWN_SENSORS
from api.domain.measurements.sensors import Sensor
from api.domain.shared.exceptions import InvalidInput, UnclearFile

ROTOR = Sensor("rotor_speed", "Vitesse du rotor", "tr/min", "float")
SHAKE = Sensor("shake", "Accélération", "mm/s²", "float")
SENSORS = {**KNOWN_SENSORS, "rotor_speed": ROTOR, "shake": SHAKE}


def columns(header: str, sensor: str, unit: str | None = None) -> Columns:
    """The columns of a file with this header, mapped to a sensor."""
    mapping = ColumnMap({header: Target(sensor, unit)})
    return Columns.of(["turbine_id", "date_measure", header], SENSORS, mapping)


@pytest.mark.parametrize(
    ("header", "sensor", "value", "stored"),
    [
        ("Vent (km/h)", "wind_speed", "36", 10),
        ("Vent [mph]", "wind_speed", "10", Decimal("4.4704")),
        ("wind_kmh", "wind_speed", "36", 10),
        ("Temp (°F)", "temperature", "212", 100),
        ("Temp °F", "temperature", "32", 0),
        ("Temp (K)", "temperature", "300", Decimal("26.85")),
        ("Temp. nacelle [Kelvin] moy.", "temperature", "273.15", 0),
        ("Puissance (MW)", "power_output", "1.5", 1500),
        ("Power [W]", "power_output", "1500", Decimal("1.5")),
        ("wind_kmh_avg", "wind_speed", "36", 10),
        ("Vent (kts)", "wind_speed", "3600", 1852),
        ("Wind speed, knots, mean", "wind_speed", "3600", 1852),
        ("Wind [ft/s]", "wind_speed", "10", Decimal("3.048")),
        ("Temp Deg. F nacelle", "temperature", "212", 100),
        ("Temp ( ° F )", "temperature", "212", 100),
        ("Rotor (rad/s)", "rotor_speed", "3.14159265358979", 30),
        ("Rotor [tr / s]", "rotor_speed", "0.5", 30),
        ("Énergie vibratoire (m·s⁻²)", "shake", "2", 2000),
    ],
)
def test_header_unit__converts_what_a_mapping_without_unit_names(
    header: str, sensor: str, value: str, stored: Decimal
) -> None:
    made = columns(header, sensor).conversions
    assert round(Decimal(made[2].text(value)), 9) == stored


@pytest.mark.parametrize(
    ("header", "sensor"),
    [
        ("Puissance (kWh)", "power_output"),
        ("Énergie_MWh", "power_output"),
        ("Vibration (mm/s)", "vibration_level"),
        ("Vent (rpm)", "wind_speed"),
        ("Temp (bar)", "temperature"),
        ("Rotor [Hz]", "rotor_speed"),
        ("energy_kwh_total", "power_output"),
        ("Puissance (J/s)", "power_output"),
        ("Temp (°R)", "temperature"),
    ],
)
def test_header_unit__of_another_quantity_is_refused_naming_the_column(header: str, sensor: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        columns(header, sensor)
    (problem,) = refused.value.errors
    assert problem.field == header
    assert "sans conversion vers" in problem.message
    assert "correspondance" in problem.message


@pytest.mark.parametrize(
    ("header", "sensor"),
    [
        ("Puissance [kW]", "power_output"),
        ("Vent (m/s)", "wind_speed"),
        ("Temp (degC)", "temperature"),
        ("Rotor (rpm)", "rotor_speed"),
        ("Rotor tr/min", "rotor_speed"),
        ("Vent (moyenne)", "wind_speed"),
        ("Vent, mât nord", "wind_speed"),
        ("Vent (min/max)", "wind_speed"),
        ("Temp_C", "temperature"),
        ("Vent A", "wind_speed"),
    ],
)
def test_header_unit__of_the_catalogue_or_none_changes_nothing(header: str, sensor: str) -> None:
    assert columns(header, sensor).conversions == {}


@pytest.mark.parametrize(
    ("header", "sensor", "unit"),
    [("Power, W", "power_output", "W"), ("Temp_F", "temperature", "°F"), ("T K", "temperature", "K")],
)
def test_header_unit__a_lone_letter_that_may_be_one_is_asked_about(
    header: str, sensor: str, unit: str
) -> None:
    with pytest.raises(UnclearFile, match=f"{unit}, ou"):
        columns(header, sensor)
    assert columns(header, sensor, unit).conversions[2].source == unit


def test_header_unit__energy_is_told_from_power() -> None:
    with pytest.raises(InvalidInput, match=r"« kWh » est une énergie.*kW, MW, W"):
        columns("Puissance (kWh)", "power_output")


def test_header_unit__a_model_in_megawatts_takes_kilowatts() -> None:
    model = {"power_mw": Sensor("power_mw", "Puissance", "MW", "float")}
    mapping = ColumnMap({"P (kW)": Target("power_mw")})
    made = Columns.of(["turbine_id", "date_measure", "P (kW)"], model, mapping).conversions
    assert Decimal(made[2].text("1550")) == Decimal("1.55")


def test_header_unit__a_mapping_that_names_one_decides() -> None:
    assert columns("Vent (km/h)", "wind_speed", "m/s").conversions == {}
    assert columns("Vibration (mm/s)", "vibration_level", "u.a.").conversions == {}


@pytest.mark.parametrize(
    ("name", "unit"), [("a (b) [kW]", "kW"), ("kW", "kW"), ("mph (kn)", "kn"), ("x_c", None), ("", None)]
)
def test_unit_in__brackets_then_words(name: str, unit: str | None) -> None:
    assert unit_in(name) == unit
