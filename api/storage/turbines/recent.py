"""The last measurements of every turbine, as columns: what the plausibility rules look back on."""

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
from api.storage.tables import measurements, policies, turbines

_AT_ONCE = 500  # turbines whose texts are held while they are read
_SECONDS = len("2024-12-30 08:00:00")
_FIRST = date(1970, 1, 1)  # day number 0
# Written into the statement: SQLite would copy bound ones for each measurement, a quarter of the whole time.
_COMMA, _EMPTY = (literal(text, literal_execute=True) for text in (",", ""))


class RecentColumns(NamedTuple):
    """Measurements by turbine, then in the order in which they were made; one entry per measurement.

    Attributes:
        ids: key of the measurement.
        turbine: key of its turbine.
        day: day number (:func:`api.domain.plausibility.table.day_number`).
        rated_kw: rated power of the turbine [kW], NaN where unknown; from the database one per turbine.
        in_service: False where the turbine is stopped on purpose; likewise.
        values: one column per sensor asked for, NaN where missing.
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
    """Each living turbine's last ``depth`` measurements up to ``as_of``; whole days, so maybe a few more.

    The database gives one text per turbine and column instead of one row per measurement: of a large park,
    rows as Python objects would cost ten times as much in time and in memory.

    Args:
        connection: to read with.
        as_of: last day that may be seen.
        depth: measurements per turbine.
        sensors: names of the values wanted.
        until: the measurements of the days after ``as_of`` come too, up to this one.
    """
    last = as_of if until is None else until
    found = connection.execute(
        _by_turbine(connection, as_of, depth, sensors, last).execution_options(yield_per=_AT_ONCE)
    )
    living = select(func.count()).select_from(turbines).where(turbines.c.archived_at.is_(None))
    held = _Columns(len(sensors), depth * (connection.scalar(living) or 0))
    machines: list[tuple[float | None, bool, int]] = []
    for some in _ahead(found.partitions()):
        machines += [(row[1], row[2] == IN_SERVICE, row[3]) for row in some]
        held.add(list(_block(some, len(sensors))))
    ids, turbine, day, *values = held.filled()
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
    """The blocks, each asked for while the one before is read: the database works without Python's lock."""
    with ThreadPoolExecutor(1, thread_name_prefix="recent") as other:
        coming = other.submit(next, blocks, None)
        while (some := coming.result()) is not None:
            coming = other.submit(next, blocks, None)
            yield some


class _Columns:
    """Columns filled piece by piece in their place: pieces put together at the end would be held twice.

    What is set aside and never filled takes no memory.
    """

    def __init__(self, sensors: int, rows: int) -> None:
        kinds = (np.int32, np.int32, np.float64, *(np.float64,) * sensors)
        self._columns: list[NDArray[Any]] = [np.empty(rows, dtype=kind) for kind in kinds]
        self._end = 0

    def add(self, pieces: Sequence[NDArray[Any]]) -> None:
        """Put the next rows of every column."""
        start, self._end = self._end, self._end + len(pieces[0])
        for number, piece in enumerate(pieces):
            column = self._columns[number]
            if self._end > len(column):  # days with several measurements
                self._columns[number] = np.empty(2 * self._end, dtype=column.dtype)
                self._columns[number][:start] = column[:start]
            self._columns[number][start : self._end] = piece

    def filled(self) -> list[NDArray[Any]]:
        """The columns as far as they were filled."""
        return [column[: self._end] for column in self._columns]


def _by_turbine(
    connection: Connection, as_of: date, depth: int, sensors: Sequence[str], last: date
) -> Select[Any]:
    """One row per turbine, its measurements as texts in one order, whichever that is."""
    earlier = measurements.alias("earlier")
    since: ScalarSelect[date] = (
        select(earlier.c.measured_on)
        .where(earlier.c.turbine == turbines.c.id, earlier.c.measured_on <= as_of)
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
            measurements.c.measured_on <= last,
            measurements.c.measured_on >= func.coalesce(since, literal(date.min, Date)),
        )
        .group_by(turbines.c.id)
        .order_by(turbines.c.id)
    )


