"""From a checked request to a version's folder: measured quality, background, manifest."""

from __future__ import annotations

import json
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import joblib
import numpy as np
import sklearn
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline

from api.domain.evaluation import Unseen, evaluate_classification, evaluate_regression
from api.domain.exceptions import InvalidInput
from api.domain.gate import judge
from api.domain.quality import ClassificationQuality, RegressionQuality
from api.inference.artefact import read_artefact, sha256_of
from api.inference.checks import Candidate, open_candidate, probe_rows, prove_output
from api.inference.explanation import spread_background
from api.inference.labelled import LabelledRows, read_labelled
from api.inference.limits import authorised_use, known_limits
from api.inference.manifest import (
    Calibration,
    FeatureSpec,
    Manifest,
    Runtime,
    StoredFile,
    TrainingData,
)
from api.inference.request import Draft, Job, read_draft, read_reported, target_of
from api.inference.sklearn_output import SklearnOutput
from api.inference.splits import Parts, split_rows

Quality = ClassificationQuality | RegressionQuality
_NO_DATA = "Aucune ligne étiquetée n’a été donnée : personne ne peut dire lesquelles il n’a pas vues."
_NO_SPLIT = "La répartition entre entraînement et lignes non vues n’a pas été dite (--split)."
_RAW = {
    "classification": Calibration(
        status="non_calibree", reason="Probabilité brute du modèle : aucune calibration n’a été ajustée."
    ),
    "regression": Calibration(status="sans_objet", reason="Un nombre de jours n’est pas une probabilité."),
}


@dataclass(frozen=True)
class _Evidence:
    """Labelled rows with the two parts that the person declared, where there are any."""

    rows: LabelledRows
    parts: Parts | None

    @property
    def training(self) -> NDArray[np.bool_] | None:
        """Complete rows that the model was fitted on, None where nobody said which they are."""
        return None if self.parts is None else self.parts.training & self.rows.usable

    @property
    def unseen(self) -> NDArray[np.bool_] | None:
        """Complete rows that it has not seen, None where nobody said which they are."""
        return None if self.parts is None else self.parts.unseen & self.rows.usable


@dataclass(frozen=True)
class _Checked:
    """A candidate that answers as it should, with what is known of it."""

    candidate: Candidate
    draft: Draft
    target: str
    features: tuple[FeatureSpec, ...]
    evidence: _Evidence | None
    output: SklearnOutput
    runtime: Runtime


def build_version(job: Job) -> Manifest:
    """Check the artefact in ``job.folder``, measure it, and write its companions beside it.

    Raises:
        ModelRefused: the file may not become a model.
        InvalidInput: an option or a companion file must be corrected.
    """
    checked = _check(job)
    measured = _measure(checked)
    request, draft, candidate = job.request, checked.draft, checked.candidate
    return Manifest(
        name=request.name,
        version=job.version,
        task=request.task,
        target=checked.target,
        estimator=_estimator_name(candidate.estimator),
        features=checked.features,
        classes=candidate.classes,
        positive_class=candidate.positive,
        artefact=job.artefact,
        sha256=job.sha256,
        size_bytes=(job.folder / job.artefact).stat().st_size,
        libraries=_libraries(),
        runtime=checked.runtime,
        created_at=job.created_at,
        imported_by=request.imported_by.strip(),
        data=_training_data(checked.evidence, request.split),
        measured=measured,
        reported=read_reported(request.reported),
        gate=judge(measured),
        calibration=_RAW[request.task],
        authorised_use=draft.authorised_use or authorised_use(request.task),
        limits=(*draft.limits, *known_limits(request.task, measured)),
        background=_write_background(job.folder, checked),
        unseen=_write_unseen(job.folder, checked.evidence),
    )


def _check(job: Job) -> _Checked:
    request, draft = job.request, read_draft(job.request.manifest)
    candidate = open_candidate(
        read_artefact(job.folder / job.artefact), request.task, request.positive, request.features
    )
    _check_draft(draft, candidate.features)
    target = target_of(request, draft)
    evidence = _read_evidence(job, candidate, target)
    features = _describe(candidate.features, draft, evidence)
    tried = probe_rows(features)
    if evidence is not None:
        tried = np.vstack([tried, evidence.rows.features[evidence.rows.usable]])
    output, difference = prove_output(candidate, tried)
    runtime = Runtime(
        reason="scikit-learn, comme à l’entraînement.",
        largest_difference=difference,
        rows_compared=len(tried),
    )
    return _Checked(candidate, draft, target, features, evidence, output, runtime)


