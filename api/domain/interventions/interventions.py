"""An intervention: its states and the transitions between them, its facts, and the entries of its journal.

How it changes is in :mod:`api.domain.interventions.changes`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from api.schemas.vocabulary import InterventionState, JournalAction, Priority, Skill, Verdict

State = InterventionState
# The only table of transitions; a state that leads nowhere is final.
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
    """An item to check on site; ``feature`` is the sensor that asks for it, None on every list."""

    text: str
    done: bool = False
    feature: str | None = None


@dataclass(frozen=True, kw_only=True)
class Intervention:
    """An intervention on a turbine, with the fields that its changes use.

    Args:
        id: its number.
        turbine: identifier of the machine.
        state: present state.
        priority: how soon people should go.
        assignee: pseudonym of the person who goes.
        skills: needed on site.
        planned_on: day of the visit.
        expected_hours: on site [h].
        checklist: items to check.
        verdict, findings, downtime_hours, done_on: set at closing; ``done_on`` is the day the work ended, or
            the day of a cancellation.
        acknowledged_by, acknowledged_at: person who has read it, and when.
        started_at: instant of the first start.
        closed_by, closed_at: person who ended it, and when.
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
        """Its name in sentences."""
        return f"L’intervention n° {self.id}"


@dataclass(frozen=True, slots=True)
class Actor:
    """The person who changes it.

    Args:
        name: identifier in histories, not a personal name.
        pseudonym: by which work is assigned to them.
        may_plan: whether they plan, and thus may change any intervention.
    """

    name: str
    pseudonym: str
    may_plan: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """The journal entry of a change: for each field, its value before and after."""

    action: JournalAction
    changes: dict[str, tuple[Any, Any]]
    comment: str | None = None
