"""Which published days the models in force leave as they are."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from api.domain.park.standing import Version, stands, versions_of
from api.inference.serving.store import ModelStore
from api.services.measurements.source import is_real
from api.services.models.active_models import ActiveModels
from api.services.park.run import used_model
from api.storage.park.shown_days import ShownDay

RECOMPUTED = "reprise"  # kind of the runs of past days


def described(models: ActiveModels) -> list[dict[str, Any]]:
    """Describe the models as a run's row does."""
    return [used_model(served) for served in models.served]


def any_reference(store: ModelStore, models: ActiveModels) -> bool:
    """Tell whether one of these models came with the product, fitted on the simulated park."""
    return not store.references().isdisjoint(versions_of(described(models)))


def keeping(connection: Connection, store: ModelStore, models: ActiveModels) -> Callable[[ShownDay], bool]:
    """Return the rule by which a published day of the past stays as it is."""
    foreign, in_force = _foreign(connection, store, models), described(models)
    return lambda day: stands(day.models, in_force, foreign=foreign, recomputed=day.kind == RECOMPUTED)


def is_up_to_date(
    connection: Connection, store: ModelStore, used: Sequence[Mapping[str, Any]], models: ActiveModels
) -> bool:
    """Tell whether the present ranking, scored with ``used``, needs no other at once."""
    return stands(used, described(models), foreign=_foreign(connection, store, models), recomputed=True)


def _foreign(connection: Connection, store: ModelStore, models: ActiveModels) -> frozenset[Version]:
    """Return the versions that never score this park: on a real one, those of the simulated park."""
    if not is_real(connection):
        return frozenset()
    return store.references() - versions_of(described(models))
