"""A model's card as a page to print or to file: French, self-contained, A4."""

from __future__ import annotations

from datetime import date, datetime
from html import escape

from api.schemas import french
from api.schemas.models import Activation, ModelCard
from api.schemas.predictions import FeatureInfo
from api.services.models.card import words
from api.services.models.card.quality import quality_sections
from api.services.shared.html import bullets, document, paragraph, section, table

_EXPLAINED = {
    "exacte": "Facteurs exacts : toutes les combinaisons de variables sont comptées (valeurs de Shapley).",
    "estimee": "Facteurs estimés en tirant des ordres de variables ; leur somme reste exacte.",
    "aucune": "Pas de facteurs : aucune mesure étiquetée n’a été donnée à l’import.",
}


def card_html(card: ModelCard, now: datetime) -> str:
    """The whole page.

    Args:
        card: of the version.
        now: instant written on the page.
    """
    summary = card.summary
    body = "".join(
        (
            _head(card, now),
            section("À quoi il sert", bullets(card.authorised_use)),
            section("À quoi il ne doit pas servir", bullets(card.prohibited_use)),
            section("Limites connues", bullets(card.limits)),
            section("Données", bullets(_data(card))),
            section("Ce qu’il lit", _features(card.features)),
            *quality_sections(card),
            section("Moteur et vérifications", bullets(_runtime(card))),
            section("Mises en service", _history(card)),
        )
    )
    return document(f"Fiche du modèle {summary.name} v{summary.version}", body)


def _head(card: ModelCard, now: datetime) -> str:
    summary = card.summary
    states = [("en service", "bon") if summary.active else ("pas en service", "")]
    states.append(("admis", "bon") if summary.admitted else ("non admis", "mauvais"))
    shown = "".join(f'<span class="etat {kind}">{text}</span>' for text, kind in states)
    reasons = bullets(summary.gate_reasons)
    return (
        f"<header><h1>Modèle {escape(summary.name)}, version {summary.version}</h1>"
        + paragraph(f"{words.TASKS[summary.task]}. Estimateur {card.estimator or 'non précisé'}.")
        + f"<p>{shown}</p>"
        + paragraph(
            f"Importé le {french.date(summary.created_at)} par "
            f"{summary.imported_by_name or summary.imported_by}. "
            f"Fiche produite le {french.date(now)} à partir du manifeste, sans saisie.",
            "note",
        )
        + paragraph(summary.problem or "", "mauvais")
        + f"<h3>Contrôle de qualité</h3>{reasons}</header>"
    )


def _data(card: ModelCard) -> list[str]:
    data = card.data
    said = [f"Cible : {card.target}."]
    if card.classes:
        said.append(f"Classes : {', '.join(card.classes)} ; la panne est « {card.positive_class} ».")
    if data.get("source"):
        said.append(f"Fichier : {data['source']}, {french.number(data.get('rows'))} lignes.")
        first, last = data.get("first_day"), data.get("last_day")
        said.append(f"Période : du {_day(first)} au {_day(last)}." if first else
                    f"Dernier jour : {_day(last)}.")  # fmt: skip
        said.append(f"Empreinte SHA-256 des données : {data['sha256']}.")
    if data.get("training_rows") is not None:
        said.append(
            f"{french.number(data['training_rows'])} lignes pour l’ajuster, "
            f"{french.number(data['unseen_rows'])} jamais vues, {french.number(data['left_out'])} ni l’un ni "
            "l’autre."
        )
    return [*said, f"Lignes jamais vues : {data['split']}"]


def _day(iso: str | None) -> str:
    return french.NOTHING if iso is None else french.date(date.fromisoformat(iso))


def _features(features: list[FeatureInfo]) -> str:
    rows = [
        (
            f"{each.label} ({each.name})",
            each.unit or french.NOTHING,
            words.span(each.training_minimum, each.training_maximum)
            if each.training_minimum is not None
            else french.NOTHING,
            words.span(each.minimum, each.maximum),
            "indice, pas une cause" if each.marker else "mesure",
        )
        for each in features
    ]
    header = ("Variable, dans l’ordre du modèle", "Unité", "Vu à l’entraînement", "Possible", "Rôle")
    notes = bullets(f"{each.label} : {each.note}" for each in features if each.note)
    return table("Variables", header, rows) + notes


def _runtime(card: ModelCard) -> list[str]:
    runtime = card.runtime
    said = [
        f"Moteur : {runtime['engine']}. {runtime['reason']}",
        f"Plus grand écart avec scikit-learn : {words.difference(runtime['largest_difference'])}, sur "
        f"{french.number(runtime['rows_compared'])} lignes comparées.",
    ]
    if card.golden is not None:
        said.append(
            f"Écrit par scikit-learn {card.golden.written_by} : les {french.number(card.golden.rows)} "
            f"sorties enregistrées là-bas sont retrouvées ici "
            f"(écart {words.difference(card.golden.largest_difference)})."
        )
    else:
        said.append("Sorties enregistrées ailleurs (--golden) : aucune n’a été jointe ni n’était nécessaire.")
    said.append(_EXPLAINED[card.explained])
    said.append("Bibliothèques : " + ", ".join(f"{n} {v}" for n, v in sorted(card.libraries.items())) + ".")
    size = "" if card.size_bytes is None else f" ({french.quantity(card.size_bytes / 1e6, 'Mo')})"
    return [*said, f"Empreinte SHA-256 de l’artefact : {card.summary.sha256}{size}."]


def _admitted(change: Activation) -> str:
    who = change.admitted_by_name or change.admitted_by
    return f" (admis par {who})" if who else ""


def _history(card: ModelCard) -> str:
    rows = [
        (
            french.date(change.activated_at),
            "en service" if change.replaced_at is None else french.date(change.replaced_at),
            change.activated_by_name or change.activated_by,
            change.reason + _admitted(change),
        )
        for change in card.activations
    ]
    return table("Historique", ("Du", "Au", "Par", "Motif"), rows) or paragraph(
        "Cette version n’a jamais été mise en service."
    )
