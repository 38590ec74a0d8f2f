"""The ranking as a CSV file that a French spreadsheet opens right. No Streamlit, no HTTP."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from api.schemas import french
from api.schemas.csv_text import BOM, amount_kind, sheet_lines
from api.schemas.park import ParkItem
from api.schemas.vocabulary import LOST, indicative
from ui.park import views
from ui.park.change_views import change_words
from ui.shared import labels as fr

HEADER = (
    "Rang", "Turbine", "Parc éolien", "Site", "Niveau", "Situation", "Pourquoi cette situation",
    "Jour qui décide", "Probabilité de panne à 7 jours (%)",
    "Jours restants", "Jours restants, borne basse", "Jours restants, borne haute", "Facteur principal",
    "Indice", "Attendre coûte (€)", "Nature du montant", "Changement", "Mesurée le", "Âge de la mesure (j)",
    "Qualité de la mesure",
    "État de la machine", "Visite prévue le", "Intervention", "Intervention prévue le", "Recommandation",
)  # fmt: skip


def park_csv(items: Sequence[ParkItem]) -> bytes:
    """Write the turbines in their order: semicolons, decimal commas, dates day first, UTF-8 with a BOM."""
    return (BOM + sheet_lines([HEADER, *map(_row, items)])).encode()


def file_name(text: str) -> str:
    """Replace in ``text`` what a file system refuses."""
    return re.sub(r"[^\w.-]+", "-", text)


def _row(item: ParkItem) -> list[str]:
    low, high = item.time_to_failure_interval or (None, None)
    probability, work = item.failure_probability, item.intervention
    lost = LOST.get(item.data_status)
    driver = None if lost else item.main_driver
    reason = "" if driver is None else f"{driver.label} : {fr.driver_value(driver)}"
    return [
        str(item.rank),
        _text(item.turbine_id),
        _text(item.farm),
        _text(item.site),
        fr.LEVELS[item.risk_level].word,
        "" if item.situation is None else item.situation.code.words,
        "" if item.situation is None else _text(item.situation.reason),
        _day(None if item.situation is None else item.situation.until),
        french.cell_percent(probability, 2),
        french.cell(item.time_to_failure_days, 1),
        french.cell(low, 1),
        french.cell(high, 1),
        lost or _text(reason),
        "" if driver is None else ("oui" if driver.marker else "non"),
        french.cell(item.expected_failure_cost_eur, 0),
        amount_kind(item.expected_failure_cost_eur, indicative=indicative(item.warnings)),
        "" if item.change is None else change_words(item),
        _day(item.measured_on),
        "" if item.age_days is None else str(item.age_days),
        fr.DATA_STATUS[item.data_status],
        fr.SERVICE_STATES[item.service_state],
        _day(item.planned_visit_on),
        "" if work is None else _text(views.work_words(item)),
        _day(None if work is None else work.planned_on),
        _text(item.recommendation),
    ]


def _day(day: date | None) -> str:
    return "" if day is None else french.date(day)


def _text(text: str | None) -> str:
    """Write a text with plain spaces."""
    return (text or "").replace(french.NBSP, " ").replace(french.THIN, " ")
