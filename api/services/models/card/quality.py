"""The part of the printable card that tells how good a model is: measured here, and reported elsewhere."""

from __future__ import annotations

from typing import Any

from api.schemas import french
from api.schemas.model_card import Decision, ThresholdOutcome
from api.schemas.models import ModelCard
from api.services.models.card import words
from api.services.models.card.figures import cost_figure, precision_recall_figure, reliability_figure
from api.services.models.card.words import Json
from api.services.shared.html import figure, paragraph, section, table

UNKNOWN = (
    "Qualité inconnue : personne n’a dit quelles lignes ce modèle n’a pas vues à l’entraînement. Une mesure "
    "faite sur des lignes d’entraînement ne vaudrait rien ; aucun chiffre n’est donc donné."
)
_REPORTED = {
    "accuracy": "exactitude", "precision": "précision", "recall": "rappel", "f1": "F1", "mae": "MAE (jours)",
    "rmse": "RMSE (jours)", "r2": "R²",
}  # fmt: skip
_COUNTS = (
    ("true_negatives", "silences justifiés (vrais négatifs)"),
    ("false_positives", "fausses alertes (faux positifs)"),
    ("false_negatives", "pannes manquées (faux négatifs)"),
    ("true_positives", "pannes annoncées (vrais positifs)"),
)


def quality_sections(card: ModelCard) -> list[str]:
    """Measured quality first, what is reported apart, then what decisions and intervals are worth."""
    measured = card.measured
    if measured is None:
        return [_side_by_side(paragraph(UNKNOWN, "cadre"), _reported(card.reported))]
    if measured["task"] == "regression":
        return [
            _side_by_side(_days(measured), _reported(card.reported)),
            section("Erreur selon les jours qui restaient vraiment", _by_days_left(measured)),
            section("Intervalle des jours avant panne", _coverage(card.interval)),
        ]
    return [
        _side_by_side(_ranking(card), _reported(card.reported)),
        section("Seuils et coûts", _decision(card.decision, measured)),
        section("Fiabilité de la probabilité", _reliability(measured["reliability"])),
        section("Calibration", _calibration(card)),
    ]


def _side_by_side(measured: str, reported: str) -> str:
    both = f'<div class="deux"><div>{measured}</div><div>{reported}</div></div>'
    return section("Qualité mesurée ici, et annoncée ailleurs", both)


def _ranking(card: ModelCard) -> str:
    measured = card.measured or {}
    rows = [
        ("Aire sous la courbe ROC", words.with_interval(measured["roc_auc"], 3)),
        ("Précision moyenne", words.with_interval(measured["average_precision"], 3)),
        ("Score de Brier", words.with_interval(measured["brier"], 4)),
    ]
    usual = next((row for row in measured["thresholds"] if row["threshold"] == 0.5), None)
    chosen = None if card.decision is None else next((r for r in card.decision.table if r.chosen), None)
    if chosen is not None:
        rows += _at(chosen.model_dump(), f"au seuil de la politique ({french.threshold(chosen.threshold)})")
    if usual is not None:
        rows += _at(usual, "au seuil de 0,5")
    events = french.number(measured["failure_events"])
    head = paragraph(
        f"Mesuré sur {french.number(measured['rows'])} lignes jamais vues de {measured['turbines']} "
        f"turbines, dont {french.number(measured['failures'])} de panne ({events} pannes distinctes)."
    )
    confusion = "" if chosen is None else _confusion(chosen)
    return head + table("Mesuré ici [intervalle à 95 %]", ("Mesure", "Valeur"), rows) + confusion


def _at(row: Json, where: str) -> list[tuple[str, str]]:
    named = (("precision", "Précision"), ("recall", "Rappel"), ("f1", "F1"))
    return [(f"{label} {where}", words.with_interval(row[key], 3)) for key, label in named]


