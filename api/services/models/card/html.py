"""A model's card as a page to print or to file: French, self-contained, A4."""

from __future__ import annotations

from datetime import datetime
from html import escape

from api.schemas import french
from api.schemas.model_card import Part, State
from api.schemas.models import ModelCard
from api.services.shared.html import bullets, document, figure, paragraph, section, table
from api.services.shared.svg import drawn

_KINDS = {True: "bon", False: "mauvais", None: ""}


def card_html(card: ModelCard, now: datetime) -> str:
    """The whole page.

    Args:
        card: of the version.
        now: instant written on the page.
    """
    said = card.description
    made = f"Fiche produite le {french.date(now)} à partir du manifeste, sans saisie."
    body = "".join(
        (
            f"<header><h1>{escape(said.title)}</h1><p>{''.join(map(_state, said.states))}</p>",
            *(paragraph(sentence) for sentence in said.sentences),
            paragraph(made, "note"),
            paragraph(card.summary.problem or "", "mauvais"),
            "</header>",
            *(section(each.title, *map(_part, each.parts)) for each in said.sections),
        )
    )
    return document(f"Fiche du modèle {card.summary.name} v{card.summary.version}", body)


def _state(state: State) -> str:
    return f'<span class="etat {_KINDS[state.good]}">{escape(state.words)}</span>'


def _part(part: Part) -> str:
    charts = "".join(figure(drawn(chart), f"{chart.title}. {chart.note}") for chart in part.charts)
    inside = "".join(
        (
            f"<h3>{escape(part.title)}</h3>",
            *(paragraph(sentence) for sentence in part.sentences),
            bullets(part.bullets),
            *(table(each.title, each.header, each.rows, each.chosen) for each in part.tables),
            f'<div class="deux">{charts}</div>',
        )
    )
    return f'<div class="cadre">{inside}</div>' if part.framed else inside
