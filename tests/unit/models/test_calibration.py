"""Calibration: adopted only where it surely helps on other turbines."""

from __future__ import annotations

from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import train_test_split

from api.domain.models.calibration import (
    MIN_EVENTS,
    CalibrationTable,
    cross_fitted,
    fit,
    folds_of,
    judge_calibration,
    try_methods,
)

pytestmark = pytest.mark.slow  # loads scikit-learn

SENSORS = ["wind_speed", "vibration_level", "temperature", "power_output", "maintenance_done"]


def park(rows: int = 6000, seed: int = 1) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """True probabilities, what happened, and turbines."""
    generator = np.random.default_rng(seed)
    true = generator.beta(0.6, 6, rows)
    return true, (generator.random(rows) < true).astype(float), generator.integers(1, 41, rows)


@pytest.mark.slow
def test_calibration__an_overconfident_probability_is_put_right() -> None:
    true, truth, turbines = park()
    raw = np.clip(3 * true, 0, 1)
    judged = judge_calibration(raw, truth, turbines, events=int(truth.sum()))
    assert judged.status in {"platt", "isotonique"}
    shown = judged.table.apply(raw)
    assert np.mean((shown - truth) ** 2) < np.mean((raw - truth) ** 2)
    high = raw > 0.5
    assert abs(shown[high].mean() - truth[high].mean()) < 0.02 < abs(raw[high].mean() - truth[high].mean())
    assert (np.diff(judged.table.apply(np.linspace(0, 1, 200))) >= 0).all()


@pytest.mark.slow
def test_calibration__a_right_probability_is_left_alone() -> None:
    true, truth, turbines = park()
    judged = judge_calibration(true, truth, turbines, events=int(truth.sum()))
    assert (judged.status, judged.table) == ("non_calibree", None)
    assert {trial.method for trial in judged.trials} == {"platt", "isotonique"}
    assert "Score de Brier" in judged.reason


@pytest.mark.slow
def test_calibration__too_few_events_are_told_and_nothing_is_adopted() -> None:
    true, truth, turbines = park()
    judged = judge_calibration(np.clip(3 * true, 0, 1), truth, turbines, events=MIN_EVENTS - 1)
    assert (judged.status, judged.table) == ("non_calibree", None)
    assert "49\u00a0pannes distinctes" in judged.reason
    # Recalibrating would surely have helped here: that is told, and still not adopted.
    assert all(trial.change.high < 0 for trial in judged.trials)
    assert "Score de Brier" in judged.reason


@pytest.mark.slow
def test_calibration__failures_that_leave_a_fold_without_any_are_told_without_figures() -> None:
    truth, turbines = np.zeros(40), np.repeat(np.arange(10), 4)
    truth[:3] = 1.0  # one turbine's
    judged = judge_calibration(np.linspace(0, 1, 40), truth, turbines, events=1)
    assert (judged.status, judged.raw_brier, judged.trials) == ("non_calibree", None, ())


def test_cross_fitted__no_turbine_is_on_both_sides_and_each_row_is_judged_once() -> None:
    _, _, turbines = park(500)
    judged = np.zeros(500, dtype=int)
    for fitting, judging in folds_of(turbines):
        assert not set(turbines[fitting]) & set(turbines[judging])
        judged += judging
    assert (judged == 1).all()


def test_cross_fitted__is_what_fitting_by_hand_on_the_other_turbines_gives() -> None:
    true, truth, turbines = park(2000)
    raw = np.sqrt(true)
    found = cross_fitted("isotonique", raw, truth, turbines)
    for fitting, judging in folds_of(turbines):
        assert (found[judging] == fit("isotonique", raw[fitting], truth[fitting]).apply(raw[judging])).all()


def test_table__platt_is_a_logistic_of_the_log_odds() -> None:
    table = CalibrationTable("platt", (1.0,), (0.0,))
    assert table.apply(np.array([0.0, 0.2, 0.5, 1.0])) == pytest.approx([0.001, 0.2, 0.5, 0.999])


@pytest.mark.client
def test_client__twelve_failures_make_every_calibration_worse(client_files: Path) -> None:
    table = pd.read_csv(client_files / "energiTech_maintenance_sample.csv")
    _, unseen = train_test_split(table, test_size=0.3, random_state=42, stratify=table.failure_within_7d)
    raw = joblib.load(client_files / "model_classification.pkl").predict_proba(unseen[SENSORS])[:, 1]
    truth, turbines = unseen.failure_within_7d.to_numpy(float), unseen.turbine_id.to_numpy()
    raw_brier, trials = try_methods(raw, truth, turbines)
    found = {trial.method: trial.brier for trial in trials}
    assert raw_brier == pytest.approx(0.0086, abs=5e-5)
    assert found["platt"] == pytest.approx(0.0090, abs=3e-4)
    assert found["isotonique"] == pytest.approx(0.0104, abs=6e-4)
    assert judge_calibration(raw, truth, turbines, events=12).status == "non_calibree"
    # Even with enough events nothing would have been adopted.
    assert judge_calibration(raw, truth, turbines, events=60).status == "non_calibree"
