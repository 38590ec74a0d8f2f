"""Figures, dates and amounts as French people read them, whatever the value."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Context, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.schemas import french
from tests.support.words import plain
from ui.shared.french_numbers import read

ANY = st.floats(-1e9, 1e9)


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (1234567.891, 2, "1 234 567,89"),
        (-1234.5, 1, "−1 234,5"),
        (12345.6, 1, "12 345,6"),
        (-0.04, 1, "0,0"),
        (0, 0, "0"),
        (float("nan"), 1, "–"),
        (float("inf"), 1, "–"),
        (None, 1, "–"),
    ],
)
def test_number__french_separators_and_no_negative_zero(value: float | None, digits: int, text: str) -> None:
    assert plain(french.number(value, digits)) == text


def half_up(value: float, digits: int) -> Decimal:
    """The decimal number that is read, its halves away from zero."""
    return Decimal(str(value)).quantize(Decimal(10) ** -digits, ROUND_HALF_UP)


@given(st.integers(-(10**7), 10**7), st.integers(0, 4))
def test_halves__go_away_from_zero_whoever_writes_them(thousandths: int, digits: int) -> None:
    value = float(Decimal(10 * thousandths + 5).scaleb(-digits - 1))  # ends with the half of a last digit
    hundredth = float(Decimal(10 * thousandths + 5).scaleb(-digits - 3))
    up = Decimal(thousandths + (1 if thousandths >= 0 else 0)).scaleb(-digits)

    assert read(french.number(value, digits)) == float(up)
    assert float(french.cell(value, digits).replace(",", ".")) == float(up)
    assert read(french.share(hundredth, digits).removesuffix(f"{french.THIN}%")) == float(up)


@pytest.mark.parametrize(
    ("write", "text"),
    [
        (lambda: french.number(0.625, 2), "0,63"),
        (lambda: french.number(1.005, 2), "1,01"),
        (lambda: french.share(0.145, 0), "15 %"),
        (lambda: french.cell_percent(0.62125, 2), "62,13"),
        (lambda: french.exact(0.0625, 2), "0,063"),
        (lambda: french.days(4.25), "4,3 jours"),
        (lambda: french.duration(0.0125), "13 ms"),
        (lambda: french.scientific(2.45e-7), "2,5 × 10⁻⁷"),
    ],
)
def test_halves__as_a_person_rounds_them(write: Callable[[], str], text: str) -> None:
    assert plain(write()) == text


@given(ANY, st.integers(0, 6))
def test_number__reads_back_as_the_rounded_value(value: float, digits: int) -> None:
    assert (
        read(french.number(value, digits)) == float(half_up(value, digits)) == french.rounded(value, digits)
    )
    assert read(french.trimmed(value, digits)) == read(french.number(value, digits))


@given(st.floats(-1e300, 1e300), st.integers(1, 15))
def test_exact__keeps_the_significant_digits_of_what_was_received(value: float, digits: int) -> None:
    text = french.exact(value, digits).replace(french.THIN, "").replace(french.MINUS, "-").replace(",", ".")

    assert float(text) == float(Context(prec=digits, rounding=ROUND_HALF_UP).create_decimal(str(value)))


@given(ANY, st.integers(0, 4))
def test_cell__is_a_number_for_a_french_spreadsheet(value: float, digits: int) -> None:
    text = french.cell(value, digits)

    assert set(text) <= set("-0123456789,")
    assert float(text.replace(",", ".")) == pytest.approx(value, abs=10**-digits * 0.51)
    assert french.cell(None, digits) == ""


@given(st.floats(min_value=-1e9, max_value=1e9))
def test_typed__is_read_back_to_the_millionth(value: float) -> None:
    text = french.typed(value)

    assert "." not in text
    assert read(text) == pytest.approx(value, rel=1e-2 if abs(value) < 1e-4 else 1e-9, abs=6e-7)


@given(st.integers(min_value=-(10**9), max_value=10**9))
def test_typed__whole_numbers_come_back_exactly(value: int) -> None:
    assert read(french.typed(value)) == value


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (None, 6, ""),
        (math.nan, 6, ""),
        (0.0, 2, "0"),
        (5.0, 6, "5"),
        (6.71234, 2, "6,71"),
        (0.001234, 2, "0,00123"),
        (1250.5, 2, "1 250,5"),
        (-0.5, 2, "−0,5"),
    ],
)
def test_typed__as_a_person_would(value: float | None, digits: int, text: str) -> None:
    assert plain(french.typed(value, digits)) == text


WRITERS: dict[str, Callable[[float], str]] = {
    "number": french.number,
    "trimmed": french.trimmed,
    "exact": french.exact,
    "signed": french.signed,
    "percent": french.percent,
    "share": french.share,
    "threshold": french.threshold,
    "points": french.points,
    "euros": french.euros,
    "euros_difference": french.euros_difference,
    "quantity": lambda value: french.quantity(value, "m/s"),
    "days": french.days,
    "days_difference": french.days_difference,
    "days_interval": lambda value: french.days_interval((value - 1, value)),
    "hours": french.hours,
    "duration": french.duration,
    "scientific": french.scientific,
    "counted": lambda value: french.counted(int(value), "turbine"),
}


@pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS)
@given(value=ANY)
def test_every_figure__one_minus_sign_one_comma_and_no_space_that_breaks(
    write: Callable[[float], str], value: float
) -> None:
    text = write(value)
    words = text.replace("de ", "", 1).replace(" à ", "", 1)  # of an interval

    assert not set(text) & set("-–.")
    assert " " not in words


@given(st.one_of(st.floats(-1e6, 1e6), st.floats(-15, 15)))
def test_days__agree_with_the_figure_that_is_read(value: float) -> None:
    figure, word = french.days(value).split(french.NBSP)

    assert word == ("jours" if abs(read(figure) or 0.0) >= 2 else "jour")


@given(st.floats(0, 1))
def test_probability__never_certain_and_off_by_half_of_its_last_digit_at_most(probability: float) -> None:
    text = plain(french.percent(probability))

    assert text not in {"0 %", "100 %"}
    if text == "< 1 %":
        assert probability < 0.01
    elif text == "> 99 %":
        assert probability > 0.99
    else:
        figure = (read(text.removesuffix(" %")) or 0.0) / 100
        assert abs(figure - probability) <= (0.0005 if probability < 0.1 else 0.005) + 1e-12


@pytest.mark.parametrize(
    ("probability", "text"),
    [
        (0.0, "< 1 %"),
        (0.0099, "< 1 %"),
        (0.01, "1 %"),
        (0.0554, "5,5 %"),
        (0.06, "6 %"),
        (0.0994, "9,9 %"),
        (0.0996, "10 %"),
        (0.554, "55 %"),
        (0.991, "> 99 %"),
        (1.0, "> 99 %"),
    ],
)
def test_probability__one_decimal_below_ten_per_cent_where_it_says_something(
    probability: float, text: str
) -> None:
    assert plain(french.percent(probability)) == text


@given(st.integers(0, 100))
def test_whole_per_cent__reads_the_same_whoever_writes_it(per_cent: int) -> None:
    text = {french.share(per_cent / 100), french.threshold(per_cent / 100)}
    if 1 <= per_cent <= 99:
        text.add(french.percent(per_cent / 100))

    assert text == {f"{per_cent}{french.THIN}%"}


@pytest.mark.parametrize(
    ("difference", "text"),
    [
        (0.123, "+12,3 points"),
        (-0.0004, "0 point"),
        (-0.196, "−19,6 points"),
        (0.01, "+1 point"),
        (0.0196, "+2 points"),
    ],
)
def test_difference_of_probabilities__in_signed_points(difference: float, text: str) -> None:
    assert plain(french.points(difference)) == text


@pytest.mark.parametrize(
    ("amount", "text"), [(3_000.4, "+3 000 €"), (-3_000, "−3 000 €"), (0.3, "0 €"), (None, "–")]
)
def test_difference_of_euros__signed(amount: float | None, text: str) -> None:
    assert plain(french.euros_difference(amount)) == text


def test_euros__whole() -> None:
    assert french.euros(25_083.4) == f"25{french.THIN}083{french.THIN}€"


@pytest.mark.parametrize(
    ("words", "one", "several"),
    [
        ("turbine", "1 turbine", "3 592 turbines"),
        ("panne distincte non vue", "1 panne distincte non vue", "3 592 pannes distinctes non vues"),
        ("ligne de panne", "1 ligne de panne", "3 592 lignes de panne"),
        ("ligne jamais vue", "1 ligne jamais vue", "3 592 lignes jamais vues"),
        ("avis", "1 avis", "3 592 avis"),
    ],
)
def test_counted__every_word_that_agrees_does(words: str, one: str, several: str) -> None:
    assert plain(french.counted(1, words)) == one
    assert plain(french.counted(3592, words)) == several
    assert plain(french.counted(0, words)) == one.replace("1", "0")


@pytest.mark.parametrize(
    ("days", "text"),
    [
        (1.0, "1 jour"),
        (1.9, "1,9 jour"),
        (1.96, "2 jours"),
        (4.25, "4,3 jours"),
        (12.6, "13 jours"),
        (None, "–"),
    ],
)
def test_days__one_decimal_below_ten(days: float | None, text: str) -> None:
    assert plain(french.days(days)) == text


def test_interval__low_to_high() -> None:
    assert plain(french.days_interval((1.5, 12.4))) == "de 1,5 à 12 jours"
    assert french.days_interval(None) == french.NOTHING


@pytest.mark.parametrize(("hours", "text"), [(7, "7 h"), (7.5, "7,5 h"), (0.25, "0,25 h"), (None, "–")])
def test_hours__as_many_decimals_as_needed(hours: float | None, text: str) -> None:
    assert plain(french.hours(hours)) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.0421, "42 ms"), (1.0, "1,0 s"), (75.26, "75,3 s"), (None, "–")]
)
def test_computing_time__milliseconds_below_a_second(seconds: float | None, text: str) -> None:
    assert plain(french.duration(seconds)) == text


def test_quantity__a_value_without_unit_or_nothing_has_none() -> None:
    assert french.quantity(12.5, "m/s") == f"12,5{french.NBSP}m/s"
    assert french.quantity(12.5, "–") == "12,5"
    assert french.quantity(None, "m/s") == french.NOTHING


def test_tiny_difference__in_powers_of_ten() -> None:
    assert plain(french.scientific(2.44e-7)) == "2,4 × 10⁻⁷"
    assert french.power_of_ten(12) == "10¹²"


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (date(2024, 12, 30), "30/12/2024"),
        (date(990, 1, 2), "02/01/0990"),
        (datetime(2024, 7, 1, 22, 30, tzinfo=UTC), "02/07/2024 à 00:30"),
        (datetime(2024, 12, 30, 5, 0, tzinfo=UTC), "30/12/2024 à 06:00"),
        (None, "–"),
    ],
)
def test_date__day_first_and_paris_time(moment: date | datetime | None, text: str) -> None:
    assert french.date(moment) == text


@given(st.dates())
def test_date__reads_back(day: date) -> None:
    number, month, year = map(int, french.date(day).split("/"))

    assert date(year, month, number) == day


def test_stamp__to_the_second_in_paris() -> None:
    assert french.stamp(datetime(2024, 12, 30, 23, 0, 5, tzinfo=UTC)) == "31/12/2024 00:00:05"


def test_written_dates__weekday_month_and_first_of_the_month() -> None:
    assert french.long_date(date(2024, 12, 30)) == "lundi 30 décembre 2024"
    assert french.long_date(date(2025, 8, 1)) == "vendredi 1er août 2025"
    assert french.weekday_date(date(2024, 12, 30)) == "lundi 30/12/2024"
    assert french.short_date(date(2024, 12, 30)) == "lun. 30/12"
