"""Scored turbines to store and to judge; a test names only the fields that matter to it."""

from __future__ import annotations

from typing import Any

from api.domain.models.drivers import Driver
from api.domain.park.scored import ScoredTurbine
from api.schemas.vocabulary import DataStatus, RiskLevel


def scored(turbine: int, **fields: Any) -> ScoredTurbine:
    """Return the first turbine of a ranking, calm and with sound data, with the given fields changed.

    Args:
        turbine: its key.
        fields: to change.
    """
    calm = ScoredTurbine(
        rank=1,
        turbine=turbine,
        measurement=None,
        measured_on=None,
        probability=None,
        days=None,
        level=RiskLevel.FAIBLE,
        risk_score=0.1,
        data_status=DataStatus.OK,
        main_driver=None,
        planned_visit_on=None,
        findings=(),
        queues=(),
    )
    return calm._replace(**fields)


def driver(feature: str, label: str = "Capteur", **fields: Any) -> Driver:
    """Return a driver that raises the probability, with the given fields changed."""
    raising = Driver(feature, label, value=1.0, unit="mm/s", contribution=0.1, direction="hausse")
    return raising._replace(**fields)
