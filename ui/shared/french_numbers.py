"""Numbers as French people type them in a field; api.schemas.french writes them. No Streamlit here."""

from __future__ import annotations

import math
import re

from api.schemas import french

_SPACES = re.compile(r"[\s\u00a0\u2009\u202f]")
_NUMBER = re.compile(r"[+-]?([0-9]+|[0-9]{1,3}( [0-9]{3})+)?([.,][0-9]*)?")
_TWO_READINGS = re.compile(r"[+-]?[1-9][0-9]{0,2}\.[0-9]{3}")


class NotANumber(ValueError):
    """The typed text is no number, or not an expected one; the error's text is shown at the field."""


def read(text: str | None, low: float | None = None) -> float | None:
    """Read a number as people type it: comma or point, thousands apart or not; None where empty.

    Args:
        text: of the field.
        low: least number expected.

    Raises:
        NotANumber: it is no number; or is less than ``low``; or its point may be meant for thousands.
    """
    typed = _SPACES.sub(" ", text or "").strip().replace(french.MINUS, "-")
    if not typed:
        return None
    if not _NUMBER.fullmatch(typed) or not any(c.isdigit() for c in typed):
        raise NotANumber(f"« {typed} » n’est pas un nombre : écrivez par exemple 1 250 ou 2,5.")
    if _TWO_READINGS.fullmatch(typed):
        whole, thousandths = typed.split(".")
        raise NotANumber(
            f"« {typed} » se lit de deux façons : écrivez {whole}{thousandths} ou {whole},{thousandths}."
        )
    number = float(typed.replace(" ", "").replace(",", "."))
    if not math.isfinite(number):
        raise NotANumber("Ce nombre est trop grand.")
    if low is not None and number < low:
        raise NotANumber(f"Un nombre d’au moins {french.typed(low)} est attendu.")
    return number
