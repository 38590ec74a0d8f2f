"""All SQL for interventions, their journal and their photos. Those of an archived park are never read."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    case,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError

from api.domain.interventions.interventions import LIVING
from api.domain.shared.exceptions import Conflict
from api.schemas.vocabulary import InterventionState
from api.storage.shared.published import runs_between
from api.storage.tables import (
    intervention_journal,
    intervention_photos,
    interventions,
    planned_visits,
    runs,
    scores,
    turbines,
    users,
)

AnyRow = Row[Any]
TABLE = interventions.c
_LIVING = sorted(state.value for state in LIVING)
_PRESENT = turbines.c.archived_at.is_(None)
_ACCOUNT = "compte:"
_MANY = 500
# Under way first, then planned, then proposed; ended ones last.
_ORDER = case({state.value: place for place, state in enumerate(
    (InterventionState.EN_COURS, InterventionState.PLANIFIEE, InterventionState.PROPOSEE)
)}, value=TABLE.state, else_=3)  # fmt: skip


@dataclass(frozen=True)
class Filter:
    """Which interventions to keep; an empty field keeps all.

    Args:
        states: states to keep.
        turbine_id: canonical identifier.
        assignee: pseudonym.
        first, last: bounds of the day of the end, else of the day planned; they leave out an intervention
            that has neither day.
    """

    states: tuple[InterventionState, ...] = ()
    turbine_id: str | None = None
    assignee: str | None = None
    first: date | None = None
    last: date | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """Return the filter in SQL."""
        day = func.coalesce(TABLE.done_on, TABLE.planned_on)
        clauses: list[ColumnElement[bool]] = [_PRESENT]
        if self.states:
            clauses.append(TABLE.state.in_([state.value for state in self.states]))
        if self.turbine_id is not None:
            clauses.append(turbines.c.turbine_id == self.turbine_id)
        if self.assignee is not None:
            clauses.append(TABLE.assignee == self.assignee)
        if self.first is not None:
            clauses.append(day >= self.first)
        if self.last is not None:
            clauses.append(day <= self.last)
        return clauses


class PublishedScore(NamedTuple):
    """A published score that rests on a measurement."""

    turbine: int
    as_of: date
    measured_on: date | None
    level: str


def add(connection: Connection, turbine_id: str, values: Mapping[str, Any]) -> int:
    """Insert an intervention and return its number.

    Raises:
        Conflict: the turbine has a living one.
    """
    try:
        with connection.begin_nested():
            result = connection.execute(insert(interventions).values(**values))
    except IntegrityError as error:
        raise Conflict(
            f"La turbine {turbine_id} a déjà une intervention en vie : relisez la liste, puis modifiez-la."
        ) from error
    assert result.inserted_primary_key is not None  # noqa: S101 - one row was inserted
    return int(result.inserted_primary_key[0])


def change(connection: Connection, number: int, version: int, values: Mapping[str, Any]) -> bool:
    """Set columns of one intervention that is still at ``version``; return False where it is not."""
    query = update(interventions).where(TABLE.id == number, TABLE.version == version).values(**values)
    return connection.execute(query).rowcount == 1


def append(
    connection: Connection,
    number: int,
    *,
    at: datetime,
    by: str,
    action: str,
    changes: Mapping[str, Any],
    comment: str | None,
) -> None:
    """Add one entry to the journal."""
    values = {"at": at, "by": by, "action": action, "changes": dict(changes), "comment": comment}
    connection.execute(insert(intervention_journal).values(intervention=number, **values))


def journal(connection: Connection, number: int) -> list[AnyRow]:
    """Return every change of one intervention, oldest first."""
    table = intervention_journal
    query = select(table).where(table.c.intervention == number).order_by(table.c.id)
    return list(connection.execute(query))


def get(connection: Connection, number: int, *, for_update: bool = False) -> AnyRow | None:
    """Return one intervention; ``for_update`` holds it until the transaction ends."""
    query = _with_turbine().where(TABLE.id == number, _PRESENT)
    return connection.execute(query.with_for_update(of=interventions) if for_update else query).one_or_none()


def page(connection: Connection, matching: Filter, *, limit: int, offset: int) -> tuple[int, list[AnyRow]]:
    """Return how many match, and one page: what is to be done by day, then what ended, newest first."""
    conditions = matching.conditions()
    counted = select(func.count()).select_from(_JOINED).where(*conditions)
    ended_first = case((TABLE.state.in_(_LIVING), None), else_=func.coalesce(TABLE.done_on, TABLE.planned_on))
    query = (
        _with_turbine()
        .where(*conditions)
        .order_by(
            _ORDER, ended_first.desc().nulls_last(), TABLE.planned_on.asc().nulls_last(), TABLE.id.desc()
        )
        .limit(limit)
        .offset(offset)
    )
    return connection.scalar(counted) or 0, list(connection.execute(query))


def living_of(connection: Connection, turbine: int) -> AnyRow | None:
    """Return the intervention of a turbine that is proposed, planned or under way."""
    return connection.execute(
        _with_turbine().where(TABLE.turbine == turbine, TABLE.state.in_(_LIVING))
    ).one_or_none()


def living(connection: Connection) -> dict[int, AnyRow]:
    """Return the living intervention of each turbine that has one, by turbine key."""
    query = _with_turbine().where(_PRESENT, TABLE.state.in_(_LIVING))
    return {row.turbine: row for row in connection.execute(query)}


def recent(connection: Connection, first: date) -> list[AnyRow]:
    """Return the interventions that live, ended on ``first`` or later, or still dismiss an alert then."""
    query = (
        _with_turbine()
        .where(
            _PRESENT,
            or_(TABLE.state.in_(_LIVING), TABLE.done_on >= first, TABLE.dismissed_until >= first),
        )
        .order_by(TABLE.done_on, TABLE.id)
    )
    return list(connection.execute(query))


def revision(connection: Connection) -> tuple[int, ...]:
    """Return numbers that change whenever an intervention or a run of the park does."""
    newest_run = select(func.max(runs.c.id)).scalar_subquery()
    query = select(func.count(), func.coalesce(func.sum(TABLE.version), 0), func.coalesce(newest_run, 0))
    return tuple(connection.execute(query.select_from(interventions)).one())


def ended(connection: Connection, keys: Collection[int]) -> list[AnyRow]:
    """Return the interventions that ended on these turbines, oldest first for each turbine."""
    query: Select[Any] = (
        select(TABLE.id, TABLE.turbine, TABLE.state, TABLE.done_on, TABLE.level)
        .where(TABLE.state.not_in(_LIVING))
        .order_by(TABLE.done_on, TABLE.id)
    )
    queries = (query.where(TABLE.turbine.in_(part)) for part in _parts(keys))
    return [row for query in queries for row in connection.execute(query)]


def scores_since(
    connection: Connection, keys: Collection[int], first: date, last: date | None
) -> list[PublishedScore]:
    """Return these turbines' scores in the last published run of each day, from the day after ``first``."""
    run_ids = [row.id for row in runs_between(connection, first, last) if row.as_of > first]
    query = (
        select(scores.c.turbine, runs.c.as_of, scores.c.measured_on, scores.c.level)
        .join(runs, runs.c.id == scores.c.run)
        .where(scores.c.run.in_(run_ids))
        .order_by(runs.c.as_of)
    )
    queries = (query.where(scores.c.turbine.in_(part)) for part in _parts(keys))
    return [PublishedScore(*row) for query in queries for row in connection.execute(query)]


