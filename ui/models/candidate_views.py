"""A candidate in shadow beside the model in force, in sentences and tables. No Streamlit, no HTTP."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from api.schemas import french
from api.schemas.candidates import (
    Candidate,
    ModelComparison,
    QualityPair,
    RunAgreement,
    ShadowReport,
    TopOverlap,
    TurbinePair,
)
from api.schemas.common import Figure, principal_words
from api.schemas.models import ModelSummary
from api.schemas.vocabulary import RiskLevel
from ui.shared import labels as fr

SIDES = {"imminente", "lointaine"}  # the sides of the urgent delay, which days have instead of levels
_FIGURES = {
    "roc_auc": "Aire sous la courbe ROC",
    "average_precision": "Précision moyenne",
    "brier": "Score de Brier (0 est parfait)",
    "precision": "Précision au seuil de la politique",
    "recall": "Rappel au seuil de la politique",
    "cost_eur": "Coût moyen des décisions, par mesure",
    "mae": "Erreur absolue moyenne",
    "rmse": "Racine de l’erreur quadratique moyenne",
    "bias": "Biais (positif : annonce la panne trop tard)",
    "mae_short": "Erreur absolue moyenne, à 14 jours ou moins",
}
_DAYS = {"mae", "rmse", "bias", "mae_short"}


def version_name(model: ModelSummary | Candidate) -> str:
    """Write « risque-panne-7j v2 »."""
    return model.label if isinstance(model, ModelSummary) else f"{model.name} v{model.version}"


def eligible(models: Sequence[ModelSummary], candidates: Sequence[Candidate]) -> list[ModelSummary]:
    """Return the versions that may be tried: usable, neither in force nor tried already."""
    tried = {(c.name, c.version) for c in candidates if c.ended_at is None}
    return [m for m in models if not (m.active or m.problem or (m.name, m.version) in tried)]


def since_words(candidate: Candidate) -> str:
    """Say since when, by whom and why."""
    return (
        f"En observation depuis le {french.date(candidate.since)}, "
        f"choisi par {principal_words(candidate.set_by, candidate.set_by_name)} : « {candidate.reason} »."
    )


def failure_words(candidate: Candidate) -> str:
    """Say why the last run was not scored; empty where it was."""
    if candidate.failure is None:
        return ""
    run = f"Le calcul n° {candidate.failed_run} n’a pas été noté par le candidat"
    return f"{run} : {candidate.failure} Le classement publié n’en est pas touché."


def compared_words(last: RunAgreement) -> str:
    """Say what the figures rest on."""
    out = ""
    if last.left_out:
        verb = "n’ont pas été notées" if last.left_out >= 2 else "n’a pas été notée"
        out = f" {french.counted(last.left_out, 'turbine')} {verb} par les deux."
    return (
        f"Calcul du {french.date(last.as_of)} (n° {last.run_id}) : "
        f"{french.counted(last.rows, 'turbine notée')} par {last.active.label} et "
        f"par le candidat sur les mêmes mesures.{out}"
    )


def agreement_facts(last: RunAgreement, task: str) -> list[tuple[str, str, str]]:
    """List the figures of the agreement: name, value, what it is compared with."""
    same = "Même niveau" if task == "classification" else "Même côté de 7 jours"
    facts = [(same, _share(last.same_level.value), _share_interval(last.same_level))]
    correlation = last.rank_correlation
    words = "non définie" if correlation is None else french.number(correlation, 2)
    facts.append(("Corrélation de rang", words, "1 : même ordre ; 0 : aucun rapport"))
    facts += [_top_fact(top, place) for place, top in enumerate(last.tops)]
    facts.append(("Écart moyen", _gap(last.mean_absolute_difference, task), _direction(last, task)))
    return facts


def _top_fact(top: TopOverlap, place: int) -> tuple[str, str, str]:
    name = french.counted(top.size, "première") if place == 0 else "Turbines en alerte"
    note = "communes aux deux têtes de classement"
    return name, f"{french.number(top.shared)} sur {french.number(top.size)}", note


def _direction(last: RunAgreement, task: str) -> str:
    mean = last.mean_difference
    mean_words = french.points(mean) if task == "classification" else french.days_difference(mean)
    return f"en moyenne {mean_words} chez le candidat"


def pooled_words(report: ShadowReport) -> str:
    """Sum up the last runs together; empty where there is only one."""
    pooled = report.pooled
    if pooled is None or pooled.runs < 2:
        return ""
    what = "au même niveau" if report.candidate.task == "classification" else "du même côté de 7 jours"
    return (
        f"Sur {french.counted(pooled.runs, 'jour noté')} (les derniers, "
        f"{french.counted(pooled.turbines, 'turbine')}), les "
        f"deux modèles classent {what} {_share(pooled.same_level.value)} des mesures "
        f"({_share_interval(pooled.same_level)})."
    )


def reading_words(report: ShadowReport) -> str:
    """Say how to read the agreement, and what it does not say."""
    policy = f"de la politique de risque v{report.policy_version}"
    if report.candidate.task == "classification":
        basis = f"Les niveaux viennent ici de la seule sortie de chaque modèle, aux bornes {policy}."
    else:
        urgent = french.days(report.bounds[0].value)
        basis = f"On regarde de quel côté du délai d’urgence ({urgent}) {policy} chaque estimation tombe."
    return f"{basis} Être d’accord n’est pas avoir raison : la qualité mesurée se compare plus bas."


def runs_frame(report: ShadowReport) -> pd.DataFrame:
    """Tabulate the runs, newest first."""
    task = report.candidate.task
    return pd.DataFrame(
        [
            {
                "Jour": french.date(run.as_of),
                "Turbines": french.number(run.rows),
                "Même niveau" if task == "classification" else "Même côté de 7 jours": _share(
                    run.same_level.value
                ),
                "Corrélation de rang": french.number(run.rank_correlation, 2),
                "Premières communes": f"{run.tops[0].shared} sur {run.tops[0].size}",
                "Écart moyen": _gap(run.mean_absolute_difference, task),
            }
            for run in report.runs
        ]
    )


def gaps_frame(pairs: Sequence[TurbinePair], task: str) -> pd.DataFrame:
    """Tabulate the turbines where the models differ most."""
    return pd.DataFrame(
        [
            {
                "Turbine": pair.turbine_id,
                "En service": _with_level(pair.active, pair.active_level, task),
                "Candidat": _with_level(pair.candidate, pair.candidate_level, task),
                "Écart": _difference(pair, task),
            }
            for pair in pairs
        ]
    )


def quality_frame(
    comparison: ModelComparison, left: str = "En service", right: str = "Candidat"
) -> pd.DataFrame:
    """Tabulate the quality of both versions and the interval of their difference."""
    for_whom = {"left": f"en faveur de {left}", "right": f"en faveur de {right}"}
    if (left, right) == ("En service", "Candidat"):
        for_whom = {"left": "en faveur du modèle en service", "right": "en faveur du candidat"}
    return pd.DataFrame(
        [
            {
                "Mesure de qualité": _FIGURES.get(figure.key, figure.key),
                left: _value(figure.left.value, figure.key),
                right: _value(figure.right.value, figure.key),
                "Différence (intervalle à 95 %)": _with_interval(figure),
                "Ce qu’on peut en dire": for_whom.get(figure.better or "", "l’intervalle ne tranche pas"),
            }
            for figure in comparison.figures
        ]
    )


def quality_words(comparison: ModelComparison) -> str:
    """Say on which rows both versions were measured."""
    failures = ""
    if comparison.failures is not None:
        failures = f", dont {french.counted(comparison.failures, 'panne')}"
    return (
        f"Sur {french.counted(comparison.rows, 'mesure')} de {french.counted(comparison.turbines, 'turbine')}"
        f"{failures}, qu’aucune des deux versions n’a vues. "
        "L’intervalle rejoue les mêmes turbines pour les deux."
    )


def former_words(candidates: Sequence[Candidate]) -> list[str]:
    """Describe the former candidates: which, when, by whom, why each ended."""
    return [
        f"{version_name(c)}, du {french.date(c.since)} au {french.date(c.ended_at)}, "
        f"{french.counted(c.runs_scored, 'calcul')} : « {c.reason} ». Fin par "
        f"{principal_words(c.ended_by or '', c.ended_by_name)} : « {c.end_reason} »."
        for c in candidates
        if c.ended_at is not None
    ]


def _with_level(value: float, level: str, task: str) -> str:
    """Write a probability with its level; days need none, they show their side of the bound."""
    words = output_words(value, task)
    return words if level in SIDES else f"{words} {fr.LEVELS[RiskLevel(level)].text}"


def output_words(value: float, task: str) -> str:
    """Write a probability or days."""
    return french.percent(value) if task == "classification" else french.days(value)


def _difference(pair: TurbinePair, task: str) -> str:
    apart = pair.candidate - pair.active
    return french.points(apart) if task == "classification" else french.days_difference(apart)


def _gap(value: float, task: str) -> str:
    return french.quantity(100 * value, "pt", 1) if task == "classification" else french.days(value)


def _share(value: float | None) -> str:
    return "non défini" if value is None else french.share(value)


def _share_interval(figure: Figure) -> str:
    if figure.low is None or figure.high is None:
        return "trop peu de turbines pour un intervalle"
    return f"de {french.share(figure.low)} à {french.share(figure.high)}, à 95 % de confiance"


def _value(value: float | None, key: str) -> str:
    if value is None:
        return "non défini"
    if key == "cost_eur":
        return french.euros(value)
    return french.quantity(value, "j", 1) if key in _DAYS else french.number(value, 3)


def _with_interval(figure: QualityPair) -> str:
    apart = figure.difference
    if apart.low is None or apart.high is None:
        return f"{_value(apart.value, figure.key)} (trop peu de données)"
    low, high = _value(apart.low, figure.key), _value(apart.high, figure.key)
    return f"{_value(apart.value, figure.key)} (de {low} à {high})"
