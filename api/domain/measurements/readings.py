"""From the text of a cell to a number, a day or an instant, or to a French reason for refusing it.

Nothing is guessed: a cell has a single meaning, and a text that could have two is refused.
"""

from __future__ import annotations

import math
import re
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from api.domain.measurements.measurements import canonical_turbine_id
from api.domain.measurements.sensors import Sensor, within
from api.domain.shared.exceptions import InvalidInput
from api.schemas import french

MISSING = frozenset(
    {"", "nan", "na", "n/a", "#n/a", "null", "-", "--", "none", "<na>", "\\n", "nil"}
    # What a spreadsheet writes where a formula failed: that cell has no value, the row's others have.
    | {"#div/0!", "#name?", "#null!", "#num!", "#ref!", "#value!", "#nom?", "#nombre!", "#valeur!"}
)
_BITS = {"true": 1.0, "false": 0.0, "vrai": 1.0, "faux": 0.0}  # as pandas and spreadsheets write 1 and 0
# A logger whose clock was never set answers 1970 (Unix) or 1980 (GPS); France's first wind farm,
# Port-la-Nouvelle, dates from 1991.
EARLIEST = date(1990, 1, 1)
_LARGEST_EXACT_INTEGER = 2**53  # beyond it a float no longer tells neighbouring integers apart
_LONGEST_PLAN = timedelta(days=5 * 366)

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_INSTANT = re.compile(
    r"\d{4}-\d{2}-\d{2}[T ]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,6})?)?(Z|[+-]\d{2}:?\d{2})?", re.ASCII
)
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


class MeasuredTime(NamedTuple):
    """The time of a measurement: the day in Europe/Paris, and the UTC instant where the source gives it."""

    on: date
    at: datetime | None


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


def read_sensor(text: str, sensor: Sensor) -> float | int | None:
    """Read a sensor's value: in its unit, of its type, inside its physical limits; None where missing.

    Raises:
        UnreadableCell: not a number, not of the sensor's type, or physically impossible.
    """
    value = _read_bit(text, "0 ou 1 est attendu.") if sensor.dtype == "binary" else read_number(text)
    if value is None:
        return None
    if sensor.dtype != "binary":
        possible = within(value, sensor.physical)
        if possible is None:
            raise UnreadableCell(
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
    value = _read_bit(text, "0 (pas de panne) ou 1 (panne) est attendu.")
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


@lru_cache(maxsize=4_096)  # a file names the same days again and again
def read_day(text: str) -> date:
    """Read a calendar day written YYYY-MM-DD, and in no other way.

    Raises:
        UnreadableCell: empty, another format, or a day that does not exist.
    """
    stripped = text.strip()
    if stripped.casefold() in MISSING:
        raise UnreadableCell("la date est vide.")
    if not _DAY.fullmatch(stripped):
        raise UnreadableCell("date attendue au format AAAA-MM-JJ.")
    try:
        return date.fromisoformat(stripped)
    except ValueError as error:
        raise UnreadableCell("cette date n’existe pas dans le calendrier.") from error


def read_time(text: str, today: date) -> MeasuredTime:
    """Read the time of a measurement; a day stays a day, no hour is invented.

    Args:
        text: an ISO day, or an ISO instant with its offset or in the time of Europe/Paris.
        today: the present day in Europe/Paris; later ones are refused.

    Raises:
        UnreadableCell: another format, an hour that a change of clocks skips or repeats, the future, or a day
            before any wind farm.
    """
    time = _read_time(text.strip())
    if time.on > today:
        raise UnreadableCell(f"date future (aujourd’hui : {french.date(today)}).")
    return time


def read_plan(text: str, known_on: date) -> date | None:
    """Read the day of a planned visit; None where there is none.

    Raises:
        UnreadableCell: not a day, or so far ahead that the year must be wrong.
    """
    if is_missing(text):
        return None
    planned = read_day(text)
    if planned - known_on > _LONGEST_PLAN:
        raise UnreadableCell("visite prévue plus de 5 ans après la mesure ; vérifiez l’année.")
    return planned


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


@lru_cache(maxsize=4096)
def _read_time(text: str) -> MeasuredTime:
    """Read a time; cached, since the rows of a file share few days."""
    if _INSTANT.fullmatch(text):
        try:
            moment = datetime.fromisoformat(text)
            instant = _from_paris(moment) if moment.tzinfo is None else moment.astimezone(UTC)
            time = MeasuredTime(french.paris_day(instant), instant)
        except (ValueError, OverflowError) as error:
            raise UnreadableCell(
                error.reason
                if isinstance(error, UnreadableCell)
                else "cette date ou ce décalage n’existe pas."
            ) from error
    else:
        time = MeasuredTime(read_day(text), None)
    if time.on < EARLIEST:
        raise UnreadableCell(f"date antérieure au {french.date(EARLIEST)} ; vérifiez l’horloge de la source.")
    return time


def _from_paris(naive: datetime) -> datetime:
    """Return the instant at which clocks in Paris show ``naive``."""
    instant = naive.replace(tzinfo=french.PARIS)
    if instant.utcoffset() != instant.replace(fold=1).utcoffset():
        exists = instant.astimezone(UTC).astimezone(french.PARIS).replace(tzinfo=None) == naive
        raise UnreadableCell(
            "heure qui existe deux fois (passage à l’heure d’hiver) : ajoutez le décalage, +02:00 ou +01:00."
            if exists
            else "heure qui n’existe pas (passage à l’heure d’été) : ajoutez le décalage, +01:00 ou +02:00."
        )
    return instant.astimezone(UTC)


def _limits(sensor: Sensor) -> str:
    low, high = (None if bound is None else french.exact(bound, 10) for bound in sensor.physical)
    if low is None or high is None:
        bound, side = (high, "plus") if low is None else (low, "moins")
        return f"{french.with_unit(str(bound), sensor.unit)} au {side}"
    return french.with_unit(f"{low} à {high}", sensor.unit)
