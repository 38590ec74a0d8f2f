"""Two stored versions on the labelled rows that neither has seen, against scikit-learn on the same CSV."""

from __future__ import annotations

from collections.abc import Iterator

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import (
    average_precision_score,
    brier_score_loss,
    mean_absolute_error,
    precision_score,
    recall_score,
    roc_auc_score,
    root_mean_squared_error,
)

from api.core import Core
from api.domain.shared.exceptions import Conflict, InvalidInput, NotFound
from api.schemas.candidates import ModelComparison
from tests.support.client import new_core
from tests.support.park.shadow_tools import (
    CLASSIFIER,
    REGRESSOR,
    SENSORS,
    Second,
    ingest_sample,
    second_version,
    serve_references,
)

UNSEEN_FROM = "2024-10-01"


@pytest.fixture(scope="module")
def core(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Core]:
    """The references in force on rows of which only the later part is unseen."""
    made = new_core(tmp_path_factory.mktemp("comparison"))
    serve_references(made)
    yield made
    made.close()


@pytest.fixture(scope="module")
def rows(core: Core) -> pd.DataFrame:
    """What the park holds."""
    return ingest_sample(core, "2024-09-10")


@pytest.fixture(scope="module")
def seconds(core: Core) -> dict[str, Second]:
    return {task: second_version(core, task) for task in ("classification", "regression")}


def unseen(rows: pd.DataFrame, target: str) -> pd.DataFrame:
    complete = rows[rows[SENSORS].notna().all(axis=1) & rows[target].notna()]
    return complete[complete.date_measure >= UNSEEN_FROM]


def reference(core: Core, name: str, table: pd.DataFrame) -> np.ndarray:
    """scikit-learn's own answer of a reference model."""
    model = joblib.load(core.store.folder(name, 1) / "model.joblib")
    features = table[SENSORS]
    classifies = hasattr(model, "predict_proba")
    return np.asarray(model.predict_proba(features)[:, 1] if classifies else model.predict(features))


def figures(found: ModelComparison) -> dict[str, tuple[float | None, float | None, float | None]]:
    return {f.key: (f.left.value, f.right.value, f.difference.value) for f in found.figures}


def test_classifiers__figures_are_scikit_learn_s_on_the_same_rows(
    core: Core, rows: pd.DataFrame, seconds: dict[str, Second]
) -> None:
    found = core.model_comparison.compare("classification", f"{CLASSIFIER}:1", f"{CLASSIFIER}:2")

    table = unseen(rows, "failure_within_7d")
    truth = table.failure_within_7d.to_numpy(int)
    sides = (reference(core, CLASSIFIER, table), seconds["classification"].outputs(table))
    labelled = rows[rows.failure_within_7d.notna()]
    assert (found.rows, found.failures) == (len(table), truth.sum())
    assert found.left_out == len(labelled) - len(table) > 0
    assert found.turbines == table.turbine_id.nunique()
    expected = {
        "roc_auc": [roc_auc_score(truth, s) for s in sides],
        "average_precision": [average_precision_score(truth, s) for s in sides],
        "brier": [brier_score_loss(truth, s) for s in sides],
        "precision": [precision_score(truth, s >= 0.06) for s in sides],
        "recall": [recall_score(truth, s >= 0.06) for s in sides],
        "cost_eur": [(3_000 * (s >= 0.06) + 50_000 * ((truth == 1) & (s < 0.06))).mean() for s in sides],
    }
    assert set(figures(found)) == set(expected)
    for key, (left, right) in expected.items():
        assert figures(found)[key] == pytest.approx((left, right, right - left), abs=2e-6, rel=1e-6), key