def _check_draft(draft: Draft, features: Sequence[str]) -> None:
    unknown = [said.name for said in draft.features if said.name not in features]
    if unknown:
        raise InvalidInput.single(
            "manifest", f"décrit des variables que le modèle ne lit pas : {', '.join(unknown)}."
        )


def _read_evidence(job: Job, candidate: Candidate, target: str) -> _Evidence | None:
    request = job.request
    if request.labelled is None:
        return None
    rows = read_labelled(request.labelled, candidate.features, target, candidate.positive)
    if not rows.usable.any():
        raise InvalidInput.single("labelled", f"aucune ligne n’a toutes ses mesures et {target}.")
    return _Evidence(rows, None if request.split is None else split_rows(request.split, rows))


def _describe(names: Sequence[str], draft: Draft, evidence: _Evidence | None) -> tuple[FeatureSpec, ...]:
    """Each feature's description, with the range of the training rows where they are known."""
    specs = tuple(draft.describe(name) for name in names)
    if evidence is None or evidence.training is None:
        return specs
    seen = evidence.rows.features[evidence.training]
    if not len(seen):
        return specs
    return tuple(
        spec.model_copy(update={"training_range": (float(column.min()), float(column.max()))})
        for spec, column in zip(specs, seen.T, strict=True)
    )


def _measure(checked: _Checked) -> Quality | None:
    """Quality on unseen rows; None, and nothing else, where nobody said which they are."""
    evidence = checked.evidence
    if evidence is None or evidence.training is None or evidence.unseen is None:
        return None
    rows, training, kept = evidence.rows, evidence.training, evidence.unseen
    outputs = checked.output(rows.features[kept])
    unseen = Unseen(rows.turbines[kept], rows.days[kept], rows.labels[kept], outputs)
    try:
        if checked.candidate.classes is not None:
            return evaluate_classification(unseen)
        return evaluate_regression(unseen, float(np.median(rows.labels[training])))
    except ValueError as error:
        raise InvalidInput.single(
            "split",
            "les lignes non vues ne suffisent pas à mesurer : il faut des pannes et des non-pannes, ou au "
            "moins deux délais connus.",
        ) from error


def _training_data(evidence: _Evidence | None, spec: str | None) -> TrainingData:
    if evidence is None:
        return TrainingData(split=_NO_DATA)
    rows, parts = evidence.rows, evidence.parts
    known = TrainingData(
        source=rows.source,
        sha256=rows.sha256,
        rows=len(rows.labels),
        last_day=rows.days.max().item(),
        split=_NO_SPLIT,
    )
    if parts is None or evidence.training is None or evidence.unseen is None:
        return known
    training, unseen = int(evidence.training.sum()), int(evidence.unseen.sum())
    return known.model_copy(
        update={
            "training_rows": training,
            "unseen_rows": unseen,
            "left_out": len(rows.labels) - training - unseen,
            "split": parts.words,
            "split_spec": spec,
        }
    )


def _write_background(folder: Path, checked: _Checked) -> StoredFile | None:
    """Rows to explain against: of the training part, or of the whole file where nobody said which it is."""
    evidence = checked.evidence
    if evidence is None:
        return None
    known = evidence.training if evidence.training is not None else evidence.rows.usable
    rows = evidence.rows.features[known]
    chosen = spread_background(rows, checked.output(rows))
    text = json.dumps({"features": list(checked.candidate.features), "rows": chosen.tolist()})
    return _stored(folder, "background.json", text + "\n", len(chosen))


def _write_unseen(folder: Path, evidence: _Evidence | None) -> StoredFile | None:
    if evidence is None or evidence.parts is None:
        return None
    identities = evidence.rows.identities
    unseen = sorted(identities[index] for index in np.flatnonzero(evidence.parts.unseen))
    return _stored(folder, "unseen_rows.json", json.dumps(unseen, indent=0) + "\n", len(unseen))


def _stored(folder: Path, name: str, text: str, rows: int) -> StoredFile:
    path = folder / name
    path.write_text(text, encoding="utf-8", newline="\n")
    return StoredFile(file=name, sha256=sha256_of(path), rows=rows)


def _libraries() -> dict[str, str]:
    return {
        "python": platform.python_version(),
        "scikit-learn": sklearn.__version__,
        "numpy": np.__version__,
        "joblib": joblib.__version__,
    }


def _estimator_name(estimator: BaseEstimator) -> str:
    if isinstance(estimator, Pipeline):
        return " → ".join(type(step).__name__ for _, step in estimator.steps)
    return type(estimator).__name__
