"""The scores of a run: the only place that knows how a scored turbine is stored.

By default a field is stored as it is, in the column of its name; :data:`_STORED` lists the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from functools import cache
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Integer, Select, delete, or_, select

from api.domain.models.drivers import Driver
from api.domain.park.scored import ScoredTurbine
from api.domain.plausibility.trust import Finding
from api.domain.policy.levels import TimeToFailure
from api.schemas.vocabulary import DataStatus, Queue, RiskLevel
from api.storage.shared.bulk import insert_columns, rows_as_table
from api.storage.shared.published import runs_between
from api.storage.tables import runs
from api.storage.tables import scores as table

CHUNK = 2_500  # scores stored at once: no transaction of a large park holds the others up
# Scores keep their queues as one number. A bit of older scores stood for a queue that is gone: 1.
_BITS = {Queue.A_VERIFIER: 2, Queue.DESACCORD: 4, Queue.INTERVENTION_DEPUIS: 8}


@cache
def _bits_of(queues: tuple[Queue, ...]) -> int:
    return sum(_BITS[queue] for queue in queues)


@cache
def _queues_in(bits: int | None) -> tuple[Queue, ...]:
    """Return the queues that a number stands for; a score older than the queues has none."""
    return tuple(queue for queue, bit in _BITS.items() if (bits or 0) & bit)


def _findings_in(warnings: Sequence[dict[str, Any]] | None) -> tuple[Finding, ...]:
    return tuple(Finding(**finding) for finding in warnings) if warnings else ()


class _Stored(NamedTuple):
    """How a field is stored otherwise than by default.

    Args:
        columns: that hold it.
        written: gives the values of these columns.
        read: gives the field back from these values.
    """

    columns: tuple[str, ...]
    written: Callable[[Any], Sequence[Any]]
    read: Callable[..., Any]


_STORED = {
    "days": _Stored(
        ("days_left", "days_low", "days_high", "days_proved"),
        lambda days: (None, None, None, False) if days is None else days,
        lambda left, low, high, proved: (
            None if left is None else TimeToFailure(left, low, high, bool(proved))
        ),
    ),
    "level": _Stored(("level",), lambda level: (level.value,), cache(RiskLevel)),
    "data_status": _Stored(("data_status",), lambda status: (status.value,), cache(DataStatus)),
    "main_driver": _Stored(
        ("main_driver",),
        lambda driver: (driver and driver._asdict(),),
        lambda json: None if json is None else Driver(**json),
    ),
    "findings": _Stored(("warnings",), lambda found: ([vars(one) for one in found] or None,), _findings_in),
    "queues": _Stored(("queues",), lambda queues: (_bits_of(queues),), _queues_in),
}
_COLUMNS = {
    field: _STORED[field].columns if field in _STORED else (field,) for field in ScoredTurbine._fields
}
COLUMNS = tuple(table.c[name] for names in _COLUMNS.values() for name in names)
"""The columns that :func:`of_rows` reads, in their order."""


def insert(connection: Connection, run_id: int, rows: Sequence[ScoredTurbine]) -> None:
    """Add scores to a run that is not published."""
    columns: dict[str, Sequence[Any]] = {"run": [run_id] * len(rows)}
    for (field, names), values in zip(_COLUMNS.items(), zip(*rows, strict=True), strict=False):
        stored = _STORED.get(field)
        written = [values] if stored is None else zip(*map(stored.written, values), strict=True)
        columns.update(zip(names, written, strict=True))
    insert_columns(connection, table, columns)


def in_chunks(rows: Sequence[ScoredTurbine]) -> Iterator[Sequence[ScoredTurbine]]:
    """Yield the scores by :data:`CHUNK`."""
    return (rows[start : start + CHUNK] for start in range(0, len(rows), CHUNK))


def drop(connection: Connection, run_id: int) -> None:
    """Delete the scores of a run that will not be published."""
    connection.execute(delete(table).where(table.c.run == run_id))


def of_rows(rows: Sequence[Sequence[Any]]) -> list[ScoredTurbine]:
    """Return the scores of rows that begin with :data:`COLUMNS`."""
    if not rows:
        return []
    columns, fields = zip(*rows, strict=True), []
    for field, names in _COLUMNS.items():
        values = list(islice(columns, len(names)))
        fields.append(map(_STORED[field].read, *values) if field in _STORED else values[0])
    return list(map(ScoredTurbine._make, zip(*fields, strict=True)))


def of_run(connection: Connection, run_id: int) -> list[ScoredTurbine]:
    """Return the scores of a run, by rank."""
    query = select(*COLUMNS).where(table.c.run == run_id).order_by(table.c.rank)
    return of_rows(connection.execute(query).all())


def history_of(
    connection: Connection, turbine: int, first: date | None, last: date | None
) -> list[tuple[date, ScoredTurbine]]:
    """Return a turbine's published scores with the day of their run, one a day, oldest first."""
    run_ids = [row.id for row in runs_between(connection, first, last)]
    query = (
        select(*COLUMNS, runs.c.as_of)
        .join(runs, runs.c.id == table.c.run)
        .where(table.c.turbine == turbine, table.c.run.in_(run_ids))
        .order_by(runs.c.as_of)
    )
    rows = connection.execute(query).all()
    return [(row.as_of, scored) for row, scored in zip(rows, of_rows(rows), strict=True)]


def findings_of(connection: Connection, run_id: int) -> dict[int, tuple[Finding, ...]]:
    """Return the findings of a run, by turbine key; turbines without any are left out."""
    query = select(table.c.turbine, table.c.warnings).where(
        table.c.run == run_id, table.c.warnings.is_not(None)
    )
    return {row.turbine: _findings_in(row.warnings) for row in connection.execute(query)}


def keys_query(connection: Connection, keys: Iterable[int]) -> Select[tuple[int]]:
    """Return turbine keys from Python as a query, for ``IN``."""
    given, (key,) = rows_as_table(connection, [(key,) for key in keys], (Integer(),))
    return select(key).select_from(given)


def concerned(
    connection: Connection, run_id: int, levels: Iterable[RiskLevel], turbines: Iterable[int]
) -> list[ScoredTurbine]:
    """Return the scores of a run at these levels, with data in doubt, or of these turbines, by rank."""
    about = or_(
        table.c.level.in_(sorted(level.value for level in levels)),
        table.c.data_status != DataStatus.OK.value,
        table.c.turbine.in_(keys_query(connection, turbines)),
    )
    query = select(*COLUMNS).where(table.c.run == run_id, about).order_by(table.c.rank)
    return of_rows(connection.execute(query).all())


def in_queues(queues: Iterable[Queue]) -> ColumnElement[bool]:
    """Return the condition that a score stands in one of these queues at least."""
    return table.c.queues.bitwise_and(_bits_of(tuple(set(queues)))) != 0
