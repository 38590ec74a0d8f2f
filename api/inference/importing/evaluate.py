"""Measures a stored version again, on labelled rows that it has not seen; the version does not change."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field, TypeAdapter

from api.domain.models.gate import Gate
from api.domain.models.quality import ClassificationQuality, RegressionQuality
from api.domain.shared.exceptions import InvalidInput
from api.inference.importing.isolation import WALL_SECONDS, run_in_child
from api.inference.importing.request import EvaluationJob
from api.inference.serving.store import ModelStore

# The split that declares the whole file unseen.
ALL = "all"


@dataclass(frozen=True)
class Evaluation:
    """Quality measured on rows brought later.

    Args:
        name: of the model.
        version: number of the version measured.
        source: file name of the labelled rows.
        sha256: of that file.
        words: the rows measured on, in French.
        left_out: complete rows left out: seen in training, or not known to be unseen.
        quality: the same block as in a manifest.
        gate: verdict of the quality gate on it; it admits nothing.
    """

    name: str
    version: int
    source: str
    sha256: str
    words: str
    left_out: int
    quality: Annotated[ClassificationQuality | RegressionQuality, Field(discriminator="task")]
    gate: Gate


def evaluate(
    store: ModelStore,
    name: str,
    version: int,
    labelled: Path,
    split: str | None = None,
    labelled_sha256: str | None = None,
) -> Evaluation:
    """Measure a stored version, in a child process.

    Args:
        store: that holds the version.
        name: of the model.
        version: number of the version to measure.
        labelled: CSV of labelled rows.
        split: which of them are unseen (see ``splits``), or ``all``; None for those that the manifest knows
            to be unseen and those later than its data.
        labelled_sha256: of the file that ``labelled`` was written from, where it was.

    Raises:
        NotFound: no such version.
        ModelRefused: its files were altered, or the child was stopped.
        InvalidInput: unreadable rows, or rows that the model has seen.
    """
    folder = store.folder(name, version)
    if not labelled.is_file():
        raise InvalidInput.single("labelled", f"le fichier {labelled.name} est introuvable.")
    job = EvaluationJob(
        folder=folder.resolve(), labelled=labelled.resolve(), split=split, labelled_sha256=labelled_sha256
    )
    with tempfile.TemporaryDirectory() as work:
        result = run_in_child(job, Path(work) / "outcome.json", WALL_SECONDS)
    return TypeAdapter(Evaluation).validate_python(result["evaluation"], strict=False)
