"""The parts of a model card that are not in the manifest."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from api.schemas.charts import Chart
from api.schemas.common import Answer, Figure

Explained = Literal["exacte", "estimee", "aucune"]


class ThresholdOutcome(Answer):
    """The result of one decision threshold on unseen rows."""

    threshold: float
    true_negatives: int
    false_positives: int
    false_negatives: int
    true_positives: int
    precision: Figure
    recall: Figure
    f1: Figure
    cost_eur: Figure = Field(description="Interventions déclenchées et pannes manquées [€]")
    chosen: bool = Field(description="Seuil de la politique en vigueur")


class Decision(Answer):
    """Thresholds and their cost under the policy in force, on unseen rows."""

    policy_version: int
    threshold: float = Field(description="Seuil de la politique en vigueur")
    cost_intervention_eur: float = Field(description="Coût d’une intervention, utile ou non [€]")
    cost_failure_eur: float = Field(description="Coût d’une panne manquée [€]")
    never_eur: float = Field(description="Coût de ne jamais intervenir sur ces lignes [€]")
    always_eur: float = Field(description="Coût d’intervenir à chaque ligne [€]")
    table: list[ThresholdOutcome]
    curve: list[ThresholdOutcome] = Field(description="Les mêmes chiffres sur une grille fine")


class CalibrationTrial(Answer):
    """One recalibration, judged on other turbines than those of its fit."""

    method: str = Field(description="platt ou isotonique")
    brier: float
    change: Figure = Field(description="Écart au score de Brier brut ; négatif : mieux")


class Golden(Answer):
    """Outputs recorded where the model was fitted, and reproduced here."""

    written_by: str = Field(description="Version de scikit-learn qui a écrit le fichier")
    rows: int
    largest_difference: float


class Table(Answer):
    """A table whose every cell is a text."""

    title: str
    header: list[str]
    rows: list[list[str]]
    chosen: int | None = Field(None, description="Rang de la ligne mise en avant, à partir de 0")


class Part(Answer):
    """One subject of the card: what is told, then listed, then in tables, then drawn."""

    title: str
    sentences: list[str] = Field(default_factory=list)
    bullets: list[str] = Field(default_factory=list)
    tables: list[Table] = Field(default_factory=list)
    charts: list[Chart] = Field(default_factory=list)
    framed: bool = Field(False, description="À lire à part : avertissement, chiffre d’autrui")


class Section(Answer):
    """Subjects that are read together."""

    title: str
    parts: list[Part]


class State(Answer):
    """Where the version stands, in a word or two."""

    words: str
    good: bool | None = Field(description="Bon, mauvais, ou ni l’un ni l’autre")


class Description(Answer):
    """The card as people read it, whoever draws it: the dashboard's page, the page to print."""

    title: str
    states: list[State]
    sentences: list[str]
    sections: list[Section]
