"""Drafts the JSON that describes a model's features; a person completes it for ``--manifest``."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from api.domain.shared.exceptions import InvalidInput
from api.inference.importing.isolation import WALL_SECONDS, run_in_child
from api.inference.importing.request import HELP_KEY, DraftJob
from api.inference.serving.manifest import FeatureSpec, Task

# JSON has no comments: these lines stand under a key that the importer ignores.
HELP = (
    "Complétez ce brouillon, puis : python cockpit.py models import FICHIER … --manifest CE_FICHIER",
    "label : nom français montré aux personnes ; unit : unité, vide s’il n’y en a pas.",
    "dtype : float (nombre), int (entier) ou binary (0 ou 1).",
    "training_range : étendue vue dans les mesures données ; relue à l’import si --split est donné.",
    "physical_range : hors de là une valeur est impossible et sera refusée ; null : pas de borne de ce côté.",
    "role : cause, ou marker pour un indice qui accompagne les pannes sans les provoquer ; note : ce qu’il "
    "faut savoir avant de l’interpréter.",
    "target : colonne de l’étiquette. authorised_use, prohibited_use, limits : phrases de la fiche ; vides, "
    "celles du cockpit sont prises.",
)


def draft_manifest(
    file: Path,
    task: Task | None = None,
    labelled: Path | None = None,
    features: tuple[str, ...] | None = None,
    target: str | None = None,
    declared: Sequence[FeatureSpec] = (),
) -> dict[str, Any]:
    """Draft from the file and the labelled rows; labels and units are left to complete.

    Args:
        file: model file; it is read in a child process.
        task: where the estimator does not show it.
        labelled: CSV whose columns give types and ranges.
        features: names in order, for an estimator that does not know them.
        target: column of the label, EnergiTech's for that task where None.
        declared: sensors that are described already; their words are taken.

    Returns:
        The JSON that :class:`~api.inference.importing.request.Draft` reads.

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
        declared=tuple(declared),
    )
    with tempfile.TemporaryDirectory() as work:
        drafted: dict[str, Any] = run_in_child(job, Path(work) / "outcome.json", WALL_SECONDS)["draft"]
    return drafted


def draft_text(draft: dict[str, Any]) -> str:
    """Write the draft as its file holds it: indented, accents kept, instructions at its head."""
    return json.dumps({HELP_KEY: HELP, **draft}, indent=2, ensure_ascii=False) + "\n"
