"""Scores published days again after a person took rows out or brought them back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection

from api.services.park.history.history import RENEW, park_sources
from api.services.park.run import ParkRunService
from api.storage.park import runs, shown_days
from api.storage.shared import jobs


@dataclass(frozen=True)
class Renewal:
    """Asks the worker for the present ranking first, then for the past, in the caller's transaction."""

    runner: ParkRunService
    now: Callable[[], datetime]

    def days_from(self, connection: Connection, first: date) -> int:
        """Count the published days from ``first`` on."""
        return len(shown_days.shown_days(connection, first))

    def ask(self, connection: Connection, first: date, *, by: str) -> int:
        """Have the published days from ``first`` on scored again; return how many.

        Later days count too: what is usual for a turbine rests on all its past.
        """
        days = shown_days.shown_days(connection, first)
        if not days:
            return 0
        before = runs.newest_number(connection)
        self.runner.queue(connection, days[-1].as_of, kind="manuel", by=by)
        payload = {
            "first": days[0].as_of.isoformat(),
            "last": days[-1].as_of.isoformat(),
            "sources": park_sources(connection),
            RENEW: before,
        }
        # Corrections come one after the other: a job that waits takes the next one along.
        for job in jobs.under_way(connection, jobs.HISTORY):
            if RENEW in job.payload:
                joined = {
                    **payload,
                    "first": min(payload["first"], job.payload["first"]),
                    "last": max(payload["last"], job.payload["last"]),
                }
                if jobs.change_waiting(connection, job.id, joined):
                    return len(days)
        jobs.add(connection, kind=jobs.HISTORY, payload=payload, by=by, now=self.now())
        return len(days)
