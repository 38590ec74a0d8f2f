"""A stored version measured again: on rows that it has not seen, and on no others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import brier_score_loss, roc_auc_score

from api.domain.models.quality import ClassificationQuality, RegressionQuality
from api.domain.shared.exceptions import InvalidInput, NotFound
from api.inference.importing.child.measuring.remeasuring import measure_again
from api.inference.importing.evaluate import evaluate
from api.inference.importing.request import EvaluationJob
from api.inference.serving.store import ModelStore
from tests.support.importing_here import importing_here
from tests.support.park.importer_tools import SENSORS, SPLIT, bring, fill_bench, labelled


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fill_bench(tmp_path_factory.mktemp("bench"))


@pytest.fixture(scope="module")
def store(bench: Path) -> ModelStore:
    store = ModelStore(bench / "reference", bench / "imported")
    with importing_here():
        bring(store, bench / "classifier.joblib", labelled=bench / "rows.csv", split=SPLIT)
        bring(
            store, bench / "regressor.joblib", name="delai", task="regression",
            labelled=bench / "rows.csv", split=SPLIT,
        )  # fmt: skip
        bring(store, bench / "classifier.joblib", name="inconnu")
    return store


def contents(store: ModelStore) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in store.folder("essai", 1).iterdir()}


def again(store: ModelStore, name: str, rows: Path, split: str | None = None) -> dict[str, Any]:
    """The same as ``evaluate``, without the child process."""
    return measure_again(EvaluationJob(folder=store.folder(name, 1), labelled=rows, split=split))


@pytest.mark.usefixtures("imports_here")
def test_evaluate__own_rows_give_the_manifest_again_and_change_nothing(
    store: ModelStore, bench: Path
) -> None:
    before = contents(store)
    for name in ("essai", "delai"):
        manifest = store.manifest(name, 1)
        found = evaluate(store, name, 1, bench / "rows.csv")
        assert found.quality == manifest.measured
        assert found.gate == manifest.gate
        assert found.left_out == manifest.data.rows - manifest.data.unseen_rows
    said = again(store, "delai", bench / "rows.csv", SPLIT)
    assert isinstance(manifest.measured, RegressionQuality)
    assert said["quality"]["rmse"]["value"] == manifest.measured.rmse.value
    assert contents(store) == before


def test_evaluate__rows_seen_in_training_are_refused_or_left_out(store: ModelStore, bench: Path) -> None:
    for split in ("all", "date:2024-07-01"):
        with pytest.raises(InvalidInput, match="période d’entraînement") as caught:
            again(store, "essai", bench / "rows.csv", split)
        assert caught.value.errors[0].field == "split"
    table = pd.read_csv(bench / "rows.csv")
    table[table.date_measure < "2024-08-25"].to_csv(bench / "seen.csv", index=False)
    with pytest.raises(InvalidInput, match="a vu toutes ces lignes"):
        evaluate(store, "essai", 1, bench / "seen.csv")


def test_evaluate__later_rows_are_unseen_whatever_the_manifest_lists(store: ModelStore, bench: Path) -> None:
    later = labelled(900)
    later["date_measure"] = later.date_measure + pd.DateOffset(years=1)
    later.to_csv(bench / "later.csv", index=False, date_format="%Y-%m-%d")
    found = again(store, "essai", bench / "later.csv")
    scores = joblib.load(bench / "classifier.joblib").predict_proba(later[SENSORS])[:, 1]
    quality = found["quality"]
    assert (quality["rows"], found["left_out"]) == (900, 0)
    assert quality["roc_auc"]["value"] == pytest.approx(roc_auc_score(later.failure_within_7d, scores))
    assert quality["brier"]["value"] == pytest.approx(brier_score_loss(later.failure_within_7d, scores))


def test_evaluate__where_nobody_knows_somebody_must_say(store: ModelStore, bench: Path) -> None:
    with pytest.raises(InvalidInput, match="ne dit pas quelles lignes"):
        again(store, "inconnu", bench / "rows.csv")
    assert again(store, "inconnu", bench / "rows.csv", "all")["quality"]["rows"] == 1500
    assert again(store, "inconnu", bench / "rows.csv", SPLIT)["quality"]["rows"] < 1500
    with pytest.raises(NotFound):
        evaluate(store, "absent", 1, bench / "rows.csv")


@pytest.mark.usefixtures("imports_here")
def test_import__many_failures_of_an_overconfident_model_are_calibrated(tmp_path: Path) -> None:
    # Trees grown to the end on half the turbines say 0 or 1 too readily.
    store = ModelStore(tmp_path / "reference", tmp_path / "imported")
    table = labelled(4000)
    noise = np.random.default_rng(3).random(4000)
    table["failure_within_7d"] = (noise < 1 / (1 + np.exp(2.5 - table.vibration_level))).astype(int)
    seen = table[table.date_measure < pd.Timestamp("2024-08-25")]
    model = RandomForestClassifier(10, max_features=1, random_state=0)
    joblib.dump(model.fit(seen[SENSORS], seen.failure_within_7d), tmp_path / "m.joblib")
    table.to_csv(tmp_path / "rows.csv", index=False, date_format="%Y-%m-%d")
    manifest = bring(store, tmp_path / "m.joblib", labelled=tmp_path / "rows.csv", split=SPLIT).manifest
    assert manifest.calibration.status in {"platt", "isotonique"}
    trial = min(manifest.calibration.trials, key=lambda each: each.brier)
    assert trial.change.high < 0
    # What is published is the quality of what is shown.
    assert isinstance(manifest.measured, ClassificationQuality)
    assert manifest.measured.brier.value == pytest.approx(trial.brier)
    loaded = store.load("essai", 1)
    raw = loaded.raw(table[SENSORS].to_numpy(float)[:50])
    shown = loaded.calibrated(raw)
    assert (shown != raw).any()
    assert (np.diff(shown[np.argsort(raw)]) >= 0).all()
    base, contributions = loaded.explain(table[SENSORS].to_numpy(float)[:50])
    assert contributions.sum(axis=1) == pytest.approx(shown - base, abs=1e-9)


def test_import__intervals_are_served_as_published(store: ModelStore, bench: Path) -> None:
    loaded, table = store.load("delai", 1), pd.read_csv(bench / "rows.csv")
    unseen = table[table.date_measure >= "2024-09-01"]
    days = loaded.raw(unseen[SENSORS].to_numpy(float))
    low, high = loaded.interval(days)
    inside = (unseen.time_to_failure_days >= low) & (unseen.time_to_failure_days <= high)
    assert (low >= 0).all()
    # Bounds come from these very rows: at least what is aimed at.
    assert inside.mean() >= loaded.manifest.interval.target
    assert loaded.interval_reliable(days).shape == days.shape
    assert store.load("essai", 1).interval(np.zeros(2)) is None
