"""A second version of each reference model, and a park to score with it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import joblib
import pandas as pd
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

from api.core import Core
from api.inference.importing.importer import ImportRequest, import_model
from api.inference.serving.store import ModelStore
from api.services.measurements.ingest import ingest_file
from tests.support.client import new_core
from tests.support.importing_here import importing_here
from tests.support.once import made_once

SAMPLE = Path(__file__).resolve().parents[3] / "data" / "energiTech_maintenance_sample.csv"
SENSORS = ["wind_speed", "vibration_level", "temperature", "power_output", "maintenance_done"]
CLASSIFIER, REGRESSOR = "risque-panne-7j", "delai-avant-panne"
TARGETS = {"classification": "failure_within_7d", "regression": "time_to_failure_days"}
NAMES = {"classification": CLASSIFIER, "regression": REGRESSOR}


@dataclass(frozen=True)
class Second:
    """A second version and its scikit-learn estimator."""

    name: str
    version: int
    estimator: Any

    def outputs(self, features: pd.DataFrame) -> Any:
        """Return the estimator's probability of failure or days, one per row."""
        if hasattr(self.estimator, "predict_proba"):
            return self.estimator.predict_proba(features[SENSORS])[:, 1]
        return self.estimator.predict(features[SENSORS])


def sample() -> pd.DataFrame:
    """Return the simulated sample, in file order."""
    return pd.read_csv(SAMPLE)


def serve_references(core: Core) -> None:
    """Activate both reference models."""
    for name in NAMES.values():
        core.model_service.activate(name, 1, by="essai", reason="essai")


def sample_core(home: Path, since: str) -> Core:
    """Return a core with the reference models in service and the sample's rows from a day on."""
    core = new_core(home)
    serve_references(core)
    ingest_sample(core, since)
    return core


def second_version(core: Core, task: str, *, unknown: bool = False) -> Second:
    """Import a small forest, fitted on the reference's training rows, as the next version.

    Args:
        core: with the store that receives it.
        task: task of the reference model.
        unknown: import another forest under another name, whose unseen rows are unknown.
    """
    name = "sans-partage" if unknown else NAMES[task]
    made = made_once(f"second-{task}-{unknown}", lambda folder: _import_second(folder, core, task, name))
    version = 1 if unknown else 2
    shutil.copytree(made / "model_store" / name, core.settings.home / "model_store" / name)
    assert core.store.manifest(name, version).version == version
    return Second(name, version, joblib.load(made / "estimator.joblib"))


def _import_second(folder: Path, core: Core, task: str, name: str) -> None:
    rows, target = sample(), TARGETS[task]
    known = rows[rows[target].notna() & rows[SENSORS].notna().all(axis=1)]
    seen = known[known.date_measure < "2024-07-01"]
    kind = RandomForestClassifier if task == "classification" else RandomForestRegressor
    named = name == NAMES[task]
    estimator = kind(12, max_depth=4, random_state=1 if named else 2).fit(seen[SENSORS], seen[target])
    file = folder / "estimator.joblib"
    joblib.dump(estimator, file)
    store = ModelStore(core.settings.reference_models, folder / "model_store")
    request = ImportRequest(
        file=file,
        name=name,
        task=task,
        labelled=SAMPLE,
        split=core.store.manifest(name, 1).data.split_spec if named else None,
        imported_by="essai",
    )
    with importing_here():
        import_model(request, store, core.settings.now())


def ingest_sample(core: Core, since: str) -> pd.DataFrame:
    """Ingest the sample's rows from a day on, and return them."""
    rows = sample()
    kept = rows[rows.date_measure >= since]
    file = core.settings.home / "echantillon.csv"
    kept.to_csv(file, index=False)
    ingest_file(
        core.database,
        file,
        core.sensors(),
        source="mesure",
        imported_by="essai",
        now=core.settings.now(),
    )
    return kept
