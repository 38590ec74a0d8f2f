"""Sheets to print: the ranking as shown, and one turbine with the address of its page. No Streamlit, no HTTP.

Each is one file of HTML that needs nothing else, so that it opens and prints without a network.
"""

from __future__ import annotations

import io
from collections.abc import Collection, Sequence
from html import escape
from pathlib import Path

import segno

from api.schemas import french
from api.schemas.park import Park, ParkItem, TurbineDetail
from api.schemas.predictions import Driver
from ui.park import turbine_views, views
from ui.park.change_views import QUEUES, change_words
from ui.shared import labels as fr

STYLE = (Path(__file__).resolve().parent.parent / "assets" / "sheet.css").read_text(encoding="utf-8")
ROWS, LINES = 5, 4  # measurements told, and lines to write on at the foot of a mast


def park_sheet(park: Park, items: Sequence[ParkItem], view: views.View) -> str:
    """The turbines shown, in their order, with what the ranking rests on."""
    trust = views.trust(park)
    title = trust.headline if trust else "Classement du parc"
    counts = " · ".join(
        f"{words.text} : {getattr(park.counts, level.value)}" for level, words in fr.LEVELS.items()
    )
    told = [notice.message for notice in park.notices]
    rows = [
        [
            str(item.rank),
            item.turbine_id,
            fr.LEVELS[item.risk_level].text,
            french.percent(item.failure_probability),
            french.days(item.time_to_failure_days),
            french.days_interval(item.time_to_failure_interval),
            fr.driver_words(item.main_driver),
            french.euros(item.expected_failure_cost_eur),
            change_words(item),
            french.date(item.measured_on),
            french.date(views.next_work(item)),
            views.work_words(item),
        ]
        for item in items
    ]
    header = (
        "Rang", "Turbine", "Niveau", "Panne à 7 j", "Jours restants", "Intervalle",
        "Facteur principal", "Attendre coûte", "Changement", "Mesurée le", "Prévu le", "Intervention",
    )  # fmt: skip
    body = (
        f"<h1>{escape(title)}</h1>"
        f"<p>{escape(' · '.join(trust.facts + trust.origin) if trust else '')}</p>"
        f"{_alert(told)}<p><strong>{escape(counts)}</strong> (parc entier)</p>"
        f"<p>{escape(narrowing_words(view, len(items), park.run.total if park.run else len(items)))}</p>"
        f"{_table(header, rows, numbers={0, 3, 4, 7})}"
        '<p class="note">« (indice) » : facteur qui accompagne les pannes sans en être la cause. '
        "Une probabilité est celle du modèle, pas une certitude.</p>"
    )
    return _document(title, body, "paysage")


def narrowing_words(view: views.View, shown: int, total: int) -> str:
    """What the sheet leaves out, so that nobody takes a part of the park for the whole."""
    kept = [fr.LEVELS[level].word.lower() for level in view.levels]
    said = [f"niveau {' ou '.join(kept)}"] if kept else []
    if view.days is not None:
        said.append(f"panne possible sous {french.days(view.days)}")
    named = (("parc", view.farm), ("site", view.site), ("facteur", view.driver), ("recherche", view.text))
    said += [f"{name} « {value} »" for name, value in named if value]
    if view.state:
        said.append(views.STATES[view.state].lower())
    if view.queue:
        said.append(f"file « {QUEUES[view.queue].name} »")
    order = ""
    if view.sort:
        way = "décroissant" if view.sort.startswith("-") else "croissant"
        order = f" Tri : {views.SORTS[view.sort.removeprefix('-')][0].lower()}, {way}."
    counted = f"{french.counted(shown, 'turbine')} sur {total}"
    return f"{counted}{' ; filtres : ' + ', '.join(said) if said else ''}.{order}"


def turbine_sheet(detail: TurbineDetail, address: str) -> str:
    """One turbine to take along: verdict, figures, reasons, last measurements, lines to write on.

    Args:
        detail: the turbine.
        address: of its page, shown as a QR code; left out where empty.
    """
    item, turbine = detail.current, detail.turbine
    title = f"Turbine {turbine.turbine_id}"
    places = [
        part
        for part in (turbine.farm, turbine.site, turbine_views.visit_words(detail.planned_visits))
        if part
    ]
    parts = [
        f"<header><div><h1>{escape(title)}</h1><p>{escape(' · '.join(places))}</p>{_verdict(detail)}</div>"
        f"{_code(address)}</header>"
    ]
    if item is not None:
        told = [notice.message for notice in (*item.warnings, *detail.notices)]
        parts += [_facts(turbine_views.key_figures(item, detail)), _alert(told)]
    if detail.drivers:
        parts.append(f"<h2>Pourquoi</h2>{_drivers(detail)}")
    if detail.last_measurements:
        present, _ = turbine_views.by_presence(
            detail.features, [row.values for row in detail.last_measurements]
        )
        frame = turbine_views.measurement_frame(detail.last_measurements[:ROWS], present)
        parts.append(f"<h2>Dernières mesures</h2>{_table(list(frame.columns), frame.values.tolist())}")
    parts.append(f"<h2>Constats sur place</h2>{'<div class=lignes></div>' * LINES}")
    parts.append(
        f'<p class="note">{escape(turbine_views.models_words(detail))} Corrélations apprises, pas causes.</p>'
    )
    return _document(title, "".join(parts))


