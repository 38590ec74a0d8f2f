"""Reading the call log."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Connection

from api.schemas.supervision import CallLog, CallLogItem, CallStats
from api.storage.shared import call_log
from api.storage.shared.database import Database


@dataclass(frozen=True)
class CallLogService:
    """What was asked of the API, by whom, and what became of it."""

    database: Database

    def newest(self, limit: int, offset: int) -> CallLog:
        """Some calls, newest first, and how many there are in all."""
        with self.database.read() as connection:
            total, rows = call_log.newest(connection, limit, offset)
        return CallLog(total=total, items=[CallLogItem(**row._mapping) for row in rows])


def call_statistics(connection: Connection, since: datetime) -> CallStats:
    """Calls since an instant, as the supervision shows them."""
    return CallStats(since=since, **asdict(call_log.statistics(connection, since)))
