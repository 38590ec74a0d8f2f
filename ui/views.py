"""The park's answers turned into what the cockpit shows. No Streamlit, no HTTP.

Cells that are sorted stay numbers or dates; :func:`styled` gives them their French wording on top.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from pandas.io.formats.style import Styler

from api.schemas.common import Notice
from api.schemas.park import Park, ParkItem, Run
from api.schemas.vocabulary import DataStatus, Queue, RiskLevel
from ui import labels as fr
from ui.change_views import change_words


@dataclass(frozen=True)
class View:
    """What the cockpit shows of the park; kept in the page's address, so that it can be sent."""

    levels: tuple[RiskLevel, ...] = ()
    days: float | None = None
    farm: str | None = None
    text: str = ""
    queue: Queue | None = None

    @classmethod
    def of(cls, query: Mapping[str, str]) -> View:
        """The view that an address asks for; what cannot be read in it is left out."""
        known = {level.value: level for level in RiskLevel}
        asked = [known[word] for word in query.get("niveau", "").split(",") if word in known]
        try:
            days = float(query.get("jours", "nan").replace(",", "."))
        except ValueError:
            days = math.nan
        limit = max(0.0, days) if math.isfinite(days) else None
        queue = next((queue for queue in Queue if queue.value == query.get("file")), None)
        return cls(tuple(dict.fromkeys(asked)), limit, query.get("parc") or None, query.get("q", ""), queue)

    def query(self) -> dict[str, str]:
        """The address's part that asks for this view; empty when nothing is narrowed."""
        parts = {
            "niveau": ",".join(level.value for level in self.levels),
            "jours": "" if self.days is None else f"{self.days:g}",
            "parc": self.farm or "",
            "q": self.text,
            "file": self.queue or "",
        }
        return {name: value for name, value in parts.items() if value}


def matching(items: Sequence[ParkItem], view: View) -> list[ParkItem]:
    """The items that a view shows: its levels and days, its farm, and every word of its text."""
    words = fr.folded(view.text).split()
    return [item for item in items if _shown(item, view) and all(word in _searchable(item) for word in words)]


def _shown(item: ParkItem, view: View) -> bool:
    interval = item.time_to_failure_interval
    soonest = interval[0] if interval else item.time_to_failure_days
    near = view.days is None or (soonest is not None and soonest <= view.days)
    placed = view.farm in {None, item.farm} and (view.queue is None or view.queue in item.queues)
    return near and placed and item.risk_level in (view.levels or RiskLevel)


def _searchable(item: ParkItem) -> str:
    driver = item.main_driver.label if item.main_driver else None
    level = fr.LEVELS[item.risk_level].word
    parts = (f"turbine {item.turbine_id}", item.site, item.farm, level, item.recommendation, driver)
    return fr.folded(" ".join(part for part in parts if part))


# Sortable numbers, and how they are worded.
PARK_FORMATS: dict[str, Callable[[Any], str]] = {
    "Probabilité": fr.fr_percent,
    "Jours restants": fr.fr_days,
    "Âge de la mesure": lambda days: "jour même" if days == 0 else f"{days:.0f}{fr.NBSP}j",
}


def park_frame(items: Sequence[ParkItem]) -> pd.DataFrame:
    """One row per turbine, in the order given; columns that would say nothing are left out."""
    frame = pd.DataFrame([_park_row(item) for item in items], columns=PARK_COLUMNS)
    for column in PARK_FORMATS:
        frame[column] = frame[column].astype(float)
    silent = {
        "Changement": not any(item.change for item in items),
        "Intervalle": not any(item.time_to_failure_interval for item in items),
        "Parc": len({item.farm for item in items}) < 2,
        "Qualité de la mesure": all(item.data_status is DataStatus.OK for item in items),
    }
    return frame.drop(columns=[column for column, nothing in silent.items() if nothing])


PARK_COLUMNS = [
    "Rang", "Turbine", "Niveau", "Changement", "Probabilité", "Jours restants", "Intervalle",
    "Facteur principal", "Âge de la mesure", "Qualité de la mesure", "Visite prévue", "Parc",
]  # fmt: skip


def _park_row(item: ParkItem) -> dict[str, Any]:
    return {
        "Rang": item.rank,
        "Turbine": item.turbine_id,
        "Niveau": [fr.LEVELS[item.risk_level].text],
        "Changement": change_words(item),
        "Probabilité": _rounded(item.failure_probability, 4),
        "Jours restants": _rounded(item.time_to_failure_days, 1),
        "Intervalle": fr.fr_interval(item.time_to_failure_interval),
        "Facteur principal": fr.driver_words(item.main_driver),
        "Âge de la mesure": item.age_days,
        "Qualité de la mesure": fr.DATA_STATUS[item.data_status],
        "Visite prévue": pd.Timestamp(item.planned_visit_on) if item.planned_visit_on else pd.NaT,
        "Parc": item.farm or fr.NOTHING,
    }


def _rounded(value: float | None, digits: int) -> float | None:
    """A number that a screen reader can say: it reads the cell, not its wording."""
    return None if value is None else round(value, digits)


def styled(frame: pd.DataFrame) -> Styler:
    """The park's frame with French wording on top of sortable cells."""
    styler = frame.style
    for column, wording in PARK_FORMATS.items():
        styler = styler.format(wording, subset=[column], na_rep=fr.NOTHING)
    return styler


@dataclass(frozen=True)
class Trust:
    """Whether the ranking may be relied on, in one line, and what to know before using it."""

    good: bool
    headline: str
    facts: tuple[str, ...]
    notices: tuple[Notice, ...]


def trust(park: Park) -> Trust | None:
    """The trust line of the published ranking; None where none was ever published."""
    if park.run is None or park.as_of is None:
        return None
    run = park.run
    scored = run.total - run.failed
    facts = [f"{fr.counted(scored, 'turbine')} {fr.plural(scored, 'évaluée')} sur {run.total}"]
    if run.failed:
        facts.append(f"{run.failed} en échec")
    facts.append(f"{run.stale} sans mesure récente" if run.stale else "mesures récentes partout")
    if run.finished_at is not None:
        facts.append(f"calculé le {fr.fr_date(run.finished_at)}")
    facts.append(" + ".join(f"{m.name} v{m.version}" for m in run.models) or "aucun modèle")
    if run.policy_version is not None:
        facts.append(f"politique v{run.policy_version}")
    headline = f"Classement du {fr.fr_long_date(park.as_of)}"
    if park.stale:
        headline += ", trop ancien pour décider"
    return Trust(not park.stale and not park.notices, headline, tuple(facts), tuple(park.notices))


def progress_words(run: Run) -> str:
    """Where a scoring under way stands."""
    stands = (
        "en attente de son tour" if run.status == "en_attente" else f"{run.done} turbines sur {run.total}"
    )
    return (
        f"Calcul du parc au {fr.fr_date(run.as_of)} : {stands}. Vous pouvez quitter cette page, il continue."
    )
