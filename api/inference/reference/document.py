"""``docs/modeles-reference.md``: how the reference models are made and how good they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from api.domain.models.conformal import IntervalTable
from api.domain.models.quality import ClassificationQuality, DaysError, RegressionQuality
from api.domain.models.statistics import REPLICATES, Estimate
from api.domain.shared.wording import fr_number
from api.inference.serving.manifest import Manifest

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
l’intervalle de Wilson ; tout le reste est rééchantillonné par turbine ({replicates} tirages, graine
fixe), car les lignes d’une même turbine se ressemblent. L’exactitude (part de bonnes réponses) n’est pas
donnée : quand les pannes sont rares, ne jamais alerter en obtient une excellente.
"""


def reference_document(models: Sequence[tuple[Manifest, Mapping[str, Any]]]) -> str:
    """Return the whole page, in French Markdown.

    Args:
        models: manifest of each reference model, with the estimator's settings that are not defaults.
    """
    sections = [_HEAD.format(replicates=fr_number(REPLICATES))]
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
        f"- **Données** : `{data.source}`, {_count(data.rows)} lignes : {_count(data.training_rows)} pour "
        f"ajuster, {_count(data.unseen_rows)} jamais vues, {_count(data.left_out)} ni l’un ni l’autre. "
        f"Jamais vues : {data.split}",
        f"- **Artefact** : {fr_number(manifest.size_bytes / 1e6, 2)} Mo, SHA-256 `{manifest.sha256}`.",
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
        f"{_count(measured.rows)} lignes jamais vues de {measured.turbines} turbines, {measured.failures} "
        f"lignes de panne pour {measured.failure_events} pannes distinctes "
        f"({fr_number(100 * measured.prevalence, 1)} % des lignes).",
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
            f"| {fr_number(row.threshold, 2)} | {_count(row.true_negatives)} | {_count(row.false_positives)} "
            f"| {row.false_negatives} | {row.true_positives} | {_interval(row.precision, 3)} "
            f"| {_interval(row.recall, 3)} | {_interval(row.f1, 3)} |"
            for row in measured.thresholds
        ],
        "",
        "**Fiabilité** : de chaque tranche de probabilité annoncée, la part de pannes observée.",
        "",
        "| annoncé | lignes | moyenne annoncée | pannes observées |",
        "|---|---|---|---|",
        *[
            f"| {fr_number(100 * band.low)} à {fr_number(100 * band.high)} % | {_count(band.rows)} "
            f"| {fr_number(100 * band.mean_probability, 1)} % | {_percent(band.observed)} |"
            for band in measured.reliability
        ],
    ]


def _regressor(measured: RegressionQuality) -> list[str]:
    near = f"à {fr_number(measured.short_horizon_days)} jours ou moins"
    return [
        f"{_count(measured.rows)} lignes jamais vues de {measured.turbines} turbines. Médiane d’ajustement, "
        f"que répondrait qui n’a pas de modèle : {fr_number(measured.training_median, 1)} jours.",
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
        f"Sur toutes les lignes : erreur quadratique {_interval(measured.rmse, 1)} jours, "
        f"R² {_interval(measured.r2, 2)}.",
    ]


def _intervals(table: IntervalTable) -> list[str]:
    """Write the bounds, with the coverage measured on turbines that did not set them."""
    starts = [0.0, *[group.upper for group in table.groups if group.upper is not None]]
    return [
        f"**Intervalle** : il vise {fr_number(100 * table.target)} % ; les couvertures sont comptées sur "
        "d’autres turbines que celles qui ont fixé les bornes.",
        "",
        "| lignes | nombre | bornes autour de l’estimation | couverture | la réponse avertit |",
        "|---|---|---|---|---|",
        *[
            f"| estimé {_span(start, group.upper)} | {_count(group.rows)} | {fr_number(group.low, 1)} à "
            f"{fr_number(group.high, 1)} j | {_percent(group.coverage)} "
            f"| {'non' if group.reliable else 'oui'} |"
            for start, group in zip(starts, table.groups, strict=True)
        ],
        *[
            f"| il restait {_span(horizon.low, horizon.high)} | {_count(horizon.rows)} | – "
            f"| {_percent(horizon.coverage)}{'' if horizon.reached else ', **non atteinte**'} | – |"
            for horizon in table.by_true_horizon
        ],
        "",
    ]


def _span(low: float, high: float | None) -> str:
    if high is None:
        return f"plus de {fr_number(low)} jours"
    return f"{fr_number(low)} à {fr_number(high)} jours"


def _percent(estimate: Estimate) -> str:
    shares = (estimate.value, estimate.low, estimate.high)
    value, low, high = (None if share is None else 100 * share for share in shares)
    return f"{_interval(Estimate(value, low, high), 1)} %"


def _days(where: str, error: DaysError) -> str:
    median = "–" if error.mae_of_median is None else fr_number(error.mae_of_median, 1)
    cells = (where, _count(error.rows), _interval(error.mae, 1), _interval(error.bias, 1), median)
    return f"| {' | '.join(cells)} |"


def _interval(estimate: Estimate, digits: int) -> str:
    if estimate.value is None:
        return "–"
    value = fr_number(estimate.value, digits)
    if estimate.low is None or estimate.high is None:
        return value
    return f"{value} [{fr_number(estimate.low, digits)} – {fr_number(estimate.high, digits)}]"


def _count(number: int | None) -> str:
    return "–" if number is None else fr_number(number)
