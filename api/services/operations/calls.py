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
    """The log of calls: who asked what of the API, and the result."""

    database: Database

    def newest(self, limit: int, offset: int) -> CallLog:
        """Return one page of calls, newest first, with the total."""
        with self.database.read() as connection:
            total, rows = call_log.newest(connection, limit, offset)
        return CallLog(total=total, items=[CallLogItem(**row._mapping) for row in rows])


def call_statistics(connection: Connection, since: datetime) -> CallStats:
    """Count calls since an instant, for the supervision page."""
    return CallStats(since=since, **asdict(call_log.statistics(connection, since)))
