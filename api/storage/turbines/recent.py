"""The last measurements of every turbine, as columns, for the plausibility rules."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic_core import from_json
from sqlalchemy import (
    ColumnElement,
    Connection,
    Date,
    ScalarSelect,
    Select,
    String,
    cast,
    func,
    literal,
    select,
    type_coerce,
)

from api.domain.plausibility.table import Bools, Floats, Keys, Repeated, day_number
from api.domain.plausibility.trust import IN_SERVICE
from api.storage.measurements import withdrawals
from api.storage.tables import measurements, policies, turbines

_AT_ONCE = 500  # turbines whose texts are in memory at once
_SECONDS = len("2024-12-30 08:00:00")
_FIRST = date(1970, 1, 1)  # day number 0
# Literals, because SQLite copies a bound value for each measurement: a quarter of the whole time.
_COMMA, _EMPTY = (literal(text, literal_execute=True) for text in (",", ""))


class RecentColumns(NamedTuple):
    """One entry per measurement, by turbine, then in order of time.

    Attributes:
        ids: key of the measurement.
        turbine: key of its turbine.
        day: day number (:func:`api.domain.plausibility.table.day_number`).
        rated_kw: rated power of the turbine [kW], NaN where unknown.
        in_service: False where the turbine is stopped on purpose.
        values: one column per wanted sensor, NaN where missing.
    """

    ids: Keys
    turbine: Keys
    day: Floats
    rated_kw: Floats | Repeated[np.float64]
    in_service: Bools | Repeated[np.bool_]
    values: dict[str, Floats]


def recent_columns(
    connection: Connection, as_of: date, depth: int, sensors: Sequence[str], *, until: date | None = None
) -> RecentColumns:
    """Return each living turbine's last ``depth`` measurements up to ``as_of``; whole days, so maybe more.

    The database returns one text per turbine and column instead of one row per measurement: for a large
    park, rows as Python objects would cost ten times as much time and memory.

    Args:
        connection: to read with.
        as_of: last day to read.
        depth: measurements per turbine.
        sensors: names of the wanted values.
        until: read the later days up to this one too.
    """
    last = as_of if until is None else until
    result = connection.execute(
        _by_turbine(connection, as_of, depth, sensors, last).execution_options(yield_per=_AT_ONCE)
    )
    living = select(func.count()).select_from(turbines).where(turbines.c.archived_at.is_(None))
    columns = _Columns(len(sensors), depth * (connection.scalar(living) or 0))
    machines: list[tuple[float | None, bool, int]] = []
    for rows in _ahead(result.partitions()):
        machines += [(row[1], row[2] == IN_SERVICE, row[3]) for row in rows]
        columns.add(list(_block(rows, len(sensors))))
    ids, turbine, day, *values = columns.filled()
    rated, serving, lengths = zip(*machines, strict=True) if machines else ((), (), ())
    ends = np.cumsum(np.array(lengths, dtype=np.intp))
    return RecentColumns(
        ids,
        turbine,
        day,
        Repeated(np.array(rated, dtype=np.float64), ends),
        Repeated(np.array(serving, dtype=np.bool_), ends),
        dict(zip(sensors, values, strict=True)),
    )


def _ahead(blocks: Iterator[Sequence[Any]]) -> Iterator[Sequence[Any]]:
    """Yield the blocks, and fetch the next one meanwhile: the database works without Python's lock."""
    with ThreadPoolExecutor(1, thread_name_prefix="recent") as fetcher:
        coming = fetcher.submit(next, blocks, None)
        while (block := coming.result()) is not None:
            coming = fetcher.submit(next, blocks, None)
            yield block


class _Columns:
    """Columns allocated whole, then filled piece by piece: joining pieces at the end would hold them twice.

    The part that is never filled takes no memory.
    """

    def __init__(self, sensors: int, rows: int) -> None:
        kinds = (np.int32, np.int32, np.float64, *(np.float64,) * sensors)
        self._columns: list[NDArray[Any]] = [np.empty(rows, dtype=kind) for kind in kinds]
        self._end = 0

    def add(self, pieces: Sequence[NDArray[Any]]) -> None:
        """Append the next rows to every column."""
        start, self._end = self._end, self._end + len(pieces[0])
        for number, piece in enumerate(pieces):
            column = self._columns[number]
            if self._end > len(column):  # days with several measurements
                self._columns[number] = np.empty(2 * self._end, dtype=column.dtype)
                self._columns[number][:start] = column[:start]
            self._columns[number][start : self._end] = piece

    def filled(self) -> list[NDArray[Any]]:
        """Return the filled part of the columns."""
        return [column[: self._end] for column in self._columns]


