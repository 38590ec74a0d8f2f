"""Honest models come in, and what stays out is refused for its true reason, with the remedy."""

from __future__ import annotations

import io
import pickle
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
import sklearn
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import FixedThresholdClassifier, TunedThresholdClassifierCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

from api.domain.shared.exceptions import ModelRefused
from api.inference.importing.child import child
from api.inference.importing.child.checks import Candidate, open_candidate, prove_output
from api.inference.importing.child.pickles import bounds
from api.inference.importing.child.pickles.scan import scan
from api.inference.importing.request import DraftJob
from tests.support.park.importer_tools import SENSORS, labelled
from tests.support.words import plain

pytestmark = pytest.mark.slow  # loads scikit-learn

TABLE = labelled(300)
ROWS, FAILS = TABLE[SENSORS], TABLE.failure_within_7d
FOREST = RandomForestClassifier(3, max_depth=3, random_state=0).fit(ROWS, FAILS)
LOGISTIC = make_pipeline(StandardScaler(), LogisticRegression())


def dumped(value: object) -> bytes:
    stream = io.BytesIO()
    joblib.dump(value, stream)
    return stream.getvalue()


def opened(data: bytes) -> Candidate:
    return open_candidate(data, "classification", None, None)


def refusal(data: bytes) -> str:
    with pytest.raises(ModelRefused) as caught:
        prove_output(opened(data), ROWS.to_numpy(float))
    return plain(caught.value.detail)


def selected(**how: Any) -> Any:
    columns = make_column_transformer(
        (StandardScaler(), make_column_selector(**how)), remainder="passthrough"
    )
    return make_pipeline(columns, LogisticRegression(max_iter=1000))


# Each with the threshold that its author set in it.
HONEST: dict[str, tuple[Any, float | None]] = {
    "calibrated after its fit": (CalibratedClassifierCV(FrozenEstimator(FOREST)), None),
    "columns by kind": (selected(dtype_include=np.number), None),
    "columns by name": (selected(pattern="^[wt]"), None),
    "columns but texts": (selected(dtype_exclude=object), None),
    "fixed threshold": (FixedThresholdClassifier(LOGISTIC, threshold=0.31), 0.31),
    "usual threshold": (FixedThresholdClassifier(LOGISTIC), 0.5),
}


@pytest.mark.parametrize("kind", HONEST)
def test_honest__comes_in_and_answers_alike(kind: str) -> None:
    template, threshold = HONEST[kind]
    fitted = template.fit(ROWS, FAILS)
    candidate = opened(dumped(fitted))
    output, difference = prove_output(candidate, ROWS.to_numpy(float))
    assert difference == 0
    assert output(ROWS.to_numpy(float)) == pytest.approx(fitted.predict_proba(ROWS)[:, 1], abs=1e-15)
    assert candidate.own_threshold == threshold


@pytest.mark.parametrize("scoring", ["balanced_accuracy", "f1"])
def test_tuned__its_threshold_is_known_and_its_probability_unchanged(scoring: str) -> None:
    fitted = TunedThresholdClassifierCV(LOGISTIC, cv=3, scoring=scoring).fit(ROWS, FAILS)
    candidate = opened(dumped(fitted))
    assert candidate.own_threshold == pytest.approx(fitted.best_threshold_)
    output, _ = prove_output(candidate, ROWS.to_numpy(float))
    assert output(ROWS.to_numpy(float)) == pytest.approx(fitted.predict_proba(ROWS)[:, 1], abs=1e-15)


def test_protocol_2__spells_its_bytes_and_comes_in() -> None:
    data = pickle.dumps(FOREST, protocol=2)
    assert b"_codecs" in data
    assert (opened(data).estimator.predict_proba(ROWS) == FOREST.predict_proba(ROWS)).all()


def called(*arguments: object) -> bytes:
    """A file that holds a call of ``_codecs.encode``, in a forest."""
    model = RandomForestClassifier(1, max_depth=1, random_state=0).fit(ROWS, FAILS)
    model.zz_extra = _Encode(arguments)
    return dumped(model)


class _Encode:
    def __init__(self, arguments: tuple[object, ...]) -> None:
        self.arguments = arguments

    def __reduce__(self) -> Any:
        import _codecs

        return _codecs.encode, self.arguments


def test_encode__is_admitted_by_its_arguments_exactly() -> None:
    scan(called("\x00\xff", "latin1"))
    for arguments in (
        ("abc", "rot13"),
        ("abc", "utf-8"),
        ("abc",),
        ("\u0100", "latin1"),
        ("abc", "latin1", "strict"),
        (b"abc", "hex"),
        ("abc", "latin-1"),
    ):
        with pytest.raises(ModelRefused, match=r"_codecs\.encode"):
            scan(called(*arguments))


