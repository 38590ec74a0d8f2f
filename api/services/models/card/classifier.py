"""A classifier's part of the card: ranking, cost of alerts, reliability of the probability."""

from __future__ import annotations

from collections.abc import Sequence

from api.domain.models.calibration import MIN_EVENTS, Calibration
from api.domain.models.quality import ClassificationQuality, ThresholdRow
from api.domain.models.statistics import Estimate
from api.schemas import french
from api.schemas.model_card import Decision, Part, Section, Table, ThresholdOutcome
from api.schemas.models import CALIBRATIONS
from api.services.models.card import words
from api.services.models.card.words import Measure
from api.services.models.charts import cost_chart, precision_recall_chart, reliability_chart

USUAL_THRESHOLD = 0.5
_METHODS = {"platt": "Platt", "isotonique": "isotonique"}


def measured_on(quality: ClassificationQuality) -> str:
    """Say on which rows the figures were measured."""
    events = quality.failure_events
    head = (
        f"Mesuré sur {french.counted(quality.rows, 'ligne jamais vue')} de "
        f"{french.counted(quality.turbines, 'turbine')}, dont {french.number(quality.failures)} de panne "
        f"({french.counted(events, 'panne distincte')})."
    )
    few = " Avec si peu de pannes, chaque chiffre est incertain : lisez les intervalles."
    return head + few * (events < MIN_EVENTS) + words.blocks_words(quality.blocks)


def measures(quality: ClassificationQuality, decision: Decision | None) -> list[Measure]:
    """List figures of ranking, then of alerts at the policy's threshold and at the usual one of reports."""
    listed = [
        Measure("roc_auc", words.with_interval(quality.roc_auc, 3)),
        Measure("average_precision", words.with_interval(quality.average_precision, 3)),
        Measure("prevalence", french.number(quality.prevalence, 3), in_reports=False),
        Measure("lift", words.with_interval(_lift(quality), 1), in_reports=False),
        Measure("brier", words.with_interval(quality.brier, 4)),
    ]
    chosen = _chosen(decision)
    if chosen is not None:
        policy = f" au seuil de la politique, {french.threshold(chosen.threshold)}"
        listed += _at(chosen, policy, in_reports=False)
    usual = [row for row in quality.thresholds if row.threshold == USUAL_THRESHOLD]
    return listed + [each for row in usual for each in _at(row, " au seuil de 0,5", in_reports=True)]


def _lift(quality: ClassificationQuality) -> Estimate:
    """Return how many times better than chance the average precision is."""
    precision = quality.average_precision
    figures = precision.value, precision.low, precision.high
    value, low, high = (None if figure is None else figure / quality.prevalence for figure in figures)
    return Estimate(value, low, high, precision.method)


def _at(row: ThresholdRow | ThresholdOutcome, where: str, *, in_reports: bool) -> list[Measure]:
    return [
        Measure(name, words.with_interval(getattr(row, name), 3), where, in_reports)
        for name in ("precision", "recall", "f1")
    ]


def _chosen(decision: Decision | None) -> ThresholdOutcome | None:
    return None if decision is None else next((row for row in decision.table if row.chosen), None)


def confusion(decision: Decision | None) -> list[Table]:
    """Tabulate the confusion at the policy's threshold; empty if it is unknown."""
    row = _chosen(decision)
    if row is None:
        return []
    rows = [
        ["Panne", french.number(row.true_positives), french.number(row.false_negatives)],
        ["Pas de panne", french.number(row.false_positives), french.number(row.true_negatives)],
    ]
    title = f"Matrice de confusion au seuil de la politique ({french.threshold(row.threshold)})"
    header = ["Ce qui est arrivé", "Annoncé en panne", "Non annoncé"]
    return [Table(title=title, header=header, rows=rows)]


def worth(
    quality: ClassificationQuality, decision: Decision | None, calibration: Calibration
) -> list[Section]:
    """Describe the cost of alerts and the reliability of the probability."""
    decided = [] if decision is None else [Section(title="Seuils et coûts", parts=[_decision(decision)])]
    parts = [reliability_part(quality), _calibration(calibration)]
    return [*decided, Section(title="Fiabilité", parts=parts)]


