"""EnergiTech's own files: every figure that is known of them, recounted through the importer."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import permutations
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest
from sklearn.model_selection import train_test_split

from api.domain.measurements.measurements import row_identity
from api.domain.models.quality import ClassificationQuality, RegressionQuality
from api.inference.serving.manifest import Manifest
from api.inference.serving.store import ModelStore
from tests.support.words import plain

pytestmark = pytest.mark.client

REPORTS = Path(__file__).resolve().parents[3] / "docs" / "rapport-energitech"
SPLIT = "stratified:test_size=0.3,random_state=42,by=failure_within_7d"
SENSORS = ["wind_speed", "vibration_level", "temperature", "power_output", "maintenance_done"]


@pytest.fixture(scope="module")
def table(client_files: Path) -> pd.DataFrame:
    return pd.read_csv(client_files / "energiTech_maintenance_sample.csv")


@pytest.fixture(scope="module")
def store(client_home: Path) -> ModelStore:
    return ModelStore(client_home / "no-reference", client_home / "model_store")


@pytest.fixture(scope="module")
def classifier(store: ModelStore) -> Manifest:
    return store.manifest("classification", 1)


@pytest.fixture(scope="module")
def regressor(store: ModelStore) -> Manifest:
    return store.manifest("regression", 1)


def unseen_of(table: pd.DataFrame) -> pd.DataFrame:
    unseen: pd.DataFrame
    _, unseen = train_test_split(table, test_size=0.3, random_state=42, stratify=table.failure_within_7d)
    return unseen


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_client__raw_outputs_equal_scikit_learn_on_every_row(
    store: ModelStore, table: pd.DataFrame, client_files: Path, task: str
) -> None:
    original = joblib.load(client_files / f"model_{task}.pkl")
    if task == "classification":
        expected = original.predict_proba(table[SENSORS])[:, 1]
    else:
        expected = original.predict(table[SENSORS])
    found = store.load(task, 1).raw(table[SENSORS].to_numpy(float))
    assert len(found) == 3000
    assert np.abs(found - expected).max() <= 1e-12


def test_client__threshold_table_of_model_a(classifier: Manifest) -> None:
    measured = classifier.measured
    assert isinstance(measured, ClassificationQuality)
    assert (measured.rows, measured.failures, measured.failure_events) == (900, 12, 12)
    table = {
        row.threshold: (
            row.true_negatives,
            row.false_positives,
            row.false_negatives,
            row.true_positives,
            f"{row.precision.value:.3f}",
            f"{row.recall.value:.3f}",
        )
        for row in measured.thresholds
    }
    assert table[0.50] == (886, 2, 7, 5, "0.714", "0.417")
    assert table[0.20] == (878, 10, 4, 8, "0.444", "0.667")
    assert table[0.10] == (872, 16, 3, 9, "0.360", "0.750")
    assert table[0.05] == (861, 27, 2, 10, "0.270", "0.833")
    assert table[0.02] == (829, 59, 1, 11, "0.157", "0.917")
    assert f"{measured.thresholds[0].f1.value:.3f}" == "0.526"


def test_client__ranking_of_model_a_with_intervals(classifier: Manifest) -> None:
    measured = classifier.measured
    assert isinstance(measured, ClassificationQuality)
    figures = (measured.roc_auc, measured.average_precision, measured.brier)
    assert [f"{figure.value:.4f}" for figure in figures] == ["0.9802", "0.5474", "0.0086"]
    half = measured.thresholds[0]
    assert (half.precision.method, half.recall.method) == ("wilson", "wilson")
    for estimate, trials in ((half.precision, 7), (half.recall, 12)):
        expected = binomtest(5, trials).proportion_ci(method="wilson")
        assert (estimate.low, estimate.high) == pytest.approx((expected.low, expected.high), abs=1e-9)
    for figure in figures:
        assert figure.method == "bootstrap_turbine"
        assert figure.low < figure.value < figure.high


def test_client__figures_of_model_b(regressor: Manifest) -> None:
    measured = regressor.measured
    assert isinstance(measured, RegressionQuality)
    near = measured.short_horizon
    found = (measured.overall.mae, measured.rmse, near.mae, near.bias)
    assert [f"{figure.value:.1f}" for figure in found] == ["3.4", "4.3", "4.6", "3.7"]
    assert f"{measured.r2.value:.2f}" == "0.85"
    assert (measured.rows, near.rows) == (900, 38)


def test_client__interval_warns_where_the_last_fortnight_is_not_covered(
    store: ModelStore, regressor: Manifest
) -> None:
    near = regressor.interval.by_true_horizon[0]
    assert (near.high, near.rows, near.reached) == (14.0, 38, False)
    assert near.coverage.value < 0.7
    assert near.coverage.low < 0.6
    model = store.load("regression", 1)
    assert model.interval_reliable(np.array([5.0, 10.0, 25.0, 40.0])).tolist() == [False, False, True, True]
    assert any("14\u00a0jours" in limit and "contenu la vérité" in limit for limit in regressor.limits)


def test_client__served_by_the_compiled_runtime_and_not_calibrated(
    classifier: Manifest, regressor: Manifest
) -> None:
    for manifest in (classifier, regressor):
        assert manifest.runtime.engine == "onnx"
        assert manifest.runtime.rows_compared == 103_000
        assert manifest.runtime.largest_difference <= 1e-6
    assert classifier.calibration.status == "non_calibree"
    assert "12 pannes" in plain(classifier.calibration.reason)
    assert isinstance(classifier.measured, ClassificationQuality)
    assert sum(found.failures for found in classifier.measured.reliability) == 12


def test_client__both_models_pass_the_gate(classifier: Manifest, regressor: Manifest) -> None:
    assert classifier.gate.passed
    assert (regressor.gate.passed, regressor.gate.may_raise) == (True, True)


def test_client__reported_figures_stay_apart(classifier: Manifest, regressor: Manifest) -> None:
    assert classifier.reported.metrics == {"accuracy": 0.63, "precision": 0.65, "recall": 0.83, "f1": 0.73}
    confusion = classifier.reported.confusion
    assert (
        confusion.true_negatives,
        confusion.false_positives,
        confusion.false_negatives,
        confusion.true_positives,
    ) == (129, 237, 92, 442)
    assert regressor.reported.metrics == {"mae": 30.5, "rmse": 46.7, "r2": -0.04}


def test_client__accuracy_on_all_rows_appears_nowhere(
    classifier: Manifest, table: pd.DataFrame, client_files: Path
) -> None:
    text = classifier.to_json()
    assert "0.997" not in text
    assert "0,997" not in text
    original = joblib.load(client_files / "model_classification.pkl")
    accuracy = (original.predict(table[SENSORS]) == table.failure_within_7d).mean()
    assert f"{accuracy:.3f}" == "0.997"  # what must not be shown is indeed that figure


def test_client__unseen_rows_are_known_by_identity(store: ModelStore, table: pd.DataFrame) -> None:
    seen: dict[tuple[object, ...], int] = {}
    identities = {}
    for index, row in table.iterrows():
        values = {name: float(row[name]) for name in SENSORS}
        key = (row.turbine_id, row.date_measure, *values.values())
        day = pd.Timestamp(row.date_measure).date()
        identities[index] = row_identity(str(row.turbine_id), day, None, values, seen.get(key, 0))
        seen[key] = seen.get(key, 0) + 1
    expected = {identities[index] for index in unseen_of(table).index}
    assert store.unseen_identities("classification", 1) == expected
    assert len(expected) == 900


def test_client__training_ranges_come_from_the_2100_rows(classifier: Manifest, table: pd.DataFrame) -> None:
    seen = table.drop(unseen_of(table).index)
    assert (classifier.data.training_rows, classifier.data.unseen_rows) == (2100, 900)
    for feature in classifier.features:
        assert feature.training_range == (seen[feature.name].min(), seen[feature.name].max())
    # The coldest nacelle is among the unseen rows.
    assert table.temperature.min() < classifier.features[2].training_range[0]


def test_client__drivers_sum_and_agree_with_every_ordering(store: ModelStore, table: pd.DataFrame) -> None:
    model = store.load("classification", 1)
    rows = table[SENSORS].to_numpy(float)[:1000]
    base, contributions = model.explain(rows)
    raw = model.raw(rows)
    assert np.abs(contributions.sum(axis=1) - (raw - base)).max() <= 1e-9
    path = store._imported_dir / "classification" / "1" / "background.json"
    background = np.array(json.loads(path.read_text("utf-8"))["rows"], dtype=float)
    for index in np.argsort(-raw)[:2]:
        assert contributions[index] == pytest.approx(
            by_orderings(model.raw, background, rows[index]), abs=1e-9
        )


def by_orderings(
    predict: Callable[[np.ndarray], np.ndarray], background: np.ndarray, row: np.ndarray
) -> np.ndarray:
    """Mean gain over the 120 orders in which the five features may be revealed."""
    known: dict[frozenset[int], float] = {}

    def value(revealed: frozenset[int]) -> float:
        if revealed not in known:
            mixed = background.copy()
            mixed[:, list(revealed)] = row[list(revealed)]
            known[revealed] = predict(mixed).mean()
        return known[revealed]

    total = np.zeros(5)
    for order in permutations(range(5)):
        for place, feature in enumerate(order):
            before = frozenset(order[:place])
            total[feature] += value(before | {feature}) - value(before)
    return total / 120
