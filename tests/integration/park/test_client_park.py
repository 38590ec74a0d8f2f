"""EnergiTech's files from end to end: the numbers are those that scikit-learn and pandas give."""

from __future__ import annotations

from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest

from api.core import Core
from api.services.models.active_models import ServedModel
from api.services.models.explaining import drivers
from api.services.models.measurement_model import Reading
from api.services.models.outputs import matrix_of
from api.services.park.scoring import score
from api.services.park.view import ParkQuery
from tests.support.client import AS_OF, CSV, FEATURES, PICKLES

pytestmark = pytest.mark.client


@pytest.fixture(scope="module")
def frame(client_files: Path) -> pd.DataFrame:
    return pd.read_csv(client_files / CSV)


@pytest.fixture(scope="module")
def delivered(client_files: Path, frame: pd.DataFrame) -> dict[str, np.ndarray]:
    """What scikit-learn says of every row, on the pickles as delivered."""
    models = {task: joblib.load(client_files / pickle) for task, pickle in PICKLES.items()}
    return {
        "classification": models["classification"].predict_proba(frame[FEATURES])[:, 1],
        "regression": models["regression"].predict(frame[FEATURES]),
    }


def _readings(frame: pd.DataFrame) -> list[Reading]:
    return [
        Reading(str(row["turbine_id"]), AS_OF, {str(name): cell for name, cell in row.items()})
        for row in frame.to_dict("records")
    ]


def test_raw_outputs__equal_scikit_learn_on_every_row(
    client_core: Core, frame: pd.DataFrame, delivered: dict[str, np.ndarray]
) -> None:
    models = client_core.models.current()
    readings = _readings(frame)
    for served in models.served:
        assert isinstance(served, ServedModel)
        raw = served.model.raw(matrix_of(served, readings))
        assert np.abs(raw - delivered[served.model.manifest.task]).max() <= 1e-6
    _, policy = client_core.policy.current()
    answered = [s.probability for s in score(readings, models, policy)]
    assert np.abs(np.array(answered) - delivered["classification"]).max() <= 1e-6


def test_park__levels_and_order_are_those_of_an_independent_recount(
    client_core: Core, frame: pd.DataFrame, delivered: dict[str, np.ndarray]
) -> None:
    f = frame.assign(p=delivered["classification"], d=delivered["regression"])
    f["day"] = pd.to_datetime(f["date_measure"])
    f = f[f["day"] <= pd.Timestamp(AS_OF)]
    f = f[f["day"] == f.groupby("turbine_id")["day"].transform("max")]
    f = f.sort_values("p", kind="stable", ascending=False).drop_duplicates("turbine_id")
    t = 3_000 / 50_000
    by_p = np.select([f["p"] >= min(0.5, 5 * t), f["p"] >= t, f["p"] >= t / 4], [3, 2, 1], 0)
    low = f["turbine_id"].astype(str).map(_published_lower_bounds(client_core))
    by_d = np.select([f["d"] <= 7, low <= 7], [2, 1], 0)
    stale = np.where((pd.Timestamp(AS_OF) - f["day"]).dt.days > 7, 1, 0)
    rated = frame[FEATURES].iloc[_training_rows(frame)]
    outside = ((f[FEATURES] < rated.min()) | (f[FEATURES] > rated.max())).any(axis=1)
    f["severity"] = np.maximum.reduce([by_p, by_d, stale, outside.to_numpy(int)])
    f["urgency"] = np.where(True, f["d"], 0)
    f = f.sort_values(
        ["severity", "p", "urgency", "turbine_id"], ascending=[False, False, True, True], kind="stable"
    )
    expected = [
        (str(turbine), ["faible", "modere", "eleve", "critique"][severity])
        for turbine, severity in zip(f["turbine_id"], f["severity"], strict=True)
    ]

    park = client_core.view.park(ParkQuery(limit=1_000))

    assert [(item.turbine_id, item.risk_level.value) for item in park.items] == expected
    assert park.total == 50
    assert [item.rank for item in park.items] == list(range(1, 51))
    assert park.counts.model_dump() == {
        level: sum(level == got for _, got in expected) for level in park.counts.model_dump()
    }


def _published_lower_bounds(core: Core) -> dict[str, float]:
    items = core.view.park(ParkQuery(limit=1_000)).items
    return {i.turbine_id: i.time_to_failure_interval[0] for i in items if i.time_to_failure_interval}


def _training_rows(frame: pd.DataFrame) -> np.ndarray:
    from sklearn.model_selection import train_test_split

    training: np.ndarray
    training, _ = train_test_split(
        np.arange(len(frame)), test_size=0.3, random_state=42, stratify=frame["failure_within_7d"]
    )
    return training


def test_drivers__sum_to_the_probability_less_the_base(client_core: Core, frame: pd.DataFrame) -> None:
    models = client_core.models.current()
    readings = _readings(frame.sample(40, random_state=1))
    _, policy = client_core.policy.current()
    base, found = drivers(readings, models)
    assert base is not None
    for scored, explained in zip(score(readings, models, policy), found, strict=True):
        assert scored.probability == pytest.approx(base + sum(d.contribution for d in explained), abs=1e-9)
        assert {d.feature for d in explained if d.marker} == {"maintenance_done"}


def test_card__measured_and_reported_stand_side_by_side(client_core: Core) -> None:
    card = client_core.model_service.card("classification", 1)
    text = card.model_dump_json()
    assert card.measured is not None
    assert card.reported is not None
    at_half = next(row for row in card.measured["thresholds"] if row["threshold"] == 0.5)
    for name, expected in (("precision", 0.714), ("recall", 0.417)):
        assert round(at_half[name]["value"], 3) == expected
        assert at_half[name]["low"] < expected < at_half[name]["high"]
    assert (card.measured["rows"], card.measured["failures"]) == (900, 12)
    assert card.reported["metrics"]["precision"] == 0.65
    assert card.reported["metrics"]["recall"] == 0.83
    assert "0.997" not in text