def of_library(module: str, name: str = "Model") -> bytes:
    """A pickle that names a class of a library that is not installed here."""
    return b"\x80\x02c" + f"{module}\n{name}\n".encode() + b")\x81."


LATER = dumped(FOREST).replace(sklearn.__version__.encode(), b"9.8.7")
REASONS: dict[str, tuple[bytes, str]] = {
    "CatBoost": (of_library("catboost.core", "CatBoostClassifier"), "CatBoost. Exportez-le en ONNX"),
    "Keras": (of_library("keras.src.models"), "Keras. Exportez-le en ONNX"),
    "LightGBM": (of_library("lightgbm.sklearn", "LGBMClassifier"), "LightGBM. Exportez-le en ONNX"),
    "PyTorch": (of_library("torch._utils"), "PyTorch. Exportez-le en ONNX"),
    "XGBoost": (of_library("xgboost.sklearn", "XGBClassifier"), "XGBoost. Exportez-le en ONNX"),
    "a class of a later version": (
        LATER.replace(b"sklearn.ensemble._forest", b"sklearn.ensemble._fores2"),
        "écrit par scikit-learn 9.8.7",
    ),
    "a pandas table": (of_library("pandas.core.frame", "DataFrame"), "tableau pandas"),
    "a table": (dumped(np.zeros(3)), "un tableau (des mesures ou des réponses), pas un modèle"),
    "another version": (LATER, "écrit par scikit-learn 9.8.7"),
    "code of one's own": (of_library("__main__", "Own"), "du code à vous"),
    "imbalanced-learn": (
        of_library("imblearn.pipeline", "Pipeline"),
        "enregistrez l’estimateur ajusté qu’il",
    ),
    "protocol 0": (pickle.dumps(FOREST, protocol=0), "pickle d’un ancien protocole"),
    "protocol 1": (pickle.dumps(FOREST, protocol=1), "pickle d’un ancien protocole"),
}


@pytest.mark.parametrize("kind", REASONS)
def test_refused__the_reason_is_the_true_one(kind: str) -> None:
    data, said = REASONS[kind]
    assert said in refusal(data)


def test_refused__a_function_that_some_values_have_no_answer_to() -> None:
    logs = make_pipeline(FunctionTransformer(np.log), StandardScaler(), LogisticRegression())
    fitted = logs.fit(ROWS.abs() + 1, FAILS)
    said = refusal(dumped(fitted))
    assert "échoue sur certaines valeurs possibles" in said
    assert "« log »" in said
    assert "vibration_level =" in said
    assert not any(raw in said for raw in ("Input", "NaN", "infinity"))


def test_refused__text_categories_are_named() -> None:
    texts = TABLE.assign(wind_speed=np.where(TABLE.wind_speed > 12, "fort", "faible"))
    columns = make_column_transformer((OneHotEncoder(), ["wind_speed"]), remainder="passthrough")
    fitted = make_pipeline(columns, LogisticRegression(max_iter=3000)).fit(texts[SENSORS], FAILS)
    said = refusal(dumped(fitted))
    assert "catégories en texte (« faible », « fort »)" in said


def test_limits__operations_and_seconds_stand_in_the_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    endless = b"\x80\x04" + b"N0" * 2_000 + b"N."
    monkeypatch.setattr(bounds, "MAX_OPERATIONS", 1_000)
    assert "plus de 1 000 opérations" in refusal(endless)
    monkeypatch.setattr(bounds, "MAX_OPERATIONS", 10**6)
    monkeypatch.setattr(bounds, "MAX_SECONDS", -1.0)
    monkeypatch.setattr(bounds, "_LOOK_AT_CLOCK", 8)
    assert "pas lu en −1 s" in refusal(endless)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (MemoryError(), "plus de mémoire que permis (4 Go)"),
        (KeyError("inner words"), "que rien ne prévoyait (KeyError)"),
    ],
)
def test_child__an_error_that_is_caught_gives_its_own_reason(
    monkeypatch: pytest.MonkeyPatch, error: Exception, said: str
) -> None:
    def fail(_path: object) -> bytes:
        raise error

    monkeypatch.setattr(child, "read_artefact", fail)
    job = DraftJob(file=Path("x"), task=None, labelled=None, features=None, target=None)
    outcome = child.outcome_of(job)
    assert said in plain(outcome["refused"])
    assert "inner words" not in outcome["refused"]
    assert ("trace" in outcome) == isinstance(error, KeyError)
