"""The call log: one row per request, written in groups, read by the supervision page and by replay."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import chain
from typing import Any

from sqlalchemy import Connection, Dialect, Row, case, func, insert, select

from api.storage.shared.bulk import driver_instant
from api.storage.tables import call_log

AnyRow = Row[Any]
_WORTH_IT = 256  # bytes; a single measurement is shorter, and compression does not shorten it
_SMALL = 4096  # bytes; the window of 4 kB in _pack covers contents up to this size
_PLAIN = b"\0"  # prefix of an uncompressed content: no zlib stream begins with it
_AT_ONCE = 64  # rows of one statement at most; SQLite takes 32,766 values a statement
_COLUMNS = [column.name for column in call_log.c]
_AT = _COLUMNS.index("at")
_LISTED = [column for column in call_log.c if column.name not in {"inputs", "outputs"}]


@dataclass(slots=True)
class CallRow:
    """One call, as stored; :meth:`pack` compresses ``inputs`` and ``outputs``.

    Args:
        at: instant at which the request arrived.
        endpoint: path template, for example ``/api/v1/turbines/{turbine_id}``.
        principal: ``compte:3``, ``cle:7`` or ``anonyme``.
        duration_ms: from arrival to answer; for a prediction, to the moment its row is written [ms].
        rows: measurements that the call carried, if any.
    """

    request_id: str
    at: datetime
    method: str
    endpoint: str
    principal: str
    status: int
    duration_ms: float
    purpose: str | None = None
    rows: int | None = None
    turbine_id: str | None = None
    error: str | None = None
    inputs: bytes | None = None
    outputs: bytes | None = None
    packed: bool = False

    def pack(self) -> None:
        """Compress inputs and outputs, once; the fastest level already halves an answer."""
        if not self.packed:
            self.inputs, self.outputs, self.packed = _pack(self.inputs), _pack(self.outputs), True


@dataclass(frozen=True)
class CallFigures:
    """Calls over a period; durations are None where there was no call [ms]."""

    calls: int
    errors: int
    refused: int
    mean_ms: float | None
    p95_ms: float | None


def unpack(stored: bytes | None) -> bytes | None:
    """Return the content behind a stored ``inputs`` or ``outputs``."""
    if stored is None:
        return None
    return stored[1:] if stored[:1] == _PLAIN else zlib.decompress(stored)


def add_many(connection: Connection, rows: Sequence[CallRow]) -> None:
    """Insert packed rows in the caller's transaction."""
    # The driver's own statement: through SQLAlchemy a row would cost half as much again.
    dialect = connection.dialect
    values = [[getattr(row, name) for name in _COLUMNS] for row in rows]
    for row in values:
        row[_AT] = driver_instant(connection, row[_AT])
    if not dialect.positional:
        connection.exec_driver_sql(
            _insertion(dialect, 1), [dict(zip(_COLUMNS, row, strict=True)) for row in values]
        )
        return
    # One statement for many rows: this thread takes Python's lock back after each statement, and while
    # predictions are computed that wait lasts longer than the insertion of a row. Sizes are powers of two,
    # so that few statements are prepared.
    while values:
        size = min(_AT_ONCE, 1 << (len(values).bit_length() - 1))
        chunk, values = values[:size], values[size:]
        connection.exec_driver_sql(_insertion(dialect, size), tuple(chain.from_iterable(chunk)))


def newest(connection: Connection, limit: int, offset: int) -> tuple[int, list[AnyRow]]:
    """Return how many calls there are, and one page of them without inputs and outputs, newest first."""
    total = connection.scalar(select(func.count()).select_from(call_log)) or 0
    query = select(*_LISTED).order_by(call_log.c.at.desc(), call_log.c.request_id).limit(limit).offset(offset)
    return total, list(connection.execute(query))


def get(connection: Connection, request_id: str) -> AnyRow | None:
    """Return one call with its packed inputs and outputs."""
    return connection.execute(select(call_log).where(call_log.c.request_id == request_id)).one_or_none()


def statistics(connection: Connection, since: datetime) -> CallFigures:
    """Count the calls since an instant, with mean and 95th percentile (nearest rank) of their durations."""
    period = call_log.c.at >= since
    calls, errors, refused, mean = connection.execute(
        select(
            func.count(),
            func.count(case((call_log.c.status >= 500, 1))),
            func.count(case((call_log.c.status.between(400, 499), 1))),
            func.avg(call_log.c.duration_ms),
        ).where(period)
    ).one()
    slowest_twentieth = calls // 20  # nearest rank: the value that 95 % of the calls do not exceed
    p95 = connection.scalar(
        select(call_log.c.duration_ms)
        .where(period)
        .order_by(call_log.c.duration_ms.desc())
        .limit(1)
        .offset(slowest_twentieth)
    )
    return CallFigures(calls=calls, errors=errors, refused=refused, mean_ms=mean, p95_ms=p95)


@lru_cache
def _insertion(dialect: Dialect, rows: int) -> str:
    """Return the driver's INSERT of that many rows."""
    into, row = str(insert(call_log).compile(dialect=dialect)).split(" VALUES ")
    return f"{into} VALUES {', '.join([row] * rows)}"


def _pack(content: bytes | None) -> bytes | None:
    if content is None:
        return None
    if len(content) < _WORTH_IT:
        return _PLAIN + content
    if len(content) > _SMALL:
        return zlib.compress(content, 1)
    # Small tables: making the default ones takes four times as long as compressing an answer.
    compressor = zlib.compressobj(1, zlib.DEFLATED, wbits=12, memLevel=5)
    return compressor.compress(content) + compressor.flush()
