"""Labelled rows with the two parts that a person declared: the rows that a model may be measured on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from api.domain.shared.exceptions import InvalidInput
from api.inference.importing.child.identity import Identity
from api.inference.importing.child.measuring.labelled import LabelledRows, read_labelled
from api.inference.importing.splits import Parts, split_rows
from api.inference.serving.manifest import TrainingData

_NO_DATA = "Aucune ligne étiquetée n’a été donnée : personne ne peut dire lesquelles il n’a pas vues."
_NO_SPLIT = "La répartition entre entraînement et lignes non vues n’a pas été dite (--split)."


@dataclass(frozen=True)
class Evidence:
    """Labelled rows, with the two parts that the person declared, if any."""

    rows: LabelledRows
    parts: Parts | None

    @property
    def training(self) -> NDArray[np.bool_] | None:
        """Complete rows that the model was fitted on, None where nobody declared them."""
        return None if self.parts is None else self.parts.training & self.rows.usable

    @property
    def unseen(self) -> NDArray[np.bool_] | None:
        """Complete rows that it has not seen, None where nobody declared them."""
        return None if self.parts is None else self.parts.unseen & self.rows.usable


def read_evidence(
    labelled: Path | None, split: str | None, candidate: Identity, target: str, sha256: str | None = None
) -> Evidence | None:
    """Read the labelled rows; None without a file.

    Raises:
        InvalidInput: see :func:`read_labelled` and :func:`split_rows`; or no complete row.
    """
    if labelled is None:
        return None
    rows = read_labelled(labelled, candidate.features, target, candidate.positive, sha256)
    if not rows.usable.any():
        raise InvalidInput.single("labelled", f"aucune ligne n’a toutes ses mesures et {target}.")
    return Evidence(rows, None if split is None else split_rows(split, rows))


def training_data(evidence: Evidence | None, spec: str | None) -> TrainingData:
    """Describe the rows as the manifest does."""
    if evidence is None:
        return TrainingData(split=_NO_DATA)
    rows, parts = evidence.rows, evidence.parts
    whole = TrainingData(
        source=rows.source,
        sha256=rows.sha256,
        rows=len(rows.labels),
        first_day=rows.days.min().item(),
        last_day=rows.days.max().item(),
        split=_NO_SPLIT,
    )
    if parts is None or evidence.training is None or evidence.unseen is None:
        return whole
    training, unseen = int(evidence.training.sum()), int(evidence.unseen.sum())
    return whole.model_copy(
        update={
            "training_rows": training,
            "unseen_rows": unseen,
            "left_out": len(rows.labels) - training - unseen,
            "split": parts.words,
            "split_spec": spec,
        }
    )
