"""Figures, amounts, durations and dates in French: no other module of the product formats one.

Pages, API texts, printed documents and files all call these functions, so that a figure reads the same
everywhere. The rules (Lexique des règles typographiques en usage à l’Imprimerie nationale):

* a thin space (U+202F) between thousands and before % and €, a no-break one (U+00A0) before other units;
* one minus sign, U+2212. Only :func:`cell` keeps the hyphen, and no space between thousands: it is for files
  that a spreadsheet must read as numbers;
* halves are rounded up, away from zero, in the decimal number that is read: 0.625 is « 0,63 » to two digits;
* no percentage ends with « ,0 »: 6 % is « 6 % » everywhere; a probability is never certain (:func:`percent`);
* « – » where there is nothing to write: None, NaN, an infinity.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from decimal import ROUND_HALF_UP, Context, Decimal
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")
"""The time zone of the park: its calendar days and hours are those of the product."""
NBSP, THIN = "\u00a0", "\u202f"
MINUS = "−"
NOTHING = "–"
PLOTLY_SEPARATORS = f",{THIN}"
PLOTLY_DATE = "%d/%m/%Y"
STREAMLIT_DATE = "DD/MM/YYYY"

_WEEKDAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
_MONTHS = (
    "janvier", "février", "mars", "avril", "mai", "juin",
    "juillet", "août", "septembre", "octobre", "novembre", "décembre",
)  # fmt: skip
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_COMPLEMENT = re.compile(r"(de|du|des|à|en|sur|dans|pour|par|sans|qui)$|[dl]’")
_INVARIABLE = frozenset({"non", "déjà", "hors", "trop"})
_NO_UNIT = frozenset({"", "-", "–", "0/1"})
_FINEST = 6  # decimals of an input field
_WIDE = Context(prec=800, rounding=ROUND_HALF_UP)  # the digits of the longest float, decimals included
_STEPS = tuple(Decimal(1).scaleb(-digits) for digits in range(400))


def number(value: float | None, digits: int = 0) -> str:
    """Write ``-1234.5`` to one digit as « −1 234,5 »."""
    if value is None or not math.isfinite(value):
        return NOTHING
    return _number(_decimal(value), digits)


def trimmed(value: float | None, digits: int = 2) -> str:
    """Write a number with as many decimals as it needs, ``digits`` at most."""
    return _trimmed(number(value, digits))


def exact(value: float | None, digits: int = 15) -> str:
    """Write a number to ``digits`` significant digits, such as a received value or a limit."""
    if value is None or not math.isfinite(value):
        return NOTHING
    return _signed_text(value, f"{abs(float(_significant(value, digits))):,.15g}")


def scientific(value: float) -> str:
    """Write a tiny difference as « 2,4 × 10⁻⁷ »."""
    mantissa, exponent = f"{float(_significant(value, 2)):.1e}".split("e")
    return f"{number(float(mantissa), 1)}{NBSP}×{NBSP}{power_of_ten(int(exponent))}"


def power_of_ten(exponent: int) -> str:
    """Write a power of ten as « 10⁻⁷ »."""
    return "10" + str(exponent).translate(_SUPERSCRIPTS)


def typed(value: float | None, digits: int = _FINEST) -> str:
    """Write a number as somebody would type it in a field, « 1 250,5 »; return "" where there is none.

    Args:
        value: number to write.
        digits: decimals at most; a value that they would turn into zero keeps three significant ones.
    """
    if value is None or not math.isfinite(value):
        return ""
    if value and abs(value) < 10.0**-digits:
        digits = 2 - math.floor(math.log10(abs(value)))
    return trimmed(value, digits)


def cell(value: float | None, digits: int) -> str:
    """Write a number that a French spreadsheet reads as one: decimal comma, hyphen, thousands together."""
    return "" if value is None else f"{_rounded(_decimal(value), digits):f}".replace(".", ",")


def cell_percent(value: float | None, digits: int) -> str:
    """Write a share in per cent for a spreadsheet, under a heading that ends with « (%) »."""
    return "" if value is None else f"{_rounded(_decimal(value).scaleb(2), digits):f}".replace(".", ",")


def rounded(value: float, digits: int) -> float:
    """Round a number as :func:`number` writes it, where two figures are compared as they are read."""
    return float(_rounded(_decimal(value), digits)) if math.isfinite(value) else value


def signed(value: float | None, digits: int = 1) -> str:
    """Write a difference as « +2,5 », « −2,5 » or « 0 », with as many decimals as it needs."""
    return _signed(trimmed(value, digits))


def percent(probability: float | None) -> str:
    """Write a probability in per cent; never « 0 % » nor « 100 % », which no model can promise.

    One decimal below ten per cent, where thresholds are: 5.5 % must not read as the 6 % that it is under.
    """
    if probability is None or not math.isfinite(probability):
        return NOTHING
    if probability < 0.01:
        return f"<{NBSP}1{THIN}%"
    if probability > 0.99:
        return f">{NBSP}99{THIN}%"
    return share(probability, 1 if probability < 0.1 else 0)


def share(value: float | None, digits: int = 1) -> str:
    """Write a counted or chosen share in per cent, with the decimals that it needs; it may be 0 or 100 %."""
    return NOTHING if value is None else f"{_hundredths(value, digits)}{THIN}%"


def threshold(value: float | None) -> str:
    """Write a threshold of probability to the hundredth of a per cent: it is a ratio of costs."""
    return share(value, 2)


def points(difference: float | None) -> str:
    """Write a signed difference between probabilities in points (0.01 = 1 point)."""
    return (
        NOTHING
        if difference is None
        else _agreeing(_signed(_hundredths(difference, 1)), 100 * difference, "point")
    )


def euros(amount: float | None, *, indicative: bool = False) -> str:
    """Write an amount in whole euros; « indicatif » where it rests on an uncalibrated probability."""
    if amount is None:
        return NOTHING
    return f"{number(amount)}{THIN}€{NBSP}(indicatif)" if indicative else f"{number(amount)}{THIN}€"


def euros_difference(amount: float | None) -> str:
    """Write a signed amount as « +3 000 € »."""
    return NOTHING if amount is None else f"{signed(amount, 0)}{THIN}€"


def quantity(value: float | None, unit: str, digits: int = 2) -> str:
    """Write a measured value and its unit as « 12,5 m/s »; the value alone where it has no unit."""
    return with_unit(trimmed(value, digits), unit)


def with_unit(text: str, unit: str) -> str:
    """Add a unit to a written figure; « – » takes none."""
    return text if unit in _NO_UNIT or text == NOTHING else f"{text}{NBSP}{unit}"


def days(value: float | None) -> str:
    """Write a duration in days: one decimal below ten, none above."""
    return NOTHING if value is None else _agreeing(_days(value), value, "jour")


def days_difference(difference: float | None) -> str:
    """Write a signed difference between durations in days."""
    return NOTHING if difference is None else _agreeing(signed(difference), difference, "jour")


def days_interval(interval: tuple[float, float] | None) -> str:
    """Write an interval of days as « de 2 à 9 jours »."""
    return NOTHING if interval is None else f"de {_days(interval[0])} à {days(interval[1])}"


def hours(value: float | None) -> str:
    """Write hours as « 7 h » or « 7,5 h »."""
    return quantity(value, "h")


def duration(seconds: float | None) -> str:
    """Write a computing time, in milliseconds below one second."""
    if seconds is not None and seconds < 1:
        return quantity(1000 * seconds, "ms", 0)
    return with_unit(number(seconds, 1), "s")


def plural(count: float, word: str) -> str:
    """Return a word, or words that agree, as French counts them: « panne distincte », « lignes de panne ».

    Plural from two. What follows a preposition, and what ends with s, x or z, stays as it is.
    """
    if count < 2:
        return word
    words = word.split(" ")
    agreeing = next((at for at, part in enumerate(words) if _COMPLEMENT.match(part)), len(words))
    return " ".join([*map(_plural, words[:agreeing]), *words[agreeing:]])


def counted(count: int, word: str) -> str:
    """Write a number and what it counts as « 3 turbines »."""
    return f"{number(count)}{NBSP}{plural(count, word)}"


def paris_day(instant: dt.datetime) -> dt.date:
    """Return the calendar day of the park at an instant."""
    return _in_paris(instant).date()


def _in_paris(instant: dt.datetime) -> dt.datetime:
    try:
        return instant.astimezone(PARIS)
    except OverflowError:  # at the ends of the calendar
        return instant


def date(day: dt.date | dt.datetime | None) -> str:
    """Write a day as « 30/12/2024 », an instant in Paris time as « 30/12/2024 à 06:00 »."""
    if day is None:
        return NOTHING
    if isinstance(day, dt.datetime):
        return f"{date(paris_day(day))} à {_in_paris(day):%H:%M}"
    return f"{day.day:02}/{day.month:02}/{day.year:04}"  # four times as fast as strftime


def stamp(instant: dt.datetime) -> str:
    """Write an instant to the second as « 30/12/2024 06:00:05 », for a line of a journal."""
    return f"{date(paris_day(instant))} {_in_paris(instant):%H:%M:%S}"


def long_date(day: dt.date) -> str:
    """Write a day as « lundi 30 décembre 2024 »."""
    ordinal = "1er" if day.day == 1 else str(day.day)
    return f"{_WEEKDAYS[day.weekday()]} {ordinal} {_MONTHS[day.month - 1]} {day.year}"


def weekday_date(day: dt.date) -> str:
    """Write a day as « lundi 30/12/2024 »."""
    return f"{_WEEKDAYS[day.weekday()]} {date(day)}"


def short_date(day: dt.date) -> str:
    """Write a day as « lun. 30/12 », for the columns of a week."""
    return f"{_WEEKDAYS[day.weekday()][:3]}. {day.day:02}/{day.month:02}"


def _plural(word: str) -> str:
    return word if word.endswith(("s", "x", "z")) or word in _INVARIABLE else f"{word}s"


def _decimal(value: float) -> Decimal:
    """Return the number that is written for a float: 0.145 is not the 0.14499999… of its bits."""
    return Decimal(value) if isinstance(value, int) else Decimal(repr(float(value)))


def _rounded(value: Decimal, digits: int) -> Decimal:
    rounded = value.quantize(_STEPS[digits], None, _WIDE)
    return rounded or abs(rounded)  # no zero has a sign


def _significant(value: float, digits: int) -> Decimal:
    return Context(prec=digits, rounding=ROUND_HALF_UP).plus(_decimal(value))


def _number(value: Decimal, digits: int) -> str:
    return _signed_text(value, f"{abs(_rounded(value, digits)):,f}")


def _hundredths(value: float, digits: int) -> str:
    """Write a hundred times a value; the product of floats would move a half."""
    return _trimmed(_number(_decimal(value).scaleb(2), digits)) if math.isfinite(value) else NOTHING


def _trimmed(text: str) -> str:
    return text.rstrip("0").rstrip(",") if "," in text else text


def _signed(text: str) -> str:
    return text if text in {"0", NOTHING} or text.startswith(MINUS) else f"+{text}"


def _signed_text(value: float | Decimal, text: str) -> str:
    """Put French separators and a sign to the absolute value as Python groups it; no zero has a sign."""
    french = text.replace(",", THIN).replace(".", ",").replace("-", MINUS)
    return f"{MINUS}{french}" if value < 0 and any(digit in "123456789" for digit in french) else french


def _days(value: float) -> str:
    return trimmed(value, 1 if abs(value) < 10 else 0)


def _agreeing(text: str, value: float, word: str) -> str:
    """Make the word agree with the figure that is read: 1.96 is « 2 jours »."""
    if not math.isfinite(value):
        return NOTHING
    return with_unit(text, plural(float(_rounded(_decimal(abs(value)), 1)), word))
