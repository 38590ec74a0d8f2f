"""A unit in a header is never ignored, whether or not a mapping names the column."""

from __future__ import annotations

from decimal import Decimal

import pytest

from api.domain.measurements.column_map import ColumnMap, Target, unit_in
from api.domain.measurements.columns import Columns
from api.domain.measurements.known_sensors import KNOWN_SENSORS
from api.domain.measurements.sensors import Sensor
from api.domain.shared.exceptions import InvalidInput

ROTOR = Sensor("rotor_speed", "Vitesse du rotor", "tr/min", "float")
SENSORS = {**KNOWN_SENSORS, "rotor_speed": ROTOR}


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
        ("Power, W", "power_output", "1500", None),
        ("Power [W]", "power_output", "1500", Decimal("1.5")),
    ],
)
def test_header_unit__converts_what_a_mapping_without_unit_names(
    header: str, sensor: str, value: str, stored: Decimal | None
) -> None:
    made = columns(header, sensor).conversions
    if stored is None:  # a lone letter outside brackets is no unit
        assert made == {}
        return
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
    ],
)
def test_header_unit__of_another_quantity_is_refused_naming_the_column(header: str, sensor: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        columns(header, sensor)
    (problem,) = refused.value.errors
    assert problem.field == header
    assert "inconnue" in problem.message
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
    ],
)
def test_header_unit__of_the_catalogue_or_none_changes_nothing(header: str, sensor: str) -> None:
    assert columns(header, sensor).conversions == {}


def test_header_unit__a_mapping_that_names_one_decides() -> None:
    assert columns("Vent (km/h)", "wind_speed", "m/s").conversions == {}
    assert columns("Vibration (mm/s)", "vibration_level", "u.a.").conversions == {}


@pytest.mark.parametrize(("name", "unit"), [("a (b) [kW]", "kW"), ("kW", None), ("x_c", None), ("", None)])
def test_unit_in__brackets_then_the_last_word(name: str, unit: str | None) -> None:
    assert unit_in(name) == unit
