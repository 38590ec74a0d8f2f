"""The risk policy in force."""

from __future__ import annotations

import time

from api.domain.policy.risk_policy import RiskPolicy
from api.storage import policy as policies
from api.storage.shared.database import Database

REFRESH_S = 1.0


class PolicySource:
    """Gives the policy in force; asks the database at most once a second."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._kept: tuple[int, RiskPolicy] | None = None
        self._read_at = 0.0

    def current(self) -> tuple[int, RiskPolicy]:
        """Return the version's number and the policy."""
        if self._kept is None or time.monotonic() - self._read_at >= REFRESH_S:
            with self._database.read() as connection:
                self._kept = policies.current(connection)
            self._read_at = time.monotonic()
        return self._kept
