"""Changes of the park between two published runs, and the queues."""

from __future__ import annotations

from datetime import date

from pydantic import Field

from api.schemas.common import Answer, Page
from api.schemas.vocabulary import ChangeKind, RiskLevel


class ItemChange(Answer):
    """The difference of one turbine between the previous published ranking and this one."""

    kind: ChangeKind
    previous_level: RiskLevel
    sentence: str = Field(description="La cause, en une phrase")


class LevelDifferences(Answer):
    """Turbines more (+) or fewer (−) per level."""

    critique: int = 0
    eleve: int = 0
    modere: int = 0
    faible: int = 0


class SincePrevious(Answer):
    """The park's changes since the last published run of an earlier day."""

    previous_run_id: int
    previous_as_of: date
    levels: LevelDifferences
    events: dict[ChangeKind, int] = Field(
        description="Événements par genre, oscillations comprises une seule fois"
    )


class QueueCounts(Answer):
    """Turbines per queue, in the whole park; a turbine may be in several."""

    a_verifier: int = 0
    desaccord: int = 0
    intervention_depuis: int = 0


class DaysCoverage(Answer):
    """Coverage of the interval of days left, on which the filter ``max_days`` relies."""

    target: float = Field(description="Couverture visée, de 0 à 1")
    measured: float | None = Field(description="Couverture mesurée sur des lignes jamais vues")
    low: float | None = Field(description="Borne basse de la couverture mesurée (intervalle à 95 %)")
    high: float | None = Field(description="Borne haute")


class ParkEvent(Answer):
    """One announced change; an oscillation around a bound is a single event."""

    as_of: date
    run_id: int
    turbine_id: str
    site: str | None
    farm: str | None
    kind: ChangeKind
    previous_level: RiskLevel | None = Field(
        description="Niveau annoncé auparavant ; nul si nouvelle turbine"
    )
    risk_level: RiskLevel = Field(
        description="Niveau annoncé désormais, sans le plancher des données douteuses"
    )
    sentence: str


class ParkEvents(Page[ParkEvent]):
    """Events of a period: the newest day first, the most urgent turbine first in each day."""
