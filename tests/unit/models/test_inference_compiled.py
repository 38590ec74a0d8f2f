"""The compiled runtime: the same answers as scikit-learn, on thresholds too, or none at all."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.base import is_classifier
from sklearn.ensemble import (
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from api.domain.shared.exceptions import ModelUnavailable
from api.inference.importing.child.checks import Candidate
from api.inference.importing.child.parity import TOLERANCE, compile_and_prove, rows_to_compare
from api.inference.importing.child.trees import tree_sum
from api.inference.serving.artefact import sha256_of
from api.inference.serving.catalogue import CATALOGUE
from api.inference.serving.manifest import Manifest, Runtime, StoredFile
from api.inference.serving.onnx_output import OnnxOutput
from api.inference.serving.runtimes import BySize
from api.inference.serving.sklearn_output import SklearnOutput
from api.inference.serving.store import ModelStore
from tests.unit.models.test_inference_store import ROWS as STORE_ROWS
from tests.unit.models.test_inference_store import filled

pytestmark = pytest.mark.slow  # loads scikit-learn

NAMES = tuple(CATALOGUE)
GENERATOR = np.random.default_rng(17)
TABLE = pd.DataFrame(
    np.round(np.abs(GENERATOR.normal([12, 3, 45, 700, 0], [4, 1, 10, 200, 1], (500, 5))), 2),
    columns=list(NAMES),
)
TABLE["maintenance_done"] = GENERATOR.integers(0, 2, 500)
DAYS = 80 - 6 * TABLE.vibration_level - 0.5 * TABLE.temperature + GENERATOR.normal(0, 3, 500)
FAILS = (DAYS.quantile(0.2) > DAYS).astype(int)
SPECS = [
    spec.model_copy(update={"training_range": (TABLE[spec.name].min(), TABLE[spec.name].max())})
    for spec in CATALOGUE.values()
]

TREES = [
    RandomForestClassifier(15, random_state=0),
    RandomForestRegressor(15, random_state=0),
    ExtraTreesRegressor(8, random_state=0),
    DecisionTreeClassifier(max_depth=3),
    DecisionTreeRegressor(min_samples_leaf=400),  # a single leaf
    GradientBoostingClassifier(n_estimators=12),
    GradientBoostingClassifier(n_estimators=12, init="zero"),
    GradientBoostingRegressor(n_estimators=12, loss="huber"),
    HistGradientBoostingClassifier(max_iter=12),
    HistGradientBoostingRegressor(max_iter=12),
]


def candidate_of(template: Any, positive: int = 1) -> tuple[Candidate, SklearnOutput]:
    classifier = is_classifier(template)
    fitted = template.fit(TABLE, FAILS if classifier else DAYS)
    candidate = Candidate(
        NAMES, (0, 1) if classifier else None, positive if classifier else None, "1.7.2", fitted
    )
    return candidate, SklearnOutput(fitted, NAMES, candidate.positive_index)


CASES = [(template, 1) for template in TREES] + [(TREES[0], 0), (TREES[5], 0)]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("template", "positive"),
    CASES,
    ids=[f"{type(m).__name__}-{m.get_params().get('init')}-{positive}" for m, positive in CASES],
)
def test_compiled__trees_answer_alike_on_and_beside_every_threshold(template: Any, positive: int) -> None:
    candidate, original = candidate_of(template, positive)
    summed = tree_sum(candidate.estimator, candidate.positive_index)
    assert summed is not None
    proved = compile_and_prove(candidate, original, SPECS, np.zeros((0, 5)))
    compiled = OnnxOutput(proved.data, NAMES, candidate.positive_index)
    assert proved.rows_compared == 100_000
    assert proved.largest_difference <= 1e-9
    rows = TABLE.to_numpy(float)
    for index in range(5):
        values = summed.thresholds(index)
        for moved in (values, np.nextafter(values, np.inf), np.nextafter(values, -np.inf)):
            tried = rows[GENERATOR.integers(0, 500, len(moved))]
            tried[:, index] = moved
            if len(tried):
                assert np.abs(compiled(tried) - original(tried)).max() <= 1e-9


def test_rows_to_compare__many_lie_exactly_on_thresholds_and_all_in_range() -> None:
    candidate, _ = candidate_of(RandomForestClassifier(15, random_state=0))
    summed = tree_sum(candidate.estimator, 1)
    rows = rows_to_compare(SPECS, summed, 5000)
    for index, spec in enumerate(SPECS):
        assert np.isin(rows[:, index], summed.thresholds(index)).mean() > 0.2
        assert (
            spec.physical_range[0] <= rows[:, index].min() <= rows[:, index].max() <= spec.physical_range[1]
        )
    assert (rows == rows_to_compare(SPECS, summed, 5000)).all()


@pytest.mark.slow
def test_compiled__pipeline_goes_through_the_general_converter() -> None:
    candidate, original = candidate_of(make_pipeline(StandardScaler(), LogisticRegression()))
    assert tree_sum(candidate.estimator, 1) is None
    proved = compile_and_prove(candidate, original, SPECS, TABLE.to_numpy(float))
    assert proved.data is not None
    assert proved.largest_difference <= TOLERANCE
    assert proved.rows_compared == 100_500


@pytest.mark.slow
def test_compiled__what_cannot_be_reproduced_stays_with_scikit_learn() -> None:
    scaled = make_pipeline(StandardScaler(), RandomForestClassifier(15, random_state=0))
    proved = compile_and_prove(*candidate_of(scaled), SPECS, TABLE.to_numpy(float))
    assert (proved.data, proved.scikit_learn_from) == (None, None)
    assert proved.largest_difference > TOLERANCE
    assert "s’en écarte" in proved.reason
    by_category = HistGradientBoostingClassifier(max_iter=3, categorical_features=["maintenance_done"])
    proved = compile_and_prove(*candidate_of(by_category), SPECS, TABLE.to_numpy(float))
    assert proved.data is None
    assert "scikit-learn" in proved.reason


def test_by_size__each_batch_goes_to_who_is_faster() -> None:
    asked: list[str] = []

    def engine(name: str) -> Any:
        def answer(rows: np.ndarray) -> np.ndarray:
            asked.append(name)
            return np.zeros(len(rows))

        return answer

    output = BySize(engine("onnx"), engine("joblib"), 1000)
    for size in (1, 999, 1000, 5000):
        output(np.zeros((size, 2)))
    assert asked == ["onnx", "onnx", "joblib", "joblib"]


def compiled_version(store: ModelStore, **runtime: Any) -> Manifest:
    """A published regressor with its compiled form."""
    with store.staging() as work:
        folder = work / "version"
        folder.mkdir()
        base = filled(folder)
        fitted = joblib.load(folder / "model.joblib")
        candidate = Candidate(base.feature_names, None, None, "1.7.2", fitted)
        original = SklearnOutput(fitted, base.feature_names, None)
        proved = compile_and_prove(candidate, original, base.features, STORE_ROWS)
        (folder / "model.onnx").write_bytes(proved.data)
        fields: dict[str, Any] = {
            "engine": "onnx",
            "reason": "essai",
            "largest_difference": proved.largest_difference,
            "rows_compared": proved.rows_compared,
            "compiled": StoredFile(file="model.onnx", sha256=sha256_of(folder / "model.onnx")),
        }
        manifest = base.model_copy(update={"runtime": Runtime(**{**fields, **runtime})})
        return store.add(folder, manifest)


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    return ModelStore(tmp_path / "reference", tmp_path / "imported")


def test_store__compiled_version_answers_explains_and_agrees_between_threads(store: ModelStore) -> None:
    compiled_version(store)
    model = store.load("delai", 1)
    expected = joblib.load(store.folder("delai", 1) / "model.joblib").predict(STORE_ROWS)
    found: list[np.ndarray] = []
    threads = [
        threading.Thread(target=lambda: found.extend(model.raw(STORE_ROWS) for _ in range(50)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 200
    assert max(np.abs(each - expected).max() for each in found) <= 1e-12
    base, contributions = model.explain(STORE_ROWS)
    assert contributions.sum(axis=1) == pytest.approx(expected - base, abs=1e-9)
    # About 10 µs on an idle core; the bound leaves room for a busy one.
    start = time.perf_counter()
    for _ in range(200):
        model.raw(STORE_ROWS[:1])
    assert (time.perf_counter() - start) / 200 < 1e-3


@pytest.mark.slow
def test_store__scikit_learn_is_only_imported_when_a_large_batch_needs_it(
    store: ModelStore, tmp_path: Path
) -> None:
    compiled_version(store, scikit_learn_from=1000)
    code = f"""
