"""A regressor's part of the card: errors in days, and the coverage of its interval."""

from __future__ import annotations

from api.domain.models.conformal import IntervalTable
from api.domain.models.quality import RegressionQuality
from api.schemas import french
from api.schemas.model_card import Part, Section, Table
from api.services.models.card import words
from api.services.models.card.words import Measure


def measured_on(quality: RegressionQuality) -> str:
    """Say on which rows the figures were measured, and the error of always answering the median."""
    head = (
        f"Mesuré sur {french.counted(quality.rows, 'ligne jamais vue')} de "
        f"{french.counted(quality.turbines, 'turbine')}.{words.blocks_words(quality.blocks)}"
    )
    if quality.negative:
        head += (
            f" Sur {french.counted(quality.negative, 'ligne')} le modèle a répondu moins de zéro jour : "
            "zéro est affiché et mesuré."
        )
    without = quality.overall.mae_of_median
    if without is None:
        return head
    return (
        f"{head} Sans modèle, répondre toujours la médiane ({french.days(quality.training_median)}) se "
        f"tromperait de {french.days(without)} en moyenne."
    )


def measures(quality: RegressionQuality) -> list[Measure]:
    """List errors over all rows, then near the failure, where they matter most."""
    overall, near = quality.overall, quality.short_horizon
    close = (
        f", à {french.days(quality.short_horizon_days)} ou moins de la panne "
        f"({french.counted(near.rows, 'ligne')})"
    )
    skill = [] if overall.skill.value is None else [
        Measure("skill", words.with_interval(overall.skill, 2), in_reports=False)
    ]  # fmt: skip
    return [
        Measure("mae", words.days(overall.mae)),
        *skill,
        Measure("rmse", words.days(quality.rmse)),
        Measure("r2", words.with_interval(quality.r2, 2)),
        Measure("bias", words.days(overall.bias)),
        Measure("mae", words.days(near.mae), close, in_reports=False),
        Measure("bias", words.days(near.bias), close, in_reports=False),
    ]


def worth(quality: RegressionQuality, interval: IntervalTable | None) -> Section:
    """Describe errors by the days that really remained, then the coverage of the interval."""
    return Section(title="Erreurs et intervalle", parts=[errors_part(quality), _coverage(interval)])


def errors_part(quality: RegressionQuality) -> Part:
    """Describe errors by the days that really remained."""
    rows = [
        [
            words.days_span(each.low, each.high),
            french.number(each.error.rows),
            words.days(each.error.mae),
            words.days(each.error.bias),
        ]
        for each in quality.by_days_left
    ]
    header = ["Il restait", "Lignes", "Erreur absolue moyenne", "Biais (positif : trop tard)"]
    table = Table(title="Erreur par délai réel [intervalle à 95 %]", header=header, rows=rows)
    return Part(title="Erreur selon les jours qui restaient vraiment", tables=[table] if rows else [])


def _coverage(interval: IntervalTable | None) -> Part:
    """Describe the coverage of the interval by estimated, then by true horizon."""
    title = "Intervalle des jours avant panne"
    if interval is None:
        return Part(
            title=title, sentences=["Aucun intervalle : trop peu de lignes jamais vues pour le fonder."]
        )
    lows = [0.0, *(group.upper or 0.0 for group in interval.groups[:-1])]
    predicted = [
        [
            words.days_span(low, each.upper),
            french.number(each.rows),
            f"de {french.number(each.low, 1)} à {french.number(each.high, 1)}{french.NBSP}j",
            words.share(each.coverage),
            "✓ non" if each.reliable else "⚠ oui",
        ]
        for low, each in zip(lows, interval.groups, strict=True)
    ]
    true = [
        [
            words.days_span(each.low, each.high),
            french.number(each.rows),
            words.share(each.coverage),
            "✓ atteint" if each.reached else "✕ non atteint",
        ]
        for each in interval.by_true_horizon
    ]
    first = ["Estimé", "Lignes", "Bornes autour de l’estimation", "Couverture", "La réponse avertit"]
    second = ["Il restait vraiment", "Lignes", "Couverture", "Objectif"]
    return Part(
        title=title,
        sentences=[
            f"Il vise {french.share(interval.target)} ; obtenu sur toutes les lignes : "
            f"{words.share(interval.coverage)}. La couverture est comptée sur d’autres turbines que celles "
            "qui ont fixé les bornes."
        ],
        tables=[
            Table(title="Par délai estimé [intervalle à 95 %]", header=first, rows=predicted),
            Table(title="Par délai réel [intervalle à 95 %]", header=second, rows=true),
        ],
    )
