"""An evaluation as French tables for a terminal."""

from __future__ import annotations

from dataclasses import asdict

from api.commands.console import columns
from api.domain.models.quality import ClassificationQuality, DaysError, RegressionQuality
from api.domain.models.statistics import Estimate
from api.inference.importing.evaluate import Evaluation
from api.schemas import french
from api.services.models.card import words

_VALUE = ("mesure", "valeur [intervalle à 95 %]")


def evaluation_text(evaluation: Evaluation) -> str:
    """Return an evaluation as text: its rows, every figure with its interval, the quality gate's answer."""
    quality = evaluation.quality
    body = _classifier(quality) if isinstance(quality, ClassificationQuality) else _regressor(quality)
    verdict = "passé" if evaluation.gate.passed else "NON passé"
    left = f"{french.number(evaluation.left_out)} lignes laissées de côté : vues à l’entraînement, ou non "
    return "\n".join(
        [
            f"{evaluation.name} version {evaluation.version}, mesuré sur {evaluation.source}",
            evaluation.words,
            *([left + "connues pour non vues."] if evaluation.left_out else []),
            "",
            *body,
            f"Contrôle de qualité sur ces lignes : {verdict}.",
            *[f"  {reason}" for reason in evaluation.gate.reasons],
        ]
    )


def _figure(estimate: Estimate, digits: int, unit: str = "") -> str:
    return words.with_interval(asdict(estimate), digits, unit)


def _classifier(quality: ClassificationQuality) -> list[str]:
    figures = [
        ("aire sous la courbe ROC", _figure(quality.roc_auc, 3)),
        ("précision moyenne", _figure(quality.average_precision, 3)),
        ("score de Brier", _figure(quality.brier, 4)),
    ]
    thresholds = [
        (
            french.threshold(row.threshold), french.number(row.true_negatives), row.false_positives,
            row.false_negatives, row.true_positives, _figure(row.precision, 3), _figure(row.recall, 3),
            _figure(row.f1, 3),
        )
        for row in quality.thresholds
    ]  # fmt: skip
    bins = [
        (
            f"{french.threshold(each.low)} à {french.threshold(each.high)}",
            french.number(each.rows),
            each.failures,
            french.share(each.mean_probability),
            words.share(asdict(each.observed)),
        )
        for each in quality.reliability
    ]
    return [
        f"{french.number(quality.rows)} lignes de {quality.turbines} turbines, dont "
        f"{french.number(quality.failures)} de panne ({quality.failure_events} pannes distinctes).",
        "",
        columns(figures, _VALUE),
        "",
        "Seuils : vrais et faux négatifs (VN, FN) et positifs (VP, FP)",
        columns(thresholds, ("seuil", "VN", "FP", "FN", "VP", "précision", "rappel", "F1")),
        "",
        "Fiabilité de la probabilité",
        columns(bins, ("annoncé", "lignes", "pannes", "moyenne annoncée", "observé")),
        "",
    ]


def _regressor(quality: RegressionQuality) -> list[str]:
    figures = [
        ("erreur absolue moyenne (MAE)", _figure(quality.overall.mae, 1, "j")),
        ("erreur quadratique (RMSE)", _figure(quality.rmse, 1, "j")),
        ("R²", _figure(quality.r2, 2)),
        ("biais (positif : trop tard)", _figure(quality.overall.bias, 1, "j")),
    ]
    near = f"{french.days(quality.short_horizon_days)} ou moins"
    ranges = [_range(near, quality.short_horizon)] + [
        _range(words.days_span(each.low, each.high), each.error) for each in quality.by_days_left
    ]
    return [
        f"{french.number(quality.rows)} lignes de {quality.turbines} turbines.",
        "",
        columns(figures, _VALUE),
        "",
        "Erreur selon les jours qui restaient vraiment",
        columns(ranges, ("il restait", "lignes", "erreur absolue moyenne", "biais")),
        "",
    ]


def _range(where: str, error: DaysError) -> tuple[str, str, str, str]:
    return (
        where,
        french.number(error.rows),
        _figure(error.mae, 1, "j"),
        _figure(error.bias, 1, "j"),
    )
