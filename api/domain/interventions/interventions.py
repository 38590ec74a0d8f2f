"""An intervention: its states and what may follow each, what is known of it, what its journal keeps.

How it changes is in :mod:`api.domain.interventions.changes`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from api.schemas.vocabulary import InterventionState, JournalAction, Priority, Skill, Verdict

State = InterventionState
# The only table of what may follow what; a state that leads nowhere is final.
TRANSITIONS: dict[State, frozenset[State]] = {
    State.PROPOSEE: frozenset({State.PLANIFIEE, State.ANNULEE}),
    State.PLANIFIEE: frozenset({State.EN_COURS, State.ANNULEE}),
    State.EN_COURS: frozenset({State.PLANIFIEE, State.TERMINEE, State.ANNULEE}),
    State.TERMINEE: frozenset(),
    State.ANNULEE: frozenset(),
}
LIVING = frozenset(state for state, following in TRANSITIONS.items() if following)
WORDS = {
    State.PROPOSEE: "proposée",
    State.PLANIFIEE: "planifiée",
    State.EN_COURS: "en cours",
    State.TERMINEE: "terminée",
    State.ANNULEE: "annulée",
}


@dataclass(frozen=True, slots=True)
class CheckItem:
    """One thing to check on site; ``feature`` is the sensor that asks for it, None for what always holds."""

    text: str
    done: bool = False
    feature: str | None = None


@dataclass(frozen=True, kw_only=True)
class Intervention:
    """One intervention on one turbine, as its changes see it.

    Args:
        id: its number.
        turbine: identifier of the machine.
        state: where it stands.
        priority: how soon it is wanted.
        assignee: pseudonym of the person who goes.
        skills: wanted on site.
        planned_on: day.
        expected_hours: on site [h].
        checklist: what to look at.
        verdict, findings, downtime_hours, done_on: told at closing; ``done_on`` is the day the work ended,
            which a cancelled one has too.
        acknowledged_by, acknowledged_at: who said that they had read it.
        started_at: instant of the first start.
        closed_by, closed_at: who ended it.
        version: grows by one with each change.
    """

    id: int
    turbine: str
    state: State
    priority: Priority = Priority.NORMALE
    assignee: str | None = None
    skills: tuple[Skill, ...] = ()
    planned_on: date | None = None
    expected_hours: float | None = None
    checklist: tuple[CheckItem, ...] = ()
    verdict: Verdict | None = None
    findings: str | None = None
    downtime_hours: float | None = None
    done_on: date | None = None
    acknowledged_by: str | None = None
    acknowledged_at: datetime | None = None
    started_at: datetime | None = None
    closed_by: str | None = None
    closed_at: datetime | None = None
    version: int = 1

    @property
    def name(self) -> str:
        """How sentences call it."""
        return f"L’intervention n° {self.id}"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who changes it.

    Args:
        name: what histories call them, without personal name.
        pseudonym: by which work is assigned to them.
        may_plan: whether they plan, and thus may change any intervention.
    """

    name: str
    pseudonym: str
    may_plan: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """What the journal keeps of one change: for each field, its value before and after."""

    action: JournalAction
    changes: dict[str, tuple[Any, Any]]
    comment: str | None = None
