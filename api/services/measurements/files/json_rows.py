"""Measurements sent as JSON, written as the file that ingestion reads: one way in, one set of rules.

Types are those of predictions: a number is a JSON number, a text never stands for one. What has another type
is written so that its cell is refused, and its row is told alone.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

from api.domain.measurements.rows import DATE, DAYS_LEFT, FAILURE, PLANNED, TECHNICIAN, TURBINE
from api.domain.measurements.sensors import Sensor
from api.domain.shared.exceptions import InvalidInput
from api.schemas import french

MAX_ROWS = 10_000
MAX_COLUMNS = 200
MEASURED_AT = "measured_at"
_TEXTS = {TURBINE, MEASURED_AT, TECHNICIAN, PLANNED}


def read_rows(body: bytes) -> list[Any]:
    """The list under ``measurements``; each item is judged alone afterwards.

    Raises:
        InvalidInput: the body is not the object that the contract asks for, or has no finite numbers.
    """
    try:
        sent = json.loads(body, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise InvalidInput.single(
            "", "JSON illisible : vérifiez virgules, guillemets et accolades."
        ) from error
    rows = sent.get("measurements") if isinstance(sent, dict) else None
    if not isinstance(rows, list) or not 1 <= len(rows) <= MAX_ROWS:
        raise InvalidInput.single(
            "measurements",
            f"une liste de 1 à {french.counted(MAX_ROWS, 'mesure')} est attendue ; au-delà, envoyez un "
            "fichier.",
        )
    return rows


def rows_as_csv(rows: Sequence[Any], sensors: Mapping[str, Sensor]) -> bytes:
    """Items as a CSV file, UTF-8, comma-separated: the first one stands on line 2.

    Raises:
        InvalidInput: too many different fields.
    """
    names = list(dict.fromkeys(name for row in rows if isinstance(row, dict) for name in row))
    if len(names) > MAX_COLUMNS:
        raise InvalidInput.single("measurements", f"{MAX_COLUMNS} champs différents au plus.")
    others = [name for name in names if name not in {TURBINE, MEASURED_AT, DATE}]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([TURBINE, DATE, *(_one_line(name) for name in others)])
    writer.writerows(_cells(row, others, sensors) for row in rows)
    return text.getvalue().encode()


def _cells(row: Any, others: Sequence[str], sensors: Mapping[str, Sensor]) -> list[str]:
    if not isinstance(row, dict) or not any(value is not None for value in row.values()):
        # Shown in the report as it came; without a date it is no measurement.
        return [_one_line(json.dumps(row, ensure_ascii=False)), "", *("" for _ in others)]
    turbine = row.get(TURBINE)
    if isinstance(turbine, bool | list | dict):
        turbine = None
    values = [row.get(name) for name in others]
    return [
        _text(turbine),
        _text(row.get(MEASURED_AT)),
        *(_cell(name, value, sensors) for name, value in zip(others, values, strict=True)),
    ]


def _cell(name: str, value: Any, sensors: Mapping[str, Sensor]) -> str:
    if name in _TEXTS:
        return _text(value)
    if isinstance(value, bool):
        flag = name == FAILURE or (name in sensors and sensors[name].dtype == "binary")
        return str(int(value)) if flag else json.dumps(value)
    if isinstance(value, str) and (name in sensors or name in {FAILURE, DAYS_LEFT}):
        return _one_line(json.dumps(value, ensure_ascii=False))  # its quotes keep it from being a number
    return _text(value)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return _one_line(value)
    return repr(value) if isinstance(value, int | float) else _one_line(json.dumps(value, ensure_ascii=False))


def _one_line(text: str) -> str:
    """Control characters as tabs: they break no line, and no identifier with one in it is taken."""
    return text if text.isprintable() else "".join(c if c.isprintable() else "\t" for c in text)


def _refuse_constant(name: str) -> Any:
    raise InvalidInput.single(
        "measurements", f"{name} n’est pas une mesure ; omettez le champ ou envoyez null."
    )
