"""Parks of any size to score, and checks of a published ranking in SQL."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

from sqlalchemy import text

from api.core import Core, build_core
from api.settings import Settings
from api.storage.shared.database import Database
from tests.support.client import settings_in, with_schema
from tests.support.measurements.ingest_tools import SHORT, ingest, write_csv

DAY = date(2024, 6, 30)
CALM = ("12.0", "2.5", "44.0", "715.0", "0")
WORN = ("14.0", "6.5", "75.0", "840.0", "1")


class Clock:
    """A clock that a test sets, for threads and services."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


def evaluated_day(core: Core) -> date:
    """Return the day that a run requested now would evaluate."""
    with core.database.read() as connection:
        return core.calendar.day(connection)


def new_park(home: Path, *, now: Callable[[], datetime] | None = None, **changed: object) -> Core:
    """Return a core with an empty, migrated database and the reference models in service."""
    core = with_schema(clocked(settings_in(home).model_copy(update=changed), now))
    for summary in core.model_service.all():
        core.model_service.activate(summary.name, summary.version, by="essai", reason="essai")
    return core


def clocked(settings: Settings, now: Callable[[], datetime] | None) -> Core:
    """Return a core whose services take the time from ``now``."""
    if now is not None:
        object.__setattr__(settings, "now", now)
    return build_core(settings)


def measure(core: Core, folder: Path, turbines: int, days: list[date], seed: int = 1) -> None:
    """Ingest one measurement per turbine and day, from calm to worn."""
    draw = random.Random(seed)
    rows = [(str(n), day, *_values(draw)) for day in days for n in range(1, turbines + 1)]
    ingest(core.database, write_csv(folder / f"mesures-{seed}.csv", SHORT, rows))


def _values(draw: random.Random) -> tuple[str, ...]:
    wind = draw.uniform(6, 16)
    return (
        f"{wind:.2f}",
        f"{draw.uniform(1.5, 6.5):.2f}",
        f"{draw.uniform(30, 75):.1f}",
        f"{59.7 * wind + draw.gauss(0, 60):.1f}",
        str(draw.randint(0, 1)),
    )


def run_days(last: date, count: int) -> list[date]:
    """Return the last ``count`` days up to ``last``, oldest first."""
    return [last - timedelta(days=n) for n in range(count - 1, -1, -1)]


def shown_run(database: Database) -> int | None:
    """Return the number of the published run, after checking that it ranks the whole living park."""
    with database.read() as connection:
        run = connection.scalar(text("SELECT run FROM publication"))
        if run is None:
            return None
        park = connection.scalar(text("SELECT count(*) FROM turbines WHERE archived_at IS NULL"))
        row = connection.execute(
            text(
                "SELECT count(*), count(DISTINCT turbine), min(rank), max(rank), count(DISTINCT rank)"
                " FROM scores WHERE run = :run"
            ),
            {"run": run},
        ).one()
        assert tuple(row) == (park, park, 1, park, park)
        strangers = text(
            "SELECT count(*) FROM scores s JOIN turbines t ON t.id = s.turbine"
            " WHERE s.run = :run AND t.archived_at IS NOT NULL"
        )
        assert connection.scalar(strangers, {"run": run}) == 0
        stored = text("SELECT status, total, done FROM runs WHERE id = :run")
        status, total, done = connection.execute(stored, {"run": run}).one()
        assert status in {"termine", "termine_avec_erreurs"}
        assert total == done == park
    return int(run)


def half_published(database: Database) -> int:
    """Count the rows of runs that ended without a ranking; there must be none."""
    with database.read() as connection:
        rows = 0
        for table in ("scores", "park_changes", "run_summaries"):
            query = (
                f"SELECT count(*) FROM {table} x JOIN runs r ON r.id = x.run"
                " WHERE r.published_at IS NULL AND r.status NOT IN ('en_attente', 'en_cours')"
            )
            rows += connection.scalar(text(query)) or 0
    return rows
