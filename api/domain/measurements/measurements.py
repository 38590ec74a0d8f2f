"""What a measurement is, when two of them are the same, and when they contradict each other.

A row's identity is its turbine, its time, its canonical values and its occurrence among equal rows of the
same file. So the same file twice changes nothing, while two different measurements of a day stay two rows.
Rows contradict each other if they give a turbine's sensor two values at one instant; rows of a day without an
hour never do.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import NamedTuple, Protocol, TypeVar

from api.domain.shared.exceptions import InvalidInput
from api.schemas import french

MAX_TURBINE_ID = 64
_QUOTED_FORMULA = re.compile(r"'[=+\-@|]")
_WHOLE = re.compile(r"^(\d+)\.0+$")


def canonical_turbine_id(raw: object) -> str:
    """Return the only spelling of a turbine's identifier: ``5``, ``"5"`` and ``5.0`` are one turbine.

    Args:
        raw: from a file or a request: a string, an integer or a whole float.

    Returns:
        The identifier, 1 to 64 characters, without surrounding blanks or leading zeros on pure numbers.

    Raises:
        InvalidInput: empty, too long, not finite, a fraction, a boolean, or with control characters.
    """
    if raw is None or isinstance(raw, bool | dict | list):
        raise InvalidInput.single(
            "turbine_id", "l’identifiant de la turbine est attendu (texte ou nombre entier).", raw
        )
    if isinstance(raw, float):
        if not math.isfinite(raw) or raw != int(raw):
            raise InvalidInput.single("turbine_id", "un identifiant est un texte ou un nombre entier.", raw)
        raw = int(raw)
    if isinstance(raw, int) and not -(10**MAX_TURBINE_ID) < raw < 10**MAX_TURBINE_ID:
        raise InvalidInput.single("turbine_id", f"{french.counted(MAX_TURBINE_ID, 'caractère')} au plus.")
    return _canonical_text(str(raw))


@lru_cache(maxsize=65_536)  # every row has one, and a park always has the same names
def _canonical_text(raw: str) -> str:
    text = raw.strip()
    if _QUOTED_FORMULA.match(text):
        text = text[1:]  # an export writes an apostrophe there, so that no spreadsheet runs the text
    if whole := _WHOLE.match(text):
        text = whole.group(1)
    if text.isdecimal() and text.isascii():
        text = text.lstrip("0") or "0"
    if not text:
        raise InvalidInput.single("turbine_id", "l’identifiant de la turbine est vide.")
    if len(text) > MAX_TURBINE_ID:
        raise InvalidInput.single(
            "turbine_id", f"{french.counted(MAX_TURBINE_ID, 'caractère')} au plus.", text
        )
    if not text.isprintable():
        raise InvalidInput.single("turbine_id", "caractères non imprimables.", repr(text))
    return text


_NAMED = 5


def natural_key(turbine_id: str) -> tuple[tuple[int, int, str], ...]:
    """Return a sort key that puts ``2`` before ``10`` and ``E-2`` before ``E-10``."""
    if turbine_id.isdecimal():  # nearly always, and a large park is ranked at each run
        return ((0, int(turbine_id), ""),)
    parts = re.split(r"(\d+)", turbine_id)
    return tuple((0, int(p), "") if p.isdecimal() else (1, 0, p.casefold()) for p in parts if p)


def turbines_named(turbine_ids: Collection[str]) -> str:
    """Write « 3 turbines (2, 5, 17) », in natural order and with five identifiers at most."""
    ordered = sorted(turbine_ids, key=natural_key)
    listed = ", ".join(ordered[:_NAMED]) + ("…" if len(ordered) > _NAMED else "")
    return f"{french.counted(len(ordered), 'turbine')} ({listed})"


def canonical_values(values: Mapping[str, float | int | None]) -> str:
    """Write values as JSON text: keys sorted, missing values left out, ``12`` and ``12.0`` alike."""
    return _ENCODE({name: float(value) for name, value in values.items() if value is not None})


# Made once: json.dumps builds an encoder at each call, which a million rows would notice.
_ENCODE = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False).encode


def row_identity(
    turbine_id: str,
    measured_on: date,
    measured_at: datetime | None,
    values: Mapping[str, float | int | None],
    occurrence: int,
) -> str:
    """Return the SHA-256 (hex) of a row's identity.

    Args:
        turbine_id: canonical identifier.
        measured_on: calendar day in Europe/Paris.
        measured_at: instant in UTC where the source gives it, else None (midnight is never invented).
        values: sensor name to number, None for missing.
        occurrence: 0 for the first of several rows equal in all the above within one file, then 1, 2…
    """
    instant = "" if measured_at is None else measured_at.isoformat()
    return text_identity(turbine_id, measured_on.isoformat(), instant, canonical_values(values), occurrence)


def text_identity(turbine_id: str, day: str, instant: str, values: str, occurrence: int) -> str:
    """Return the same identity from texts that are already canonical; see :func:`row_identity`."""
    text = f"{turbine_id}\x1f{day}\x1f{instant}\x1f{values}\x1f{occurrence}"
    return hashlib.sha256(text.encode()).hexdigest()


class Valued(Protocol):
    """Whatever has the values of a row, by sensor."""

    @property
    def values(self) -> Mapping[str, float | int]:
        """Values by sensor, without the silent ones."""


_Row = TypeVar("_Row", bound=Valued)


class Clash(NamedTuple):
    """A sensor of which two rows of one instant give different values."""

    sensor: str
    first: float
    second: float


def clash(first: Valued, second: Valued) -> Clash | None:
    """Return the first sensor, by name, on which two rows differ; None where they agree or complete."""
    shared = sorted(first.values.keys() & second.values.keys())
    differing = (name for name in shared if first.values[name] != second.values[name])
    name = next(differing, None)
    return None if name is None else Clash(name, first.values[name], second.values[name])


def clashes(rows: Iterable[tuple[Hashable, _Row]]) -> list[tuple[_Row, _Row, Clash]]:
    """Return each row that contradicts an earlier one of its instant, with that row and the difference.

    Args:
        rows: each with what identifies its turbine and instant, in the order in which they came.
    """
    earlier: dict[Hashable, list[_Row]] = {}
    contradicting = []
    for instant, row in rows:
        same = earlier.setdefault(instant, [])
        difference = _first_clash(same, row)
        if difference is not None:
            contradicting.append((row, *difference))
        same.append(row)
    return contradicting


def _first_clash(earlier: Sequence[_Row], row: _Row) -> tuple[_Row, Clash] | None:
    for other in earlier:
        difference = clash(other, row)
        if difference is not None:
            return other, difference
    return None


def contradiction_words(difference: Clash, where: str) -> str:
    """Say what a row contradicts, and who decides.

    Args:
        difference: of the two rows.
        where: the earlier row, as « déjà enregistrée par l’import n° 3 ».
    """
    return (
        f"contredit la mesure du même instant {where} ({french.exact(difference.first, 6)}) ; les deux"
        " sont gardées, et la plus grave compte, jusqu’à ce qu’une personne choisisse celle qui vaut."
    )
