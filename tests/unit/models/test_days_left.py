"""Days left are never negative, whatever the regressor answers."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from api.domain.policy.risk_policy import RiskPolicy
from api.inference.reference.fit import STORE
from api.inference.serving.loaded import LoadedModel
from api.inference.serving.manifest import Manifest
from api.services.models.active_models import ActiveModels, ServedModel
from api.services.models.measurement_model import Reading
from api.services.park.scoring import Score, score

POLICY = RiskPolicy(cost_intervention_eur=3_000, cost_failure_eur=50_000)
SOUND = {
    "wind_speed": 12.0,
    "vibration_level": 2.0,
    "temperature": 40.0,
    "power_output": 700.0,
    "maintenance_done": 0.0,
}
READING = Reading("1", date(2024, 12, 30), SOUND)


def scored(days: float, *, interval: bool = True) -> Score:
    """The score of a sound measurement, where the regressor answers ``days``."""
    a, b = (
        Manifest.model_validate_json((STORE / name / "1" / "manifest.json").read_text("utf-8"))
        for name in ("risque-panne-7j", "delai-avant-panne")
    )
    if not interval:
        b = b.model_copy(update={"interval": None})
    models = ActiveModels(
        1,
        ServedModel(LoadedModel(a, lambda rows: np.full(len(rows), 0.01), None), None),
        ServedModel(LoadedModel(b, lambda rows: np.full(len(rows), days), None), None),
    )
    (answer,) = score([READING], models, POLICY)
    return answer


@pytest.mark.parametrize("interval", [True, False])
@pytest.mark.parametrize("days", [-1e9, -30.0, -3.2, -1e-9, 0.0, 0.4, 30.0])
def test_days_left__are_never_negative_and_the_raw_answer_is_kept(days: float, interval: bool) -> None:
    answer = scored(days, interval=interval)
    assert answer.days is not None
    shown = (answer.days.days, *(answer.days.interval or ()))
    assert min(shown) >= 0
    assert answer.days.days == max(days, 0.0)
    assert answer.raw_outputs()["regression"] == days
    assert ("delai_negatif" in {finding.code for finding in answer.findings}) is (days < 0)


def test_days_left__a_negative_answer_says_what_the_model_answered() -> None:
    (finding,) = [f for f in scored(-3.2).findings if f.code == "delai_negatif"]
    assert "−3,2" in finding.message
    assert finding.field == "time_to_failure_days"
