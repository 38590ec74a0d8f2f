"""Realised quality: published scores beside the outcomes observed since, with intervals."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field

from api.schemas.charts import Chart
from api.schemas.common import Answer, Figure, NamedVersion, Notice
from api.schemas.vocabulary import ALERT, RiskLevel

ScoreStanding = Literal[
    "compte", "issue_inconnue", "sans_score", "deja_compte", "vu_apprentissage", "non_prouve"
]


class ScoreCounts(Answer):
    """How the published scores of the period count; ``published`` is the sum of all other fields."""

    published: int = Field(description="Scores publiés sur la période")
    counted: int = Field(description="Comptés : issue connue, ligne jamais vue par les modèles")
    waiting: int = Field(description="Issue encore inconnue")
    not_scored: int = Field(description="Sans mesure ou sans probabilité")
    repeated: int = Field(description="Mesure déjà comptée, montrée de nouveau un autre jour")
    seen: int = Field(description="Écartés : ligne du fichier d’ajustement, hors de la part non vue")
    unproven: int = Field(description="Écartés : rien ne prouve que le modèle n’a pas vu la ligne")


class AlertFigures(Answer):
    """Alerts of one kind, compared with the failures within 7 days."""

    rows: int
    true_negatives: int
    false_positives: int = Field(description="Fausses alertes")
    false_negatives: int = Field(description="Pannes manquées")
    true_positives: int = Field(description="Pannes annoncées")
    precision: Figure = Field(description="Part des alertes suivies d’une panne")
    recall: Figure = Field(description="Part des pannes qui étaient en alerte")


class LevelFigures(Answer):
    """Figures of one published level."""

    level: RiskLevel
    rows: int = Field(description="Scores comptés à ce niveau")
    failures: int = Field(description="Parmi eux, suivis d’une panne sous 7 jours")
    at_or_above: AlertFigures = Field(description="Si l’on intervient à partir de ce niveau")


class DaysFigures(Answer):
    """Published days left, compared with the days that really remained [days]."""

    rows: int
    mae: Figure = Field(description="Erreur absolue moyenne [jours]")
    bias: Figure = Field(description="Erreur moyenne [jours] ; au-dessus de 0, annoncé trop tard")
    interval_rows: int = Field(description="Scores publiés avec un intervalle")
    coverage: Figure = Field(description="Part de ces intervalles qui contenaient le vrai délai")


class ModelFigures(NamedVersion):
    """Figures of one model version: alerts for a classifier, days for a regressor."""

    task: str
    at_threshold: AlertFigures | None = None
    days: DaysFigures | None = None


class PeriodFigures(Answer):
    """Figures of one month, or of one week from its Monday."""

    start: date
    at_threshold: AlertFigures
    at_alert: AlertFigures = Field(description=f"Alertes : {ALERT}")


class CalibrationBin(Answer):
    """Scores whose published probability lies in [low, high[."""

    low: float
    high: float
    rows: int
    failures: int
    mean_probability: float = Field(description="Probabilité moyenne montrée")
    observed: Figure = Field(description="Part réellement suivie d’une panne")


class PublishedLevel(Answer):
    """What was published about a turbine on one day."""

    as_of: date
    level: RiskLevel
    probability: float | None = None
    days: float | None = None


class Failure(Answer):
    """A failure of a turbine."""

    turbine: str
    first_on: date = Field(description="Première mesure suivie de cette panne sous 7 jours")
    last_on: date
    failed_on: date | None = Field(description="Jour de la panne, si le délai observé est connu")
    rows: int = Field(description="Mesures comptées qui la précèdent")
    announced: bool
    lead_days: float | None
    since_start: bool = Field(description="L’alerte durait déjà au premier jour lu : préavis au moins égal")
    history: list[PublishedLevel] = Field(description="Ce qui était publié avant elle")


class EventFigures(Answer):
    """Failures, each counted once, and the lead time of their alerts [days]."""

    total: int
    announced: int
    recall: Figure = Field(description="Part des pannes annoncées, chaque panne comptée une fois")
    lead_known: int = Field(description="Pannes annoncées dont le préavis est connu")
    lead_mean: Figure = Field(description="Préavis moyen [jours]")
    lead_median: float | None
    lead_shortest: float | None
    lead_longest: float | None
    missed: list[Failure] = Field(description="Pannes manquées, les plus récentes d’abord, 200 au plus")


class ObservedScore(Answer):
    """A published score beside its outcome."""

    turbine_id: str
    as_of: date
    measured_on: date | None
    risk_level: RiskLevel
    failure_probability: float | None
    decision_threshold: float | None
    time_to_failure_days: float | None
    time_to_failure_low: float | None
    time_to_failure_high: float | None
    models: list[str] = Field(description="Modèles du score, nom:version")
    observed_failure: bool | None = Field(description="Panne sous 7 jours, observée ; absent : inconnu")
    observed_days: float | None = Field(description="Jours réellement restants [jours]")
    outcome_source: str | None
    standing: ScoreStanding = Field(description="compte, ou pourquoi ce score n’entre pas dans les chiffres")


class RealisedQuality(Answer):
    """Published scores beside the outcomes observed since, and the realised quality."""

    first: date | None = Field(description="Premier jour lu ; absent tant que rien n’est publié")
    last: date | None
    model: str | None = Field(description="Modèle gardé ; absent : tous")
    period: Literal["month", "week"]
    message: str = Field(description="L’essentiel en une phrase")
    notices: list[Notice] = Field(description="À savoir avant de lire les chiffres")
    turbines: int
    counts: ScoreCounts
    failures: int = Field(description="Mesures comptées, suivies d’une panne sous 7 jours")
    independent: bool = Field(description="Chaque mesure avant panne est une panne à elle seule")
    at_threshold: AlertFigures = Field(description="Au seuil de décision publié")
    levels: list[LevelFigures]
    models: list[ModelFigures]
    periods: list[PeriodFigures]
    calibration: list[CalibrationBin]
    reliability: Chart = Field(description="Les mêmes tranches, à dessiner")
    days: DaysFigures
    days_short: DaysFigures = Field(description="Là où il restait réellement peu de jours")
    short_horizon_days: float
    events: EventFigures
    false_alerts_total: int = Field(description=f"Alertes ({ALERT}) sans panne sous 7 jours")
    false_alerts: list[ObservedScore] = Field(description="Les plus récentes d’abord, 200 au plus")
    total: int = Field(description="Scores dont l’issue est connue, comptés ou non")
    items: list[ObservedScore] = Field(description="Une page de ces scores, par turbine puis par jour")
