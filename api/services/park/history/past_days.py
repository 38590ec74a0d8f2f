"""Judges the plausibility of many successive days from one reading of their measurements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import numpy as np
from sqlalchemy import Connection

from api.domain.measurements.sensors import Sensor
from api.domain.plausibility.judging import judge_park
from api.domain.plausibility.limits import DEFAULT
from api.domain.plausibility.table import Bools, day_number
from api.domain.policy.risk_policy import RiskPolicy
from api.services.park.plausibility import ParkAudit, table_of
from api.services.park.scoring_day import Audit
from api.storage.turbines import recent
from api.storage.turbines.recent import RecentColumns

ONE_DAY = timedelta(days=1)
ROWS_AT_ONCE = 200_000  # measurements held in memory
DEPTH = DEFAULT.depth + 1  # as for a run of one day
_DAYS = 1 << 22  # more than any day number


class PastDays:
    """Judges each day like a run of that day, with the measurements that such a run would read."""

    def __init__(self, rows: RecentColumns | None, sensors: Mapping[str, Sensor]) -> None:
        """Arrange the measurements.

        Args:
            rows: each turbine's last :data:`DEPTH` measurements up to the first day, and all later ones;
                None if there are none.
            sensors: the catalogue.
        """
        self._sensors = sensors
        self._ids = [] if rows is None else rows.ids.tolist()
        self._table = table_of(rows) if rows is not None and self._ids else None
        if self._table is not None:
            numbers, places = np.unique(self._table.turbine, return_inverse=True)
            self._places = np.arange(len(numbers), dtype=np.int64) * _DAYS
            self._days = np.floor(self._table.day).astype(np.int64)
            self._keys = places.astype(np.int64) * _DAYS + self._days

    def audit(self, as_of: date, *, fresh_days: int) -> ParkAudit:
        """Return the findings of one day, without later measurements.

        Args:
            as_of: the day, not before the first.
            fresh_days: greatest age [d] at which history is judged.
        """
        if self._table is None:
            return ParkAudit()
        seen = self._table.kept(self._recent(int(day_number(as_of))))
        verdicts = judge_park(seen, as_of, self._sensors, fresh_days=fresh_days)
        return ParkAudit(
            {self._ids[at]: list(findings) for at, findings in verdicts.rows.items()}, verdicts.silent
        )

    def _recent(self, today: int) -> Bools:
        """Select the rows that :func:`api.storage.turbines.recent.recent_columns` would give on that day."""
        first = np.searchsorted(self._keys, self._places, side="left")
        end = np.searchsorted(self._keys, self._places + today, side="right")
        deepest = np.minimum(np.maximum(end - DEPTH, first), len(self._days) - 1)
        since = self._places + self._days[deepest]
        begin = np.where(end - first >= DEPTH, np.searchsorted(self._keys, since, side="left"), first)
        edges = np.zeros(len(self._keys) + 1, dtype=np.int64)
        present = end > begin
        np.add.at(edges, begin[present], 1)
        np.add.at(edges, end[present], -1)
        wanted: Bools = np.cumsum(edges)[:-1] > 0
        return wanted


class PastAudits:
    """Judges days in ascending order; reads the measurements of many days at once."""

    def __init__(self, sensors: Mapping[str, Sensor], days: Sequence[date]) -> None:
        self._days = list(days)
        self._sensors = sensors
        self._until: date | None = None
        self._past = PastDays(None, self._sensors)
        self._stride = 1  # days per reading: one at first, then what memory allows

    def of(self, connection: Connection, day: date) -> Audit:
        """Return the audit of that day, which must follow the former ones."""
        if self._until is None or day > self._until:
            self._read(connection, day)

        def audit(_connection: Connection, as_of: date, policy: RiskPolicy) -> ParkAudit:
            return self._past.audit(as_of, fresh_days=policy.max_age_days)

        return audit

    def _read(self, connection: Connection, day: date) -> None:
        self._until = min(day + ONE_DAY * (self._stride - 1), self._days[-1])
        names = list(self._sensors)
        rows = recent.recent_columns(connection, day, DEPTH, names, until=self._until)
        self._past = PastDays(rows, self._sensors)
        # A turbine measured once a day adds one row per day to its first DEPTH rows.
        turbines = max(1, len(set(rows.turbine.tolist())))
        self._stride = max(1, min(60, ROWS_AT_ONCE // turbines - DEPTH))
