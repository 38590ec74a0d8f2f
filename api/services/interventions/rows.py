"""Converts interventions between rows, the domain and answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, Row

from api.domain.interventions.effect import Precision, Reading, VerdictOutcome, effect_of, last_watched_day
from api.domain.interventions.interventions import CheckItem, Intervention, State
from api.domain.policy.risk_policy import RiskPolicy
from api.domain.shared.exceptions import ChangeMade
from api.schemas import interventions as contract
from api.schemas.common import FieldChange
from api.schemas.vocabulary import Effect, JournalAction, Priority, RiskLevel, Skill, Verdict
from api.storage import interventions as store

AnyRow = Row[Any]
_SAME = (
    "assignee", "planned_on", "expected_hours", "findings", "downtime_hours", "done_on", "acknowledged_by",
    "acknowledged_at", "started_at", "closed_by", "closed_at", "version",
)  # fmt: skip
# Entries that leave the intervention's version as it is.
_NO_VERSION = frozenset({JournalAction.CREATION, JournalAction.CONSTAT, JournalAction.PHOTO})
_PEOPLE = ("created_by", "acknowledged_by", "closed_by")


def intervention_of(row: AnyRow) -> Intervention:
    """Build the domain's intervention from its row."""
    return Intervention(
        id=row.id,
        turbine=row.turbine_id,
        state=State(row.state),
        priority=Priority(row.priority),
        skills=tuple(Skill(word) for word in row.skills),
        checklist=tuple(CheckItem(**item) for item in row.checklist),
        verdict=None if row.verdict is None else Verdict(row.verdict),
        **{name: getattr(row, name) for name in _SAME},
    )


def columns_of(intervention: Intervention) -> dict[str, Any]:
    """Return the columns of an intervention that may change."""
    return {
        "state": intervention.state.value,
        "priority": intervention.priority.value,
        "skills": [skill.value for skill in intervention.skills],
        "checklist": [asdict(item) for item in intervention.checklist],
        "verdict": intervention.verdict and intervention.verdict.value,
        **{name: getattr(intervention, name) for name in _SAME},
    }


def effects(connection: Connection, rows: Iterable[AnyRow], policy: RiskPolicy) -> dict[int, Effect | None]:
    """Judge each intervention that was carried out by the runs after it; effects by number."""
    done = [row for row in rows if row.state == State.TERMINEE]
    if not done:
        return {}
    keys = {row.turbine for row in done}
    last = max(last_watched_day(row.done_on, policy) for row in done)
    readings: dict[int, list[Reading]] = {key: [] for key in keys}
    for score in store.scores_since(connection, keys, min(row.done_on for row in done), last):
        if score.measured_on is not None:
            readings[score.turbine].append(Reading(score.measured_on, RiskLevel(score.level)))
    following = _following(store.ended(connection, keys))
    return {
        row.id: effect_of(level_of(row), row.done_on, readings[row.turbine], policy, following.get(row.id))
        for row in done
    }


def _following(ended: Sequence[AnyRow]) -> dict[int, Any]:
    """Return the day of the next intervention carried out on the same turbine, by number."""
    days: dict[int, Any] = {}
    former: dict[int, int] = {}
    for row in ended:
        if row.state == State.TERMINEE:
            if row.turbine in former:
                days[former[row.turbine]] = row.done_on
            former[row.turbine] = row.id
    return days


def level_of(row: AnyRow) -> RiskLevel | None:
    """Return the level of risk at opening."""
    return None if row.level is None else RiskLevel(row.level)


def outcome_of(row: AnyRow) -> VerdictOutcome:
    """Return the verdict of a closed intervention on its alert."""
    return VerdictOutcome(
        intervention=row.id,
        turbine=row.turbine_id,
        done_on=row.done_on,
        verdict=Verdict(row.verdict),
        opened_at=level_of(row),
        measurement=row.measurement,
    )


def names_of(
    connection: Connection, rows: Iterable[AnyRow], columns: Sequence[str] = _PEOPLE
) -> dict[str, str]:
    """Return the account names of the identifiers in the rows."""
    identifiers = {name for row in rows for column in columns if (name := getattr(row, column)) is not None}
    return store.account_names(connection, identifiers)


def answer(row: AnyRow, effect: Effect | None, names: Mapping[str, str]) -> contract.Intervention:
    """Build the answer for a stored intervention; accounts appear by pseudonym."""
    same = {name: getattr(row, name) for name in (*_SAME, "id", "turbine_id", "site", "farm", "created_at")}
    people = {name: names.get(getattr(row, name), getattr(row, name)) for name in _PEOPLE}
    return contract.Intervention(
        **{**same, **people},
        state=row.state,
        origin=row.origin,
        reason=row.reason,
        run_id=row.run,
        opened_at_level=row.level,
        opened_at_probability=row.probability,
        priority=row.priority,
        skills=row.skills,
        checklist=[contract.CheckLine(**item) for item in row.checklist],
        verdict=row.verdict,
        dismissed_until=row.dismissed_until,
        effect=effect,
        has_photo=row.content_type is not None,
    )


def changes_since(connection: Connection, number: int, versions: int) -> list[ChangeMade]:
    """Return the last ``versions`` changes of an intervention, oldest first."""
    if versions <= 0:
        return []
    journal = [entry for entry in store.journal(connection, number) if entry.action not in _NO_VERSION]
    last = journal[-versions:]
    names = names_of(connection, last, ("by",))
    return [
        ChangeMade(
            entry.at,
            names.get(entry.by, entry.by),
            {
                field: (_named(before, names), _named(after, names))
                for field, (before, after) in entry.changes.items()
            },
            entry.comment,
        )
        for entry in last
    ]


def entry_answer(row: AnyRow, names: Mapping[str, str]) -> contract.JournalEntry:
    """Build the answer for one entry of the journal."""
    changes = [
        FieldChange(field=field, before=_named(before, names), after=_named(after, names))
        for field, (before, after) in row.changes.items()
    ]
    return contract.JournalEntry(
        at=row.at, by=names.get(row.by, row.by), action=row.action, changes=changes, comment=row.comment
    )


def _named(value: Any, names: Mapping[str, str]) -> Any:
    return names.get(value, value) if isinstance(value, str) else value


def figures(precision: Precision) -> dict[str, Any]:
    """Return a precision as the fields of the answer."""
    estimate = precision.estimate
    return {
        "counts": precision.counts,
        "confirmed": precision.confirmed,
        "false_alerts": precision.false_alerts,
        "precision": estimate.value,
        "low": estimate.low,
        "high": estimate.high,
    }
