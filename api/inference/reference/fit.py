"""Fits the reference models on the simulated sample and stores them as any imported model.

``python -m api.inference.reference.fit`` fits both, sends them through the importer into ``model_store/`` and
writes ``docs/modeles-reference.md`` from the stored manifests; a model whose file is already stored is not
stored twice. ``--check`` only tells whether the document agrees with the manifests.

The settings are chosen for small artefacts and fast answers. They are not tuned: unseen rows serve only to
measure.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import joblib
import pandas as pd

from api.inference.importing.child.measuring.labelled import read_labelled
from api.inference.importing.importer import ImportRequest, import_model
from api.inference.importing.splits import split_rows
from api.inference.reference.document import reference_document
from api.inference.serving.catalogue import CATALOGUE, TARGETS
from api.inference.serving.manifest import Manifest, Task
from api.inference.serving.store import ModelStore

if TYPE_CHECKING:  # those who only ask where the sample is load no scikit-learn
    from sklearn.base import BaseEstimator

ROOT = Path(__file__).resolve().parent.parent.parent.parent
SAMPLE = ROOT / "data" / "energiTech_maintenance_sample.csv"
STORE = ROOT / "model_store"
DOCUMENT = ROOT / "docs" / "modeles-reference.md"

FEATURES = tuple(CATALOGUE)
# The last quarter of the sample's year.
UNSEEN_FROM = "2024-10-01"
_COMPRESSION = 3
_SIMULATED = (
    "Ajusté et mesuré sur un parc simulé : ses chiffres décrivent la simulation, pas le parc d’EnergiTech. "
    "Sert à la démonstration et aux essais ; les modèles d’EnergiTech le remplacent.",
)
_CAPPED = "Le délai simulé est plafonné à 65,5 jours : au-delà, l’estimation dit seulement « loin »."


@dataclass(frozen=True)
class Reference:
    """One reference model.

    Args:
        gap_days: days left out before the unseen part: as many as the label looks ahead, so that no training
            label tells of a failure in the unseen part.
        estimator: unfitted.
        limits: French sentences that people must read before they rely on it.
    """

    name: str
    task: Task
    gap_days: int
    estimator: BaseEstimator
    limits: tuple[str, ...]

    @property
    def split(self) -> str:
        """The split, as the importer reads it."""
        return f"date:{UNSEEN_FROM},gap={self.gap_days}"


def references() -> tuple[Reference, ...]:
    """Return both reference models, unfitted."""
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor  # noqa: PLC0415

    return (
        Reference(
            name="risque-panne-7j",
            task="classification",
            gap_days=7,
            estimator=RandomForestClassifier(
                n_estimators=150, max_depth=6, min_samples_leaf=5, random_state=42
            ),
            limits=_SIMULATED,
        ),
        Reference(
            name="delai-avant-panne",
            task="regression",
            gap_days=66,
            estimator=RandomForestRegressor(
                n_estimators=100, max_depth=8, min_samples_leaf=20, random_state=42
            ),
            limits=(*_SIMULATED, _CAPPED),
        ),
    )


def fit(reference: Reference, sample: Path) -> BaseEstimator:
    """Return the model fitted on the training part of its split, and on nothing else.

    Raises:
        InvalidInput: the sample lacks a column, or its days do not reach both parts.
    """
    positive = 1 if reference.task == "classification" else None
    rows = read_labelled(sample, FEATURES, TARGETS[reference.task], positive)
    kept = split_rows(reference.split, rows).training & rows.usable
    features = pd.DataFrame(rows.features[kept], columns=list(FEATURES))
    labels = rows.labels[kept]
    return reference.estimator.fit(features, labels if positive is None else labels.astype(int))


def publish(reference: Reference, sample: Path, store: ModelStore, now: datetime) -> Manifest:
    """Fit a reference model and send it through the importer.

    Raises:
        ModelRefused, InvalidInput: as for any file.
    """
    with tempfile.TemporaryDirectory() as folder:
        file, draft = Path(folder) / "model.joblib", Path(folder) / "draft.json"
        joblib.dump(fit(reference, sample), file, compress=_COMPRESSION)
        draft.write_text(json.dumps({"limits": reference.limits}), encoding="utf-8")
        request = ImportRequest(
            file=file,
            name=reference.name,
            task=reference.task,
            labelled=sample,
            split=reference.split,
            manifest=draft,
            imported_by="l’éditeur du cockpit",
        )
        return import_model(request, store, now).manifest


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code: 0, or 1 where ``--check`` finds an older document."""
    options = _options(arguments)
    store = ModelStore(options["store"], options["store"])
    document: Path = options["document"]
    if not options["check"]:
        for reference in references():
            manifest = publish(reference, options["sample"], store, datetime.now(UTC))
            sys.stdout.write(f"{manifest.name} version {manifest.version} : {manifest.sha256}\n")
        document.write_text(_document_of(store), encoding="utf-8", newline="\n")
        return 0
    current = document.read_text(encoding="utf-8") if document.is_file() else ""
    return 0 if current == _document_of(store) else 1


def _document_of(store: ModelStore) -> str:
    """Write the document from the newest version of each reference model."""
    newest: dict[str, Manifest] = {manifest.name: manifest for manifest in store.manifests()}
    return reference_document(
        [(newest[reference.name], _settings(reference.estimator)) for reference in references()]
    )


def _settings(estimator: BaseEstimator) -> Mapping[str, Any]:
    """Return the settings that differ from scikit-learn's own defaults."""
    default = type(estimator)().get_params()
    return {name: value for name, value in estimator.get_params().items() if value != default[name]}


def _options(arguments: Sequence[str] | None) -> dict[str, Any]:
    parser = argparse.ArgumentParser(
        prog="python -m api.inference.reference.fit", description="Modèles de référence du cockpit."
    )
    parser.add_argument("--sample", type=Path, default=SAMPLE, help="échantillon simulé (CSV)")
    parser.add_argument("--store", type=Path, default=STORE, help="dossier des modèles de référence")
    parser.add_argument("--document", type=Path, default=DOCUMENT, help="document produit")
    parser.add_argument("--check", action="store_true", help="vérifier le document sans rien écrire")
    return vars(parser.parse_args(arguments))


if __name__ == "__main__":
    sys.exit(main())