def _confusion(row: ThresholdOutcome) -> str:
    told = [
        ("Panne", french.number(row.true_positives), french.number(row.false_negatives)),
        ("Pas de panne", french.number(row.false_positives), french.number(row.true_negatives)),
    ]
    caption = f"Matrice de confusion au seuil de la politique ({french.threshold(row.threshold)})"
    return table(caption, ("Ce qui est arrivé", "Annoncé en panne", "Non annoncé"), told)


def _reported(reported: Json | None) -> str:
    if not reported:
        return paragraph("Aucun chiffre n’est annoncé par un rapport.", "note")
    rows = [
        (_REPORTED.get(name, name), french.trimmed(value, 3)) for name, value in reported["metrics"].items()
    ]
    confusion: dict[str, Any] = reported.get("confusion") or {}
    rows += [(label, french.number(confusion[name])) for name, label in _COUNTS if name in confusion]
    source = f"Annoncé par : {reported['source']}"
    if reported.get("rows"):
        source += f", sur {french.number(reported['rows'])} lignes"
    return (
        '<div class="cadre"><h3>Annoncé, non vérifié ici</h3>'
        + paragraph(f"{source}. {reported.get('comment') or ''} Ces chiffres ne sont pas ceux mesurés ici.")
        + table("Chiffres annoncés", ("Mesure", "Valeur"), rows)
        + "</div>"
    )


def _decision(decision: Decision | None, measured: Json) -> str:
    if decision is None:
        return ""
    rows = [
        (
            french.threshold(each.threshold) + (" ◄ politique" if each.chosen else ""),
            french.number(each.true_negatives),
            french.number(each.false_positives),
            french.number(each.false_negatives),
            french.number(each.true_positives),
            words.with_interval(each.precision.model_dump(), 3),
            words.with_interval(each.recall.model_dump(), 3),
            words.euros(each.cost_eur),
        )
        for each in decision.table
    ]
    header = ("Seuil", "VN", "FP", "FN", "VP", "Précision", "Rappel", "Coût")
    place = next((index for index, each in enumerate(decision.table) if each.chosen), None)
    told = paragraph(
        f"Politique n° {decision.policy_version} : une intervention coûte "
        f"{french.euros(decision.cost_intervention_eur)}, une panne manquée "
        f"{french.euros(decision.cost_failure_eur)}, donc seuil {french.threshold(decision.threshold)}. "
        f"Chaque ligne jamais vue compte pour une décision. Sur ces {french.number(measured['rows'])} "
        f"lignes, ne jamais intervenir coûterait {french.euros(decision.never_eur)}, toujours intervenir "
        f"{french.euros(decision.always_eur)}."
    )
    drawn = figure(
        cost_figure(decision), "Coût selon le seuil ; bande : intervalle à 95 % ; tirets : politique."
    )
    drawn += figure(
        precision_recall_figure(decision), "Précision et rappel ; bande à 95 % ; point : politique."
    )
    caption = "Ce que chaque seuil aurait donné [intervalle à 95 %]"
    return told + table(caption, header, rows, place) + f'<div class="deux">{drawn}</div>'


def _reliability(bins: list[dict[str, Any]]) -> str:
    rows = [
        (
            f"{french.threshold(each['low'])} à {french.threshold(each['high'])}",
            french.number(each["rows"]),
            french.number(each["failures"]),
            french.share(each["mean_probability"]),
            words.share(each["observed"]),
        )
        for each in bins
    ]
    header = ("Annoncé", "Lignes", "Pannes", "Moyenne annoncée", "Observé [95 %]")
    drawn = figure(reliability_figure(bins), "La diagonale est une probabilité parfaitement fiable.")
    return table("Ce qui était annoncé, ce qui est arrivé", header, rows) + drawn if bins else ""


