"""The files beside a manifest: background rows, identities of unseen rows, the compiled form."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from sklearn.base import BaseEstimator

from api.domain.models.threshold_costs import Scores
from api.inference.explaining.explanation import spread_background
from api.inference.explaining.leaves import MAX_TABLE_BYTES
from api.inference.importing.child.measuring.evidence import Evidence
from api.inference.importing.child.parity import Compiled
from api.inference.importing.child.trees import leaves_of, tree_sum
from api.inference.serving.artefact import sha256_of
from api.inference.serving.loaded import RawOutput
from api.inference.serving.manifest import Runtime, StoredFile
from api.inference.serving.scores import SCORES_FILE, scores_bytes

COMPILED_FILE, LEAVES_FILE = "model.onnx", "leaves.npy.z"
ONLY_ORIGINAL = "scikit-learn, comme à l’entraînement : ce système n’a pas de compilateur ONNX."


def write_background(
    folder: Path, features: Sequence[str], output: RawOutput, evidence: Evidence | None
) -> StoredFile | None:
    """Write the rows to explain against: the training part, or the whole file where it is not known."""
    if evidence is None:
        return None
    kept = evidence.training if evidence.training is not None else evidence.rows.usable
    rows = evidence.rows.features[kept]
    chosen = spread_background(rows, output(rows))
    text = json.dumps({"features": list(features), "rows": chosen.tolist()})
    return _write_file(folder, "background.json", (text + "\n").encode(), len(chosen))


def write_unseen(folder: Path, evidence: Evidence | None) -> StoredFile | None:
    """Write the identities of the rows that the model has not seen, where these are known."""
    if evidence is None or evidence.parts is None:
        return None
    identities = evidence.rows.identities
    unseen = sorted(identities[index] for index in np.flatnonzero(evidence.parts.unseen))
    return _write_file(
        folder, "unseen_rows.json", (json.dumps(unseen, indent=0) + "\n").encode(), len(unseen)
    )


def write_scores(folder: Path, scores: Scores | None) -> StoredFile | None:
    """Write the probability and outcome of each unseen row, from which any threshold can be counted."""
    if scores is None:
        return None
    return _write_file(folder, SCORES_FILE, scores_bytes(scores), len(scores.failed))


def write_leaves(folder: Path, estimator: BaseEstimator, positive: int | None) -> StoredFile | None:
    """Write the leaves of a sum of trees, which explain it without its answers; None for other models."""
    summed = tree_sum(estimator, positive)
    leaves = None if summed is None else leaves_of(summed)
    if leaves is None or leaves.table_bytes > MAX_TABLE_BYTES:
        return None
    return _write_file(folder, LEAVES_FILE, leaves.to_bytes(), None)


def write_runtime(folder: Path, compiled: Compiled | None, difference: float, rows: int) -> Runtime:
    """Write the compiled form where it reproduces the original; return what the manifest says of it.

    Args:
        folder: of the version.
        compiled: outcome of the proof, None where this system has no compiler.
        difference: between the service's way of calling scikit-learn and scikit-learn's own.
        rows: number of rows compared for that.
    """
    if compiled is None:
        return Runtime(reason=ONLY_ORIGINAL, largest_difference=difference, rows_compared=rows)
    if compiled.data is None:
        return Runtime(reason=compiled.reason, largest_difference=difference, rows_compared=rows)
    return Runtime(
        engine="onnx",
        reason=compiled.reason,
        largest_difference=compiled.largest_difference,
        rows_compared=compiled.rows_compared,
        compiled=_write_file(folder, COMPILED_FILE, compiled.data, None),
        scikit_learn_from=compiled.scikit_learn_from,
    )


def _write_file(folder: Path, name: str, data: bytes, rows: int | None) -> StoredFile:
    path = folder / name
    path.write_bytes(data)
    return StoredFile(file=name, sha256=sha256_of(path), rows=rows)
