"""Sheets to print: the ranking as shown, and one turbine with the address of its page. No Streamlit, no HTTP.

Each is a single HTML file, so that it opens and prints without a network.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence

import segno

from api.schemas import french
from api.schemas.park import Park, ParkItem, TurbineDetail
from api.schemas.predictions import Driver
from api.schemas.typesetting import typeset_page
from ui.park import turbine_views, views
from ui.park.change_views import change_words
from ui.shared import labels as fr
from ui.shared.templates import template

ROWS = 5  # measurements on the sheet
_PARK, _TURBINE = template("park/park_sheet.html"), template("park/turbine_sheet.html")


def park_sheet(park: Park, items: Sequence[ParkItem], view: views.View, *, simulated: bool) -> str:
    """Print the turbines of the view, in their order, with what the ranking rests on."""
    trust = views.trust(park)
    page = _PARK.render(
        simulated=simulated,
        title=trust.headline if trust else "Classement du parc",
        facts=[*trust.facts, *trust.origin] if trust else [],
        park=park,
        items=items,
        narrowing=narrowing_words(view, len(items), park.run.total if park.run else len(items)),
        change_words=change_words,
        next_work=views.next_work,
        work_words=views.work_words,
        situation_words=views.situation_words,
    )
    return typeset_page(page)


def narrowing_words(view: views.View, count: int, total: int) -> str:
    """Say what the sheet leaves out, so that nobody takes a part of the park for the whole."""
    kept = [fr.LEVELS[level].word.lower() for level in view.levels]
    filters = [f"niveau {' ou '.join(kept)}"] if kept else []
    if view.days is not None:
        filters.append(f"panne possible sous {french.days(view.days)}")
    named = (("parc", view.farm), ("site", view.site), ("facteur", view.driver), ("recherche", view.text))
    filters += [f"{name} « {value} »" for name, value in named if value]
    if view.state:
        filters.append(views.STATES[view.state].lower())
    if view.queue:
        filters.append(f"file « {view.queue.words} »")
    if view.situation:
        filters.append(f"situation « {view.situation.words} »")
    order = ""
    if view.sort:
        way = "décroissant" if view.sort.startswith("-") else "croissant"
        order = f" Tri : {views.SORTS[view.sort.removeprefix('-')][0].lower()}, {way}."
    counted = f"{french.counted(count, 'turbine')} sur {french.number(total)}"
    return f"{counted}{' ; filtres : ' + ', '.join(filters) if filters else ''}.{order}"


def turbine_sheet(detail: TurbineDetail, address: str, *, simulated: bool) -> str:
    """Print one turbine to take along: verdict, figures, reasons, last measurements, lines to write on.

    Args:
        detail: the turbine.
        address: of its page, shown as a QR code; left out where empty.
        simulated: whether the park is the simulated one.
    """
    turbine, rows = detail.turbine, detail.last_measurements
    present, _ = turbine_views.by_presence(detail.features, [row.values for row in rows])
    visits = turbine_views.visit_words(detail.planned_visits)
    page = _TURBINE.render(
        simulated=simulated,
        title=f"Turbine {turbine.turbine_id}",
        places=[part for part in (turbine.farm, turbine.site, visits) if part],
        detail=detail,
        address=address,
        code=_code(address) if address else "",
        figures=[] if detail.current is None else turbine_views.key_figures(detail.current, detail),
        drivers=list(_drivers(detail)),
        measurements=turbine_views.measurement_frame(rows[:ROWS], present) if rows else None,
        models=turbine_views.models_words(detail),
    )
    return typeset_page(page)


def _drivers(detail: TurbineDetail) -> Iterator[tuple[Driver, str, float, float]]:
    """List each driver, what is usual for it, and its bar: start and width in hundredths of the drawing."""
    ranges = {usual.feature: usual for usual in detail.usual}
    most = max((abs(driver.contribution) for driver in detail.drivers), default=0.0) or 1.0
    for driver in detail.drivers:
        width = 50 * abs(driver.contribution) / most
        left = 50 if driver.contribution > 0 else 50 - width
        yield driver, turbine_views.usual_words(ranges.get(driver.feature)), round(left, 1), round(width, 1)


def _code(address: str) -> str:
    """Draw the address as a QR code, in SVG."""
    drawn = io.BytesIO()
    segno.make(address, error="m", micro=False).save(
        drawn, kind="svg", xmldecl=False, svgns=True, omitsize=True
    )
    return drawn.getvalue().decode()
