"""Measures a stored version on rows brought later. Only the child process imports this."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter

from api.domain.models.evaluation import Unseen, evaluate_classification, evaluate_regression
from api.domain.models.gate import judge
from api.domain.models.quality import ClassificationQuality, RegressionQuality
from api.domain.shared.exceptions import InvalidInput
from api.inference.importing.child.measuring.labelled import LabelledRows, read_labelled
from api.inference.importing.child.measuring.measuring import too_few
from api.inference.importing.evaluate import ALL, Evaluation
from api.inference.importing.request import EvaluationJob
from api.inference.importing.splits import Parts, split_rows
from api.inference.serving.manifest import Manifest
from api.inference.serving.store import ModelStore
from api.schemas import french

_AUTOMATIC = "Lignes que le manifeste donne pour non vues, et lignes postérieures aux données d’entraînement."
_WHOLE = "Toutes les lignes du fichier, déclarées non vues."


def measure_again(job: EvaluationJob) -> dict[str, Any]:
    """Measure the version; return the evaluation as JSON.

    Raises:
        InvalidInput: the model has seen the rows, or may have; or they are too few.
        ModelUnavailable: the version's files were altered.
    """
    name, version = job.folder.parent.name, int(job.folder.name)
    root = job.folder.parent.parent
    store = ModelStore(root, root)
    model, known = store.load(name, version), store.unseen_identities(name, version)
    manifest = model.manifest
    rows = read_labelled(
        job.labelled,
        manifest.feature_names,
        manifest.target,
        manifest.positive_class,
        job.labelled_sha256,
    )
    allowed = _not_seen(rows, manifest, known)
    parts = _parts(job.split, rows)
    kept, words = _rows_to_measure(rows, parts, allowed)
    output = model.calibrated(model.raw(rows.features[kept]))
    unseen = Unseen(rows.turbines[kept], rows.days[kept], rows.labels[kept], output)
    try:
        quality: ClassificationQuality | RegressionQuality
        if manifest.task == "classification":
            quality = evaluate_classification(unseen)
        else:
            quality = evaluate_regression(unseen, _baseline(manifest, rows, parts, kept))
    except ValueError as error:
        raise too_few() from error
    evaluation = Evaluation(
        name, version, rows.source, rows.sha256, words, int(rows.usable.sum() - kept.sum()), quality,
        judge(quality),
    )  # fmt: skip
    return dict(TypeAdapter(Evaluation).dump_python(evaluation, mode="json"))


def _not_seen(
    rows: LabelledRows, manifest: Manifest, known: frozenset[str] | None
) -> NDArray[np.bool_] | None:
    """Return the rows that the model has not seen by its manifest; None where the manifest does not tell."""
    if known is None or manifest.data.last_day is None:
        return None
    listed = np.array([identity in known for identity in rows.identities], dtype=bool)
    later: NDArray[np.bool_] = rows.days > np.datetime64(manifest.data.last_day)
    return listed | later


def _parts(split: str | None, rows: LabelledRows) -> Parts | None:
    if split is None:
        return None
    if split == ALL:
        whole = np.ones(len(rows.labels), dtype=bool)
        return Parts(~whole, whole, _WHOLE)
    return split_rows(split, rows)


def _rows_to_measure(
    rows: LabelledRows, parts: Parts | None, allowed: NDArray[np.bool_] | None
) -> tuple[NDArray[np.bool_], str]:
    if parts is None and allowed is None:
        raise InvalidInput.single(
            "split",
            "le manifeste ne dit pas quelles lignes le modèle n’a pas vues : dites-le, par exemple "
            f"--split date:2024-10-01, ou --split {ALL} si aucune ligne du fichier n’a servi à l’ajuster.",
        )
    if parts is None:
        kept = rows.usable & np.asarray(allowed)
        if not kept.any():
            raise InvalidInput.single(
                "labelled", "le modèle a vu toutes ces lignes : rien ne peut être mesuré."
            )
        return kept, _AUTOMATIC
    kept = parts.unseen & rows.usable
    if allowed is not None and (seen := int((kept & ~allowed).sum())):
        raise InvalidInput.single(
            "split",
            "des lignes déclarées non vues sont de la période d’entraînement et ne figurent pas parmi celles "
            f"que le manifeste donne pour non vues ({french.number(seen)}) : elles sont refusées. Sans "
            "--split, elles sont laissées de côté et comptées.",
        )
    return kept, parts.words


def _baseline(manifest: Manifest, rows: LabelledRows, parts: Parts | None, kept: NDArray[np.bool_]) -> float:
    """Return the constant answer to beat.

    The training rows' median, else the rows' own, which is harder to beat.
    """
    if isinstance(manifest.measured, RegressionQuality):
        return manifest.measured.training_median
    training = kept if parts is None else parts.training & rows.usable
    return float(np.median(rows.labels[training if training.any() else kept]))
