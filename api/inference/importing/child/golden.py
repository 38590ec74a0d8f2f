"""Outputs recorded where a model was fitted: they let a file of another scikit-learn in."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import numpy as np
import sklearn
from pydantic import BaseModel, ConfigDict, Field

from api.domain.shared.exceptions import InvalidInput, ModelRefused
from api.inference.importing.child.graphs.candidate import GraphCandidate
from api.inference.importing.child.identity import Identity
from api.inference.importing.request import read_json
from api.inference.serving.loaded import RawOutput
from api.inference.serving.manifest import GoldenProof
from api.schemas import french

MIN_ROWS = 20
TOLERANCE = 1e-6
_FIELD = "golden"


class Golden(BaseModel):
    """The content of the file of ``--golden``.

    Args:
        features: names of the columns of ``rows``, in any order.
        rows: measurements.
        outputs: for each row, the probability of the failure class, or the days.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    features: tuple[str, ...]
    rows: Annotated[list[list[float]], Field(min_length=MIN_ROWS)]
    outputs: list[float]


def read_golden(path: Path | None) -> Golden | None:
    """Read the recorded outputs; None without a file.

    Raises:
        InvalidInput: unreadable, or fewer than :data:`MIN_ROWS` rows, or rows and outputs that do not match.
    """
    if path is None:
        return None
    golden = read_json(path, Golden, _FIELD)
    widths = {len(row) for row in golden.rows}
    if len(golden.outputs) != len(golden.rows) or widths != {len(golden.features)}:
        raise InvalidInput.single(
            _FIELD, "une sortie par ligne et une valeur par variable sont attendues dans chaque ligne."
        )
    return golden


def prove_golden(golden: Golden, candidate: Identity, output: RawOutput) -> GoldenProof:
    """Compare the model's outputs with the recorded ones.

    Raises:
        InvalidInput: other features, or the same output on every row, which proves nothing.
        ModelRefused: an output differs; the message names both versions.
    """
    if set(golden.features) != set(candidate.features):
        raise InvalidInput.single(_FIELD, f"variables attendues : {', '.join(candidate.features)}.")
    expected = np.array(golden.outputs)
    if np.ptp(expected) == 0:
        raise InvalidInput.single(_FIELD, "toutes les sorties sont égales : elles ne prouvent rien.")
    order = [golden.features.index(name) for name in candidate.features]
    difference = float(np.abs(output(np.array(golden.rows)[:, order]) - expected).max())
    if difference > TOLERANCE and isinstance(candidate, GraphCandidate):
        raise ModelRefused(
            f"Le fichier ONNX ne redonne pas les sorties enregistrées (écart {french.scientific(difference)} "
            f"sur {french.counted(len(expected), 'ligne')}) : il est refusé. L’export a changé le modèle : "
            "exportez-le en double précision, ou vérifiez l’ordre des variables."
        )
    if difference > TOLERANCE:
        raise ModelRefused(
            f"Écrit par scikit-learn {candidate.written_by} et lu par {sklearn.__version__}, le modèle ne "
            f"redonne pas les sorties enregistrées (écart {french.scientific(difference)} sur "
            f"{french.counted(len(expected), 'ligne')}) : il est refusé. Réexportez-le avec "
            f"{sklearn.__version__}."
        )
    return GoldenProof(written_by=candidate.written_by, rows=len(expected), largest_difference=difference)
