"""One catalogue from what several models declare."""

from __future__ import annotations

import pytest

from api.domain.measurements.readings import UnreadableCell, read_failure, read_sensor
from api.domain.measurements.sensors import Dtype, Sensor, sensor_catalogue, within
from api.domain.shared.exceptions import Conflict


def test_sensor_catalogue__declared_once__as_declared_and_in_order() -> None:
    wind = Sensor("wind", "Vent", "m/s", "float", (0, 75), ("a",))
    power = Sensor("power", "Puissance", "kW", "float", (None, 2000), ("a",))
    assert list(sensor_catalogue([wind, power]).items()) == [("wind", wind), ("power", power)]


def test_sensor_catalogue__declared_twice__widest_limits_and_both_models() -> None:
    one = Sensor("wind", "Vent", "m/s", "float", (0, 60), ("a",))
    two = Sensor("wind", "Vitesse", "m/s", "float", (-1, 50), ("b", "a"))
    assert sensor_catalogue([one, two])["wind"] == Sensor(
        "wind", "Vent", "m/s", "float", (-1, 60), ("a", "b")
    )


def test_sensor_catalogue__one_without_limit__no_limit() -> None:
    one = Sensor("wind", "Vent", "m/s", "float", (0, 60))
    two = Sensor("wind", "Vent", "m/s", "float", (None, 50))
    assert sensor_catalogue([one, two])["wind"].physical == (None, 60)


@pytest.mark.parametrize(
    ("first", "second", "kept"),
    [("binary", "float", "float"), ("int", "binary", "int"), ("int", "float", "float")],
)
def test_sensor_catalogue__types_differ__laxest(first: Dtype, second: Dtype, kept: Dtype) -> None:
    pair = [Sensor("m", "M", "", first), Sensor("m", "M", "", second)]
    assert sensor_catalogue(pair)["m"].dtype == kept
    assert sensor_catalogue(reversed(pair))["m"].dtype == kept


def test_sensor_catalogue__units_differ__refused_naming_both() -> None:
    pair = [Sensor("t", "T", "°C", "float", used_by=("a",)), Sensor("t", "T", "K", "float", used_by=("b",))]
    with pytest.raises(Conflict, match=r"« t ».*« °C » par a.*« K » par b"):
        sensor_catalogue(pair)


@pytest.mark.parametrize(
    ("value", "read"),
    [(-1e-7, 0.0), (-1e-6, 0.0), (-2e-6, None), (75.00005, 75.0), (75.001, None), (12.5, 12.5), (-3.0, None)],
)
def test_within__rounding_at_a_physical_bound_is_the_bound(value: float, read: float | None) -> None:
    assert within(value, (0.0, 75.0)) == read


def test_within__without_bounds_everything_is_possible() -> None:
    assert within(-1e9, (None, None)) == -1e9


@pytest.mark.parametrize(("text", "value"), [("-0.0000001", 0.0), ("-1e-7", 0.0), ("75.00001", 75.0)])
def test_read_sensor__rounding_at_a_physical_bound(text: str, value: float) -> None:
    assert read_sensor(text, Sensor("wind", "Vent", "m/s", "float", (0.0, 75.0))) == value


BIT = Sensor("done", "Intervention", "", "binary", (0.0, 1.0))
WIND = Sensor("wind", "Vent", "m/s", "float", (0.0, 75.0))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("True", 1),
        ("FALSE", 0),
        ("vrai", 1),
        ("FAUX", 0),
        ("1.0", 1),
        (" 0 ", 0),
        ("None", None),
        ("<NA>", None),
    ],
)
def test_read_sensor__bits_as_programs_write_them(text: str, value: int | None) -> None:
    assert read_sensor(text, BIT) == value
    assert read_failure(text) == (None if value is None else bool(value))


@pytest.mark.parametrize("text", ["oui", "non", "2", "yes", "0,0", "x"])
def test_read_sensor__other_words_ask_for_0_or_1(text: str) -> None:
    with pytest.raises(UnreadableCell, match="0 ou 1"):
        read_sensor(text, BIT)


@pytest.mark.parametrize("text", ["--", "None", "<NA>", "\\N", "#REF!", "#DIV/0!", "#VALEUR!", "#N/A"])
def test_read_sensor__usual_ways_of_writing_no_value(text: str) -> None:
    assert read_sensor(text, WIND) is None


def test_read_sensor__true_is_no_wind() -> None:
    with pytest.raises(UnreadableCell):
        read_sensor("True", WIND)
