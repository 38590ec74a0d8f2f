"""Judges a measurement against its turbine's past, fast enough for a prediction."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime

import numpy as np

from api.domain.measurements.sensors import Sensor
from api.domain.plausibility.judging import judge_against, judge_many
from api.domain.plausibility.limits import DEFAULT
from api.domain.plausibility.memory import Machine, ParkMemory, Registered, remember
from api.domain.plausibility.table import day_number, day_of
from api.domain.plausibility.trust import IN_SERVICE, Finding
from api.domain.shared.exceptions import DatabaseUnavailable
from api.inference.serving.store import ModelStore
from api.schemas import french
from api.services.models.measurement_model import Reading
from api.services.models.sensors import catalogue_of
from api.services.park.plausibility import audit_many, audit_one, columns, table_of
from api.storage import policy as policies
from api.storage.measurements import measurements
from api.storage.shared.database import Database
from api.storage.turbines import recent

CHECK_S = 1.0  # between two checks for new measurements
RENEW_S = 30.0  # longest time from an arrival to its reading; less if reading is quick
AGAIN_S = 600.0  # a measurement completed in place changes no key, so all rows are read again now and then
SHARE = 10  # reading takes a tenth of the time at most while measurements keep arriving
FIRST_S = 2.0  # the first question waits so long for the memory, then goes without
MANY = 64  # rows from which arrays cost less than rows one by one
log = logging.getLogger(__name__)


class PastReader:
    """Keeps the past of the park's turbines in memory, and judges new measurements against it.

    The database is read in a thread of its own: except for the first one, a prediction neither waits for it
    nor fails with it. Meanwhile the last memory serves.
    """

    def __init__(self, database: Database, store: ModelStore, now: Callable[[], datetime]) -> None:
        self._database, self._store, self._now = database, store, now
        self._memory: ParkMemory | None = None
        self._revision: tuple[object, ...] | None = None
        self._asked_at = self._read_at = -AGAIN_S
        self._took_s = 0.0
        self._busy = threading.Lock()
        self._thread: threading.Thread | None = None

    def findings_for(self, reading: Reading, sensors: Mapping[str, Sensor]) -> list[Finding]:
        """Return all plausibility findings on one measurement, by its values and its turbine's past.

        Only earlier days count as past, so that a stored measurement is not compared with itself. A turbine
        outside the park is judged by physics alone.

        Args:
            reading: the measurement; without a day it counts as today's.
            sensors: of the active models; used if the turbine is unknown.
        """
        memory = self._current()
        machine = None if memory is None else memory.machines.get(reading.turbine_id)
        if memory is None or machine is None:
            return audit_one(reading, sensors)
        day = self._day_of(reading)
        against = memory.against(machine, day)
        return judge_against(reading.values, day, memory.sensors, against, in_service=machine.in_service)

    def findings_for_many(
        self, readings: Sequence[Reading], sensors: Mapping[str, Sensor]
    ) -> list[list[Finding]]:
        """Judge many measurements, in order, with one call of each rule."""
        if len(readings) < MANY:
            return [self.findings_for(reading, sensors) for reading in readings]
        memory = self._current()
        machines = [None if memory is None else memory.machines.get(r.turbine_id) for r in readings]
        known = [row for row, machine in enumerate(machines) if machine is not None]
        strangers = [row for row, machine in enumerate(machines) if machine is None]
        findings: list[list[Finding]] = [[] for _ in readings]
        _put(findings, strangers, audit_many([readings[row] for row in strangers], sensors))
        if memory is not None and known:
            own = [machine for machine in machines if machine is not None]
            _put(findings, known, self._against_pasts(memory, [readings[row] for row in known], own))
        return findings

    def _against_pasts(
        self, memory: ParkMemory, readings: Sequence[Reading], machines: Sequence[Machine]
    ) -> list[list[Finding]]:
        days = np.array([self._day_of(reading) for reading in readings], dtype=np.float64)
        values, serving = columns(readings), np.array([m.in_service for m in machines], dtype=np.bool_)
        findings: list[list[Finding]] = [[] for _ in readings]
        for rows, against in memory.against_many(machines, days):
            part = {name: column[rows] for name, column in values.items()}
            _put(
                findings, rows.tolist(), judge_many(part, days[rows], memory.sensors, against, serving[rows])
            )
        return findings

    def _day_of(self, reading: Reading) -> float:
        moment = reading.moment
        if isinstance(moment, datetime):
            return day_number(french.paris_day(moment), moment)
        return day_number(french.paris_day(self._now()) if moment is None else moment)

    def _current(self) -> ParkMemory | None:
        """Return the memory; check for new measurements in the background, once a second at most."""
        if time.monotonic() - self._asked_at >= CHECK_S and self._busy.acquire(blocking=False):
            first = self._asked_at < 0
            self._asked_at = time.monotonic()
            self._thread = threading.Thread(target=self._look, name="turbine-pasts", daemon=True)
            self._thread.start()
            if first:
                self._thread.join(FIRST_S)
        return self._memory

    def warm(self) -> None:
        """Read the memory now, so that the first question need not wait for it."""
        self._current()

    def close(self) -> None:
        """Wait for a reading under way, so that the database can be closed."""
        if self._thread is not None:
            self._thread.join()

    def _look(self) -> None:
        try:
            self._renew()
        except DatabaseUnavailable as error:
            log.warning("pasts of the turbines not renewed", extra={"reason": error.detail})
        finally:
            self._busy.release()

    def _renew(self) -> None:
        since = time.monotonic() - self._read_at
        if since < min(RENEW_S, SHARE * self._took_s):
            return
        began = time.monotonic()
        with self._database.read() as connection:
            revision = recent.revision(connection)
            if revision == self._revision and since < AGAIN_S:
                return
            sensors = catalogue_of(connection, self._store)
            _, policy = policies.current(connection)
            read = recent.recent_columns(connection, self._today(), DEFAULT.depth + 1, list(sensors))
            living = measurements.living_turbines(connection)
        register = {
            row.turbine_id: Registered(row.id, row.rated_power_kw, row.service_state == IN_SERVICE)
            for row in living
        }
        memory = None
        if len(read.ids):
            newest, fresh_days = day_of(float(read.day.max())), policy.max_age_days
            memory = remember(table_of(read), newest, sensors, register, fresh_days=fresh_days)
        self._memory = memory  # one assignment: questions are answered meanwhile
        self._revision, self._read_at = revision, time.monotonic()
        self._took_s = self._read_at - began

    def _today(self) -> date:
        return french.paris_day(self._now())


def _put(findings: list[list[Finding]], rows: Sequence[int], judged: Sequence[list[Finding]]) -> None:
    for row, own in zip(rows, judged, strict=True):
        findings[row] = own