def test_difference__interval_is_that_of_a_paired_bootstrap_by_turbine(
    core: Core, rows: pd.DataFrame, seconds: dict[str, Second]
) -> None:
    found = core.model_comparison.compare("classification", f"{CLASSIFIER}:1", f"{CLASSIFIER}:2")

    table = unseen(rows, "failure_within_7d").reset_index(drop=True)
    truth = table.failure_within_7d.to_numpy(int)
    left, right = reference(core, CLASSIFIER, table), seconds["classification"].outputs(table)
    groups = list(table.groupby("turbine_id").indices.values())
    generator = np.random.default_rng(7)
    drawn = []
    for _ in range(400):
        kept = np.concatenate([groups[i] for i in generator.integers(0, len(groups), len(groups))])
        drawn.append(brier_score_loss(truth[kept], right[kept]) - brier_score_loss(truth[kept], left[kept]))
    low, high = np.percentile(drawn, [2.5, 97.5])
    brier = next(f for f in found.figures if f.key == "brier")
    width = high - low
    assert brier.difference.low == pytest.approx(low, abs=0.25 * width)
    assert brier.difference.high == pytest.approx(high, abs=0.25 * width)
    assert brier.difference.method == "bootstrap_turbine"


def test_regressors__figures_and_the_other_way_round(
    core: Core, rows: pd.DataFrame, seconds: dict[str, Second]
) -> None:
    one, two = f"{REGRESSOR}:1", f"{REGRESSOR}:v2"
    found = core.model_comparison.compare("regression", one, two)
    turned = core.model_comparison.compare("regression", two, one)

    table = unseen(rows, "time_to_failure_days")
    truth = table.time_to_failure_days.to_numpy()
    sides = (reference(core, REGRESSOR, table), seconds["regression"].outputs(table))
    near = truth <= 14
    expected = {
        "mae": [mean_absolute_error(truth, s) for s in sides],
        "rmse": [root_mean_squared_error(truth, s) for s in sides],
        "bias": [(s - truth).mean() for s in sides],
        "mae_short": [mean_absolute_error(truth[near], s[near]) for s in sides],
    }
    assert found.failures is None
    assert set(figures(found)) == set(expected)
    for key, (left, right) in expected.items():
        assert figures(found)[key] == pytest.approx((left, right, right - left), abs=1e-5), key
    swap = {"left": "right", "right": "left", None: None}
    for here, there in zip(found.figures, turned.figures, strict=True):
        assert here.difference.value == pytest.approx(-(there.difference.value or 0))
        assert here.better == swap[there.better]


@pytest.mark.parametrize(
    ("left", "right", "error", "said"),
    [
        (f"{CLASSIFIER}:1", f"{CLASSIFIER}:1", InvalidInput, "deux versions différentes"),
        (f"{CLASSIFIER}:1", f"{REGRESSOR}:1", InvalidInput, "autre tâche"),
        (f"{CLASSIFIER}:1", f"{CLASSIFIER}:99", NotFound, "99"),
        (CLASSIFIER, f"{CLASSIFIER}:2", InvalidInput, "NOM:VERSION"),
        (f"{CLASSIFIER}:1", "../../etc:1", InvalidInput, "NOM:VERSION"),
    ],
)
def test_comparison__refused(
    core: Core, seconds: dict[str, Second], left: str, right: str, error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        core.model_comparison.compare("classification", left, right)


def test_comparison__of_a_version_whose_training_rows_nobody_knows_is_refused(
    core: Core, rows: pd.DataFrame
) -> None:
    other = second_version(core, "classification", unknown=True)
    with pytest.raises(Conflict, match="Personne ne sait"):
        core.model_comparison.compare("classification", f"{CLASSIFIER}:1", f"{other.name}:{other.version}")


def test_comparison__without_a_labelled_row_says_what_to_do(tmp_path: pytest.TempPathFactory) -> None:
    empty = new_core(tmp_path)  # type: ignore[arg-type]
    second_version(empty, "classification")
    with pytest.raises(Conflict, match="Faites entrer des mesures étiquetées"):
        empty.model_comparison.compare("classification", f"{CLASSIFIER}:1", f"{CLASSIFIER}:2")
    empty.close()
