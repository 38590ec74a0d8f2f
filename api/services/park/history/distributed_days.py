"""Past days scored from Parquet: the work of :mod:`.distributed`’s workers.

Nothing here asks the database: the park, the policy and the models' versions come with the plan, and the
measurements from the files that the plan's author wrote.
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
    """A model version in force, as a worker finds it again."""

    task: str
    name: str
    version: int
    sha256: str
    admitted_by: str | None


@dataclass(frozen=True)
class Plan:
    """What every day of one recomputation shares; sent to each worker once."""

    stores: tuple[Path, Path]
    versions: tuple[Version, ...]
    policy_version: int
    policy: RiskPolicy
    park: tuple[LivingTurbine, ...]
    sensors: Mapping[str, Sensor]


@dataclass(frozen=True)
class Asked:
    """One day to score, with what only the database knows of it."""

    as_of: date
    visits: Mapping[int, date]
    worked_on: Mapping[int, date]


def score_days(
    plan: Plan, before: ParkRows, month: Path | None, asked: Sequence[Asked]
) -> list[list[ScoredTurbine]]:
    """Score some days of one month; runs in a worker.

    Args:
        plan: of the recomputation.
        before: what earlier months left, from :func:`carried`.
        month: the month's measurements; None where there are none.
        asked: days of that month.

    Raises:
        ModelUnavailable: a model is not in the worker's store, or is another one.
    """
    rows = before if month is None else before.joined(read_month(month))
    park = {one.id: one for one in plan.park}
    past = PastDays(rows.columns(park, list(plan.sensors)), plan.sensors)
    models = _models(plan.stores, plan.versions)
    return [score_park(_known(plan, rows, park, past, day), models, lambda *_: None) for day in asked]


def carried(before: ParkRows, month: Path, last: date) -> ParkRows:
    """What is still looked back on after ``last``, the month's last day; runs in a worker."""
    return before.joined(read_month(month)).recent(last, DEPTH)


def _known(
    plan: Plan, rows: ParkRows, park: Mapping[int, LivingTurbine], past: PastDays, day: Asked
) -> ParkDay:
    """The park as :func:`api.services.park.scoring_day.read_park` reads it from the database."""
    return ParkDay(
        as_of=day.as_of,
        policy_version=plan.policy_version,
        policy=plan.policy,
        park=plan.park,
        latest=rows.latest(day.as_of, list(plan.sensors), park),
        audit=past.audit(day.as_of, fresh_days=plan.policy.max_age_days),
        visits=day.visits,
        worked_on=day.worked_on,
    )


@lru_cache(maxsize=1)
def _models(stores: tuple[Path, Path], versions: tuple[Version, ...]) -> ActiveModels:
    store = ModelStore(*stores)
    served: dict[str, ServedModel] = {}
    for one in versions:
        model = store.load(one.name, one.version)
        if model.manifest.sha256 != one.sha256:
            raise ModelUnavailable(f"{one.name} v{one.version} n’est pas le même sur tous les calculateurs.")
        model.warm()
        served[one.task] = ServedModel(model, one.admitted_by)
    return ActiveModels(0, served.get("classification"), served.get("regression"))
