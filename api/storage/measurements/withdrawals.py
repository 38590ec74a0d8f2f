"""Withdrawals: the rows that a person took out. They stay stored, marked, and nothing reads them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Row,
    Select,
    and_,
    bindparam,
    func,
    insert,
    literal,
    select,
    update,
)

from api.storage.tables import contradictions, measurements, turbines, withdrawals

_MANY = 500  # keys in one statement; every SQLite takes that many parameters
_LIVING = turbines.c.archived_at.is_(None)
_STANDS = measurements.c.withdrawal.is_(None)
AnyRow = Row[Any]


class Extent(NamedTuple):
    """How many rows, of how many turbines, and between which days; no day where there is no row."""

    rows: int
    turbines: int
    first: date | None
    last: date | None


class StoredRow(NamedTuple):
    """A stored row as a person chooses it: with where it came from, and what took it out."""

    id: int
    turbine_id: str
    measured_on: date
    measured_at: datetime | None
    values: dict[str, float]
    import_id: int | None
    withdrawal: int | None


def rows_of_day(connection: Connection, turbine_id: str, day: date) -> list[StoredRow]:
    """Return all rows of a living turbine on a day, those taken out included, in the order of storage."""
    query = _stored_rows().where(turbines.c.turbine_id == turbine_id, measurements.c.measured_on == day)
    return [StoredRow(*row) for row in connection.execute(query)]


def rows_by_key(connection: Connection, keys: Sequence[int]) -> list[StoredRow]:
    """Return these rows of living turbines, in the order of storage."""
    query = _stored_rows().where(measurements.c.id.in_(bindparam("keys", expanding=True)))
    found: list[StoredRow] = []
    for start in range(0, len(keys), _MANY):
        chunk = list(keys[start : start + _MANY])
        found += [StoredRow(*row) for row in connection.execute(query, {"keys": chunk})]
    return found


def _stored_rows() -> Select[Any]:
    table = measurements.c
    return (
        select(
            table.id,
            turbines.c.turbine_id,
            table.measured_on,
            table.measured_at,
            table["values"],
            table.import_id,
            table.withdrawal,
        )
        .join_from(measurements, turbines)
        .where(_LIVING)
        .order_by(table.id)
    )


# What an act takes out: each of these is a condition on measurements


def these(keys: Sequence[int]) -> ColumnElement[bool]:
    """Return the condition on rows of these keys."""
    return measurements.c.id.in_(keys)


def rivals_of(row: StoredRow) -> ColumnElement[bool]:
    """Return the condition on the other rows of a row's turbine at its instant."""
    turbine = select(measurements.c.turbine).where(measurements.c.id == row.id).scalar_subquery()
    return (
        (measurements.c.turbine == turbine)
        & (measurements.c.measured_on == row.measured_on)
        & (measurements.c.measured_at == row.measured_at)
        & (measurements.c.id != row.id)
    )


def rivals_of_import(import_id: int) -> ColumnElement[bool]:
    """Return the condition on rows that contradict an import's own: same turbine, same instant."""
    own, rival, instants = measurements.alias("own"), measurements.alias("rival"), contradictions.c
    keys = (
        select(rival.c.id)
        .select_from(contradictions)
        .join(own, _at(own, instants))
        .join(rival, _at(rival, instants))
        .where(
            own.c.import_id == import_id,
            own.c.withdrawal.is_(None),
            rival.c.import_id.is_distinct_from(import_id),
        )
    )
    return measurements.c.id.in_(keys)


def _at(rows: FromClause, instants: Any) -> ColumnElement[bool]:
    return and_(
        rows.c.turbine == instants.turbine,
        rows.c.measured_on == instants.measured_on,
        rows.c.measured_at == instants.measured_at,
    )


def brought_by(import_id: int) -> ColumnElement[bool]:
    """Return the condition on the rows that an import brought."""
    return measurements.c.import_id == import_id


def extent(connection: Connection, which: ColumnElement[bool]) -> Extent:
    """Return how far a withdrawal of these rows reaches; only standing rows count."""
    table = measurements.c
    query = select(
        func.count(),
        func.count(func.distinct(table.turbine)),
        func.min(table.measured_on),
        func.max(table.measured_on),
    ).where(which, _STANDS)
    return Extent(*connection.execute(query).one())


def withdraw(connection: Connection, which: ColumnElement[bool], withdrawal: int) -> int:
    """Mark these standing rows and return how many."""
    marked = update(measurements).where(which, _STANDS).values(withdrawal=withdrawal)
    return connection.execute(marked.execution_options(synchronize_session=False)).rowcount


def free_identities(connection: Connection, withdrawal: int) -> None:
    """Make the rows of an undone import strangers to files to come: the same file brings new rows."""
    freed = literal(f"w{withdrawal}:").concat(func.substr(measurements.c.identity, 1, 48))
    connection.execute(
        update(measurements).where(measurements.c.withdrawal == withdrawal).values(identity=freed)
    )


def stand_again(connection: Connection, withdrawal: int) -> None:
    """Remove the mark of a withdrawal from its rows."""
    connection.execute(
        update(measurements).where(measurements.c.withdrawal == withdrawal).values(withdrawal=None)
    )


# The acts themselves


def add(connection: Connection, facts: Mapping[str, Any]) -> int:
    """Record an act and return its number."""
    key: int = connection.execute(
        insert(withdrawals).values(**facts).returning(withdrawals.c.id)
    ).scalar_one()
    return key


def change(connection: Connection, key: int, **facts: Any) -> None:
    """Complete a recorded act."""
    connection.execute(update(withdrawals).where(withdrawals.c.id == key).values(**facts))


def get(connection: Connection, key: int) -> AnyRow | None:
    """Return one act."""
    return connection.execute(select(withdrawals).where(withdrawals.c.id == key)).one_or_none()


def undoing_of(connection: Connection, import_id: int) -> AnyRow | None:
    """Return the act that undid an import; None where it stands."""
    query = select(withdrawals).where(withdrawals.c.import_id == import_id, withdrawals.c.kind == "import")
    return connection.execute(query.order_by(withdrawals.c.id.desc()).limit(1)).one_or_none()


def newest(connection: Connection, limit: int, offset: int) -> tuple[int, list[AnyRow]]:
    """Return how many acts there are, and one page of them, newest first."""
    total = connection.scalar(select(func.count()).select_from(withdrawals)) or 0
    query = select(withdrawals).order_by(withdrawals.c.id.desc()).limit(limit).offset(offset)
    return total, list(connection.execute(query))


def revision(connection: Connection) -> tuple[Any, ...]:
    """Return a value that changes with each act and each return; cheap to read."""
    query = select(func.max(withdrawals.c.id), func.count(withdrawals.c.restored_at))
    return tuple(connection.execute(query).one())