def _calibration(card: ModelCard) -> str:
    rows = [] if card.raw_brier is None else [("brute", french.number(card.raw_brier, 4), french.NOTHING)]
    rows += [
        (
            {"platt": "Platt", "isotonique": "isotonique"}.get(trial.method, trial.method),
            french.number(trial.brier, 4),
            words.with_interval(trial.change.model_dump(), 4),
        )
        for trial in card.calibration_trials
    ]
    header = ("Probabilité", "Score de Brier", "Écart à la brute [95 %]")
    state = f"Probabilité montrée : {words.CALIBRATIONS.get(card.calibration, card.calibration)}."
    told = paragraph(f"{state} {card.calibration_reason}")
    return told + table("Jugé sur d’autres turbines que celles de l’ajustement", header, rows)


def _days(measured: Json) -> str:
    overall, near = measured["overall"], measured["short_horizon"]
    days = french.days(measured["short_horizon_days"])
    close = f"à {days} ou moins de la panne ({french.counted(near['rows'], 'ligne')})"
    rows = [
        ("Erreur absolue moyenne (MAE)", words.with_interval(overall["mae"], 1, "j")),
        ("Racine de l’erreur quadratique (RMSE)", words.with_interval(measured["rmse"], 1, "j")),
        ("R²", words.with_interval(measured["r2"], 2)),
        ("Biais (positif : trop tard)", words.with_interval(overall["bias"], 1, "j")),
        (f"Erreur absolue moyenne {close}", words.with_interval(near["mae"], 1, "j")),
        (f"Biais {close}", words.with_interval(near["bias"], 1, "j")),
    ]
    head = paragraph(
        f"Mesuré sur {french.number(measured['rows'])} lignes jamais vues de {measured['turbines']} turbines"
        f". Qui répondrait toujours la médiane ({french.quantity(measured['training_median'], 'j', 1)}) se "
        f"tromperait de {french.quantity(overall['mae_of_median'], 'j', 1)} en moyenne."
    )
    return head + table("Mesuré ici [intervalle à 95 %]", ("Mesure", "Valeur"), rows)


def _by_days_left(measured: Json) -> str:
    rows = [
        (
            words.days_span(each["low"], each["high"]),
            french.number(each["error"]["rows"]),
            words.with_interval(each["error"]["mae"], 1, "j"),
            words.with_interval(each["error"]["bias"], 1, "j"),
        )
        for each in measured["by_days_left"]
    ]
    header = ("Il restait", "Lignes", "Erreur absolue moyenne", "Biais (positif : trop tard)")
    return table("Erreur par délai réel [intervalle à 95 %]", header, rows)


def _coverage(interval: Json | None) -> str:
    if interval is None:
        return paragraph("Aucun intervalle : trop peu de lignes jamais vues pour le fonder.")
    lows = [0.0, *(group["upper"] for group in interval["groups"][:-1])]
    predicted = [
        (
            words.days_span(low, each["upper"]),
            french.number(each["rows"]),
            french.with_unit(f"{french.number(each['low'], 1)} à {french.number(each['high'], 1)}", "j"),
            words.share(each["coverage"]),
            "non" if each["reliable"] else "oui",
        )
        for low, each in zip(lows, interval["groups"], strict=True)
    ]
    true = [
        (
            words.days_span(each["low"], each["high"]),
            french.number(each["rows"]),
            words.share(each["coverage"]),
            "oui" if each["reached"] else "NON",
        )
        for each in interval["by_true_horizon"]
    ]
    aim = f"Il vise {french.share(interval['target'])} ; obtenu : {words.share(interval['coverage'])}. "
    told = paragraph(aim + "Compté sur d’autres turbines que celles qui ont fixé les bornes.")
    first = ("Estimé", "Lignes", "Bornes autour de l’estimation", "Couverture", "La réponse avertit")
    second = ("Il restait vraiment", "Lignes", "Couverture", "Objectif atteint")
    return (
        told
        + table("Par délai estimé [intervalle à 95 %]", first, predicted)
        + table("Par délai réel [intervalle à 95 %]", second, true)
    )