def verdicts(connection: Connection, first: date | None, last: date | None) -> list[AnyRow]:
    """Return the closed interventions that ended between two days, with their verdict, oldest first."""
    matching = Filter((InterventionState.TERMINEE,), first=first, last=last).conditions()
    query = _with_turbine().where(*matching).order_by(TABLE.done_on, TABLE.id)
    return list(connection.execute(query))


def save_photo(connection: Connection, number: int, values: Mapping[str, Any]) -> None:
    """Store the photo of an intervention in place of the former one."""
    connection.execute(delete(intervention_photos).where(intervention_photos.c.intervention == number))
    connection.execute(insert(intervention_photos).values(intervention=number, **values))


def photo(connection: Connection, number: int) -> AnyRow | None:
    """Return the photo of one intervention, content included."""
    query = select(intervention_photos).where(intervention_photos.c.intervention == number)
    return connection.execute(query).one_or_none()


def assignees(connection: Connection, roles: Collection[str]) -> list[str]:
    """Return the pseudonyms of accounts of ``roles``, and of the technicians of planned visits."""
    accounts = select(users.c.username).where(users.c.role.in_(roles), users.c.active)
    visiting = (
        select(planned_visits.c.technician)
        .join(turbines, turbines.c.id == planned_visits.c.turbine)
        .where(_PRESENT, planned_visits.c.technician.is_not(None))
    )
    return list(connection.scalars(accounts.union(visiting)))


def account_names(connection: Connection, principals: Collection[str]) -> dict[str, str]:
    """Return the account name behind each principal of a person, such as ``compte:3``."""
    numbers = [int(name.removeprefix(_ACCOUNT)) for name in principals if name.startswith(_ACCOUNT)]
    query = select(users.c.id, users.c.username).where(users.c.id.in_(numbers))
    return {f"{_ACCOUNT}{row.id}": row.username for row in connection.execute(query)}


_JOINED = interventions.join(turbines, turbines.c.id == TABLE.turbine).outerjoin(
    intervention_photos, intervention_photos.c.intervention == TABLE.id
)


def _parts(keys: Collection[int]) -> Iterator[list[int]]:
    """Return the keys in lists short enough for one statement of every database."""
    ordered = sorted(keys)
    return (ordered[start : start + _MANY] for start in range(0, len(ordered), _MANY))


def _with_turbine() -> Select[Any]:
    columns = (turbines.c.turbine_id, turbines.c.site, turbines.c.farm, intervention_photos.c.content_type)
    return select(interventions, *columns).select_from(_JOINED)
