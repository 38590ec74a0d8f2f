"""Drafts the JSON that describes a model's features, to be completed and given back with ``--manifest``."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from api.domain.exceptions import InvalidInput
from api.inference.isolation import WALL_SECONDS, run_in_child
from api.inference.manifest import Task
from api.inference.request import DraftJob


def draft_manifest(
    file: Path,
    task: Task | None = None,
    labelled: Path | None = None,
    features: tuple[str, ...] | None = None,
    target: str | None = None,
    wall_seconds: float = WALL_SECONDS,
) -> dict[str, Any]:
    """What the file and the labelled rows tell of the features; labels and units are left to complete.

    Args:
        file: model file; it is read in a child process.
        task: where it cannot be told from the estimator.
        labelled: CSV whose columns give types and ranges.
        features: names in order, for an estimator that does not know them.
        target: column of the label, EnergiTech's for that task where None.
        wall_seconds: longest time given to the child process [s].

    Returns:
        What :class:`~api.inference.request.Draft` reads.

    Raises:
        ModelRefused: the file may not become a model.
        InvalidInput: a file is absent, or lacks a column.
    """
    for field, path in (("file", file), ("labelled", labelled)):
        if path is not None and not path.is_file():
            raise InvalidInput.single(field, f"le fichier {path.name} est introuvable.")
    job = DraftJob(
        file=file.resolve(),
        task=task,
        labelled=None if labelled is None else labelled.resolve(),
        features=features,
        target=target,
    )
    with tempfile.TemporaryDirectory() as work:
        drafted: dict[str, Any] = run_in_child(job, Path(work) / "outcome.json", wall_seconds)["draft"]
    return drafted


def draft_text(draft: dict[str, Any]) -> str:
    """The draft as it is written to a file: indented, accents kept."""
    return json.dumps(draft, indent=2, ensure_ascii=False) + "\n"
