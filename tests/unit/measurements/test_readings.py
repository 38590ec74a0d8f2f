"""A cell is read in one way or refused with a reason; nothing in between."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from api.domain.measurements import readings
from api.domain.measurements.readings import UnreadableCell
from api.domain.measurements.sensors import Sensor
from tests.support.words import plain

PARIS = ZoneInfo("Europe/Paris")
TODAY = date(2025, 6, 1)
# Naive, because hypothesis draws the time zone itself.
FIRST, LAST = datetime(1990, 1, 3), datetime(2025, 5, 30)  # noqa: DTZ001
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


# --- days and instants ---


def test_read_time__day__no_midnight_is_invented() -> None:
    assert readings.read_time("2024-08-14", TODAY) == (date(2024, 8, 14), None)


@pytest.mark.parametrize(
    ("text", "day", "instant"),
    [
        ("2024-08-14T23:30:00Z", date(2024, 8, 15), datetime(2024, 8, 14, 23, 30, tzinfo=UTC)),
        ("2024-08-14T23:30:00+02:00", date(2024, 8, 14), datetime(2024, 8, 14, 21, 30, tzinfo=UTC)),
        ("2024-08-14 23:30", date(2024, 8, 14), datetime(2024, 8, 14, 21, 30, tzinfo=UTC)),
        ("2024-01-14 23:30:15.5", date(2024, 1, 14), datetime(2024, 1, 14, 22, 30, 15, 500_000, tzinfo=UTC)),
        ("2024-12-31T23:00:00-01:00", date(2025, 1, 1), datetime(2025, 1, 1, 0, 0, tzinfo=UTC)),
    ],
)
def test_read_time__instant__utc_and_day_in_paris(text: str, day: date, instant: datetime) -> None:
    assert readings.read_time(text, TODAY) == (day, instant)


@given(st.datetimes(FIRST, LAST, timezones=st.timezones()))
def test_read_time__any_instant__same_instant(given_time: datetime) -> None:
    assume(
        given_time.utcoffset() is not None and given_time.utcoffset() % timedelta(minutes=1) == timedelta(0)
    )
    read = readings.read_time(given_time.isoformat(), TODAY)
    assert read.at == given_time.astimezone(UTC)
    assert read.on == given_time.astimezone(PARIS).date()


@given(st.datetimes(FIRST, LAST))
def test_read_time__hour_of_paris__what_clocks_there_show(naive: datetime) -> None:
    candidates = {
        utc
        for hours in (1, 2)  # Paris is one or two hours ahead of UTC
        if (utc := (naive - timedelta(hours=hours)).replace(tzinfo=UTC))
        .astimezone(PARIS)
        .replace(tzinfo=None)
        == naive
    }
    if len(candidates) == 1:
        assert readings.read_time(naive.isoformat(), TODAY) == (naive.date(), candidates.pop())
    else:
        assert refused(readings.read_time, naive.isoformat(), TODAY)


def test_read_time__change_of_clocks__refused_unless_offset_told() -> None:
    assert "existe deux fois" in refused(readings.read_time, "2024-10-27 02:30", TODAY)
    assert "n’existe pas" in refused(readings.read_time, "2024-03-31 02:30", TODAY)
    first, second = (readings.read_time(f"2024-10-27T02:30:00+0{n}:00", TODAY).at for n in (2, 1))
    assert first is not None
    assert second is not None
    assert second - first == timedelta(hours=1)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "vide"),
        ("14/08/2024", "AAAA-MM-JJ"),
        ("08-14-2024", "AAAA-MM-JJ"),
        ("20240814", "AAAA-MM-JJ"),
        ("2024-W33-3", "AAAA-MM-JJ"),
        ("2024-8-14", "AAAA-MM-JJ"),
        ("45518", "AAAA-MM-JJ"),  # a spreadsheet's day number
        ("2024-02-30", "n’existe pas"),
        ("2024-08-14T25:00", "AAAA-MM-JJ"),
        ("2024-08-14T24:00", "AAAA-MM-JJ"),
        ("2024-08-14T10:00+99:00", "n’existe pas"),
        ("0001-01-01T00:00:00+14:00", "n’existe pas"),
        ("1970-01-01", "horloge"),
        ("1980-01-06", "horloge"),
        ("2025-06-02", "aujourd’hui : 01/06/2025"),
        ("٢٠٢٤-08-14", "AAAA-MM-JJ"),
    ],
)
def test_read_time__bad__refused_with_reason(text: str, told: str) -> None:
    assert told in refused(readings.read_time, text, TODAY)


def test_read_time__same_text_on_two_days__judged_anew() -> None:
    assert "future" in refused(readings.read_time, "2025-06-02", TODAY)
    assert readings.read_time("2025-06-02", TODAY + timedelta(days=1)).on == date(2025, 6, 2)


# --- identifiers, visits, what is shown ---


@pytest.mark.parametrize("text", ["", "NaN", "-", "x" * 65, "a\x00b"])
def test_read_turbine_id__bad__refused(text: str) -> None:
    assert refused(readings.read_turbine_id, text)


@pytest.mark.parametrize(("text", "name"), [("5", "5"), ("5.0", "5"), ("007", "7"), (" E-12 ", "E-12")])
def test_read_turbine_id__one_spelling(text: str, name: str) -> None:
    assert readings.read_turbine_id(text) == name


def test_read_plan__day_missing_or_far() -> None:
    known_on = date(2024, 8, 14)
    assert readings.read_plan("2024-09-02", known_on) == date(2024, 9, 2)
    assert readings.read_plan("", known_on) is None
    assert "5 ans" in refused(readings.read_plan, "2924-09-02", known_on)
    assert "AAAA-MM-JJ" in refused(readings.read_plan, "02/09/2024", known_on)


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
