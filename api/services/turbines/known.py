"""The turbines of the park."""

from __future__ import annotations

import threading
import time

from api.storage.measurements import measurements
from api.storage.shared.database import Database

REFRESH_S = 5.0


class KnownTurbines:
    """The identifiers of the park's turbines, in a copy renewed every few seconds."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._kept: frozenset[str] = frozenset()
        self._read_at = -REFRESH_S

    def __contains__(self, turbine_id: str) -> bool:
        if time.monotonic() - self._read_at >= REFRESH_S:
            with self._lock, self._database.read() as connection:
                self._kept = frozenset(measurements.living_turbine_keys(connection))
                self._read_at = time.monotonic()
        return turbine_id in self._kept
