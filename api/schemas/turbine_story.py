"""A turbine's usual values, power curve, events, and what remains to be done about it."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field

from api.schemas.common import Answer
from api.schemas.vocabulary import InterventionState, SituationCode


class UsualRange(Answer):
    """The range of nine values in ten of a sensor, on this turbine and in the park."""

    feature: str
    low: float | None = Field(description="5ᵉ centile des dernières mesures de la turbine")
    high: float | None = Field(description="95ᵉ centile")
    values: int = Field(description="Mesures de la turbine qui le disent")
    park_low: float | None = Field(description="5ᵉ centile des dernières mesures du parc")
    park_high: float | None = Field(description="95ᵉ centile")


class PowerLink(Answer):
    """The fields that the turbine's power curve links, and the number of measurements behind it."""

    wind: str = Field(description="Champ du vent [m/s]")
    power: str = Field(description="Champ de la puissance [kW]")
    rows: int = Field(description="Mesures en marche derrière la courbe de puissance")


class PowerAtWind(Answer):
    """The power at a wind speed, by the turbine's own power curve."""

    wind_speed: float = Field(description="Vent demandé [m/s]")
    power_output: float = Field(description="Puissance qui l’accompagne [kW]")
    rows: int = Field(description="Mesures en marche derrière la courbe de puissance")


class Situation(Answer):
    """What remains to be done about a turbine; every page and file says the same."""

    code: SituationCode
    reason: str = Field(description="Phrase en français")
    decided_by: str | None = Field(
        description="intervention:12, visite, mesure ou niveau ; nul quand rien n’est à faire"
    )
    until: date | None = Field(
        description="Jour qui décide : au plus tard, jour prévu ou fin de la situation"
    )


class LivingIntervention(Answer):
    """A turbine's intervention that is proposed, planned or under way."""

    id: int
    state: InterventionState
    planned_on: date | None
    assignee: str | None = Field(description="Pseudonyme de la personne qui y va")


class TurbineEvent(Answer):
    """An event of a turbine, past or planned."""

    on: date
    kind: Literal["visite", "intervention", "panne"] = Field(
        description="visite prévue, intervention terminée, panne observée"
    )
