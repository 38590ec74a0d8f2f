"""The park's answers turned into what the cockpit shows. No Streamlit, no HTTP.

Cells that are sorted stay numbers or dates; ``PARK_COLUMNS`` words them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import Any

import pandas as pd

from api.schemas import french
from api.schemas.common import Notice
from api.schemas.park import HistoryProgress, Park, ParkItem, stale_words
from api.schemas.vocabulary import DataStatus, Queue, RiskLevel, SituationCode, indicative
from ui.interventions.views import STATES as STATE_WORDS
from ui.park.change_views import change_words
from ui.shared import labels as fr
from ui.shared.table import Address, Column

TEXT_MAX, NAME_MAX = 80, 120  # characters that the API takes
NO_RANKING = "aucun_classement"


@dataclass(frozen=True)
class View:
    """What the cockpit shows of the park; kept in the page's address, so that it can be sent."""

    levels: tuple[RiskLevel, ...] = ()
    days: float | None = None
    farm: str | None = None
    text: str = ""
    queue: Queue | None = None
    situation: SituationCode | None = None
    site: str | None = None
    driver: str | None = None
    state: str | None = None
    day: date | None = None
    sort: str = ""
    page: int = 1

    @classmethod
    def of(cls, query: Mapping[str, str]) -> View:
        """Read the view that an address asks for; ignore what cannot be read in it."""
        known = {level.value: level for level in RiskLevel}
        asked = [known[word] for word in query.get("niveau", "").split(",") if word in known]
        try:
            days = float(query.get("jours", "nan").replace(",", "."))
        except ValueError:
            days = math.nan
        limit = max(0.0, days) if math.isfinite(days) else None
        queue = next((queue for queue in Queue if queue.value == query.get("file")), None)
        situation = next((code for code in SituationCode if code.value == query.get("situation")), None)
        sort = query.get("tri", "")
        return cls(
            tuple(dict.fromkeys(asked)),
            limit,
            query.get("parc", "")[:NAME_MAX] or None,
            query.get("q", "")[:TEXT_MAX],
            queue,
            situation,
            site=query.get("site", "")[:NAME_MAX] or None,
            driver=query.get("facteur", "")[:TEXT_MAX] or None,
            state=query.get("etat") if query.get("etat") in STATES else None,
            day=_day(query.get("jour", "")),
            sort=sort if sort.removeprefix("-") in SORTS else "",
            page=Address(query, {}).number,
        )

    def query(self) -> dict[str, str]:
        """Write the view as the query of an address; empty when nothing is narrowed."""
        parts = {
            "niveau": ",".join(level.value for level in self.levels),
            "jours": "" if self.days is None else f"{self.days:g}",
            "parc": self.farm or "",
            "q": self.text,
            "file": self.queue or "",
            "situation": self.situation or "",
            "site": self.site or "",
            "facteur": self.driver or "",
            "etat": self.state or "",
            "jour": "" if self.day is None else self.day.isoformat(),
            "tri": self.sort,
            "page": "" if self.page == 1 else str(self.page),
        }
        return {name: value for name, value in parts.items() if value}

    def asked(self) -> dict[str, Any]:
        """Return the view as query parameters of the API."""
        statuses = {status.value for status in DataStatus}
        name = self.sort.removeprefix("-")
        # « À décider » holds all that waits for a decision, as the count in the menu does.
        deciding = self.situation is not None and self.situation.to_decide
        return {
            "situation": [
                code.value
                for code in SituationCode
                if code is self.situation or (deciding and code.to_decide)
            ],
            "risk_level": [level.value for level in self.levels],
            "max_days": self.days,
            "farm": self.farm,
            "site": self.site,
            "text": self.text,
            "queue": self.queue,
            "driver": self.driver,
            "data_status" if self.state in statuses else "service_state": self.state,
            "as_of": self.day and self.day.isoformat(),
            "sort": self.sort.replace(name, SORTS[name][1]) if name else None,
        }

    def address(self) -> Address:
        """Return where the table of this view keeps its order and its page."""
        return Address(self.query(), {title: name for name, (title, _) in SORTS.items()}, usual="rang")


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def next_work(item: ParkItem) -> date | None:
    """Return the next day somebody goes there: of the planned intervention, else of the visit."""
    planned = item.intervention.planned_on if item.intervention else None
    return planned or item.planned_visit_on


# States of a turbine or of its measurement, as the filter and the address name them.
STATES: dict[str, str] = {
    **{status.value: f"Mesure {fr.DATA_STATUS[status]}" for status in DataStatus},
    **{state: words[0].upper() + words[1:] for state, words in fr.SERVICE_STATES.items()},
}
# Columns to sort by: name in the address, name on the page, name in the API.
SORTS = {
    "rang": ("Rang", "rank"),
    "turbine": ("Turbine", "turbine"),
    "niveau": ("Niveau", "level"),
    "situation": ("Situation", "situation"),
    "probabilite": ("Probabilité", "probability"),
    "jours": ("Jours restants", "days"),
    "intervalle": ("Intervalle", "interval"),
    "cout": ("Attendre coûte", "cost"),
    "facteur": ("Facteur principal", "driver"),
    "changement": ("Changement", "change"),
    "age": ("Âge", "age"),
    "prevu": ("Prévu le", "due"),
    "intervention": ("Intervention", "intervention"),
    "qualite": ("Qualité", "quality"),
    "parc": ("Parc", "farm"),
}


