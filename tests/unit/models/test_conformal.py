"""Intervals for days left: finite-sample coverage, recounted, and the warning where it is not reached."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import train_test_split

from api.domain.models.calibration import folds_of
from api.domain.models.conformal import IntervalTable, conformal_table

pytestmark = pytest.mark.slow  # loads scikit-learn

SENSORS = ["wind_speed", "vibration_level", "temperature", "power_output", "maintenance_done"]


def park(rows: int = 3000, seed: int = 4) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Predicted and true days, whose error grows with the horizon, and turbines."""
    generator = np.random.default_rng(seed)
    predicted = generator.uniform(1, 60, rows)
    truth = np.maximum(predicted + generator.normal(0, 1 + predicted / 10), 0.5)
    return predicted, truth, generator.integers(1, 41, rows)


def test_interval__new_rows_are_covered_as_announced_in_every_group() -> None:
    table = conformal_table(*park())
    predicted, truth, _ = park(20_000, seed=5)
    low, high = table.bounds(predicted)
    inside = (truth >= low) & (truth <= high)
    borders = [0.0, *[group.upper for group in table.groups[:-1]], 99.0]
    for start, end in pairwise(borders):
        assert inside[(predicted > start) & (predicted <= end)].mean() == pytest.approx(0.8, abs=0.05)
    assert len(table.groups) == 5
    # Near failures the error is smaller, and so is the interval.
    assert table.groups[0].high - table.groups[0].low < table.groups[-1].high - table.groups[-1].low
    assert all(group.reliable for group in table.groups)


def test_interval__published_coverage_is_counted_on_turbines_that_did_not_set_the_bounds() -> None:
    predicted, truth, turbines = park(1500)
    table = conformal_table(predicted, truth, turbines)
    uppers = [group.upper for group in table.groups[:-1]]
    group_of = np.array([sum(days > upper for upper in uppers) for days in predicted])
    inside = np.zeros(len(truth), dtype=bool)
    for fitting, judging in folds_of(turbines):
        for number in range(len(table.groups)):
            errors = sorted((truth - predicted)[fitting & (group_of == number)])
            low = errors[int((len(errors) + 1) * 0.1) - 1]
            high = errors[int(np.ceil((len(errors) + 1) * 0.9)) - 1]
            rows = judging & (group_of == number)
            inside[rows] = ((truth - predicted)[rows] >= low) & ((truth - predicted)[rows] <= high)
    assert table.coverage.value == pytest.approx(inside.mean(), abs=1e-12)
    for index, group in enumerate(table.groups):
        assert group.rows == (group_of == index).sum()
        assert group.coverage.value == pytest.approx(inside[group_of == index].mean(), abs=1e-12)
    for horizon in table.by_true_horizon:
        rows = (truth > horizon.low) & (truth <= (horizon.high or np.inf))
        assert horizon.rows == rows.sum()
        assert horizon.coverage.value == pytest.approx(inside[rows].mean())
        assert horizon.coverage.low < horizon.coverage.value < horizon.coverage.high


def test_interval__is_never_below_zero_and_small_groups_join_the_next() -> None:
    predicted, truth, turbines = park(400)
    few = predicted > 10
    table = conformal_table(predicted[few], truth[few], turbines[few])
    assert all(group.rows >= 30 for group in table.groups)
    low, high = table.bounds(np.array([0.0, 0.5, 200.0]))
    assert (low >= 0).all()
    assert (high >= low).all()
    assert conformal_table(predicted[:20], truth[:20], turbines[:20]) is None


def test_interval__warns_where_a_true_horizon_is_not_covered() -> None:
    predicted, truth, turbines = park(3000)
    # A model that cannot see the last days: what truly is near is announced as if it were a month away.
    kept = (truth > 14) | (np.arange(3000) % 3 == 0)
    predicted, truth, turbines = predicted[kept], truth[kept], turbines[kept]
    near = truth <= 14
    predicted = np.where(near, 30 + predicted / 10, predicted)
    table = conformal_table(predicted, truth, turbines)
    assert not table.by_true_horizon[0].reached
    assert table.reliable(np.array([31.0, 55.0])).tolist() == [False, True]


@pytest.fixture(scope="module")
def client(client_files: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    table = pd.read_csv(client_files / "energiTech_maintenance_sample.csv")
    _, unseen = train_test_split(table, test_size=0.3, random_state=42, stratify=table.failure_within_7d)
    predicted = joblib.load(client_files / "model_regression.pkl").predict(unseen[SENSORS])
    return predicted, unseen.time_to_failure_days.to_numpy(), unseen.turbine_id.astype(str).to_numpy()


@pytest.mark.client
def test_client__a_plain_interval_misses_the_last_fortnight(
    client: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    predicted, truth, turbines = client
    error = truth - predicted
    low, high = np.quantile(error, [0.1, 0.9])
    plain = ((error >= low) & (error <= high))[truth <= 14].mean()
    assert plain == pytest.approx(0.60, abs=0.01)
    table: IntervalTable = conformal_table(predicted, truth, turbines)
    near = table.by_true_horizon[0]
    assert (near.high, near.rows) == (14.0, 38)
    assert near.coverage.value < table.coverage.value
    assert table.coverage.value == pytest.approx(0.8, abs=0.03)
    assert not table.reliable(np.array([10.0])).any()
    assert table.reliable(np.array([40.0])).all()
