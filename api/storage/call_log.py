"""The call log: one row per request, written in groups, read by the supervision page and by replays."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, case, func, insert, select

from api.storage.tables import call_log

AnyRow = Row[Any]
_COLUMNS = [column.name for column in call_log.c]
_LISTED = [column for column in call_log.c if column.name not in {"inputs", "outputs"}]


@dataclass(slots=True)
class CallRow:
    """One call, as stored; ``inputs`` and ``outputs`` become compressed by :meth:`pack`.

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
        """Compress what the call carried, once; the fastest level already halves a measurement."""
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
    """The content behind a stored ``inputs`` or ``outputs``."""
    return None if stored is None else zlib.decompress(stored)


def add_many(connection: Connection, rows: Sequence[CallRow]) -> None:
    """Insert packed rows, all or none."""
    # One statement fed by json_each, or one long VALUES list, was measured no faster: SQLite's own work
    # (a row, its key, its index, the commit) is most of it.
    connection.execute(insert(call_log), [{name: getattr(row, name) for name in _COLUMNS} for row in rows])


def newest(connection: Connection, limit: int, offset: int) -> tuple[int, list[AnyRow]]:
    """How many calls there are in all, and some of them without inputs and outputs, newest first."""
    total = connection.scalar(select(func.count()).select_from(call_log)) or 0
    query = select(*_LISTED).order_by(call_log.c.at.desc(), call_log.c.request_id).limit(limit).offset(offset)
    return total, list(connection.execute(query))


def one(connection: Connection, request_id: str) -> AnyRow | None:
    """One call with its packed inputs and outputs."""
    return connection.execute(select(call_log).where(call_log.c.request_id == request_id)).one_or_none()


def statistics(connection: Connection, since: datetime) -> CallFigures:
    """Calls since an instant, with the mean and the 95th percentile (nearest rank) of their durations."""
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


def _pack(content: bytes | None) -> bytes | None:
    return None if content is None else zlib.compress(content, 1)
