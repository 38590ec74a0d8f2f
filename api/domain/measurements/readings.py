"""From the text of a cell to a number, a label or a name, or to a French reason for refusing it.

Nothing is guessed: a cell has a single meaning, and a text that could have two is refused.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection
from functools import lru_cache

from api.domain.measurements.measurements import canonical_turbine_id
from api.domain.measurements.sensors import Sensor, is_error_code, within
from api.domain.shared.exceptions import InvalidInput
from api.schemas import french

MISSING = frozenset(
    {
        "",
        "nan",
        "-nan",
        "nat",
        "na",
        "n/a",
        "n.a.",
        "#n/a",
        "null",
        "(null)",
        "-",
        "--",
        "none",
        "<na>",
        "\\n",
        "nil",
    }
    # What a spreadsheet writes where a formula failed: that cell has no value, the row's others have.
    | {"#div/0!", "#name?", "#null!", "#num!", "#ref!", "#value!", "#nom?", "#nombre!", "#valeur!"}
    | {"#nul!", "#n/d", "#nv", "#wert!", "#zahl!", "#bezug!", "#calc!", "#spill!", "#error!", "err:502"}
)
_BITS = {"true": 1.0, "false": 0.0, "vrai": 1.0, "faux": 0.0}  # as pandas and spreadsheets write 1 and 0
_LARGEST_EXACT_INTEGER = 2**53  # beyond it a float no longer tells neighbouring integers apart

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+", re.ASCII)
_PSEUDONYM = re.compile(r"[A-Za-z]{0,6}[-_.]?\d{1,6}[A-Za-z]?", re.ASCII)
_WHOLE = re.compile(r"(\d+)\.0+", re.ASCII)


class UnreadableCell(ValueError):
    """A cell that cannot be read; ``reason`` is the French sentence for the report.

    ``repeatable`` is False where the received text may name a person and must not be repeated.
    """

    def __init__(self, reason: str, *, repeatable: bool = True) -> None:
        super().__init__(reason)
        self.reason = reason
        self.repeatable = repeatable


class ImpossibleValue(UnreadableCell):
    """A number that the machine cannot produce: it costs the row this sensor, and no other."""


def is_missing(text: str) -> bool:
    """Tell whether a cell is empty or a usual way of writing « no value »."""
    return text.strip().casefold() in MISSING


def read_number(text: str) -> float | None:
    """Read a finite number with a dot, ASCII digits and no thousands separator; None where missing.

    Raises:
        UnreadableCell: text, a decimal comma, an infinity.
    """
    stripped = text.strip()
    if not _NUMBER.fullmatch(stripped):
        if stripped.casefold() in MISSING:
            return None
        if _DECIMAL_COMMA.fullmatch(stripped):
            raise UnreadableCell(f"virgule décimale : écrivez {stripped.replace(',', '.')}.")
        if stripped.casefold().lstrip("+-") in {"inf", "infinity"}:
            raise UnreadableCell("une valeur infinie n’est pas une mesure.")
        raise UnreadableCell("un nombre est attendu (chiffres, point décimal).")
    value = float(stripped)
    if math.isinf(value):
        raise UnreadableCell("nombre trop grand pour être une mesure.")
    return value + 0.0  # -0.0 and 0.0 are one value, and must be one identity


def read_sensor(text: str, sensor: Sensor, codes: Collection[float] = frozenset()) -> float | int | None:
    """Read a sensor's value: in its unit, of its type, inside its physical limits; None where missing.

    Args:
        text: of the cell.
        sensor: whose column it is.
        codes: impossible values that the file repeats.

    Raises:
        ImpossibleValue: physically impossible; an error code is named as such.
        UnreadableCell: not a number, or not of the sensor's type.
    """
    value = _read_bit(text, "0 ou 1 est attendu.") if sensor.dtype == "binary" else read_number(text)
    if value is None:
        return None
    if sensor.dtype != "binary":
        possible = within(value, sensor.physical)
        if possible is None:
            if value in codes or is_error_code(value):
                raise ImpossibleValue(
                    f"code d’erreur du capteur ({french.exact(value, 6)}), pas une mesure ; hors des limites"
                    f" physiques ({_limits(sensor)})."
                )
            raise ImpossibleValue(
                f"hors des limites physiques ({_limits(sensor)}) ; vérifiez l’unité et le capteur."
            )
        value = possible + 0.0
    if sensor.dtype == "float":
        return value
    if not value.is_integer():
        raise UnreadableCell("un nombre entier est attendu.")
    if abs(value) > _LARGEST_EXACT_INTEGER:
        raise UnreadableCell("nombre entier trop grand pour être une mesure.")
    return int(value)


def read_failure(text: str) -> bool | None:
    """Read the label ``failure_within_7d``; None where it is not known yet.

    Raises:
        UnreadableCell: neither 0 nor 1.
    """
    value = _read_bit(text, "0 ou 1 est attendu : 1 (panne), 0 (pas de panne).")
    return None if value is None else value == 1.0


def _read_bit(text: str, expected: str) -> float | None:
    """Read 0 or 1, or true or false as programs write them; a word such as « oui » is refused."""
    stripped = text.strip().casefold()
    if stripped in MISSING:
        return None
    try:
        value = _BITS[stripped] if stripped in _BITS else read_number(text)
    except UnreadableCell as error:
        raise UnreadableCell(expected) from error
    if value not in (0.0, 1.0):
        raise UnreadableCell(expected)
    return value


def read_days_left(text: str) -> float | None:
    """Read the label ``time_to_failure_days`` [d]; None where it is not known yet.

    Raises:
        UnreadableCell: not a number, or negative.
    """
    value = read_number(text)
    if value is not None and value < 0:
        raise UnreadableCell("un nombre de jours ne peut pas être négatif.")
    return value


@lru_cache(maxsize=16_384)  # a file names the same turbines again and again
def read_turbine_id(text: str) -> str:
    """Read the identifier of a turbine, in its canonical spelling.

    Raises:
        UnreadableCell: missing, too long, or with control characters.
    """
    if is_missing(text):
        raise UnreadableCell("l’identifiant de la turbine est vide.")
    try:
        return canonical_turbine_id(text)
    except InvalidInput as error:
        raise UnreadableCell(error.errors[0].message) from error


def read_pseudonym(text: str) -> str | None:
    """Read a technician's pseudonym, a short code; None where missing.

    Spreadsheets write ``139.0`` for ``139``.

    Raises:
        UnreadableCell: any other text, such as a name, an address or a telephone number; it is not repeated.
    """
    stripped = text.strip()
    if stripped.casefold() in MISSING:
        return None
    whole = _WHOLE.fullmatch(stripped)
    code = whole.group(1) if whole else stripped
    if not _PSEUDONYM.fullmatch(code):
        raise UnreadableCell(
            "pseudonyme attendu : un numéro ou un code court, comme 139 ou T-12 ; jamais un nom, une adresse"
            " ou un téléphone. La visite est gardée sans technicien.",
            repeatable=False,
        )
    return code


def printable(text: str, length: int = 80) -> str:
    """Return a received text as a report may hold it: one line, bounded, without control characters."""
    cut = text if len(text) <= length else text[: length - 1] + "…"
    return cut if cut.isprintable() else "".join(c if c.isprintable() else "\ufffd" for c in cut)


def _limits(sensor: Sensor) -> str:
    low, high = (None if bound is None else french.exact(bound, 10) for bound in sensor.physical)
    if low is None or high is None:
        bound, side = (high, "plus") if low is None else (low, "moins")
        return f"{french.with_unit(str(bound), sensor.unit)} au {side}"
    return french.with_unit(f"{low} à {high}", sensor.unit)
