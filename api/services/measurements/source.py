"""Real and simulated data: the two never share a park."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection

from api.domain.shared.exceptions import Conflict, InvalidInput
from api.storage.measurements import ingestion


class Source(StrEnum):
    """Where rows come from."""

    MESURE = "mesure"
    SIMULATION = "simulation"


def read_source(source: str) -> Source:
    """Return the source of that name.

    Raises:
        InvalidInput: no such source.
    """
    try:
        return Source(source)
    except ValueError as error:
        raise InvalidInput.single("source", f"« {' » ou « '.join(Source)} » est attendu.", source) from error


def refuse_mixture(connection: Connection, source: Source) -> None:
    """Refuse simulated data in a real park.

    Raises:
        Conflict: simulated data while real turbines are in the park.
    """
    if source is Source.SIMULATION and ingestion.living_sources(connection) - {Source.SIMULATION}:
        raise Conflict(
            "Le parc contient des données réelles : des données simulées ne peuvent pas s’y ajouter."
            " Pour une simulation, choisissez un autre dossier dans COCKPIT_HOME."
        )


def sets_simulation_aside(connection: Connection, source: Source) -> bool:
    """Tell whether the next row of this source archives a simulated park."""
    return source is Source.MESURE and Source.SIMULATION in ingestion.living_sources(connection)


def is_simulated(connection: Connection) -> bool:
    """Tell whether the living park is the simulated one; False where there is none."""
    return ingestion.any_living(connection, Source.SIMULATION)


def is_real(connection: Connection) -> bool:
    """Tell whether the living park was really measured; False where there is none."""
    return ingestion.any_living(connection, Source.MESURE)


def make_room(connection: Connection, source: Source, now: datetime) -> None:
    """Archive the simulated park before real data, and refuse simulated data in a real park.

    Raises:
        Conflict: simulated data while real turbines are in the park.
    """
    refuse_mixture(connection, source)
    if sets_simulation_aside(connection, source):
        # With its rankings: a simulated ranking must not pass for a real one.
        ingestion.archive_park(connection, Source.SIMULATION, now)
