"""The quality gate: which measured models may enter the risk, judged on interval bounds, never on points."""

from __future__ import annotations

from dataclasses import dataclass

from api.domain.models.quality import ClassificationQuality, DaysError, RegressionQuality
from api.domain.models.statistics import MIN_GROUPS, Estimate
from api.schemas import french


@dataclass(frozen=True)
class Gate:
    """Whether a model may enter the risk, and why.

    Args:
        passed: whether it may enter the risk.
        may_raise: whether it may by itself raise a level; for a classifier, the same as ``passed``.
        reasons: French sentences, one per criterion.
    """

    passed: bool
    may_raise: bool
    reasons: tuple[str, ...]


NOT_MEASURED = Gate(
    passed=False,
    may_raise=False,
    reasons=(
        "Non mesuré : personne n’a dit quelles lignes ce modèle n’a pas vues à l’entraînement. Réimportez-le "
        "sous un autre nom avec --labelled et --split.",
    ),
)


def judge(quality: ClassificationQuality | RegressionQuality | None) -> Gate:
    """Return the gate's verdict on measured quality; a model without any (None) does not pass."""
    if quality is None:
        return NOT_MEASURED
    if isinstance(quality, ClassificationQuality):
        return _judge_classifier(quality)
    return _judge_regressor(quality)


def _constant(answer: str) -> Gate:
    reason = f"Réponse constante : ce modèle répond toujours {answer}, quelle que soit la mesure."
    return Gate(passed=False, may_raise=False, reasons=(reason,))


def _judge_classifier(quality: ClassificationQuality) -> Gate:
    if quality.constant is not None:
        return _constant(french.number(quality.constant, 3))
    checks = [
        _above("Aire sous la courbe ROC", quality.roc_auc, 0.5, "le hasard"),
        _above("Précision moyenne", quality.average_precision, quality.prevalence, "la part de pannes"),
    ]
    passed = all(holds for holds, _ in checks)
    return Gate(passed, passed, tuple(sentence for _, sentence in checks))


def _judge_regressor(quality: RegressionQuality) -> Gate:
    if quality.constant is not None:
        return _constant(french.quantity(quality.constant, "j", 1))
    passed, overall = _beats_constants("Sur toutes les lignes", quality.overall)
    near, short = _beats_constants(
        f"Sur les lignes à {french.days(quality.short_horizon_days)} ou moins de la panne",
        quality.short_horizon,
    )
    end = " Il peut relever un niveau." if passed and near else " Il ne peut donc pas relever un niveau."
    return Gate(passed, passed and near, (overall, short + end))


def _above(what: str, estimate: Estimate, bound: float, meaning: str) -> tuple[bool, str]:
    if estimate.low is None:
        return False, (
            f"{what} : trop peu de pannes ou de turbines indépendantes pour un intervalle "
            f"({MIN_GROUPS} au moins)."
        )
    holds = estimate.low > bound
    relation = "dépasse" if holds else "ne dépasse pas"
    return holds, (
        f"{what} : la borne basse à 95 % ({french.number(estimate.low, 3)}) {relation} {meaning} "
        f"({french.number(bound, 3)})."
    )


def _beats_constants(where: str, error: DaysError) -> tuple[bool, str]:
    """Judge the skill against the harder of two constants; the error of the second is known in hindsight."""
    if error.skill.low is None or error.mae_of_constant is None or error.mae.value is None:
        return False, (
            f"{where} : trop peu de turbines indépendantes pour un intervalle ({MIN_GROUPS} au moins ; "
            f"ici {error.turbines})."
        )
    holds = error.skill.low > 0
    relation = "dépasse" if holds else "ne dépasse pas"
    own, constant = (french.quantity(mean, "j", 1) for mean in (error.mae.value, error.mae_of_constant))
    return holds, (
        f"{where} : erreur absolue moyenne de {own}, contre {constant} pour la meilleure réponse constante ; "
        f"la borne basse à 95 % du gain (1 − erreur ÷ erreur constante), "
        f"{french.number(error.skill.low, 3)}, {relation} 0."
    )
