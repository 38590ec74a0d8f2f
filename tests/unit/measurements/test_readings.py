"""A cell is read in one way or refused with a reason; nothing in between."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.domain.measurements import readings
from api.domain.measurements.readings import UnreadableCell
from api.domain.measurements.sensors import Sensor
from tests.support.words import plain

WIND = Sensor("wind_speed", "Vent", "m/s", "float", (0, 75))


def refused(read: object, *arguments: object) -> str:
    with pytest.raises(UnreadableCell) as caught:
        read(*arguments)  # type: ignore[operator]
    return caught.value.reason


# --- numbers ---


@pytest.mark.parametrize(
    ("text", "value"),
    [("12.26", 12.26), (" 7 ", 7.0), ("+3", 3.0), ("-0.5", -0.5), (".5", 0.5), ("5.", 5.0), ("1e3", 1000.0)],
)
def test_read_number__plain__taken(text: str, value: float) -> None:
    assert readings.read_number(text) == value


@pytest.mark.parametrize("text", ["", "  ", "NaN", "nan", "NA", "n/a", "N/A", "-"])
def test_read_number__missing__none(text: str) -> None:
    assert readings.read_number(text) is None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("12,5", "écrivez 12.5"),
        ("inf", "infinie"),
        ("-Infinity", "infinie"),
        ("1e999", "trop grand"),
        ("douze", "nombre est attendu"),
        ("1_000", "nombre est attendu"),  # Python reads it, nobody means it
        ("1 000", "nombre est attendu"),
        ("1,234.5", "nombre est attendu"),
        ("٣", "nombre est attendu"),  # a digit for Python, not for a logger
        ("0x1F", "nombre est attendu"),
        ("12.5 m/s", "nombre est attendu"),
        ("--5", "nombre est attendu"),
        ("1.2.3", "nombre est attendu"),
    ],
)
def test_read_number__doubtful__refused(text: str, told: str) -> None:
    assert told in refused(readings.read_number, text)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_read_number__any_float_written_by_python__same_number(value: float) -> None:
    assert readings.read_number(repr(value)) == value


def test_read_number__minus_zero__is_zero() -> None:
    assert str(readings.read_number("-0.0")) == "0.0"


@given(st.text(max_size=12))
def test_read_number__any_text__finite_number_missing_or_reason(text: str) -> None:
    try:
        value = readings.read_number(text)
    except UnreadableCell as error:
        assert error.reason.endswith(".")
        return
    assert value is None or (math.isfinite(value) and value == float(text.strip()))


# --- sensors ---


@pytest.mark.parametrize(("text", "taken"), [("0", True), ("75", True), ("-0.01", False), ("75.01", False)])
def test_read_sensor__physical_limits__included(text: str, taken: bool) -> None:
    if taken:
        assert readings.read_sensor(text, WIND) == float(text)
    else:
        assert "0 à 75 m/s" in plain(refused(readings.read_sensor, text, WIND))


@pytest.mark.parametrize(
    ("physical", "text", "told"),
    [((None, 2.5), "3", "2,5 kW au plus"), ((1, None), "0.5", "1 kW au moins")],
)
def test_read_sensor__one_sided_limit__named(
    physical: tuple[float | None, float | None], text: str, told: str
) -> None:
    assert told in plain(refused(readings.read_sensor, text, Sensor("p", "P", "kW", "float", physical)))


@pytest.mark.parametrize("text", ["0", "1", "0.0", "1.0"])
def test_read_sensor__binary__whole(text: str) -> None:
    value = readings.read_sensor(text, Sensor("m", "M", "", "binary", (0, 1)))
    assert value == float(text)
    assert isinstance(value, int)


@pytest.mark.parametrize("text", ["2", "0.5", "-1", "oui", "yes"])
def test_read_sensor__binary__anything_else_refused(text: str) -> None:
    assert refused(readings.read_sensor, text, Sensor("m", "M", "", "binary", (0, 1)))


def test_read_sensor__int__fraction_and_huge_refused() -> None:
    count = Sensor("n", "N", "", "int")
    assert readings.read_sensor("12.0", count) == 12
    assert "entier est attendu" in refused(readings.read_sensor, "12.5", count)
    assert "trop grand" in refused(readings.read_sensor, "99999999999999999999", count)


def test_read_sensor__missing__none() -> None:
    assert readings.read_sensor("NaN", WIND) is None


# --- labels ---


@pytest.mark.parametrize(("text", "value"), [("0", False), ("1", True), ("1.0", True), ("", None)])
def test_read_failure__known_values(text: str, value: bool | None) -> None:
    assert readings.read_failure(text) is value


@pytest.mark.parametrize("text", ["2", "-1", "0.5", "oui"])
def test_read_failure__other__refused(text: str) -> None:
    assert refused(readings.read_failure, text)


def test_read_days_left__negative__refused() -> None:
    assert readings.read_days_left("0") == 0
    assert "négatif" in refused(readings.read_days_left, "-0.1")


# --- identifiers, visits, what is shown ---


@pytest.mark.parametrize("text", ["", "NaN", "-", "x" * 65, "a\x00b"])
def test_read_turbine_id__bad__refused(text: str) -> None:
    assert refused(readings.read_turbine_id, text)


@pytest.mark.parametrize(("text", "name"), [("5", "5"), ("5.0", "5"), ("007", "7"), (" E-12 ", "E-12")])
def test_read_turbine_id__one_spelling(text: str, name: str) -> None:
    assert readings.read_turbine_id(text) == name


def test_read_pseudonym__one_spelling() -> None:
    assert readings.read_pseudonym("139.0") == "139"
    assert readings.read_pseudonym(" T-12 ") == "T-12"
    assert readings.read_pseudonym("NA") is None
    assert refused(readings.read_pseudonym, "x" * 65)


@given(st.text())
def test_shown__any_text__short_and_printable(text: str) -> None:
    kept = readings.printable(text)
    assert len(kept) <= 80
    assert kept.isprintable()
    if len(text) <= 80 and text.isprintable():
        assert kept == text
