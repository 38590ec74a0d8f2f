"""How an intervention changes: who may change what, and the demands of each state and of closing. Pure rules.

Every change goes through :func:`apply_change`, which checks it whole and writes its journal entry.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from api.domain.interventions.interventions import (
    LIVING,
    TRANSITIONS,
    WORDS,
    Actor,
    CheckItem,
    Entry,
    Intervention,
    State,
)
from api.domain.shared.exceptions import Conflict, FieldError, InvalidInput, NotAllowed, Superseded
from api.schemas import french
from api.schemas.vocabulary import JournalAction, Right, Verdict

# Fields of the planner, and fields that the person on site fills at closing.
PLANNED = frozenset({"assignee", "planned_on", "expected_hours", "priority", "skills"})
SET_AT_CLOSING = ("verdict", "findings", "downtime_hours")
_ACTIONS = {
    (State.PROPOSEE, State.PLANIFIEE): JournalAction.PLANIFICATION,
    (State.PLANIFIEE, State.EN_COURS): JournalAction.DEMARRAGE,
    (State.EN_COURS, State.PLANIFIEE): JournalAction.SUSPENSION,
    (State.EN_COURS, State.TERMINEE): JournalAction.CLOTURE,
}
# The journal's own columns (who, when) or the intervention's row keep these.
_NOT_JOURNALED = frozenset({"id", "turbine", "version", "acknowledged_at", "started_at", "closed_at"})


def apply_change(
    present: Intervention, asked: Mapping[str, Any], actor: Actor, now: datetime, today: date
) -> tuple[Intervention, Entry]:
    """Return the intervention after a change, and its journal entry.

    Args:
        present: as it is stored.
        asked: fields to change: those of :class:`Intervention` that people may set, with ``version`` (as they
            read it), ``acknowledged``, ``checklist_done`` (places ticked, from 0) and ``comment``.
        actor: the person who asks.
        now: the instant.
        today: the cockpit's day: in a simulated park, that of its data.

    Raises:
        Superseded: somebody else has changed it since it was read.
        Conflict: it has already ended.
        NotAllowed: the actor may not change it.
        InvalidInput: a state that does not follow, or a field that is wrong or missing for the new state.
    """
    if asked.get("version") != present.version:
        raise Superseded(present.name, present.version, int(asked.get("version", 0)))
    if present.state not in LIVING:
        raise Conflict(
            f"{present.name} est {WORDS[present.state]} : elle ne change plus. Pour un fait nouveau, "
            "planifiez une autre intervention ou signalez un constat."
        )
    _check_allowed(present, asked, actor)
    if wrong := list(_errors(present, asked, today)):
        raise InvalidInput(wrong)
    after = _after(present, asked, actor, now, today)
    entry = Entry(_action(present, after, asked), _differences(present, after), asked.get("comment"))
    if not entry.changes and entry.comment is None:
        raise InvalidInput.single("", "rien à modifier : donnez au moins un champ qui change.")
    return replace(after, version=present.version + 1), entry


def check_assigned(present: Intervention, actor: Actor) -> None:
    """Refuse an actor who neither plans nor is assigned.

    Raises:
        NotAllowed: the intervention is not assigned to the actor.
    """
    if not actor.may_plan and present.assignee != actor.pseudonym:
        raise NotAllowed(f"{Right.WORK.words} ; celle-ci n’est pas affectée à « {actor.pseudonym} »")


def _check_allowed(present: Intervention, asked: Mapping[str, Any], actor: Actor) -> None:
    check_assigned(present, actor)
    wanted = asked.get("state", present.state)
    confirms = present.state is State.PROPOSEE and wanted is not State.PROPOSEE
    if not actor.may_plan and (PLANNED & asked.keys() or wanted is State.ANNULEE or confirms):
        raise NotAllowed(Right.PLAN.words)


def _errors(present: Intervention, asked: Mapping[str, Any], today: date) -> Iterator[FieldError]:
    wanted = asked.get("state", present.state)
    if wanted is not present.state and wanted not in TRANSITIONS[present.state]:
        following = ", ".join(sorted(f"« {state.value} »" for state in TRANSITIONS[present.state]))
        yield FieldError(
            "state",
            f"une intervention {WORDS[present.state]} ne devient pas « {wanted.value} » ; "
            f"possibles : {following}.",
            wanted.value,
        )
        return
    yield from _plan_errors(present, asked, wanted, today)
    if wanted is State.TERMINEE:
        yield from _closing_errors(asked, today)
    else:
        yield from (
            FieldError(name, "se dit à la clôture : ajoutez « state » : « terminee ».")
            for name in (*SET_AT_CLOSING, "done_on")
            if name in asked
        )
    if wanted is State.ANNULEE and not (asked.get("comment") or "").strip():
        yield FieldError("comment", "le motif de l’annulation est attendu.")
    ticked = asked.get("checklist_done", ())
    if any(place >= len(present.checklist) for place in ticked):
        yield FieldError(
            "checklist_done",
            f"la liste a {french.counted(len(present.checklist), 'point')} ; le premier est le 0.",
        )


def _plan_errors(
    present: Intervention, asked: Mapping[str, Any], wanted: State, today: date
) -> Iterator[FieldError]:
    day = asked.get("planned_on", present.planned_on)
    if wanted in {State.PLANIFIEE, State.EN_COURS} and day is None:
        yield FieldError("planned_on", "un jour est attendu pour planifier.")
    elif "planned_on" in asked and day != present.planned_on and (problem := past_day_error(day, today)):
        yield problem
    if wanted is State.EN_COURS and asked.get("assignee", present.assignee) is None:
        yield FieldError("assignee", "affectez d’abord l’intervention à un technicien.")
    if asked.get("acknowledged") and wanted is State.PROPOSEE:
        yield FieldError("acknowledged", "une proposition se confirme avant d’être prise en compte.")
    yield from (
        FieldError(name, "ne peut pas être effacé.")
        for name in ("priority", "skills")
        if name in asked and asked[name] is None
    )


def past_day_error(day: date | None, today: date) -> FieldError | None:
    """Return the error of planning on a past day; None for today or later."""
    if day is None or day >= today:
        return None
    return FieldError("planned_on", f"jour passé ; au plus tôt le {french.date(today)}.", day.isoformat())


def _closing_errors(asked: Mapping[str, Any], today: date) -> Iterator[FieldError]:
    if asked.get("verdict") is None:
        yield FieldError("verdict", "la clôture demande un verdict : " + ", ".join(Verdict) + ".")
    if not (asked.get("findings") or "").strip():
        yield FieldError("findings", "dites ce que vous avez constaté, même « rien d’anormal ».")
    if asked.get("downtime_hours") is None:
        yield FieldError("downtime_hours", "dites combien d’heures la machine a été arrêtée, 0 si aucune.")
    day = asked.get("done_on")
    if day is not None and day > today:
        yield FieldError("done_on", f"jour à venir ; au plus tard le {french.date(today)}.", day.isoformat())


def _after(
    present: Intervention, asked: Mapping[str, Any], actor: Actor, now: datetime, today: date
) -> Intervention:
    wanted = asked.get("state", present.state)
    direct = {name: asked[name] for name in (*PLANNED, *SET_AT_CLOSING, "state", "done_on") if name in asked}
    if "skills" in direct:
        direct["skills"] = tuple(dict.fromkeys(direct["skills"]))
    after = replace(present, **direct)
    if "checklist_done" in asked:
        ticked = set(asked["checklist_done"])
        items = tuple(replace(item, done=place in ticked) for place, item in enumerate(present.checklist))
        after = replace(after, checklist=items)
    if after.assignee != present.assignee:  # another person has not read it yet
        after = replace(after, acknowledged_by=None, acknowledged_at=None)
    starts = wanted is State.EN_COURS and present.state is not State.EN_COURS
    if (asked.get("acknowledged") or starts) and after.acknowledged_by is None:
        after = replace(after, acknowledged_by=actor.name, acknowledged_at=now)
    if starts and after.started_at is None:
        after = replace(after, started_at=now)
    if wanted not in LIVING:
        after = replace(after, closed_by=actor.name, closed_at=now, done_on=after.done_on or today)
    return after


def _action(present: Intervention, after: Intervention, asked: Mapping[str, Any]) -> JournalAction:
    if after.state is State.ANNULEE:
        return JournalAction.ANNULATION
    if after.state is not present.state:
        return _ACTIONS[present.state, after.state]
    if after.acknowledged_by is not None and present.acknowledged_by is None:
        return JournalAction.PRISE_EN_COMPTE
    only_comment = not _differences(present, after) and asked.get("comment") is not None
    return JournalAction.COMMENTAIRE if only_comment else JournalAction.MODIFICATION


def _differences(before: Intervention, after: Intervention) -> dict[str, tuple[Any, Any]]:
    differences = {}
    for field in fields(Intervention):
        old, new = getattr(before, field.name), getattr(after, field.name)
        if old != new and field.name not in _NOT_JOURNALED:
            differences[field.name] = (_plain(old), _plain(new))
    return differences


def _plain(value: Any) -> Any:
    """Return a value as JSON keeps it; a checklist becomes its ticked items."""
    if isinstance(value, tuple):
        ticked = [item.text for item in value if isinstance(item, CheckItem) and item.done]
        return ticked if any(isinstance(item, CheckItem) for item in value) else [str(v) for v in value]
    if isinstance(value, date):
        return value.isoformat()
    return value.value if isinstance(value, StrEnum) else value
