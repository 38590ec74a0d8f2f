"""Authorised uses, prohibited uses and limits of a model, in French, from its task and measured quality."""

from __future__ import annotations

from api.domain.models.calibration import MIN_EVENTS
from api.domain.models.quality import ClassificationQuality, RegressionQuality
from api.inference.importing.child.measuring.measuring import Measures
from api.inference.serving.manifest import Task
from api.schemas import french


def authorised_use(task: Task) -> tuple[str, ...]:
    """Say what EnergiTech may do with a model of this task."""
    purpose = (
        "Classer les turbines selon leur risque de panne dans les 7 jours, pour préparer les interventions."
        if task == "classification"
        else "Donner un ordre de grandeur des jours avant panne, à côté de la probabilité."
    )
    return (purpose, "Éclairer une personne qualifiée, qui décide ; aucune action n’est automatique.")


def prohibited_use(task: Task) -> tuple[str, ...]:
    """Say what a model of this task must not be used for, however good its figures."""
    unfit = (
        "Juger la cause d’une panne, ou conclure qu’agir sur une mesure l’éviterait : le modèle décrit des "
        "corrélations."
        if task == "classification"
        else "Fixer une date d’arrêt ou repousser une intervention sur la foi du seul nombre de jours."
    )
    return (
        "Arrêter, brider ou redémarrer une machine sans décision humaine.",
        "Remplacer une inspection réglementaire, une alarme ou un système de sécurité.",
        unfit,
        "Évaluer le travail d’une personne.",
        "Répondre pour un parc ou des capteurs autres que ceux décrits ici sans nouvelle mesure de qualité.",
    )


def known_limits(measures: Measures) -> tuple[str, ...]:
    """Say what people must know before they rely on the model; figures are those just measured."""
    measured = measures.quality
    general = (
        "Ne remplace ni une inspection, ni une alarme, ni un système de sécurité.",
        "Hors des plages de mesures vues à l’entraînement, la réponse est une extrapolation.",
    )
    if measured is None:
        return (
            *general,
            "Qualité inconnue : le modèle n’a pas été mesuré sur des lignes qu’il n’a pas vues.",
        )
    if isinstance(measured, ClassificationQuality):
        return (*general, *_classifier_limits(measured, measures.calibration.table is not None))
    return (*general, *_regressor_limits(measured), *_interval_limits(measures))


def _classifier_limits(measured: ClassificationQuality, calibrated: bool) -> list[str]:
    usual = measured.thresholds[0]
    unit = "panne" if measured.failure_events == measured.failures else "ligne de panne"
    limits = [
        f"Au seuil de {french.number(usual.threshold, 2)}, il manque "
        f"{french.counted(usual.false_negatives, unit)} sur {french.number(measured.failures)} : le seuil "
        f"se choisit selon les coûts.",
    ]
    if not calibrated:
        limits.append(
            "Probabilité non calibrée : elle classe les turbines, sa valeur absolue est indicative."
        )
    if measured.failure_events < MIN_EVENTS:
        limits.append(
            f"Mesuré sur {french.counted(measured.failure_events, 'panne')} seulement : chaque chiffre a un "
            "large intervalle."
        )
    return limits


def _regressor_limits(measured: RegressionQuality) -> list[str]:
    near = measured.short_horizon
    limits = ["Une estimation à quelques jours près n’est pas une date de panne."]
    bias = near.bias.value
    if bias is not None and near.mae.value is not None:
        side = "trop tard" if bias > 0 else "trop tôt"
        limits.append(
            f"À {french.days(measured.short_horizon_days)} ou moins de la panne "
            f"({french.counted(near.rows, 'ligne non vue')}), l’erreur moyenne est de "
            f"{french.quantity(near.mae.value, 'j', 1)} et l’estimation vient "
            f"{french.quantity(abs(bias), 'j', 1)} {side} en moyenne."
        )
    return limits


def _interval_limits(measures: Measures) -> list[str]:
    """Say where the interval for days left covers less than its target."""
    table = measures.interval
    if table is None:
        return ["Pas d’intervalle pour les jours avant panne : trop peu de lignes non vues pour le fonder."]
    limits = []
    for horizon in table.by_true_horizon:
        if not horizon.reached and horizon.coverage.value is not None:
            where = (
                f"au-delà de {french.days(horizon.low)}"
                if horizon.high is None
                else f"entre {french.number(horizon.low)} et {french.days(horizon.high)}"
            )
            limits.append(
                f"L’intervalle vise {french.share(table.target)} ; sur les "
                f"{french.counted(horizon.rows, 'ligne non vue')} où il restait vraiment {where}, il n’a "
                f"contenu la vérité que dans {french.share(horizon.coverage.value, 0)} des cas."
            )
    return limits