_COST = "Attendre coûte"
# A new column is a line here, a cell in ``_park_row`` and, where the API sorts by it, a line of SORTS.
PARK_COLUMNS: dict[str, Column] = {
    "Rang": Column(narrow="first"),
    "Turbine": Column(narrow="first"),
    "Niveau": Column(lambda level: fr.LEVELS[level].text, narrow="first"),
    "Situation": Column(help="Ce qui reste à faire", narrow="bare"),
    "Probabilité": Column(french.percent, "Probabilité de panne dans les 7 jours", narrow="first"),
    "Jours restants": Column(french.days, "Jours estimés avant panne", narrow="first"),
    "Intervalle": Column(help="Intervalle des jours restants", narrow="rare"),
    "Facteur principal": Column(narrow="bare"),
    "Attendre coûte": Column(french.euros, "Probabilité de panne × coût d’une panne manquée", narrow="rare"),
    "Changement": Column(help="Depuis le calcul du jour précédent", narrow="rare"),
    "Âge": Column(fr.age_words, "Âge de la mesure au jour du calcul", narrow="rare"),
    "Prévu le": Column(french.date, "Intervention planifiée, sinon prochaine visite", narrow="rare"),
    "Intervention": Column(narrow="rare"),
    "Qualité": Column(help="Ce que vaut la mesure derrière le score", narrow="rare"),
    "Parc": Column(narrow="spare"),
}


def park_columns(items: Sequence[ParkItem]) -> Mapping[str, Column]:
    """Return how the columns of these turbines are written; euros say where they are indicative."""
    if not any(indicative(item.warnings) for item in items):
        return PARK_COLUMNS
    cost = replace(PARK_COLUMNS[_COST], words=partial(french.euros, indicative=True))
    return {**PARK_COLUMNS, _COST: cost}


def park_frame(items: Sequence[ParkItem]) -> pd.DataFrame:
    """Tabulate the turbines, in their order; leave out columns that would say nothing."""
    frame = pd.DataFrame([_park_row(item) for item in items], columns=list(PARK_COLUMNS), dtype=object)
    silent = {
        "Situation": not any(item.situation for item in items),
        "Changement": not any(item.change for item in items),
        "Intervention": not any(item.intervention for item in items),
        "Intervalle": not any(item.time_to_failure_interval for item in items),
        "Parc": len({item.farm for item in items}) < 2,
        "Qualité": all(item.data_status is DataStatus.OK for item in items),
    }
    return frame.drop(columns=[column for column, nothing in silent.items() if nothing])


def _park_row(item: ParkItem) -> dict[str, Any]:
    return {
        "Rang": item.rank,
        "Turbine": item.turbine_id,
        "Niveau": item.risk_level,
        "Situation": situation_words(item),
        "Changement": change_words(item),
        "Probabilité": item.failure_probability,
        "Jours restants": item.time_to_failure_days,
        "Intervalle": interval_words(item),
        "Facteur principal": fr.reason_words(item),
        "Attendre coûte": item.expected_failure_cost_eur,
        "Âge": item.age_days,
        "Prévu le": next_work(item),
        "Intervention": work_words(item),
        "Qualité": fr.DATA_STATUS[item.data_status],
        "Parc": item.farm or french.NOTHING,
    }


def count_words(park: Park) -> str:
    """Say how many turbines the filters keep."""
    everywhere = french.number(park.run.total if park.run else park.total)
    return f"{french.counted(park.total, 'turbine')} sur {everywhere}."


def interval_words(item: ParkItem) -> str:
    """Write the interval of the days left, beside the column that names the unit."""
    interval = item.time_to_failure_interval
    if interval is None:
        return french.NOTHING
    low, high = (french.trimmed(days, 1 if abs(days) < 10 else 0) for days in interval)
    return french.with_unit(f"{low} à {high}", "j")


def situation_words(item: ParkItem) -> str:
    """Write the situation of a turbine in a table cell."""
    return french.NOTHING if item.situation is None else item.situation.code.words


def work_words(item: ParkItem) -> str:
    """Write the living intervention in a table cell, and who has it."""
    work = item.intervention
    if work is None:
        return french.NOTHING
    return STATE_WORDS[work.state] + (f" ({work.assignee})" if work.assignee else "")


@dataclass(frozen=True)
class Trust:
    """Whether the ranking may be relied on, in one line, and what to know before using it.

    ``origin`` holds the date, the models and the policy, which a phone shows lower down.
    """

    good: bool
    headline: str
    facts: tuple[str, ...]
    notices: tuple[Notice, ...]
    origin: tuple[str, ...] = ()


def history_words(history: HistoryProgress) -> str:
    """Say how far the recomputation of past days is."""
    days = f"{french.counted(history.done, 'jour')} sur {french.number(history.total)}"
    return f"Historique en cours de calcul par les modèles en service : {days}."


def trust(park: Park, *, past: bool = False) -> Trust | None:
    """Return the trust line of the published ranking, or of a ``past`` one; None without a ranking."""
    if park.run is None or park.as_of is None:
        return None
    run = park.run
    scored = run.total - run.failed
    scored_words = f"{french.counted(scored, 'turbine')} {french.plural(scored, 'évaluée')}"
    facts = [f"{scored_words} sur {french.number(run.total)}"]
    if run.failed:
        facts.append(f"{run.failed} en échec")
    facts.append(stale_words(run.stale))
    origin = [] if run.finished_at is None else [f"calculé le {french.date(run.finished_at)}"]
    origin.append(" + ".join(m.label for m in run.models) or "aucun modèle")
    if run.policy_version is not None:
        origin.append(f"politique v{run.policy_version}")
    if park.next_run:  # a sentence, here amid a line
        origin.append(park.next_run[0].lower() + park.next_run[1:].removesuffix("."))
    headline = f"Classement du {french.long_date(park.as_of)}"
    if past:
        headline += ", tel que vu ce jour-là"
    if park.stale:
        headline += ", trop ancien pour décider"
    good = not (past or park.stale or park.notices or run.failed or run.stale)
    return Trust(good, headline, tuple(facts), tuple(park.notices), tuple(origin))
