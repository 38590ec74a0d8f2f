"""Checks that a file holds a usable model: fitted, of the right task, with known features and classes."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import sklearn
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, is_classifier, is_regressor
from sklearn.exceptions import InconsistentVersionWarning, NotFittedError
from sklearn.model_selection import FixedThresholdClassifier, TunedThresholdClassifierCV
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from api.domain.shared.exceptions import ModelRefused
from api.inference.importing.child.failing import failing_words, text_categories, undefined_words
from api.inference.importing.child.identity import Identity, failure_class, named_features
from api.inference.importing.child.pickles.scan import UNREADABLE, scan
from api.inference.serving.artefact import load_artefact
from api.inference.serving.loaded import Floats
from api.inference.serving.manifest import FeatureSpec, Label, Task
from api.inference.serving.parts import parts_of
from api.inference.serving.sklearn_output import SklearnOutput
from api.inference.serving.soundness import check_soundness
from api.schemas import french

# Errors that an estimator with a damaged or contrived state raises when it is used.
_FAILURES = (*UNREADABLE, ArithmeticError, ImportError, RuntimeError, MemoryError)
PROBE_ROWS = 512
_PROBE_SEED = 7
# Stands for an unknown bound when probe rows are drawn.
_UNKNOWN_RANGE = (0.0, 100.0)
# The joblib runtime is scikit-learn itself: nothing but the same bits is expected.
_SAME = 1e-12
_USUAL_THRESHOLD = 0.5  # what scikit-learn calls « auto »


@dataclass(frozen=True)
class Candidate(Identity):
    """A scikit-learn estimator that may become a model."""

    estimator: BaseEstimator

    @property
    def own_threshold(self) -> float | None:
        """Threshold of a classifier that was given one, or tuned one."""
        for part in parts_of(self.estimator):
            if isinstance(part, TunedThresholdClassifierCV):
                return float(part.best_threshold_)
            if isinstance(part, FixedThresholdClassifier):
                return _USUAL_THRESHOLD if part.threshold == "auto" else float(part.threshold)
        return None

    @property
    def estimator_name(self) -> str:
        """Return the class of the estimator, or those of the steps of a pipeline."""
        if isinstance(self.estimator, Pipeline):
            return " → ".join(type(step).__name__ for _, step in self.estimator.steps)
        return type(self.estimator).__name__


def open_candidate(
    data: bytes,
    task: Task,
    positive: str | None,
    features: Sequence[str] | None,
    other_versions: bool = False,
) -> Candidate:
    """Scan, then load, then check a model file.

    Args:
        data: decompressed file.
        task: as the person declares it.
        positive: text of the failure class, where it is not 1.
        features: names in order, for an estimator that does not know them.
        other_versions: whether a file of another scikit-learn may be loaded; its outputs must then be
            compared with recorded ones.

    Raises:
        ModelRefused: with the reason in French.
    """
    written = scan(data).sklearn_versions
    if not other_versions:
        _check_versions(written)
    estimator = _load_estimator(data, written)
    _check_task(estimator, task)
    names = _features(estimator, features)
    by = ", ".join(sorted(written)) or "inconnue"
    if task == "regression":
        return Candidate(names, None, None, by, estimator)
    classes, failure = _classes(estimator, positive)
    return Candidate(names, classes, failure, by, estimator)


def open_estimator(data: bytes, features: Sequence[str] | None) -> tuple[BaseEstimator, tuple[str, ...]]:
    """Scan and load a file of unknown task; return its estimator and the names of its features.

    Raises:
        ModelRefused: with the reason in French.
    """
    written = scan(data).sklearn_versions
    _check_versions(written)
    estimator = _load_estimator(data, written)
    if not (is_classifier(estimator) or is_regressor(estimator)):
        raise ModelRefused(f"{type(estimator).__name__} n’est ni un classifieur ni un régresseur.")
    return estimator, _features(estimator, features)


def _load_estimator(data: bytes, written: frozenset[str]) -> Any:
    others = sorted(written - {sklearn.__version__})
    version_note = "".join(
        f" Il a été écrit par scikit-learn {other} ; {sklearn.__version__} est installé."
        for other in others[:1]
    )
    try:
        with warnings.catch_warnings():
            # The versions that wrote the file are known already, and judged elsewhere.
            warnings.simplefilter("ignore", InconsistentVersionWarning)
            estimator = load_artefact(data)
        check_is_fitted(estimator)
        check_soundness(estimator)
    except NotFittedError as error:
        raise ModelRefused("Le modèle n’a pas été ajusté : appelez fit avant de l’enregistrer.") from error
    except _FAILURES as error:
        raise ModelRefused(
            f"Le modèle ne se charge pas : son contenu est abîmé ou incohérent ({type(error).__name__})."
            f"{version_note} Réexportez-le avec joblib.dump."
        ) from error
    if texts := text_categories(estimator):
        raise ModelRefused(
            f"Le modèle lit des catégories en texte ({texts}), et le cockpit ne donne que des nombres. "
            "Codez-les en nombres avant fit, puis réexportez le modèle."
        )
    return estimator


def _check_versions(written: frozenset[str]) -> None:
    installed = sklearn.__version__
    if written != {installed}:
        others = ", ".join(sorted(written - {installed})) or "inconnue"
        raise ModelRefused(
            f"Le fichier a été écrit par scikit-learn {others} ; la version installée est {installed}, qui "
            f"peut le lire de travers. Réexportez le modèle avec scikit-learn {installed}, ou joignez par "
            "--golden les sorties enregistrées là où il a été ajusté."
        )


def _check_task(estimator: Any, task: Task) -> None:
    kind = type(estimator).__name__
    is_task: Callable[[Any], bool] = is_classifier if task == "classification" else is_regressor
    if is_task(estimator):
        return
    if is_classifier(estimator) or is_regressor(estimator):
        raise ModelRefused(f"--task {task} est demandé, mais {kind} est d’une autre tâche.")
    raise ModelRefused(f"{kind} n’est ni un classifieur ni un régresseur.")


def _features(estimator: Any, listed: Sequence[str] | None) -> tuple[str, ...]:
    known = getattr(estimator, "feature_names_in_", None)
    count = int(getattr(estimator, "n_features_in_", 0 if known is None else len(known)))
    return named_features(None if known is None else [str(name) for name in known], count, listed)


def _classes(estimator: Any, positive: str | None) -> tuple[tuple[Label, ...], Label]:
    if not hasattr(estimator, "predict_proba"):
        raise ModelRefused(
            f"{type(estimator).__name__} ne donne pas de probabilité (predict_proba) ; entourez-le de "
            "CalibratedClassifierCV ou choisissez un autre classifieur."
        )
    labels = getattr(estimator, "classes_", None)
    if not isinstance(labels, np.ndarray) or labels.ndim != 1:
        raise ModelRefused(
            "Le classifieur répond à plusieurs questions à la fois ; un seul résultat est attendu."
        )
    return failure_class(tuple(labels.tolist()), positive)


def prove_output(candidate: Candidate, rows: Floats) -> tuple[SklearnOutput, float]:
    """Make the model answer, and compare the service's way of calling it with scikit-learn's own.

    Args:
        candidate: its estimator is changed by :class:`SklearnOutput`.
        rows: (n, k) rows to try.

    Returns:
        The output that will serve, and the largest difference.

    Raises:
        ModelRefused: the model fails, or does not answer one probability or number per row.
    """
    index = candidate.positive_index
    try:
        with np.errstate(all="ignore"):  # what is not finite is refused below, with its reason
            expected = _called_directly(candidate, rows, index)
            output = SklearnOutput(candidate.estimator, candidate.features, index)
            answered = output(rows)
    except _FAILURES as error:
        raise ModelRefused(failing_words(candidate, rows, error)) from error
    if answered.shape != (len(rows),):
        raise ModelRefused("Le modèle ne répond pas un nombre par ligne.")
    if not np.isfinite(answered).any():
        raise ModelRefused(
            "Le modèle ne répond un nombre fini à aucune ligne : ses coefficients sont abîmés."
        )
    if not np.isfinite(answered).all():
        raise ModelRefused(undefined_words(candidate, rows[np.flatnonzero(~np.isfinite(answered))[0]]))
    if index is not None and not ((expected >= -_SAME) & (expected <= 1 + _SAME)).all():
        raise ModelRefused("Le modèle répond des probabilités hors de 0–1.")
    difference = float(np.abs(answered - expected).max())
    if difference > _SAME:
        raise ModelRefused(
            f"Les sorties diffèrent de celles de scikit-learn ({french.scientific(difference)})."
        )
    return output, difference


def _called_directly(candidate: Candidate, rows: Floats, index: int | None) -> NDArray[Any]:
    """Return scikit-learn's own answer to the form of rows it was fitted on: named columns, or an array."""
    named = hasattr(candidate.estimator, "feature_names_in_")
    table = pd.DataFrame(rows, columns=list(candidate.features)) if named else rows
    if index is None:
        return np.asarray(candidate.estimator.predict(table)).reshape(len(rows))
    return np.asarray(candidate.estimator.predict_proba(table))[:, index]


def probe_rows(features: Sequence[FeatureSpec]) -> Floats:
    """Draw rows in the training range of each feature, else in its physical range."""
    generator = np.random.default_rng(_PROBE_SEED)
    columns = []
    for spec in features:
        low, high = spec.training_range or (
            _UNKNOWN_RANGE[0] if spec.physical_range[0] is None else spec.physical_range[0],
            _UNKNOWN_RANGE[1] if spec.physical_range[1] is None else spec.physical_range[1],
        )
        drawn = generator.uniform(min(low, high), max(low, high), PROBE_ROWS)
        columns.append(drawn if spec.dtype == "float" else np.rint(drawn))
    return np.column_stack(columns)
