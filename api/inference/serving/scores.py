"""The unseen rows behind a classifier's measured quality: probability and outcome of each."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from api.domain.models.threshold_costs import Scores
from api.inference.serving.manifest import Manifest

SCORES_FILE = "unseen_scores.json"


def scores_bytes(scores: Scores) -> bytes:
    """Return the file of the scores: turbines by number, so that their names are written once."""
    names, index = np.unique(scores.turbines, return_inverse=True)
    content = {
        "turbines": names.tolist(),
        "turbine": index.tolist(),
        "failed": scores.failed.astype(int).tolist(),
        "shown": scores.probabilities.tolist(),
    }
    return (json.dumps(content) + "\n").encode()


def read_scores(folder: Path, manifest: Manifest) -> Scores | None:
    """Return the scores of a version; None for days, and for versions stored before scores were kept.

    The caller has checked the file's SHA-256 (:meth:`api.inference.serving.store.ModelStore.scores`).
    """
    if manifest.scores is None:
        return None
    stored = json.loads((folder / manifest.scores.file).read_text(encoding="utf-8"))
    return Scores(
        np.array(stored["turbines"], dtype=np.str_)[np.array(stored["turbine"], dtype=np.intp)],
        np.array(stored["failed"], dtype=np.float64),
        np.array(stored["shown"], dtype=np.float64),
    )
