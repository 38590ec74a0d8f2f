"""The model versions in force for the living park: no ranking of a park rests on another park's models."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection

from api.domain.shared.exceptions import NotFound
from api.inference.serving.store import ModelStore
from api.services.measurements.source import Source, is_real
from api.services.shared.audit import INSTALLATION
from api.storage.measurements import ingestion
from api.storage.models import activations
from api.storage.models.activations import AnyRow

_LEADING = "classification"
BORROWED = (
    "Les mesures du parc sont réelles, mais les modèles en service sont ceux de l’échantillon simulé : "
    "ils ne disent rien de ces machines."
)


class InForce(NamedTuple):
    """The activations in force, by task.

    ``borrowed`` tells that they were made for the simulated park, while the living park is real: nothing is
    scored with them unless a person asks.
    """

    rows: Mapping[str, AnyRow]
    borrowed: bool


def in_force(connection: Connection, store: ModelStore) -> InForce:
    """Return the activations that serve the living park.

    The classifier leads: a model for days left that belongs to another park than its classifier is left out,
    until one of this park is activated.
    """
    rows = activations.active(connection)
    if not rows or not is_real(connection):
        return InForce(rows, borrowed=False)
    left = ingestion.archived_at(connection, Source.SIMULATION)
    borrowed = {task: _is_borrowed(row, store, left) for task, row in rows.items()}
    leading = borrowed[_LEADING if _LEADING in rows else next(iter(rows))]
    return InForce({task: row for task, row in rows.items() if borrowed[task] is leading}, leading)


def _is_borrowed(row: AnyRow, store: ModelStore, simulation_left: datetime | None) -> bool:
    """Tell whether a reference model was activated for the simulated park.

    A person who activates one on the real park decides for it.
    """
    before = simulation_left is not None and row.activated_at <= simulation_left
    if not before and row.activated_by != INSTALLATION:
        return False
    try:
        return store.is_reference(row.name, row.version)
    except NotFound:
        return False
