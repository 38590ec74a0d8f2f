"""``docs/modeles-reference.md``: how the reference models are made and how good they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from api.domain.models.conformal import IntervalTable
from api.domain.models.quality import ClassificationQuality, DaysError, RegressionQuality
from api.domain.models.statistics import REPLICATES, Estimate
from api.inference.serving.manifest import Manifest
from api.schemas import french

_HEAD = """# Modèles de référence

Page produite par `python -m api.inference.reference.fit` à partir des manifestes : aucun chiffre n’y est
saisi.

Le cockpit est livré avec deux modèles ajustés sur le parc **simulé** de `data/`. Ils permettent
d’essayer le produit sans les fichiers d’EnergiTech et passent par le même importateur que tout autre
modèle : contrôle du fichier, processus isolé, mesure sur des lignes jamais vues, contrôle de qualité.

**Répartition dans le temps.** Les lignes jamais vues sont les plus récentes ; les jours qui les
précèdent, autant que l’étiquette regarde loin, ne servent ni à l’ajustement ni à la mesure. Les réglages
sont choisis pour la taille et la vitesse ; les lignes jamais vues ne servent qu’à mesurer.

**Intervalles à 95 %.** Entre crochets. Une proportion où chaque ligne de panne est une panne distincte a
l’intervalle de Wilson ; tout le reste est rééchantillonné par turbine ({replicates}, graine
fixe), car les lignes d’une même turbine se ressemblent. L’exactitude (part de bonnes réponses) n’est pas
donnée : quand les pannes sont rares, ne jamais alerter en obtient une excellente.
"""


def reference_document(models: Sequence[tuple[Manifest, Mapping[str, Any]]]) -> str:
    """Return the whole page, in French Markdown.

    Args:
        models: manifest of each reference model, with the estimator's settings that are not defaults.
    """
    sections = [_HEAD.format(replicates=french.counted(REPLICATES, "tirage"))]
    sections += [_section(manifest, settings) for manifest, settings in models]
    return "\n".join(sections)


def _section(manifest: Manifest, settings: Mapping[str, Any]) -> str:
    data = manifest.data
    settings_text = ", ".join(f"`{name}={value}`" for name, value in settings.items())
    lines = [
        f"## `{manifest.name}`, version {manifest.version}",
        "",
        f"- **Cible** : `{manifest.target}`. **Estimateur** : `{manifest.estimator}` ({settings_text}), "
        f"scikit-learn {manifest.libraries['scikit-learn']}.",
        f"- **Données** : `{data.source}`, {french.counted(data.rows or 0, 'ligne')} : "
        f"{french.number(data.training_rows)} pour ajuster, {french.number(data.unseen_rows)} jamais vues, "
        f"{french.number(data.left_out)} ni l’un ni l’autre. Jamais vues : {data.split}",
        f"- **Artefact** : {french.quantity(manifest.size_bytes / 1e6, 'Mo')}, SHA-256 `{manifest.sha256}`.",
        f"- **Moteur** : {manifest.runtime.reason}",
        *([f"- **Calibration** : {manifest.calibration.reason}"] if manifest.classes else []),
        "",
        *_quality(manifest.measured),
        "",
        *([] if manifest.interval is None else _intervals(manifest.interval)),
        "**Contrôle de qualité** : " + ("passé." if manifest.gate.passed else "non passé."),
        "",
        *[f"- {reason}" for reason in manifest.gate.reasons],
        "",
        "**Limites**",
        "",
        *[f"- {limit}" for limit in manifest.limits],
        "",
    ]
    return "\n".join(lines)


def _quality(measured: ClassificationQuality | RegressionQuality | None) -> list[str]:
    if isinstance(measured, ClassificationQuality):
        return _classifier(measured)
    if isinstance(measured, RegressionQuality):
        return _regressor(measured)
    return ["Non mesuré."]


def _classifier(measured: ClassificationQuality) -> list[str]:
    return [
        f"{french.counted(measured.rows, 'ligne jamais vue')} de "
        f"{french.counted(measured.turbines, 'turbine')}, "
        f"{french.counted(measured.failures, 'ligne de panne')} pour "
        f"{french.counted(measured.failure_events, 'panne distincte')} "
        f"({french.share(measured.prevalence)} des lignes).",
        "",
        "| mesure | valeur |",
        "|---|---|",
        f"| aire sous la courbe ROC | {_interval(measured.roc_auc, 3)} |",
        f"| précision moyenne | {_interval(measured.average_precision, 3)} |",
        f"| score de Brier | {_interval(measured.brier, 4)} |",
        "",
        "| seuil | vrais nég. | faux pos. | faux nég. | vrais pos. | précision | rappel | F1 |",
        "|---|---|---|---|---|---|---|---|",
        *[
            f"| {french.number(row.threshold, 2)} | {french.number(row.true_negatives)} "
            f"| {french.number(row.false_positives)} | {french.number(row.false_negatives)} "
            f"| {french.number(row.true_positives)} "
            f"| {_interval(row.precision, 3)} | {_interval(row.recall, 3)} | {_interval(row.f1, 3)} |"
            for row in measured.thresholds
        ],
        "",
        "**Fiabilité** : de chaque tranche de probabilité annoncée, la part de pannes observée.",
        "",
        "| annoncé | lignes | moyenne annoncée | pannes observées |",
        "|---|---|---|---|",
        *[
            f"| {french.share(band.low)} à {french.share(band.high)} | {french.number(band.rows)} "
            f"| {french.share(band.mean_probability)} | {_percent(band.observed)} |"
            for band in measured.reliability
        ],
    ]


def _regressor(measured: RegressionQuality) -> list[str]:
    near = f"à {french.days(measured.short_horizon_days)} ou moins"
    return [
        f"{french.counted(measured.rows, 'ligne jamais vue')} de "
        f"{french.counted(measured.turbines, 'turbine')}. Médiane d’ajustement, que répondrait qui n’a pas "
        f"de modèle : "
        f"{french.quantity(measured.training_median, 'jours', 1)}.",
        "",
        "| lignes | nombre | erreur absolue moyenne | biais (positif : trop tard) | erreur de la médiane |",
        "|---|---|---|---|---|",
        _days("toutes", measured.overall),
        _days(near, measured.short_horizon),
        *[
            _days(f"il restait {_span(horizon.low, horizon.high)}", horizon.error)
            for horizon in measured.by_days_left
        ],
        "",
        f"Sur toutes les lignes : erreur quadratique "
        f"{french.with_unit(_interval(measured.rmse, 1), 'jours')}, R² {_interval(measured.r2, 2)}.",
    ]


def _intervals(table: IntervalTable) -> list[str]:
    """Write the bounds, with the coverage measured on turbines that did not set them."""
    starts = [0.0, *[group.upper for group in table.groups if group.upper is not None]]
    return [
        f"**Intervalle** : il vise {french.share(table.target)} ; les couvertures sont comptées sur "
        "d’autres turbines que celles qui ont fixé les bornes.",
        "",
        "| lignes | nombre | bornes autour de l’estimation | couverture | la réponse avertit |",
        "|---|---|---|---|---|",
        *[
            f"| estimé {_span(start, group.upper)} | {french.number(group.rows)} "
            f"| {french.number(group.low, 1)} à {french.with_unit(french.number(group.high, 1), 'j')} "
            f"| {_percent(group.coverage)} "
            f"| {'non' if group.reliable else 'oui'} |"
            for start, group in zip(starts, table.groups, strict=True)
        ],
        *[
            f"| il restait {_span(horizon.low, horizon.high)} | {french.number(horizon.rows)} | – "
            f"| {_percent(horizon.coverage)}{'' if horizon.reached else ', **non atteinte**'} | – |"
            for horizon in table.by_true_horizon
        ],
        "",
    ]


def _span(low: float, high: float | None) -> str:
    if high is None:
        return f"plus de {french.days(low)}"
    return f"{french.number(low)} à {french.days(high)}"


def _percent(estimate: Estimate) -> str:
    value = french.share(estimate.value)
    if estimate.low is None or estimate.high is None:
        return value
    return f"{value} [{french.trimmed(100 * estimate.low, 1)} – {french.trimmed(100 * estimate.high, 1)}]"


def _days(where: str, error: DaysError) -> str:
    median = french.number(error.mae_of_median, 1)
    cells = (where, french.number(error.rows), _interval(error.mae, 1), _interval(error.bias, 1), median)
    return f"| {' | '.join(cells)} |"


def _interval(estimate: Estimate, digits: int) -> str:
    value = french.number(estimate.value, digits)
    if estimate.low is None or estimate.high is None:
        return value
    return f"{value} [{french.number(estimate.low, digits)} – {french.number(estimate.high, digits)}]"
