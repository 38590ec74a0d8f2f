"""The one schema, for SQLite and PostgreSQL alike.

Times are UTC instants; days are calendar days in Europe/Paris. Sensor values stand in one JSON column, so
that a model with other features changes no table.
"""

from api.storage.tables.base import metadata
from api.storage.tables.park import (
    imports,
    measurements,
    outcome_versions,
    outcomes,
    planned_visits,
    turbines,
)
from api.storage.tables.people import api_keys, call_log, sessions, users
from api.storage.tables.scoring import model_activations, policies, publication, runs, scores
from api.storage.tables.work import intake_keys, jobs, leases, workers

__all__ = [
    "api_keys",
    "call_log",
    "imports",
    "intake_keys",
    "jobs",
    "leases",
    "measurements",
    "metadata",
    "model_activations",
    "outcome_versions",
    "outcomes",
    "planned_visits",
    "policies",
    "publication",
    "runs",
    "scores",
    "sessions",
    "turbines",
    "users",
    "workers",
]
