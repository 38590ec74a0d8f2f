"""What changed since the previous ranking, and the queues, in words. No Streamlit, no HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import pandas as pd

from api.schemas import french
from api.schemas.changes import DaysCoverage, LevelDifferences, ParkEvent, SincePrevious
from api.schemas.park import Park, ParkItem
from api.schemas.vocabulary import ChangeKind, Queue, RiskLevel, SituationCode
from ui.shared import labels as fr


@dataclass(frozen=True)
class KindWords:
    """A sign that differs in shape from the others, and what is counted."""

    sign: str
    singular: str
    plural: str


KINDS: dict[ChangeKind, KindWords] = {
    ChangeKind.ENTREE_CRITIQUE: KindWords("⇑", "entrée en critique", "entrées en critique"),
    ChangeKind.NON_EVALUE: KindWords("✕", "plus évaluée", "plus évaluées"),
    ChangeKind.PERIME: KindWords("◌", "mesure devenue trop ancienne", "mesures devenues trop anciennes"),
    ChangeKind.HAUSSE: KindWords("↑", "hausse", "hausses"),
    ChangeKind.RETOUR: KindWords("↺", "de nouveau mesurée", "de nouveau mesurées"),
    ChangeKind.SORTIE_CRITIQUE: KindWords("⇓", "sortie de critique", "sorties de critique"),
    ChangeKind.BAISSE: KindWords("↓", "baisse", "baisses"),
}
_SILENT = {ChangeKind.NON_EVALUE, ChangeKind.PERIME, ChangeKind.RETOUR}


Tab = SituationCode | Queue
"""What the tabs over the ranking narrow it to."""


def tabs(park: Park | None) -> dict[Tab, str]:
    """Return the tabs over the ranking with their labels; without a ranking, only what is always there.

    A situation in which no turbine is has no tab, but for those to decide about. « À vérifier » holds all
    data in doubt, in alert or not: the situation of the same kind needs no tab beside it.
    """
    situations = {} if park is None else park.situations
    deciding = sum(count for code, count in situations.items() if code.to_decide)
    labels: dict[Tab, str] = {SituationCode.A_DECIDER: _tab(SituationCode.A_DECIDER, deciding, situations)}
    for code in SituationCode:
        if not code.to_decide and code not in _WITHOUT_TAB and situations.get(code):
            labels[code] = _tab(code, situations[code], situations)
    for queue in Queue:
        count = 0 if park is None else getattr(park.queues, queue.value)
        labels[queue] = _tab(queue, count, park)
    return labels


_WITHOUT_TAB = {SituationCode.RIEN_A_FAIRE, SituationCode.DONNEES_A_VERIFIER}


def _tab(tab: Tab, count: int, known: object) -> str:
    return f"{tab.words} ({count})" if known else tab.words


def change_words(item: ParkItem) -> str:
    """Write the change of one turbine in a table cell."""
    change = item.change
    if change is None:
        return french.NOTHING
    words = KINDS[change.kind]
    if change.kind in _SILENT:
        return f"{words.sign} {words.singular}"
    return f"{words.sign} depuis {fr.LEVELS[change.previous_level].word.lower()}"


def since_words(since: SincePrevious, as_of: date) -> str:
    """Write « Depuis la veille », or the day that the ranking is compared with."""
    day = french.date(since.previous_as_of)
    if (as_of - since.previous_as_of).days == 1:
        return f"Depuis la veille ({day})"
    return f"Depuis le {day}"


def events_words(since: SincePrevious) -> str:
    """Count the events of each kind, the most urgent first."""
    counts = [(KINDS[kind], since.events[kind]) for kind in ChangeKind if since.events.get(kind)]
    parts = [
        f"{count}{french.NBSP}{words.plural if count > 1 else words.singular}" for words, count in counts
    ]
    return " · ".join(parts) or "aucun changement à signaler"


def differences(levels: LevelDifferences) -> dict[RiskLevel, str]:
    """Write the signed difference of each level; « = » where the number is the same."""
    counts = {level: getattr(levels, level.value) for level in RiskLevel}
    return {level: french.signed(count) if count else "=" for level, count in counts.items()}


def elapsed_words(since: SincePrevious, as_of: date) -> str:
    """Say how long the differences took: « en 1 jour »."""
    return f"en {french.counted((as_of - since.previous_as_of).days, 'jour')}"


def events_frame(events: Sequence[ParkEvent]) -> pd.DataFrame:
    """Tabulate the events: turbine, what happened, why."""
    rows = [
        {"Turbine": event.turbine_id, "Changement": _event_words(event), "Cause": event.sentence}
        for event in events
    ]
    return pd.DataFrame(rows, columns=["Turbine", "Changement", "Cause"])


def _event_words(event: ParkEvent) -> str:
    words = KINDS[event.kind]
    level = fr.LEVELS[event.risk_level].word
    if event.kind in _SILENT or event.previous_level is None:
        return f"{words.sign} {words.singular} ({level.lower()})"
    before = fr.LEVELS[event.previous_level].word
    return f"{words.sign} {words.singular} : {before.lower()} → {level.lower()}"


def days_help(coverage: DaysCoverage | None) -> str:
    """Say what the filter on days left keeps, and how far it can be relied on."""
    kept = (
        "Garde les turbines dont l’intervalle des jours restants commence à ce nombre de jours ou moins : "
        "une panne d’ici là ne peut être écartée."
    )
    if coverage is None:
        return kept
    measured = ""
    if coverage.measured is not None:
        span = ""
        if coverage.low is not None and coverage.high is not None:
            span = f", de {french.share(coverage.low, 0)} à {french.share(coverage.high, 0)}"
        measured = f" (mesurée : {french.share(coverage.measured, 0)}{span})"
    return f"{kept} Couverture visée de l’intervalle : {french.share(coverage.target, 0)}{measured}."
