"""Files and calls of the importer's tests."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
from sklearn.ensemble import GradientBoostingRegressor, RandomForestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from api.inference.importing.importer import ImportRequest, ImportResult, import_model
from api.inference.serving.store import ModelStore
from tests.support.once import made_once

NOW = datetime(2025, 1, 2, 3, 4, tzinfo=UTC)
SENSORS = ["wind_speed", "vibration_level", "temperature", "power_output", "maintenance_done"]
SPLIT = "date:2024-09-01,gap=7"


def labelled(rows: int = 1500) -> pd.DataFrame:
    """Return a year of thirty turbines, where vibration announces failures."""
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


def fill_bench(folder: Path) -> Path:
    """Copy the labelled CSV and two models fitted on its first part into a folder, and return it."""
    return shutil.copytree(made_once("bench", _make_bench), folder, dirs_exist_ok=True)


def _make_bench(folder: Path) -> None:
    table = labelled()
    table.to_csv(folder / "rows.csv", index=False, date_format="%Y-%m-%d")
    seen = table[table.date_measure < pd.Timestamp("2024-08-25")]
    model = RandomForestClassifier(20, max_depth=5, random_state=0)
    joblib.dump(model.fit(seen[SENSORS], seen.failure_within_7d), folder / "classifier.joblib", compress=3)
    regressor = make_pipeline(StandardScaler(), GradientBoostingRegressor(n_estimators=30, random_state=0))
    joblib.dump(regressor.fit(seen[SENSORS], seen.time_to_failure_days), folder / "regressor.joblib")


def bring(store: ModelStore, file: Path, **changes: Any) -> ImportResult:
    fields = {"file": file, "name": "essai", "task": "classification", "imported_by": "une personne"}
    return import_model(ImportRequest(**{**fields, **changes}), store, NOW)


def assert_no_trace(tmp_path: Path) -> None:
    assert [path for path in (tmp_path / "imported").rglob("*") if path.name != "essai"] == []