def _two_at_least(sensors: Sequence[str]) -> list[str]:
    """The sensors, and names that nothing has: of a single path SQLite makes no array."""
    return [*sensors, *("",) * (2 - len(sensors))]


def _texts_on_sqlite(sensors: Sequence[str]) -> list[ColumnElement[Any]]:
    """Key, day, instant (empty where unknown) and values (a JSON array, ``null`` where missing)."""
    table = measurements.c
    paths = [literal(f'$."{name}"', literal_execute=True) for name in _two_at_least(sensors)]
    return [
        table.id,
        table.measured_on,
        func.coalesce(type_coerce(table.measured_at, String), _EMPTY),
        func.json_extract(table["values"], *paths),
    ]


def _texts_on_postgresql(sensors: Sequence[str]) -> list[ColumnElement[Any]]:
    """The same; days as numbers, values without brackets: printing dates and arrays would cost the most."""
    table = measurements.c
    first, *others = (
        func.coalesce(table["values"][name].as_string(), "null") for name in _two_at_least(sensors)
    )
    told: ColumnElement[Any] = first
    for value in others:
        told = told + _COMMA + value
    instant = func.to_char(func.timezone("UTC", table.measured_at), "YYYY-MM-DD HH24:MI:SS")
    return [
        cast(table.id, String),
        cast(table.measured_on - literal(_FIRST, Date), String),
        func.coalesce(instant, ""),
        told,
    ]


def _block(rows: Sequence[Any], sensors: int) -> Iterator[NDArray[Any]]:
    """The columns of some turbines, their measurements in order."""
    turbine, _, _, lengths, ids, days, instants, values = zip(*rows, strict=True)
    counts = np.array(lengths, dtype=np.intp)
    keys = np.array(from_json(f"[{','.join(ids)}]"), dtype=np.int32)
    day = _day_numbers(",".join(days), ",".join(instants))
    bare = ",".join(values).replace("[", "").replace("]", "")  # flat: a list per row would cost twice as much
    table = np.array(from_json(f"[{bare}]"), dtype=np.float64).reshape(len(keys), -1)
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
    """Day number by the text of a day or of its number; a park has few days for many measurements."""

    def __missing__(self, text: str) -> float:
        dated = text.count("-") == 2
        self[text] = number = day_number(date.fromisoformat(text)) if dated else float(text)
        return number


class _Hours(dict[str, float]):
    """What an instant adds to its day number, by its text in UTC; nothing where it is unknown."""

    def __missing__(self, text: str) -> float:
        at = datetime.fromisoformat(text[:_SECONDS]).replace(tzinfo=UTC) if text else None
        self[text] = added = day_number(_FIRST, at)
        return added


def _day_numbers(days: str, instants: str) -> Floats:
    known = _Days()
    found = np.array([known[text] for text in days.split(",")], dtype=np.float64)
    if instants.strip(","):
        hours = _Hours()
        found += np.array([hours[text] for text in instants.split(",")], dtype=np.float64)
    return found


def revision(connection: Connection) -> tuple[Any, ...]:
    """What changes when measurements arrive, when a turbine changes, or when the policy does; cheap to ask.

    A measurement that comes back with more sensors than before keeps its key and is not seen here.
    """
    newest = connection.scalar(select(func.max(measurements.c.id)))
    policy = connection.scalar(select(func.max(policies.c.version)))
    table = turbines.c
    park = (
        select(table.service_state, func.count(), func.sum(table.id), func.sum(table.rated_power_kw))
        .where(table.archived_at.is_(None))
        .group_by(table.service_state)
        .order_by(table.service_state)
    )
    return newest, policy, tuple(tuple(row) for row in connection.execute(park))
