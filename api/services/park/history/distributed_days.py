"""Scores past days from Parquet files, in the workers of :mod:`.distributed`.

Nothing here queries the database: park, policy and model versions come with the plan, measurements from the
files.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

from api.domain.measurements.sensors import Sensor
from api.domain.park.scored import ScoredTurbine
from api.domain.policy.risk_policy import RiskPolicy
from api.domain.shared.exceptions import ModelUnavailable
from api.inference.serving.store import ModelStore
from api.services.models.active_models import ActiveModels, ServedModel
from api.services.park.history.partitions import ParkRows, read_month
from api.services.park.history.past_days import DEPTH, PastDays
from api.services.park.scoring_day import ParkDay, score_park
from api.storage.measurements.measurements import LivingTurbine


@dataclass(frozen=True)
class Version:
    """An active model version, by which a worker loads it."""

    task: str
    name: str
    version: int
    sha256: str
    admitted_by: str | None
    admitted_for: str | None


@dataclass(frozen=True)
class Plan:
    """What all days of a recomputation share; sent once to each worker."""

    stores: tuple[Path, Path]
    versions: tuple[Version, ...]
    policy_version: int
    policy: RiskPolicy
    park: tuple[LivingTurbine, ...]
    sensors: Mapping[str, Sensor]


@dataclass(frozen=True)
class Asked:
    """One day to score, with its data that only the database holds."""

    as_of: date
    visits: Mapping[int, date]
    visited_on: Mapping[int, date]


def score_days(
    plan: Plan, before: ParkRows, month: Path | None, asked: Sequence[Asked]
) -> list[list[ScoredTurbine]]:
    """Score some days of one month; runs in a worker.

    Args:
        plan: of the recomputation.
        before: rows of earlier months, from :func:`carried`.
        month: file of the month's measurements; None if there are none.
        asked: days of that month.

    Raises:
        ModelUnavailable: a model is missing from the worker's store, or differs.
    """
    rows = before if month is None else before.joined(read_month(month))
    park = {turbine.id: turbine for turbine in plan.park}
    past = PastDays(rows.columns(park, list(plan.sensors)), plan.sensors)
    models = _models(plan.stores, plan.versions)
    return [score_park(_known(plan, rows, park, past, day), models, lambda *_: None) for day in asked]


def carried(before: ParkRows, month: Path, last: date) -> ParkRows:
    """Return the rows still needed after ``last``, the month's last day; runs in a worker."""
    return before.joined(read_month(month)).recent(last, DEPTH)


def _known(
    plan: Plan, rows: ParkRows, park: Mapping[int, LivingTurbine], past: PastDays, day: Asked
) -> ParkDay:
    """Build the park as :func:`api.services.park.scoring_day.read_park` reads it from the database."""
    return ParkDay(
        as_of=day.as_of,
        policy_version=plan.policy_version,
        policy=plan.policy,
        park=plan.park,
        latest=rows.latest(day.as_of, list(plan.sensors), park),
        audit=past.audit(day.as_of, fresh_days=plan.policy.max_age_days),
        visits=day.visits,
        visited_on=day.visited_on,
    )


@lru_cache(maxsize=1)
def _models(stores: tuple[Path, Path], versions: tuple[Version, ...]) -> ActiveModels:
    store = ModelStore(*stores)
    served: dict[str, ServedModel] = {}
    for used in versions:
        model = store.load(used.name, used.version)
        if model.manifest.sha256 != used.sha256:
            raise ModelUnavailable(
                f"{used.name} v{used.version} n’est pas le même sur tous les calculateurs."
            )
        model.warm()
        served[used.task] = ServedModel(model, used.admitted_by, used.admitted_for)
    return ActiveModels(0, served.get("classification"), served.get("regression"))
