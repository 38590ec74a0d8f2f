"""From a file to a published version, through the child process, or a refusal without a trace."""

from __future__ import annotations

import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import GradientBoostingRegressor, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from api.domain.exceptions import InvalidInput, ModelRefused
from api.inference.importer import ImportRequest, ImportResult, import_model
from api.inference.store import ModelStore

NOW = datetime(2025, 1, 2, 3, 4, tzinfo=UTC)
SENSORS = ["wind_speed", "vibration_level", "temperature", "power_output", "maintenance_done"]
SPLIT = "date:2024-09-01,gap=7"


def labelled(rows: int = 1500) -> pd.DataFrame:
    """A year of thirty turbines, where vibration announces failures."""
    generator = np.random.default_rng(8)
    vibration = np.round(generator.normal(3, 1, rows), 2)
    days_left = np.round(np.maximum(1, 60 - 9 * vibration + generator.normal(0, 3, rows)), 1)
    return pd.DataFrame(
        {
            "turbine_id": generator.integers(1, 31, rows),
            "date_measure": pd.Timestamp("2024-01-01")
            + pd.to_timedelta(generator.integers(0, 365, rows), unit="D"),
            "wind_speed": np.round(generator.uniform(0, 25, rows), 2),
            "vibration_level": vibration,
            "temperature": np.round(generator.normal(45, 8, rows), 1),
            "power_output": np.round(generator.uniform(0, 1500, rows), 1),
            "maintenance_done": generator.integers(0, 2, rows),
            "failure_within_7d": [int(days <= 20) for days in days_left],
            "time_to_failure_days": days_left,
        }
    )


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the labelled CSV and a model fitted on its first part."""
    folder = tmp_path_factory.mktemp("bench")
    table = labelled()
    table.to_csv(folder / "rows.csv", index=False, date_format="%Y-%m-%d")
    seen = table[table.date_measure < pd.Timestamp("2024-08-25")]
    model = RandomForestClassifier(20, max_depth=5, random_state=0)
    joblib.dump(model.fit(seen[SENSORS], seen.failure_within_7d), folder / "classifier.joblib", compress=3)
    regressor = make_pipeline(StandardScaler(), GradientBoostingRegressor(n_estimators=30, random_state=0))
    joblib.dump(regressor.fit(seen[SENSORS], seen.time_to_failure_days), folder / "regressor.joblib")
    return folder


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    return ModelStore(tmp_path / "reference", tmp_path / "imported")


def bring(store: ModelStore, file: Path, **changes: Any) -> ImportResult:
    fields = {"file": file, "name": "essai", "task": "classification", "imported_by": "une personne"}
    return import_model(ImportRequest(**{**fields, **changes}), store, NOW)


def assert_no_trace(tmp_path: Path) -> None:
    assert [path for path in (tmp_path / "imported").rglob("*") if path.name != "essai"] == []


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
    assert manifest.measured.failures == unseen.failure_within_7d.sum()
    assert len(store.unseen_identities("essai", 1)) == len(unseen)
    assert manifest.gate.passed
    assert "passe le contrôle de qualité" in result.message
    seen = table[table.date_measure < "2024-08-25"]
    ranges = {f.name: f.training_range for f in manifest.features}
    assert ranges["wind_speed"] == (seen.wind_speed.min(), seen.wind_speed.max())
    model = store.load("essai", 1)
    original = joblib.load(bench / "classifier.joblib")
    assert np.array_equal(
        model.raw(table[SENSORS].to_numpy(float)), original.predict_proba(table[SENSORS])[:, 1]
    )
    background = json.loads((Path(store._imported_dir) / "essai" / "1" / "background.json").read_text())
    kept = {tuple(row) for row in seen[SENSORS].to_numpy(float).tolist()}
    assert {tuple(row) for row in background["rows"]} <= kept


def test_import__same_file_again_adds_nothing(bench: Path, store: ModelStore) -> None:
    first = bring(store, bench / "classifier.joblib")
    again = bring(store, bench / "classifier.joblib", labelled=bench / "rows.csv", split=SPLIT)
    assert not again.created
    assert again.manifest == first.manifest
    assert "déjà la version 1" in again.message
    assert bring(store, bench / "classifier.joblib", name="autre").created
    assert len(store.manifests()) == 2


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


def test_import__without_any_row_there_is_no_explanation(bench: Path, store: ModelStore) -> None:
    manifest = bring(store, bench / "classifier.joblib").manifest
    assert manifest.background is None
    assert store.load("essai", 1).explain(np.zeros((1, 5))) is None
    assert "personne" in manifest.data.split


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
    assert manifest.measured.overall.mae.value < 8
    assert manifest.estimator == "StandardScaler → GradientBoostingRegressor"
    assert manifest.gate.passed
    table = pd.read_csv(bench / "rows.csv")
    original = joblib.load(bench / "regressor.joblib")
    given = store.load("essai", 1).raw(table[SENSORS].to_numpy(float))
    assert np.abs(given - original.predict(table[SENSORS])).max() <= 1e-12


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
    assert manifest.measured.roc_auc.value > 0.95
    loaded = store.load("essai", 1)
    rows = table[names].to_numpy()[:3]
    explained = loaded.explain(rows)
    assert explained.contributions.sum(axis=1) == pytest.approx(loaded.raw(rows) - explained.base, abs=1e-9)


class Hostile:
    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.marker),)


@pytest.mark.parametrize("compress", [0, 3])
def test_import__hostile_file_is_not_executed_and_leaves_no_trace(
    store: ModelStore, tmp_path: Path, compress: int
) -> None:
    table = labelled(100)
    model = RandomForestClassifier(2).fit(table[SENSORS], table.failure_within_7d)
    model.zz_extra = Hostile(tmp_path / "executed")
    joblib.dump(model, tmp_path / "m.joblib", compress=compress)
    with pytest.raises(ModelRefused, match="mkdir"):
        bring(store, tmp_path / "m.joblib")
    assert not (tmp_path / "executed").exists()
    assert_no_trace(tmp_path)
    assert store.next_version("essai") == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "vide"),
        (b"not a model at all", "illisible"),
        (b"\x80\x04\x95", "illisible"),
        (b"x\x9c\x01", "tronqué"),
    ],
)
def test_import__broken_files_are_refused_without_trace(
    store: ModelStore, tmp_path: Path, content: bytes, said: str
) -> None:
    (tmp_path / "m.joblib").write_bytes(content)
    with pytest.raises(ModelRefused, match=said):
        bring(store, tmp_path / "m.joblib")
    assert_no_trace(tmp_path)


def test_import__the_parent_does_not_load_what_it_brings(
    bench: Path, store: ModelStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Any load in this process would be seen by the audit hook of the interpreter.
    loaded = []
    watching = True

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        if watching and event == "pickle.find_class":
            loaded.append(arguments)

    sys.addaudithook(watch)
    monkeypatch.setattr(joblib.numpy_pickle.NumpyUnpickler, "load", lambda _self: loaded.append("load"))
    bring(store, bench / "classifier.joblib")
    watching = False
    assert loaded == []


def test_import__a_check_that_takes_too_long_is_stopped(
    bench: Path, store: ModelStore, tmp_path: Path
) -> None:
    request = ImportRequest(
        file=bench / "classifier.joblib", name="essai", task="classification", imported_by="x"
    )
    with pytest.raises(ModelRefused, match="n’a pas fini"):
        import_model(request, store, NOW, wall_seconds=0.05)
    assert_no_trace(tmp_path)


@pytest.mark.skipif(
    sys.platform == "win32", reason="Windows bounds no memory; the wall clock alone holds there"
)
def test_import__a_file_that_asks_for_all_memory_is_refused(store: ModelStore, tmp_path: Path) -> None:
    # A tiny file whose array would take 64 GB: its announced size is not in it.
    stream = joblib.dump(LogisticRegression(), tmp_path / "m.joblib")
    data = Path(stream[0]).read_bytes()
    bomb = b"\x80\x04cnumpy\nndarray\n\x8a\x05\x00\x00\x00\x00\x02\x85\x85R0" + data[2:]
    (tmp_path / "m.joblib").write_bytes(bomb)
    with pytest.raises(ModelRefused, match="MemoryError"):
        bring(store, tmp_path / "m.joblib")
    assert_no_trace(tmp_path)


def test_import__wrong_options_are_told_together_before_any_work(store: ModelStore, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as caught:
        bring(
            store,
            tmp_path / "absent.pkl",
            name="Mon Modèle",
            task="regression",
            positive="1",
            split="date:2024-01-01",
            imported_by=" ",
            features=("wind_speed", "wind_speed", "turbine_id"),
        )
    fields = [error.field for error in caught.value.errors]
    assert sorted(fields) == ["features", "features", "file", "imported_by", "name", "positive", "split"]
    assert not (tmp_path / "imported").exists()


@pytest.mark.parametrize(
    ("option", "content", "field"),
    [
        ("labelled", "turbine_id,date_measure\n1,2024-01-01\n", "labelled"),
        ("reported", "{", "reported"),
        ("reported", '{"metrics": {"mae": 1}}', "reported.source"),
        ("reported", '{"source": "x", "metrics": {"mae": "beaucoup"}}', "reported.metrics.mae"),
        ("manifest", '{"surprise": 1}', "manifest.surprise"),
        ("manifest", '{"features": [{"name": "humidity"}]}', "manifest"),
        ("manifest", "[]", "manifest"),
    ],
)
def test_import__wrong_companion_files_name_the_option(
    bench: Path, store: ModelStore, tmp_path: Path, option: str, content: str, field: str
) -> None:
    path = tmp_path / "companion"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InvalidInput) as caught:
        bring(store, bench / "classifier.joblib", **{option: path})
    assert caught.value.errors[0].field == field
    assert_no_trace(tmp_path)


def test_import__relative_paths_are_those_of_the_caller(
    bench: Path, store: ModelStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(bench)
    result = bring(store, Path("classifier.joblib"), labelled=Path("rows.csv"), split=SPLIT)
    assert result.manifest.measured is not None
