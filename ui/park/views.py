"""The park's answers turned into what the cockpit shows. No Streamlit, no HTTP.

Cells that are sorted stay numbers or dates; :func:`styled` gives them their French wording on top.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd
from pandas.io.formats.style import Styler

from api.schemas import french
from api.schemas.common import Notice
from api.schemas.park import HistoryProgress, Park, ParkItem
from api.schemas.vocabulary import DataStatus, Queue, RiskLevel, SituationCode
from ui.interventions.views import STATES as STATE_WORDS
from ui.park.change_views import change_words
from ui.shared import labels as fr

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


# French wording of the columns that stay sortable numbers.
PARK_FORMATS: dict[str, Callable[[Any], str]] = {
    "Probabilité": french.percent,
    "Jours restants": french.days,
    "Attendre coûte": french.euros,
    "Âge": lambda days: "jour même" if days == 0 else french.quantity(days, "j", 0),
}


def park_frame(items: Sequence[ParkItem]) -> pd.DataFrame:
    """Tabulate the turbines, in their order; leave out columns that would say nothing."""
    frame = pd.DataFrame([_park_row(item) for item in items], columns=PARK_COLUMNS)
    for column in PARK_FORMATS:
        frame[column] = frame[column].astype(float)
    silent = {
        "Situation": not any(item.situation for item in items),
        "Changement": not any(item.change for item in items),
        "Intervention": not any(item.intervention for item in items),
        "Intervalle": not any(item.time_to_failure_interval for item in items),
        "Parc": len({item.farm for item in items}) < 2,
        "Qualité": all(item.data_status is DataStatus.OK for item in items),
    }
    return frame.drop(columns=[column for column, nothing in silent.items() if nothing])


PARK_COLUMNS = [
    "Rang", "Turbine", "Niveau", "Situation", "Probabilité", "Jours restants", "Intervalle",
    "Facteur principal",
    "Attendre coûte", "Changement", "Âge", "Prévu le", "Intervention", "Qualité", "Parc",
]  # fmt: skip


def _park_row(item: ParkItem) -> dict[str, Any]:
    return {
        "Rang": item.rank,
        "Turbine": item.turbine_id,
        "Niveau": [fr.LEVELS[item.risk_level].text],
        "Situation": situation_words(item),
        "Changement": change_words(item),
        "Probabilité": _round(item.failure_probability, 4),
        "Jours restants": _round(item.time_to_failure_days, 1),
        "Intervalle": interval_words(item),
        "Facteur principal": fr.driver_words(item.main_driver),
        "Attendre coûte": _round(item.expected_failure_cost_eur, 0),
        "Âge": item.age_days,
        "Prévu le": pd.NaT if (day := next_work(item)) is None else pd.Timestamp(day),
        "Intervention": work_words(item),
        "Qualité": fr.DATA_STATUS[item.data_status],
        "Parc": item.farm or french.NOTHING,
    }


def count_words(park: Park) -> str:
    """Say how many turbines are shown, and that a header sorts only those."""
    everywhere = french.number(park.run.total if park.run else park.total)
    count = len(park.items)
    if count >= park.total:
        return f"{french.counted(count, 'turbine')} sur {everywhere}."
    kept = french.number(park.total)
    return (
        f"Les {french.counted(count, 'première')} des {kept} turbines retenues, sur {everywhere}. "
        "« Trier par » les ordonne toutes ; un en-tête, celles qui sont affichées."
    )


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


def _round(value: float | None, digits: int) -> float | None:
    """Round a number for screen readers, which read the cell and not its wording."""
    return None if value is None else round(value, digits)


def styled(frame: pd.DataFrame) -> Styler:
    """Format the park's frame in French; its cells stay sortable."""
    styler = frame.style
    for column, wording in PARK_FORMATS.items():
        styler = styler.format(wording, subset=[column], na_rep=french.NOTHING)
    return styler


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
    days = f"{french.number(history.done)} jours sur {french.number(history.total)}"
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
    facts.append(f"{run.stale} sans mesure récente" if run.stale else "mesures récentes partout")
    origin = [] if run.finished_at is None else [f"calculé le {french.date(run.finished_at)}"]
    origin.append(" + ".join(f"{m.name} v{m.version}" for m in run.models) or "aucun modèle")
    if run.policy_version is not None:
        origin.append(f"politique v{run.policy_version}")
    if park.next_run:
        origin.append(park.next_run.removesuffix("."))
    headline = f"Classement du {french.long_date(park.as_of)}"
    if past:
        headline += ", tel que vu ce jour-là"
    if park.stale:
        headline += ", trop ancien pour décider"
    good = not (past or park.stale or park.notices)
    return Trust(good, headline, tuple(facts), tuple(park.notices), tuple(origin))
