"""Hand-made answers of the API for the tests of the dashboard's pure modules."""

from __future__ import annotations

from typing import Any

from api.schemas.park import Park, ParkItem, Run
from api.schemas.predictions import Driver, FeatureInfo, Prediction

MODEL = {"name": "risque", "version": 3, "task": "classification", "sha256": "a" * 64}


def driver(**changes: Any) -> Driver:
    """Return a driver of EnergiTech's model."""
    defaults = {
        "feature": "vibration_level",
        "label": "Niveau de vibration",
        "value": 5.821,
        "unit": "u.a.",
        "contribution": 0.32,
        "direction": "hausse",
        "marker": False,
    }
    return Driver.model_validate(defaults | changes)


def item(**changes: Any) -> ParkItem:
    """Return a turbine of the ranking."""
    defaults = {
        "rank": 1,
        "turbine_id": "12",
        "site": "Lyon",
        "farm": "Pilat",
        "risk_level": "critique",
        "risk_score": 0.9,
        "failure_probability": 0.62,
        "time_to_failure_days": 4.0,
        "time_to_failure_interval": None,
        "data_status": "ok",
        "measured_on": "2024-12-30",
        "age_days": 0,
        "expected_failure_cost_eur": 31000,
        "net_benefit_eur": 28000,
        "main_driver": None,
        "recommendation": "Intervenir en priorité.",
        "planned_visit_on": None,
        "warnings": [],
    }
    return ParkItem.model_validate(defaults | changes)


def run(**changes: Any) -> Run:
    """Return a completed run."""
    defaults = {
        "run_id": 7,
        "kind": "manuel",
        "as_of": "2024-12-30",
        "status": "termine",
        "requested_by": "compte:2",
        "created_at": "2024-12-30T05:00:00Z",
        "started_at": "2024-12-30T05:00:01Z",
        "finished_at": "2024-12-30T05:00:02Z",
        "duration_s": 0.42,
        "total": 50,
        "done": 50,
        "failed": 0,
        "stale": 0,
        "models": [MODEL],
        "policy_version": 2,
        "error": None,
    }
    return Run.model_validate(defaults | changes)


def park(**changes: Any) -> Park:
    """Return a published ranking without turbines."""
    defaults = {
        "total": 0,
        "items": [],
        "as_of": "2024-12-30",
        "run": run(),
        "counts": {},
        "last_attempt": None,
        "threshold": 0.06,
        "notices": [],
    }
    return Park.model_validate(defaults | changes)


def feature(**changes: Any) -> FeatureInfo:
    """Return a feature."""
    defaults = {
        "name": "temperature",
        "label": "Température nacelle",
        "unit": "°C",
        "dtype": "float",
        "minimum": -60,
        "maximum": 200,
        "training_minimum": 13.8,
        "training_maximum": 86.5,
        "required_by": ["risque"],
    }
    return FeatureInfo.model_validate(defaults | changes)


def prediction(**changes: Any) -> Prediction:
    """Return a prediction."""
    defaults = {
        "request_id": "r",
        "turbine_id": "12",
        "measured_at": "2024-12-30",
        "failure_probability": 0.11,
        "failure_within_7d": True,
        "decision_threshold": 0.06,
        "time_to_failure_days": 20.0,
        "time_to_failure_interval": None,
        "risk_level": "eleve",
        "risk_score": 0.6,
        "data_status": "ok",
        "expected_failure_cost_eur": 5500,
        "net_benefit_eur": 2500,
        "recommendation": "Planifier.",
        "drivers": [driver()],
        "warnings": [],
        "models": [],
        "policy_version": 1,
        "scored_at": "2024-12-30T05:00:00Z",
    }
    return Prediction.model_validate(defaults | changes)