def _verdict(detail: TurbineDetail) -> str:
    item = detail.current
    if item is None:
        return "<p>Cette turbine n’est pas encore classée.</p>"
    level, said = escape(fr.LEVELS[item.risk_level].text), escape(fr.verdict(item, detail.threshold))
    return (
        f'<p class="verdict"><span class="niveau">{level}</span> {said}</p>'
        f"<p><strong>{escape(item.recommendation)}</strong></p>"
    )


def _drivers(detail: TurbineDetail) -> str:
    ranges = {usual.feature: usual for usual in detail.usual}
    most = max(abs(driver.contribution) for driver in detail.drivers) or 1.0
    rows = "".join(
        f"<tr><td>{escape(driver.label)}{' (indice)' if driver.marker else ''}</td>"
        f'<td class="n">{escape(fr.driver_value(driver))}</td>'
        f"<td>{escape(turbine_views.usual_words(ranges.get(driver.feature)))}</td>"
        f'<td class="n">{escape(french.points(driver.contribution))}</td><td>{_bar(driver, most)}</td></tr>'
        for driver in detail.drivers
    )
    notes = "".join(f"<li>{escape(f'{d.label} : {d.note}')}</li>" for d in detail.drivers if d.note)
    return (
        "<table><thead><tr><th>Mesure</th><th class=n>Valeur</th><th>D’habitude (9 mesures sur 10)</th>"
        f"<th class=n colspan=2>Effet sur la probabilité</th></tr></thead><tbody>{rows}</tbody></table>"
        f'<ul class="note">{notes}</ul>'
    )


def _bar(driver: Driver, most: float) -> str:
    """A bar around the middle; a marker's is hollow, for it is no cause."""
    width = 50 * abs(driver.contribution) / most
    left = 50 if driver.contribution > 0 else 50 - width
    kind = ' class="indice"' if driver.marker else ""
    return (
        '<svg class="barre" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">'
        f'<rect{kind} x="{left:.1f}" y="1" width="{width:.1f}" height="6"/>'
        '<line x1="50" x2="50" y1="0" y2="8"/></svg>'
    )


def _code(address: str) -> str:
    """The address as a QR code, and in letters for those who type."""
    if not address:
        return ""
    drawn = io.BytesIO()
    segno.make(address, error="m", micro=False).save(
        drawn, kind="svg", xmldecl=False, svgns=True, omitsize=True
    )
    return f"<figure>{drawn.getvalue().decode()}<figcaption>{escape(address)}</figcaption></figure>"


def _facts(cells: Sequence[tuple[str, str, str]]) -> str:
    shown = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{escape(value)}<small>{escape(note)}</small></dd></div>"
        for name, value, note in cells
    )
    return f'<dl class="reperes">{shown}</dl>'


def _alert(sentences: Sequence[str]) -> str:
    told = "".join(f"<li>{escape(sentence)}</li>" for sentence in sentences)
    return f'<ul class="alerte">{told}</ul>' if told else ""


def _table(
    header: Sequence[str], rows: Sequence[Sequence[str]], numbers: Collection[int] = frozenset()
) -> str:
    kinds = [' class="n"' if place in numbers else "" for place in range(len(header))]
    head = "".join(f"<th{kind}>{escape(cell)}</th>" for kind, cell in zip(kinds, header, strict=True))
    lines = "".join(
        f"<tr>{''.join(f'<td{kind}>{escape(cell)}</td>' for kind, cell in zip(kinds, row, strict=True))}</tr>"
        for row in rows
    )
    return f'<div class="large"><table><thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table></div>'


def _document(title: str, body: str, kind: str = "") -> str:
    size = "A4 landscape" if kind else "A4"
    return (
        '<!doctype html>\n<html lang="fr"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>@page {{ size: {size}; margin: 10mm; }}\n{STYLE}</style>"
        f'</head><body class="{kind}"><main>{body}</main></body></html>\n'
    )
