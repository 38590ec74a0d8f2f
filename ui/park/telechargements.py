"""Downloads: the ranking for a spreadsheet or on paper, one turbine on paper."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from urllib.parse import quote, urlsplit

import streamlit as st

from api.schemas.park import Park, ParkItem, TurbineDetail
from ui.client.client import ApiClient
from ui.park import exports, sheets, views
from ui.shared import auth, park_facts


def park_files(park: Park, view: views.View) -> None:
    """Offer the turbines of the view as CSV and as a sheet to print; made on demand."""
    if park.as_of is None or not park.items:
        return
    # The client is taken here: a download is made outside the page, without its session.
    items = partial(everything, auth.client(), park, view)
    simulated = _simulated()
    name = f"classement-{park.as_of.isoformat()}{'-donnees-simulees' if simulated else ''}"
    with st.popover("Exporter", key="exporter"):
        st.download_button(
            "Tableau pour Excel (CSV)",
            data=lambda: exports.park_csv(items()),
            file_name=f"{name}.csv",
            mime="text/csv",
            on_click="ignore",
            key="export_csv",
            width="stretch",
        )
        st.download_button(
            "Feuille A4 à imprimer",
            data=lambda: sheets.park_sheet(park, items(), view, simulated=simulated).encode(),
            file_name=f"{name}.html",
            mime="text/html",
            on_click="ignore",
            key="export_feuille",
            width="stretch",
        )
        st.caption(
            "Les turbines de ces filtres, dans leur ordre. "
            "La feuille s’ouvre dans le navigateur : imprimez-la."
        )


def everything(client: ApiClient, park: Park, view: views.View) -> Sequence[ParkItem]:
    """Return all turbines of the view, those not yet on the page too."""
    return park.items if park.total <= len(park.items) else client.park.ranking(view.asked()).items


def turbine_file(detail: TurbineDetail) -> None:
    """Offer the turbine's sheet, with the address of its page as a QR code."""
    turbine = detail.turbine.turbine_id
    address, simulated = page_address(st.context.url, "turbine", id=turbine), _simulated()
    st.download_button(
        "Fiche à imprimer",
        data=lambda: sheets.turbine_sheet(detail, address, simulated=simulated).encode(),
        file_name=f"turbine-{exports.file_name(turbine)}.html",
        mime="text/html",
        on_click="ignore",
        key="fiche",
        help="Une page A4 qui s’ouvre dans le navigateur, avec un QR code vers cette page.",
    )


def _simulated() -> bool:
    user = auth.current_user()
    return user is not None and park_facts.simulated(user.username)


def page_address(current: str | None, page: str, **query: str) -> str:
    """Write the address of a page as this browser reaches it; empty where it is not known."""
    parts = urlsplit(current or "")
    if not parts.netloc:
        return ""
    folder = parts.path.rsplit("/", 1)[0]
    asked = "&".join(f"{name}={quote(value, safe='')}" for name, value in query.items())
    return f"{parts.scheme}://{parts.netloc}{folder}/{page}?{asked}"
