"""Measurements sent as JSON, read as the rows of a file are: one set of rules for both.

Types are those of predictions: a number is a JSON number, never a text. A value of another type becomes a
text that its cell refuses, so that only its row is reported.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from api.domain.measurements.naming.header import meant, no_sensor
from api.domain.measurements.readings import printable
from api.domain.measurements.rows import DATE, FAILURE, PLANNED, TECHNICIAN, TURBINE
from api.domain.measurements.sensors import Sensor
from api.domain.shared.exceptions import FieldError, InvalidInput
from api.schemas import french
from api.services.measurements.files.table_file import Line, TableFile, signature_of

MAX_ROWS = 10_000
MAX_COLUMNS = 200
MEASURED_AT = "measured_at"
_LISTED = 30
_TEXTS = {TURBINE, MEASURED_AT, TECHNICIAN, PLANNED}


def read_rows(body: bytes) -> list[Any]:
    """Return the list under ``measurements``; its items are judged one by one later.

    Raises:
        InvalidInput: the body does not follow the contract, has too many different fields, or has a number
            that is not finite.
    """
    try:
        sent = json.loads(body, parse_constant=_refuse_constant, object_pairs_hook=_each_once)
    except (ValueError, RecursionError) as error:
        raise InvalidInput.single(
            "", "JSON illisible : vérifiez virgules, guillemets et accolades."
        ) from error
    _refuse_half_letters(body, sent)
    rows = sent.get("measurements") if isinstance(sent, dict) else None
    if not isinstance(rows, list) or not 1 <= len(rows) <= MAX_ROWS:
        raise InvalidInput.single(
            "measurements",
            f"une liste de 1 à {french.counted(MAX_ROWS, 'mesure')} est attendue ; au-delà, envoyez un "
            "fichier.",
        )
    if len(_names(rows)) > MAX_COLUMNS:
        raise InvalidInput.single(
            "measurements", f"{french.counted(MAX_COLUMNS, 'champ différent')} au plus."
        )
    return rows


def open_rows(path: Path, sensors: Mapping[str, Sensor]) -> JsonRows:
    """Open a stored body like a file, with the first measurement as line 2.

    Raises:
        InvalidInput: as :func:`read_rows`.
    """
    signature, body = signature_of(path), path.read_bytes()
    items = read_rows(body)
    names = _names(items)
    lacking = [name for name in (TURBINE, MEASURED_AT) if name not in names]
    errors = [_lacking(name, names) for name in lacking]
    if sensors.keys().isdisjoint(names):
        errors.append(no_sensor(names, sensors))
    if errors and names:
        raise InvalidInput([*errors, _received(names)])
    return JsonRows(
        path=path,
        sha256=hashlib.sha256(body).hexdigest(),
        signature=signature,
        kind="json",
        header=(TURBINE, DATE, *(name for name in names if name not in {TURBINE, MEASURED_AT, DATE})),
        header_line=1,
        approximate_rows=len(items),
        items=items,
        sensors=sensors,
    )


@dataclass(frozen=True, kw_only=True)
class JsonRows(TableFile):
    """Measurements sent as JSON; the sensors tell which columns are flags."""

    items: Sequence[Any]
    sensors: Mapping[str, Sensor]

    def rows(self) -> Iterator[Line]:
        """Yield one row per item, valid or not."""
        for number, item in enumerate(self.items, start=2):
            yield Line(number, _cells(item, self.header[2:], self.sensors), None)


def _lacking(name: str, names: Sequence[str]) -> FieldError:
    near = DATE if name == MEASURED_AT and DATE in names else meant(name, names)
    hint = f" Est-ce « {printable(near)} » ? Renommez-le." if near else ""
    return FieldError(name, f"champ obligatoire, absent de toutes les mesures.{hint}")


def _received(names: Sequence[str]) -> FieldError:
    listed = ", ".join(f"« {printable(name, 40)} »" for name in names[:_LISTED])
    return FieldError("", f"champs reçus : {listed}{'…' if len(names) > _LISTED else ''}.")


def _names(items: Sequence[Any]) -> list[str]:
    return list(dict.fromkeys(name for item in items if isinstance(item, dict) for name in item))


def _cells(row: Any, others: Sequence[str], sensors: Mapping[str, Sensor]) -> list[str]:
    if not isinstance(row, dict) or not any(value is not None for value in row.values()):
        # The report shows the item as it was sent; without a date it is rejected.
        return [json.dumps(row, ensure_ascii=False), "", *("" for _ in others)]
    turbine = row.get(TURBINE)
    if isinstance(turbine, bool | list | dict):
        turbine = None
    cells = (_cell(name, row.get(name), sensors) for name in others)
    return [_text(turbine), _text(row.get(MEASURED_AT)), *cells]


def _cell(name: str, value: Any, sensors: Mapping[str, Sensor]) -> str:
    if value is None or name in _TEXTS:
        return _text(value)
    if isinstance(value, bool) and (name == FAILURE or (name in sensors and sensors[name].dtype == "binary")):
        return str(int(value))
    return json.dumps(value, ensure_ascii=False)  # the quotes keep a text from being a number


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Build an object; a name that comes twice would silently lose its first value.

    Raises:
        InvalidInput: a name comes twice.
    """
    built = dict(pairs)
    if len(built) < len(pairs):
        twice = next(name for name, count in Counter(name for name, _value in pairs).items() if count > 1)
        raise InvalidInput.single(printable(twice), "champ présent deux fois dans un objet ; gardez-en un.")
    return built


def _refuse_half_letters(body: bytes, sent: object) -> None:
    """Refuse half of a surrogate pair, a text that no file and no database can keep.

    Raises:
        InvalidInput: there is one.
    """
    if b"\\ud" not in body.lower():
        return
    try:
        json.dumps(sent, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        half = f"\\u{ord(error.object[error.start]):04x}"
        raise InvalidInput.single(
            "measurements", f"« {half} » est la moitié d’un caractère : corrigez le texte qui le contient."
        ) from error


def _refuse_constant(name: str) -> Any:
    raise InvalidInput.single(
        "measurements", f"{name} n’est pas une mesure ; omettez le champ ou envoyez null."
    )
