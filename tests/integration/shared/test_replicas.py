"""One run a day, whatever the number of workers and replicas."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.support.replicas import Replicas

SIX = datetime(2024, 3, 10, 6, tzinfo=UTC)  # seven in Paris, then eight: summer time comes in between
DAYS = 30


@pytest.mark.long
@pytest.mark.usefixtures("both_databases")
def test_two_workers_and_two_replicas__thirty_days_are_thirty_runs(tmp_path: Path) -> None:
    site = Replicas(tmp_path, SIX, DAYS)
    try:
        site.live(DAYS)
        assert site.errors == []
        days = [(SIX + timedelta(days=n)).date().isoformat() for n in range(DAYS)]
        assert site.scheduled() == [(day, "termine", 1) for day in days]
        site.settled()
        assert sum(site.taken.values()) == DAYS, "each run was carried out once"
    finally:
        site.close()