import sys, pathlib, numpy as np
from api.inference.serving.store import ModelStore
root = pathlib.Path({str(tmp_path)!r})
model = ModelStore(root / "reference", root / "imported").load("delai", 1)
small = model.raw(np.full((999, 2), 0.5))
assert "sklearn" not in sys.modules and "pandas" not in sys.modules
large = model.raw(np.full((1000, 2), 0.5))
assert "sklearn" in sys.modules
assert abs(small[0] - large[0]) <= 1e-12
"""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[3])}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()


def test_store__altered_files_are_refused_when_opened_and_when_brought_in_later(store: ModelStore) -> None:
    compiled_version(store, scikit_learn_from=1000)
    model = store.load("delai", 1)
    folder = store.folder("delai", 1)
    artefact = (folder / "model.joblib").read_bytes()
    (folder / "model.joblib").write_bytes(artefact[:-1])
    assert len(model.raw(STORE_ROWS)) == 60
    with pytest.raises(ModelUnavailable, match=r"model\.joblib.*modifié"):
        model.raw(np.zeros((1000, 2)))
    (folder / "model.joblib").write_bytes(artefact)
    assert len(model.raw(np.zeros((1000, 2)))) == 1000
    (folder / "model.onnx").write_bytes((folder / "model.onnx").read_bytes()[:-1])
    with pytest.raises(ModelUnavailable, match=r"model\.onnx.*modifié"):
        store.load("delai", 1)


def test_store__without_onnx_runtime_scikit_learn_serves(
    store: ModelStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled_version(store)
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    model = store.load("delai", 1)
    expected = joblib.load(store.folder("delai", 1) / "model.joblib").predict(STORE_ROWS)
    assert (model.raw(STORE_ROWS) == expected).all()