def thresholds_table(rows: Sequence[ThresholdRow | ThresholdOutcome]) -> Table:
    """Tabulate what each threshold would have caught."""
    header = [
        "Seuil", "Pannes annoncées", "Pannes manquées", "Fausses alertes", "Silences justifiés",
        "Précision", "Rappel",
    ]  # fmt: skip
    cells = [
        [
            french.threshold(each.threshold),
            french.number(each.true_positives),
            french.number(each.false_negatives),
            french.number(each.false_positives),
            french.number(each.true_negatives),
            words.with_interval(each.precision, 3),
            words.with_interval(each.recall, 3),
        ]
        for each in rows
    ]
    return Table(title="Par seuil [intervalle à 95 %]", header=header, rows=cells)


def _decision(decision: Decision) -> Part:
    """Describe what each threshold would have caught and cost; the policy's is marked."""
    plain = thresholds_table(decision.table)
    rows = [
        [threshold + " ◄ politique" * each.chosen, *cells, words.euros(each.cost_eur)]
        for (threshold, *cells), each in zip(plain.rows, decision.table, strict=True)
    ]
    place = next((place for place, each in enumerate(decision.table) if each.chosen), None)
    cost = cost_chart(decision)
    last = (
        "Version rangée avant que ses courbes soient gardées : réimportez-la pour les voir."
        if cost is None
        else "Avec peu de pannes, les bandes sont larges : deux seuils voisins ne se distinguent pas."
    )
    return Part(
        title="Ce que chaque seuil aurait donné et coûté",
        sentences=[
            f"Politique n° {decision.policy_version} : une intervention coûte "
            f"{french.euros(decision.cost_intervention_eur)}, une panne manquée "
            f"{french.euros(decision.cost_failure_eur)}, donc seuil {french.threshold(decision.threshold)}. "
            "Chaque ligne jamais vue compte pour une décision : ne jamais intervenir coûterait "
            f"{french.euros(decision.never_eur)}, toujours intervenir {french.euros(decision.always_eur)}.",
            last,
        ],
        tables=[Table(title=plain.title, header=[*plain.header, "Coût"], rows=rows, chosen=place)],
        charts=[] if cost is None else [cost, precision_recall_chart(decision)],
    )


def reliability_part(quality: ClassificationQuality) -> Part:
    """Describe, by range of announced probability, what was announced and what happened."""
    title = "Fiabilité de la probabilité"
    if not quality.reliability:
        why = "Fiabilité non mesurée à l’import : réimportez la version pour la voir."
        return Part(title=title, sentences=[why])
    rows = [
        [
            f"{french.share(each.low)} à {french.share(each.high)}",
            french.number(each.rows),
            french.number(each.failures),
            french.share(each.mean_probability),
            words.share(each.observed),
        ]
        for each in quality.reliability
    ]
    header = ["Annoncé", "Lignes", "Pannes", "Moyenne annoncée", "Observé [95 %]"]
    return Part(
        title=title,
        tables=[Table(title="Ce qui était annoncé, ce qui est arrivé", header=header, rows=rows)],
        charts=[reliability_chart(quality.reliability)],
    )


def _calibration(calibration: Calibration) -> Part:
    """Describe the raw probability and each recalibration tried, judged on other turbines."""
    rows = [] if calibration.raw_brier is None else [
        ["brute", french.number(calibration.raw_brier, 4), french.NOTHING]
    ]  # fmt: skip
    rows += [
        [
            _METHODS.get(trial.method, trial.method),
            french.number(trial.brier, 4),
            words.with_interval(trial.change, 4),
        ]
        for trial in calibration.trials
    ]
    header = ["Probabilité", "Score de Brier", "Écart à la brute [95 %]"]
    title = "Jugé sur d’autres turbines que celles de l’ajustement"
    state = CALIBRATIONS.get(calibration.status, calibration.status)
    return Part(
        title="Calibration",
        sentences=[
            calibration.reason
            if calibration.reason.casefold().startswith(state)
            else f"Probabilité montrée : {state}. {calibration.reason}"
        ],
        tables=[Table(title=title, header=header, rows=rows)] if rows else [],
    )