def _by_turbine(
    connection: Connection, as_of: date, depth: int, sensors: Sequence[str], last: date
) -> Select[Any]:
    """Return the query: one row per turbine, its measurements as texts, all texts in one arbitrary order."""
    earlier = measurements.alias("earlier")
    since: ScalarSelect[date] = (
        select(earlier.c.measured_on)
        .where(
            earlier.c.turbine == turbines.c.id,
            earlier.c.measured_on <= as_of,
            earlier.c.withdrawal.is_(None),
        )
        .order_by(earlier.c.measured_on.desc())
        .limit(1)
        .offset(depth - 1)
        .correlate(turbines)
        .scalar_subquery()
    )
    sqlite = connection.dialect.name == "sqlite"
    listed = func.group_concat if sqlite else func.string_agg
    texts = _texts_on_sqlite(sensors) if sqlite else _texts_on_postgresql(sensors)
    return (
        select(
            turbines.c.id,
            turbines.c.rated_power_kw,
            turbines.c.service_state,
            func.count(),
            *(listed(text, _COMMA, type_=String) for text in texts),
        )
        # Adding 0 keeps SQLite from walking all measurements instead of each turbine's last ones.
        .join(measurements, measurements.c.turbine == turbines.c.id + 0)
        .where(
            turbines.c.archived_at.is_(None),
            measurements.c.withdrawal.is_(None),
            measurements.c.measured_on <= last,
            measurements.c.measured_on >= func.coalesce(since, literal(date.min, Date)),
        )
        .group_by(turbines.c.id)
        .order_by(turbines.c.id)
    )


def _two_at_least(sensors: Sequence[str]) -> list[str]:
    """Return the sensors, padded with names that do not exist: SQLite makes no array of a single path."""
    return [*sensors, *("",) * (2 - len(sensors))]


def _texts_on_sqlite(sensors: Sequence[str]) -> list[ColumnElement[Any]]:
    """Return key, day, instant (empty where unknown) and values (a JSON array, ``null`` where missing)."""
    table = measurements.c
    paths = [literal(f'$."{name}"', literal_execute=True) for name in _two_at_least(sensors)]
    return [
        table.id,
        table.measured_on,
        func.coalesce(type_coerce(table.measured_at, String), _EMPTY),
        func.json_extract(table["values"], *paths),
    ]


def _texts_on_postgresql(sensors: Sequence[str]) -> list[ColumnElement[Any]]:
    """Return the same with days as numbers and values without brackets, which PostgreSQL prints faster."""
    table = measurements.c
    first, *others = (
        func.coalesce(table["values"][name].as_string(), "null") for name in _two_at_least(sensors)
    )
    joined: ColumnElement[Any] = first
    for value in others:
        joined = joined + _COMMA + value
    instant = func.to_char(func.timezone("UTC", table.measured_at), "YYYY-MM-DD HH24:MI:SS")
    return [
        cast(table.id, String),
        cast(table.measured_on - literal(_FIRST, Date), String),
        func.coalesce(instant, ""),
        joined,
    ]


def _block(rows: Sequence[Any], sensors: int) -> Iterator[NDArray[Any]]:
    """Return the columns of a block of turbines, by turbine, then by time."""
    turbine, _, _, lengths, ids, days, instants, values = zip(*rows, strict=True)
    counts = np.array(lengths, dtype=np.intp)
    keys = np.array(from_json(f"[{','.join(ids)}]"), dtype=np.int32)
    day = _day_numbers(",".join(days), ",".join(instants))
    flat = ",".join(values).replace("[", "").replace("]", "")  # a list per row would cost twice as much
    table = np.array(from_json(f"[{flat}]"), dtype=np.float64).reshape(len(keys), -1)
    owner = np.repeat(np.array(turbine, dtype=np.int32), counts)
    columns: list[NDArray[Any]] = [
        keys,
        owner,
        day,
        *(table[:, number] for number in range(sensors)),
    ]
    order = np.lexsort((keys, day, owner))
    return (column[order] for column in columns)


class _Days(dict[str, float]):
    """Day number by the text of a day or of its number: many measurements share few days."""

    def __missing__(self, text: str) -> float:
        dated = text.count("-") == 2
        self[text] = number = day_number(date.fromisoformat(text)) if dated else float(text)
        return number


class _Hours(dict[str, float]):
    """Fraction of a day that an instant adds to its day number, by its text in UTC; 0 where unknown."""

    def __missing__(self, text: str) -> float:
        at = datetime.fromisoformat(text[:_SECONDS]).replace(tzinfo=UTC) if text else None
        self[text] = added = day_number(_FIRST, at)
        return added


def _day_numbers(days: str, instants: str) -> Floats:
    day_of = _Days()
    numbers = np.array([day_of[text] for text in days.split(",")], dtype=np.float64)
    if instants.strip(","):
        hours = _Hours()
        numbers += np.array([hours[text] for text in instants.split(",")], dtype=np.float64)
    return numbers


def revision(connection: Connection) -> tuple[Any, ...]:
    """Return a value that changes with new or withdrawn measurements, turbines or policy; cheap to read.

    A measurement that comes back with more sensors keeps its key, and does not change the value.
    """
    newest = connection.scalar(select(func.max(measurements.c.id)))
    taken_out = withdrawals.revision(connection)
    policy = connection.scalar(select(func.max(policies.c.version)))
    table = turbines.c
    park = (
        select(table.service_state, func.count(), func.sum(table.id), func.sum(table.rated_power_kw))
        .where(table.archived_at.is_(None))
        .group_by(table.service_state)
        .order_by(table.service_state)
    )
    return newest, taken_out, policy, tuple(tuple(row) for row in connection.execute(park))
