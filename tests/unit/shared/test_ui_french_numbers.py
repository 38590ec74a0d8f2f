"""Numbers typed in fields: comma or point, thousands apart, and never a thousandfold mistake."""

from __future__ import annotations

import pytest

from api.schemas import french
from ui.shared.french_numbers import NotANumber, read


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
        (f"1{french.NBSP}250", 1250.0),
        (f"12{french.THIN}345{french.THIN}678", 12_345_678.0),
        (f"{french.MINUS}3", -3.0),
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
