"""Every kind of model that people bring, from its file to its answers; and what comes from elsewhere."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import make_column_transformer
from sklearn.ensemble import (
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from api.domain.models.quality import ClassificationQuality
from api.domain.shared.exceptions import InvalidInput, ModelRefused
from api.inference.importing.child.checks import open_candidate
from api.inference.importing.child.golden import prove_golden, read_golden
from api.inference.importing.draft import draft_manifest, draft_text
from api.inference.serving.artefact import read_artefact
from api.inference.serving.store import ModelStore
from tests.support.park.importer_tools import SENSORS, SPLIT, assert_no_trace, bring, labelled

pytestmark = pytest.mark.usefixtures("imports_here")

TABLE = labelled()
SEEN = TABLE[TABLE.date_measure < pd.Timestamp("2024-08-25")]


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("rows") / "rows.csv"
    TABLE.to_csv(path, index=False, date_format="%Y-%m-%d")
    return path


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    return ModelStore(tmp_path / "reference", tmp_path / "imported")


KINDS: dict[str, tuple[Any, int]] = {
    "scaler and encoder": (
        make_pipeline(
            make_column_transformer(
                (make_pipeline(SimpleImputer(), StandardScaler()), SENSORS[:4]),
                (OneHotEncoder(), SENSORS[4:]),
            ),
            LogisticRegression(),
        ),
        0,
    ),
    "gradient boosting": (GradientBoostingClassifier(n_estimators=20), 3),
    "histogram boosting": (HistGradientBoostingClassifier(max_iter=8), 9),
    "calibrated": (CalibratedClassifierCV(RandomForestClassifier(5, random_state=0), cv=3), 0),
}


@pytest.mark.parametrize("kind", KINDS)
def test_kind__is_imported_measured_and_answers_as_scikit_learn(
    store: ModelStore, rows: Path, tmp_path: Path, kind: str
) -> None:
    template, compression = KINDS[kind]
    fitted = template.fit(SEEN[SENSORS], SEEN.failure_within_7d)
    joblib.dump(fitted, tmp_path / "m.joblib", compress=compression)
    manifest = bring(store, tmp_path / "m.joblib", labelled=rows, split=SPLIT).manifest
    assert manifest.gate.passed
    found = store.load("essai", 1).raw(TABLE[SENSORS].to_numpy(float))
    assert np.abs(found - fitted.predict_proba(TABLE[SENSORS])[:, 1]).max() <= 1e-6
    served = (manifest.runtime.engine, manifest.runtime.compiled is not None)
    assert served in {("onnx", True), ("joblib", False)}
    if "boosting" in kind:
        assert served == ("onnx", True)
    assert isinstance(manifest.measured, ClassificationQuality)
    bins = manifest.measured.reliability
    assert sum(found.rows for found in bins) == manifest.measured.rows
    assert sum(found.failures for found in bins) == manifest.measured.failures


@pytest.fixture
def foreign(tmp_path: Path) -> Path:
    """A file that says it was written by scikit-learn 1.6.1, as a re-export there would."""
    fitted = RandomForestClassifier(8, max_depth=4, random_state=0).fit(SEEN[SENSORS], SEEN.failure_within_7d)
    joblib.dump(fitted, tmp_path / "own.joblib")
    data = (tmp_path / "own.joblib").read_bytes().replace(sklearn.__version__.encode(), b"1.6.1")
    (tmp_path / "foreign.joblib").write_bytes(data)
    sample = SEEN[SENSORS].head(40)
    golden = {
        "features": SENSORS[::-1],
        "rows": sample[SENSORS[::-1]].to_numpy(float).tolist(),
        "outputs": fitted.predict_proba(sample)[:, 1].tolist(),
    }
    (tmp_path / "golden.json").write_text(json.dumps(golden), encoding="utf-8")
    return tmp_path / "foreign.joblib"


def test_other_version__is_refused_with_both_versions_named(
    store: ModelStore, foreign: Path, tmp_path: Path
) -> None:
    with pytest.raises(ModelRefused, match=rf"1\.6\.1.*{sklearn.__version__}.*--golden"):
        bring(store, foreign)
    assert_no_trace(tmp_path)


def test_other_version__is_accepted_where_recorded_outputs_come_out_again(
    store: ModelStore, foreign: Path, tmp_path: Path
) -> None:
    manifest = bring(store, foreign, golden=tmp_path / "golden.json").manifest
    assert (manifest.golden.written_by, manifest.golden.rows) == ("1.6.1", 40)
    assert manifest.golden.largest_difference <= 1e-6
    original = joblib.load(tmp_path / "own.joblib").predict_proba(TABLE[SENSORS])[:, 1]
    found = store.load("essai", 1).raw(TABLE[SENSORS].to_numpy(float))
    assert np.abs(found - original).max() <= 1e-6


def test_other_version__is_refused_where_one_output_differs(
    store: ModelStore, foreign: Path, tmp_path: Path
) -> None:
    golden = json.loads((tmp_path / "golden.json").read_text())
    golden["outputs"][7] += 1e-4
    (tmp_path / "golden.json").write_text(json.dumps(golden))
    with pytest.raises(ModelRefused, match=rf"1\.6\.1.*{sklearn.__version__}.*ne redonne pas"):
        bring(store, foreign, golden=tmp_path / "golden.json")
    assert_no_trace(tmp_path)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"outputs": [0.1] * 40}, "égales"),
        ({"outputs": [0.1]}, "une sortie par ligne"),
        ({"features": ["a", "b", "c", "d", "e"]}, "variables attendues"),
        ({"rows": []}, "valeur refusée"),
    ],
    ids=["constant", "short", "other features", "empty"],
)
def test_other_version__recorded_outputs_that_prove_nothing_are_refused(
    foreign: Path, tmp_path: Path, change: dict[str, Any], said: str
) -> None:
    golden = {**json.loads((tmp_path / "golden.json").read_text()), **change}
    (tmp_path / "golden.json").write_text(json.dumps(golden))
    data = read_artefact(foreign)
    candidate = open_candidate(data, "classification", None, None, other_versions=True)
    with pytest.raises(InvalidInput) as caught:
        prove_golden(read_golden(tmp_path / "golden.json"), candidate, lambda rows: np.zeros(len(rows)))
    assert caught.value.errors[0].field.startswith("golden")
    assert said in caught.value.errors[0].message


def test_draft__of_a_model_with_fourteen_other_features_is_imported_as_it_is_and_completed(
    store: ModelStore, tmp_path: Path
) -> None:
    names = ["vibration_level", *[f"capteur_{i}" for i in range(13)]]
    generator = np.random.default_rng(9)
    table = pd.DataFrame(np.round(generator.uniform(0, 5, (600, 14)), 2), columns=names)
    table["capteur_1"] = generator.integers(0, 2, 600)
    table["capteur_2"] = generator.integers(3, 9, 600)
    table["failure_within_7d"] = (table.capteur_3 + table.capteur_7 > 7).astype(int)
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(table[names], table.failure_within_7d)
    joblib.dump(model, tmp_path / "m.joblib")
    table.insert(0, "turbine_id", generator.integers(1, 20, 600))
    table.insert(1, "date_measure", [f"2024-{1 + i // 60:02d}-{1 + i % 28:02d}" for i in range(600)])
    table.to_csv(tmp_path / "rows.csv", index=False)

    drafted = draft_manifest(tmp_path / "m.joblib", labelled=tmp_path / "rows.csv")
    by_name = {feature["name"]: feature for feature in drafted["features"]}
    assert [feature["name"] for feature in drafted["features"]] == names
    assert by_name["vibration_level"]["label"] == "Niveau de vibration"
    assert (by_name["capteur_0"]["label"], by_name["capteur_0"]["dtype"]) == ("", "float")
    assert by_name["capteur_0"]["training_range"] == [table.capteur_0.min(), table.capteur_0.max()]
    assert (by_name["capteur_1"]["dtype"], by_name["capteur_2"]["dtype"]) == ("binary", "int")
    assert drafted["target"] == "failure_within_7d"

    by_name["capteur_3"].update(label="Pression d’huile", unit="bar", physical_range=[0, 10])
    (tmp_path / "draft.json").write_text(draft_text(drafted), encoding="utf-8")
    manifest = bring(
        store,
        tmp_path / "m.joblib",
        labelled=tmp_path / "rows.csv",
        split="date:2024-08-01",
        manifest=tmp_path / "draft.json",
    ).manifest
    described = {feature.name: feature for feature in manifest.features}
    assert (described["capteur_3"].label, described["capteur_3"].note) == ("Pression d’huile", "")
    assert described["capteur_0"].label == "capteur_0"
    assert "non décrite" in described["capteur_0"].note
    seen = table[table.date_measure < "2024-08-01"]
    assert described["capteur_0"].training_range == (seen.capteur_0.min(), seen.capteur_0.max())
    loaded = store.load("essai", 1)
    features = table[names].to_numpy(float)[:20]
    explained = loaded.explain(features)
    assert explained.contributions.sum(axis=1) == pytest.approx(loaded.raw(features) - explained.base)
    assert set(np.argsort(-np.abs(explained.contributions).mean(axis=0))[:2]) == {4, 8}


def test_draft__of_a_file_that_is_no_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / "m.joblib").write_bytes(b"not a model")
    with pytest.raises(ModelRefused, match="illisible"):
        draft_manifest(tmp_path / "m.joblib")
    with pytest.raises(InvalidInput):
        draft_manifest(tmp_path / "absent.joblib")
