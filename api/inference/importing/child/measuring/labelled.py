"""Labelled rows, on which a model is measured, read from a CSV in EnergiTech's schema.

Cells are read by the same functions as ingested measurements, so that a row has one identity in both.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from api.domain.measurements.measurements import canonical_values, row_identity
from api.domain.measurements.readings import (
    MISSING,
    UnreadableCell,
    printable,
    read_failure,
    read_number,
    read_turbine_id,
)
from api.domain.measurements.times.instants import MeasuredTime, read_time
from api.domain.shared.exceptions import InvalidInput
from api.inference.serving.artefact import sha256_of
from api.inference.serving.catalogue import CATALOGUE, TARGETS
from api.inference.serving.manifest import Label

Floats = NDArray[np.float64]
_Value = TypeVar("_Value")

TURBINE, DAY = "turbine_id", "date_measure"
_FIELD = "labelled"
_FIRST_LINE = 2  # below the header


@dataclass(frozen=True)
class LabelledRows:
    """A labelled CSV, row by row, in file order.

    Args:
        source: file name.
        sha256: of the file.
        table: the file as text, for splits that name a column.
        turbines: (n,) canonical identifiers.
        days: (n,) calendar days in Europe/Paris.
        features: (n, k) in the model's order, NaN where missing.
        labels: (n,) 1 for a failure and 0 otherwise, or days; NaN where unknown.
        identities: (n,) SHA-256 of each row's identity.
    """

    source: str
    sha256: str
    table: pd.DataFrame
    turbines: NDArray[np.str_]
    days: NDArray[np.datetime64]
    features: Floats
    labels: Floats
    identities: tuple[str, ...]

    @property
    def usable(self) -> NDArray[np.bool_]:
        """Rows with every feature and a known label."""
        complete: NDArray[np.bool_] = np.isfinite(self.features).all(axis=1) & np.isfinite(self.labels)
        return complete


def read_labelled(
    path: Path, features: Sequence[str], target: str, positive: Label | None, sha256: str | None = None
) -> LabelledRows:
    """Read labelled rows.

    Args:
        path: comma-separated UTF-8 with a header.
        features: columns that the model reads, in its order.
        target: column of the label.
        positive: the model's failure class, None for days.
        sha256: of the file that these rows were written from; None: of this one.

    Raises:
        InvalidInput: unreadable file, missing column, or a value that is not what its column holds.
    """
    table = _read_text(path)
    missing = [name for name in (TURBINE, DAY, *features, target) if name not in table.columns]
    if missing:
        raise InvalidInput.single(_FIELD, f"colonnes absentes de {path.name} : {', '.join(missing)}.")
    return LabelledRows(
        source=path.name,
        sha256=sha256 or sha256_of(path),
        table=table,
        turbines=np.array(_column(table, TURBINE, read_turbine_id), dtype=np.str_),
        days=np.array([moment.on for moment in _column(table, DAY, _time)], dtype="datetime64[D]"),
        features=np.column_stack([_numbers(table, name) for name in features]),
        labels=_numbers(table, target) if positive is None else _outcomes(table, target, positive),
        identities=tuple(row_identities(table, sensors_of(table, features))),
    )


def sensors_of(frame: pd.DataFrame, features: Sequence[str] = ()) -> list[str]:
    """Name the sensors among a file's columns: those of the catalogue and those that the model reads."""
    known = {*CATALOGUE, *features}
    return [str(name) for name in frame.columns if name in known]


def row_identities(frame: pd.DataFrame, value_columns: Sequence[str]) -> list[str]:
    """Return the identity of each row (:func:`api.domain.measurements.measurements.row_identity`).

    Args:
        frame: one row per measurement in file order; the texts of ``turbine_id``, ``date_measure`` (ISO day
            or instant) and ``value_columns``.
        value_columns: every sensor of the file, not only those that a model reads.

    Raises:
        InvalidInput: a turbine, a date or a value that cannot be read, named with its line in the file.
    """
    columns = [_column(frame, name, read_number) for name in value_columns]
    seen: Counter[tuple[str, date, datetime | None, str]] = Counter()
    identities = []
    turbines, moments = _column(frame, TURBINE, read_turbine_id), _column(frame, DAY, _time)
    for turbine, moment, *cells in zip(turbines, moments, *columns, strict=True):
        values = dict(zip(value_columns, cells, strict=True))
        key = (turbine, moment.on, moment.at, canonical_values(values))
        identities.append(row_identity(turbine, moment.on, moment.at, values, seen[key]))
        seen[key] += 1
    return identities


def _read_text(path: Path) -> pd.DataFrame:
    try:
        # Plain text whatever its name: a copy bears the name of the file that it was written from.
        return pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig", compression=None)
    except FileNotFoundError as error:
        raise InvalidInput.single(_FIELD, f"le fichier {path.name} est introuvable.") from error
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError, OSError) as error:
        raise InvalidInput.single(
            _FIELD, f"{path.name} n’est pas un CSV lisible (virgules, UTF-8, une ligne d’en-tête)."
        ) from error


def _column(frame: pd.DataFrame, name: str, read: Callable[[str], _Value]) -> list[_Value]:
    values = []
    for line, cell in enumerate(frame[name].astype(str), start=_FIRST_LINE):
        try:
            values.append(read(cell))
        except UnreadableCell as error:
            raise InvalidInput.single(name, f"ligne {line} : {error.reason}", printable(cell)) from error
    return values


def _time(text: str) -> MeasuredTime:
    # Labels are of the past; ingestion refuses days in the future.
    return read_time(text, date.max)


def _numbers(frame: pd.DataFrame, name: str) -> Floats:
    return np.array([math.nan if v is None else v for v in _column(frame, name, read_number)], dtype=float)


def _outcomes(frame: pd.DataFrame, target: str, positive: Label) -> Floats:
    """Return 1 for a failure, 0 for none, NaN where unknown.

    In EnergiTech's own label column 1 always means a failure, however the model spells its classes. In any
    other column a failure is the model's failure class.
    """
    if target == TARGETS["classification"]:
        labels = _column(frame, target, read_failure)
        return np.array([math.nan if failed is None else float(failed) for failed in labels])
    texts = [text.strip() for text in frame[target].astype(str)]
    return np.array([math.nan if t.casefold() in MISSING else float(spells(positive, t)) for t in texts])


def spells(label: Label, text: str) -> bool:
    """Tell whether a text is that class label: ``1``, ``1.0`` and ``True`` are one class."""
    if isinstance(label, str):
        return text == label
    if isinstance(label, bool) and text.casefold() in {"true", "false"}:
        return text.casefold() == str(label).casefold()
    try:
        return float(text) == float(label)
    except ValueError:
        return False
