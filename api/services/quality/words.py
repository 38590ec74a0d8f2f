"""Writes realised quality for people: the answer's fields, French sentences, the CSV."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from datetime import date
from typing import Any

from api.domain.quality.figures import RealisedQuality
from api.domain.quality.realised import FailureEvent, JudgedScore, PublishedScore, ScoreStanding
from api.domain.shared.wording import LEVEL_WORDS
from api.schemas import french
from api.schemas.common import Notice
from api.schemas.csv_text import BOM, sheet_lines
from api.schemas.quality import Failure, ObservedScore, PublishedLevel, ScoreCounts
from api.services.models.charts import reliability_chart

# Below this many failures, intervals span most of what is possible; EnergiTech's report has twelve.
FEW_EVENTS = 30
STANDINGS = {
    ScoreStanding.COUNTED: "oui",
    ScoreStanding.WAITING: "non : issue inconnue",
    ScoreStanding.NOT_SCORED: "non : sans mesure ou sans probabilité",
    ScoreStanding.REPEATED: "non : mesure déjà comptée",
    ScoreStanding.SEEN: "non : ligne vue à l’entraînement",
    ScoreStanding.UNPROVEN: "non : rien ne prouve que la ligne n’a pas été vue",
}
HEADER = (
    "Jour du classement", "Turbine", "Mesurée le", "Niveau publié", "Probabilité publiée (%)", "Seuil (%)",
    "Jours restants publiés", "Borne basse", "Borne haute", "Panne observée sous 7 jours",
    "Jours restants observés", "Écart en jours", "Compté", "Modèles", "Source de l’issue",
)  # fmt: skip


def figures(quality: RealisedQuality, admitted_for: Mapping[tuple[str, int], str]) -> dict[str, Any]:
    """Return the figures as the fields of the answer.

    Args:
        quality: the figures.
        admitted_for: why versions that did not pass the quality gate serve.
    """
    plain = {
        name: asdict(value) if hasattr(value, "__dataclass_fields__") else value
        for name, value in vars(quality).items()
        if name not in {"counts", "events", "false_alerts", "levels", "models", "periods", "calibration"}
    }
    for name in ("levels", "periods", "calibration"):
        plain[name] = [asdict(item) for item in getattr(quality, name)]
    plain["models"] = [
        asdict(model) | {"admitted_for": admitted_for.get((model.name, model.version))}
        for model in quality.models
    ]
    events = {name: value for name, value in vars(quality.events).items() if name != "missed"}
    for name in ("recall", "lead_mean"):
        events[name] = asdict(events[name])
    events["missed"] = [failure(event) for event in quality.events.missed]
    return {
        **plain,
        "reliability": reliability_chart(quality.calibration),
        "counts": counts(quality.counts),
        "events": events,
        "false_alerts": [observed_score(score) for score in quality.false_alerts],
    }


def counts(by_standing: dict[ScoreStanding, int]) -> ScoreCounts:
    """Count the published scores by what became of them."""
    return ScoreCounts(
        published=sum(by_standing.values()),
        counted=by_standing[ScoreStanding.COUNTED],
        waiting=by_standing[ScoreStanding.WAITING],
        not_scored=by_standing[ScoreStanding.NOT_SCORED],
        repeated=by_standing[ScoreStanding.REPEATED],
        seen=by_standing[ScoreStanding.SEEN],
        unproven=by_standing[ScoreStanding.UNPROVEN],
    )


def failure(event: FailureEvent) -> Failure:
    """Build the answer for a failure."""
    history = [
        PublishedLevel(as_of=s.as_of, level=s.level, probability=s.probability, days=s.days)
        for s in event.history
    ]
    fields = {name: value for name, value in vars(event).items() if name != "history"}
    return Failure(**fields, history=history)


def observed_score(judged: JudgedScore) -> ObservedScore:
    """Build the answer for a score with its outcome."""
    score, outcome = judged.score, judged.outcome
    return ObservedScore(
        turbine_id=score.turbine,
        as_of=score.as_of,
        measured_on=score.measured_on,
        risk_level=score.level,
        failure_probability=score.probability,
        decision_threshold=score.threshold,
        time_to_failure_days=score.days,
        time_to_failure_low=score.low,
        time_to_failure_high=score.high,
        models=_models(score),
        observed_failure=outcome.failed if outcome else None,
        observed_days=outcome.days_left if outcome else None,
        outcome_source=outcome.source if outcome else None,
        standing=judged.standing.value,
    )


def message(quality: RealisedQuality, first: date | None, last: date | None) -> str:
    """Sum the answer up in one sentence, even if it is empty."""
    published, counted = sum(quality.counts.values()), quality.counts[ScoreStanding.COUNTED]
    when = f" du {french.date(first)} au {french.date(last)}" if first and last else " sur cette période"
    if not published:
        return f"Aucun score publié{when} : lancez un calcul du parc, ou élargissez la période."
    known = published - quality.counts[ScoreStanding.WAITING] - quality.counts[ScoreStanding.NOT_SCORED]
    if not known:
        return (
            f"{french.counted(published, 'score publié')}{when}, sans issue connue pour l’instant : "
            "elle viendra des étiquettes d’un fichier de mesures (panne sous 7 jours, jours avant panne)."
        )
    if not counted:
        return (
            f"{french.counted(known, 'score')} d’issue connue{when}, mais rien ne prouve que les modèles "
            f"n’en "
            "ont pas vu les lignes : aucun chiffre ne peut être donné."
        )
    events = quality.events
    announced = french.number(events.announced)
    return (
        f"{french.counted(counted, 'mesure comptée')}{when} ; pannes annoncées : {announced} sur "
        f"{french.number(events.total)} ; fausses alertes : {french.number(quality.false_alerts_total)}."
    )


def notices(quality: RealisedQuality) -> list[Notice]:
    """List what a person must know before reading the figures."""
    cases = (
        ("lignes_vues", quality.counts[ScoreStanding.SEEN],
         "score écarté", "la ligne vient du fichier d’ajustement du modèle, hors de la part non vue."),
        ("non_prouve", quality.counts[ScoreStanding.UNPROVEN],
         "score écarté", "rien ne prouve que le modèle n’a pas vu la ligne (manifeste muet, version "
         "absente, ou mesure antérieure à ses données)."),
        ("deja_compte", quality.counts[ScoreStanding.REPEATED],
         "score laissé de côté", "la mesure est déjà comptée, et ne compte qu’une fois."),
        ("issue_inconnue", quality.counts[ScoreStanding.WAITING],
         "score en attente", "l’issue n’est pas encore connue."),
    )  # fmt: skip
    notes = [
        Notice(code=code, field=None, message=f"{french.counted(number, what)} : {why}")
        for code, number, what, why in cases
        if number
    ]
    if quality.counts[ScoreStanding.COUNTED] and quality.events.total < FEW_EVENTS:
        text = (
            f"{french.counted(quality.events.total, 'panne')} seulement : lisez les intervalles, pas les "
            f"chiffres seuls."
        )
        notes.append(Notice(code="peu_de_pannes", field=None, message=text))
    return notes


def csv_chunks(park: Iterable[list[JudgedScore]]) -> Iterator[bytes]:
    """Yield one line per score, turbine by turbine: semicolons, decimal commas, a byte order mark."""
    yield (BOM + sheet_lines([HEADER])).encode()
    for judged in park:
        yield sheet_lines(map(_cells, judged)).encode()


def _cells(judged: JudgedScore) -> tuple[str, ...]:
    score, outcome = judged.score, judged.outcome
    failed, left = (outcome.failed, outcome.days_left) if outcome else (None, None)
    gap = None if score.days is None or left is None else score.days - left
    return (
        french.date(score.as_of),
        score.turbine,
        "" if score.measured_on is None else french.date(score.measured_on),
        LEVEL_WORDS[score.level],
        french.cell_percent(score.probability, 4),
        french.cell_percent(score.threshold, 4),
        french.cell(score.days, 2),
        french.cell(score.low, 2),
        french.cell(score.high, 2),
        "" if failed is None else ("oui" if failed else "non"),
        french.cell(left, 2),
        french.cell(gap, 2),
        STANDINGS[judged.standing],
        " ".join(_models(score)),
        outcome.source if outcome else "",
    )


def _models(score: PublishedScore) -> list[str]:
    return [f"{model.name}:{model.version}" for model in score.models]
