"""Which labelled rows a model has not seen, as declared by the person who fitted it.

stratified:test_size=0.3,random_state=42,by=failure_within_7d
    scikit-learn's train_test_split over the file's rows, in file order
date:2024-10-01[,gap=7]
    rows from that day on; the ``gap`` days before it are in neither part
keys:FILE
    rows listed in a file: identities, or a CSV with turbine_id and date_measure
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from api.domain.measurements.readings import UnreadableCell, read_turbine_id
from api.domain.measurements.times.instants import read_day
from api.domain.shared.exceptions import InvalidInput
from api.inference.importing.child.measuring.labelled import DAY, TURBINE, LabelledRows
from api.schemas import french

_FIELD = "split"
_IDENTITY = re.compile(r"^[0-9a-f]{64}$")
_EXAMPLES = (
    "stratified:test_size=0.3,random_state=42,by=failure_within_7d, date:2024-10-01,gap=7 ou keys:FICHIER"
)


@dataclass(frozen=True)
class Parts:
    """The two parts of the labelled rows; a row may be in neither.

    Args:
        training: (n,) rows that the model was fitted on.
        unseen: (n,) rows that it has not seen.
        words: the split in French.
    """

    training: NDArray[np.bool_]
    unseen: NDArray[np.bool_]
    words: str


def split_rows(spec: str, rows: LabelledRows) -> Parts:
    """Separate the training rows from the unseen ones.

    Args:
        spec: one of the forms in the module's text.
        rows: the labelled rows.

    Raises:
        InvalidInput: a malformed split, or one that leaves nothing unseen or nothing to train on.
    """
    kind, _, rest = spec.partition(":")
    makers = {"stratified": _stratified, "date": _from_date, "keys": _listed}
    if kind not in makers or not rest:
        raise InvalidInput.single(_FIELD, f"répartition inconnue ; attendu par exemple : {_EXAMPLES}.", spec)
    parts = makers[kind](rest, rows)
    if not parts.unseen.any():
        raise InvalidInput.single(_FIELD, "cette répartition ne laisse aucune ligne non vue.", spec)
    if not parts.training.any():
        raise InvalidInput.single(_FIELD, "cette répartition ne laisse aucune ligne d’entraînement.", spec)
    return parts


def _stratified(rest: str, rows: LabelledRows) -> Parts:
    options = _options(rest, {"test_size", "random_state", "by"})
    column = options.get("by")
    if column is not None and column not in rows.table.columns:
        raise InvalidInput.single(_FIELD, f"la colonne « {column} » de by= est absente.", rest)
    try:
        share, seed = float(options["test_size"]), int(options["random_state"])
        # Only this split needs it, and the library takes a second to load.
        from sklearn.model_selection import train_test_split  # noqa: PLC0415

        _, unseen = train_test_split(
            np.arange(len(rows.table)),
            test_size=share,
            random_state=seed,
            stratify=None if column is None else rows.table[column],
        )
    except KeyError as error:
        raise InvalidInput.single(_FIELD, f"{error.args[0]}= est obligatoire.", rest) from error
    except ValueError as error:
        raise InvalidInput.single(
            _FIELD, f"tirage impossible ; attendu par exemple : {_EXAMPLES}.", rest
        ) from error
    mask = np.zeros(len(rows.table), dtype=bool)
    mask[unseen] = True
    count = len(unseen)
    how = "" if column is None else f", {french.plural(count, 'stratifiée')} par {column}"
    settings = f"test_size={french.number(share, 2)}, random_state={seed}, ordre du fichier"
    return Parts(~mask, mask, f"{french.counted(count, 'ligne tirée')} au sort{how} ({settings}).")


def _from_date(rest: str, rows: LabelledRows) -> Parts:
    first, _, tail = rest.partition(",")
    options = _options(tail, {"gap"}) if tail else {}
    try:
        start, gap = np.datetime64(date.fromisoformat(first.strip())), int(options.get("gap", "0"))
    except ValueError as error:
        raise InvalidInput.single(
            _FIELD, "date ISO attendue, puis gap=JOURS : date:2024-10-01,gap=7.", rest
        ) from error
    if gap < 0:
        raise InvalidInput.single(_FIELD, "gap= est un nombre de jours, 0 ou plus.", rest)
    training, unseen = rows.days < start - np.timedelta64(gap, "D"), rows.days >= start
    between = f" ; les {french.days(gap)} qui précèdent ne servent ni à l’un ni à l’autre" if gap else ""
    words = f"{french.counted(unseen.sum(), 'ligne')} à partir du {french.date(start.astype(date))}{between}."
    return Parts(training, unseen, words)


def _listed(rest: str, rows: LabelledRows) -> Parts:
    path = Path(rest)
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput.single(_FIELD, f"le fichier {path.name} est introuvable ou illisible.") from error
    keys = {line.strip() for line in lines} - {""}
    if keys and all(_IDENTITY.match(key) for key in keys):
        unseen = np.array([identity in keys for identity in rows.identities])
        if (absent := len(keys) - int(unseen.sum())) > 0:
            raise InvalidInput.single(
                _FIELD,
                f"{path.name} : {french.counted(absent, 'clé')} hors des lignes étiquetées ; retirez ou "
                f"corrigez.",
            )
    else:
        unseen = _on_days(path, rows)
    return Parts(~unseen, unseen, f"{french.counted(unseen.sum(), 'ligne désignée')} par {path.name}.")


def _on_days(path: Path, rows: LabelledRows) -> NDArray[np.bool_]:
    """Return a mask of every row whose turbine and day a CSV lists."""
    try:
        listed = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
        pairs = {
            (read_turbine_id(turbine), read_day(day))
            for turbine, day in zip(listed[TURBINE], listed[DAY], strict=True)
        }
    except (KeyError, UnreadableCell, pd.errors.ParserError) as error:
        raise InvalidInput.single(
            _FIELD, f"{path.name} : une clé par ligne, ou un CSV avec {TURBINE} et {DAY}."
        ) from error
    return np.array([pair in pairs for pair in zip(rows.turbines.tolist(), rows.days.tolist(), strict=True)])


def _options(text: str, known: set[str]) -> dict[str, str]:
    pairs = dict(part.strip().partition("=")[::2] for part in text.split(","))
    unknown = sorted(set(pairs) - known)
    if unknown or not all(pairs.values()):
        raise InvalidInput.single(
            _FIELD, f"option inconnue ou vide ; attendu par exemple : {_EXAMPLES}.", text
        )
    return pairs
