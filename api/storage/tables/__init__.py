"""The one schema, for SQLite and PostgreSQL alike.

Times are UTC instants; days are calendar days in Europe/Paris. Sensor values stand in one JSON column, so
that a model with other features changes no table.
"""

from api.storage.tables.audit import audit_head, audit_trail
from api.storage.tables.base import metadata
from api.storage.tables.interventions import intervention_journal, intervention_photos, interventions
from api.storage.tables.park import (
    contradictions,
    imports,
    measurement_versions,
    measurements,
    outcome_versions,
    outcomes,
    planned_visits,
    turbines,
    withdrawals,
)
from api.storage.tables.people import api_keys, call_log, sessions, users
from api.storage.tables.scoring import (
    model_activations,
    model_retirements,
    park_changes,
    policies,
    publication,
    run_summaries,
    runs,
    scores,
    shadow_candidates,
    shadow_scores,
)
from api.storage.tables.week_plan import week_plan_inputs
from api.storage.tables.work import intake_keys, jobs, leases, workers

__all__ = [
    "api_keys",
    "audit_head",
    "audit_trail",
    "call_log",
    "contradictions",
    "imports",
    "intake_keys",
    "intervention_journal",
    "intervention_photos",
    "interventions",
    "jobs",
    "leases",
    "measurement_versions",
    "measurements",
    "metadata",
    "model_activations",
    "model_retirements",
    "outcome_versions",
    "outcomes",
    "park_changes",
    "planned_visits",
    "policies",
    "publication",
    "run_summaries",
    "runs",
    "scores",
    "sessions",
    "shadow_candidates",
    "shadow_scores",
    "turbines",
    "users",
    "week_plan_inputs",
    "withdrawals",
    "workers",
]
