"""Whether data are real or simulated: the two never make one park."""

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
    """The source of that name.

    Raises:
        InvalidInput: there is no such source.
    """
    try:
        return Source(source)
    except ValueError as error:
        raise InvalidInput.single("source", f"« {' » ou « '.join(Source)} » est attendu.", source) from error


def refuse_mixture(connection: Connection, source: Source) -> None:
    """Keep simulated data out of a real park.

    Raises:
        Conflict: simulated data while real turbines are in the park.
    """
    if source is Source.SIMULATION and ingestion.living_sources(connection) - {Source.SIMULATION}:
        raise Conflict(
            "Le parc contient des données réelles : des données simulées ne peuvent pas s’y ajouter."
            " Pour une simulation, choisissez un autre dossier dans COCKPIT_HOME."
        )


def sets_simulation_aside(connection: Connection, source: Source) -> bool:
    """True where the next row of this source puts a simulated park aside."""
    return source is Source.MESURE and Source.SIMULATION in ingestion.living_sources(connection)


def make_room(connection: Connection, source: Source, now: datetime) -> None:
    """Put the simulated park aside for real data, and keep simulated data out of a real park.

    Raises:
        Conflict: simulated data while real turbines are in the park.
    """
    refuse_mixture(connection, source)
    if sets_simulation_aside(connection, source):
        # With its rankings: one of simulated turbines must not be taken for one of the real park.
        ingestion.archive_park(connection, Source.SIMULATION, now)
