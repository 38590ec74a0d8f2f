"""Numbers typed in fields: comma or point, thousands apart, and never a thousandfold mistake."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ui.shared import labels as fr
from ui.shared.french_numbers import NotANumber, read, typed


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("5,5", 5.5),
        ("5.5", 5.5),
        ("5", 5.0),
        (" 5,0 ", 5.0),
        (",5", 0.5),
        ("5,", 5.0),
        ("1 250,5", 1250.5),
        (f"1{fr.NBSP}250", 1250.0),
        (f"12{fr.THIN}345{fr.THIN}678", 12_345_678.0),
        (f"{fr.MINUS}3", -3.0),
        ("-3", -3.0),
        ("+3", 3.0),
        ("0.125", 0.125),
        ("12.50", 12.5),
        ("1234.567", 1234.567),
        ("2,345", 2.345),
        ("", None),
        ("   ", None),
        (None, None),
    ],
)
def test_read__as_french_people_type(text: str | None, number: float | None) -> None:
    assert read(text) == number


@pytest.mark.parametrize(
    "text", ["abc", "1,2,3", "1.234,5", "5 h", "5 0", "1 2345", "--3", "1e5", "nan", ",", "٣"]
)
def test_read__refuses_what_is_no_number__and_quotes_it(text: str) -> None:
    with pytest.raises(NotANumber, match="n’est pas un nombre") as refused:
        read(text)
    assert f"« {text} »" in str(refused.value)


def test_read__a_point_that_may_stand_for_thousands_is_asked_about() -> None:
    with pytest.raises(NotANumber, match="30000 ou 30,000"):
        read("30.000")


def test_read__too_great_or_less_than_expected() -> None:
    with pytest.raises(NotANumber, match="trop grand"):
        read("9" * 400)
    with pytest.raises(NotANumber, match="au moins 0"):
        read("-0,1", low=0)
    assert read("0", low=0) == 0.0


@given(st.floats(min_value=-1e9, max_value=1e9))
def test_typed__is_read_back_to_the_millionth(value: float) -> None:
    text = typed(value)

    assert "." not in text
    assert read(text) == pytest.approx(value, rel=1e-2 if abs(value) < 1e-4 else 1e-9, abs=6e-7)


@given(st.integers(min_value=-(10**9), max_value=10**9))
def test_typed__whole_numbers_come_back_exactly(value: int) -> None:
    assert read(typed(value)) == value


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (None, 6, ""),
        (math.nan, 6, ""),
        (0.0, 2, "0"),
        (5.0, 6, "5"),
        (6.71234, 2, "6,71"),
        (0.001234, 2, "0,00123"),
        (1250.5, 2, f"1{fr.THIN}250,5"),
        (-0.5, 2, f"{fr.MINUS}0,5"),
    ],
)
def test_typed__as_a_person_would(value: float | None, digits: int, text: str) -> None:
    assert typed(value, digits) == text
