"""From a file to a published version, through the child process."""

from __future__ import annotations

import json
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from api.domain.models.quality import ClassificationQuality, RegressionQuality
from api.inference.serving.store import ModelStore
from tests.support.park.importer_tools import NOW, SENSORS, SPLIT, bring, fill_bench


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fill_bench(tmp_path_factory.mktemp("bench"))


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    return ModelStore(tmp_path / "reference", tmp_path / "imported")


def test_import__measures_on_unseen_rows_and_publishes(bench: Path, store: ModelStore) -> None:
    result = bring(store, bench / "classifier.joblib", labelled=bench / "rows.csv", split=SPLIT)
    manifest = result.manifest
    table = pd.read_csv(bench / "rows.csv")
    unseen = table[table.date_measure >= "2024-09-01"]
    assert result.created
    assert manifest == store.manifest("essai", 1)
    assert (manifest.created_at, manifest.imported_by) == (NOW, "une personne")
    assert manifest.data.unseen_rows == len(unseen) == manifest.measured.rows
    assert manifest.data.training_rows == (table.date_measure < "2024-08-25").sum()
    assert manifest.data.left_out == 1500 - len(unseen) - manifest.data.training_rows
    assert isinstance(manifest.measured, ClassificationQuality)
    assert manifest.measured.failures == unseen.failure_within_7d.sum()
    assert len(store.unseen_identities("essai", 1)) == len(unseen)
    assert manifest.gate.passed
    assert "passe le contrôle de qualité" in result.message
    seen = table[table.date_measure < "2024-08-25"]
    ranges = {f.name: f.training_range for f in manifest.features}
    assert ranges["wind_speed"] == (seen.wind_speed.min(), seen.wind_speed.max())
    model = store.load("essai", 1)
    original = joblib.load(bench / "classifier.joblib")
    expected = original.predict_proba(table[SENSORS])[:, 1]
    assert np.abs(model.raw(table[SENSORS].to_numpy(float)) - expected).max() <= 1e-12
    assert manifest.runtime.engine == "onnx"
    assert manifest.runtime.rows_compared == 101_500
    background = json.loads((Path(store._imported_dir) / "essai" / "1" / "background.json").read_text())
    kept = {tuple(row) for row in seen[SENSORS].to_numpy(float).tolist()}
    assert {tuple(row) for row in background["rows"]} <= kept


@pytest.mark.usefixtures("imports_here")
def test_import__same_file_again_adds_nothing(bench: Path, store: ModelStore) -> None:
    first = bring(store, bench / "classifier.joblib")
    again = bring(store, bench / "classifier.joblib", labelled=bench / "rows.csv", split=SPLIT)
    assert not again.created
    assert again.manifest == first.manifest
    assert "déjà la version 1" in again.message
    assert bring(store, bench / "classifier.joblib", name="autre").created
    assert len(store.manifests()) == 2


@pytest.mark.usefixtures("imports_here")
def test_import__without_split_nothing_is_measured_and_the_gate_is_shut(
    bench: Path, store: ModelStore
) -> None:
    manifest = bring(store, bench / "classifier.joblib", labelled=bench / "rows.csv").manifest
    assert manifest.measured is None
    assert not manifest.gate.passed
    assert manifest.unseen is None
    assert store.unseen_identities("essai", 1) is None
    assert all(feature.training_range is None for feature in manifest.features)
    # The rows still serve as background: an explanation needs no label.
    assert store.load("essai", 1).explain(np.zeros((1, 5))) is not None


@pytest.mark.usefixtures("imports_here")
def test_import__without_any_row_there_is_no_explanation(bench: Path, store: ModelStore) -> None:
    manifest = bring(store, bench / "classifier.joblib").manifest
    assert manifest.background is None
    assert store.load("essai", 1).explain(np.zeros((1, 5))) is None
    assert "personne" in manifest.data.split


@pytest.mark.usefixtures("imports_here")
def test_import__regressor_with_reported_figures_apart(
    bench: Path, store: ModelStore, tmp_path: Path
) -> None:
    reported = tmp_path / "reported.json"
    reported.write_text(json.dumps({"source": "rapport", "metrics": {"mae": 30.5, "r2": -0.04}}))
    manifest = bring(
        store,
        bench / "regressor.joblib",
        task="regression",
        labelled=bench / "rows.csv",
        split=SPLIT,
        reported=reported,
    ).manifest
    assert manifest.reported.metrics == {"mae": 30.5, "r2": -0.04}
    assert isinstance(manifest.measured, RegressionQuality)
    assert manifest.measured.overall.mae.value < 8
    assert manifest.estimator == "StandardScaler → GradientBoostingRegressor"
    assert manifest.gate.passed
    table = pd.read_csv(bench / "rows.csv")
    original = joblib.load(bench / "regressor.joblib")
    given = store.load("essai", 1).raw(table[SENSORS].to_numpy(float))
    assert np.abs(given - original.predict(table[SENSORS])).max() <= 1e-12


@pytest.mark.usefixtures("imports_here")
def test_import__other_features_are_described_by_a_draft(store: ModelStore, tmp_path: Path) -> None:
    names = [f"capteur_{i}" for i in range(12)]
    generator = np.random.default_rng(9)
    table = pd.DataFrame(generator.random((400, 12)), columns=names)
    table["panne"] = np.where(table.capteur_3 + table.capteur_7 > 1.3, "oui", "non")
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(table[names], table.panne)
    joblib.dump(model, tmp_path / "m.joblib")
    table.insert(0, "turbine_id", generator.integers(1, 20, 400))
    table.insert(1, "date_measure", [f"2024-{1 + i // 40:02d}-{1 + i % 28:02d}" for i in range(400)])
    table.to_csv(tmp_path / "rows.csv", index=False)
    draft = {
        "target": "panne",
        "limits": ["Essai seulement."],
        "features": [
            {"name": "capteur_3", "label": "Pression d’huile", "unit": "bar", "physical_range": [0, 10]},
            {"name": "capteur_7", "role": "marker", "note": "Indice."},
        ],
    }
    (tmp_path / "draft.json").write_text(json.dumps(draft), encoding="utf-8")
    manifest = bring(
        store,
        tmp_path / "m.joblib",
        positive="oui",
        labelled=tmp_path / "rows.csv",
        split="date:2024-07-01",
        manifest=tmp_path / "draft.json",
    ).manifest
    described = {feature.name: feature for feature in manifest.features}
    assert (described["capteur_3"].label, described["capteur_3"].unit) == ("Pression d’huile", "bar")
    assert described["capteur_7"].role == "marker"
    assert "non décrite" in described["capteur_0"].note
    assert manifest.limits[0] == "Essai seulement."
    assert isinstance(manifest.measured, ClassificationQuality)
    assert manifest.measured.roc_auc.value > 0.95
    loaded = store.load("essai", 1)
    rows = table[names].to_numpy()[:3]
    explained = loaded.explain(rows)
    assert explained.contributions.sum(axis=1) == pytest.approx(loaded.raw(rows) - explained.base, abs=1e-9)


@pytest.mark.usefixtures("imports_here")
def test_import__relative_paths_are_those_of_the_caller(
    bench: Path, store: ModelStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(bench)
    result = bring(store, Path("classifier.joblib"), labelled=Path("rows.csv"), split=SPLIT)
    assert result.manifest.measured is not None
