"""What a candidate said, on both databases: one living candidate per task, pairs from one measurement."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, insert
from sqlalchemy.exc import IntegrityError

from api.storage import policy as policies
from api.storage.models import shadow
from api.storage.models.shadow import Pair, ShadowScore
from api.storage.park import runs
from api.storage.shared.database import Database
from api.storage.tables import measurements, scores, turbines

NOW = datetime(2025, 1, 2, 3, 4, tzinfo=UTC)
PARK = 3


def choose(connection: Connection, task: str = "classification", version: int = 2) -> int:
    shadow.add(connection, task=task, name="m", version=version, sha256="0" * 64, by="a", reason="r", now=NOW)
    return int(shadow.living(connection)[task].id)


def publish(connection: Connection, as_of: date, *, published: bool = True, archived: bool = False) -> int:
    """A run over the park; the last turbine was silent."""
    run = runs.create(connection, kind="manuel", as_of=as_of, requested_by="a", now=NOW)
    for rank, key in enumerate(range(1, PARK + 1), start=1):
        known = key < PARK
        row: dict[str, Any] = {
            "run": run, "rank": rank, "turbine": key, "measurement": key if known else None,
            "measured_on": as_of if known else None, "probability": 0.1 * key if known else None,
            "days_left": None, "level": "faible", "risk_score": 0.1, "data_status": "ok",
        }  # fmt: skip
        connection.execute(insert(scores).values(**row))
    if published:
        runs.publish(connection, run, now=NOW, status="termine", total=PARK)
    if archived:
        runs.change(connection, run, archived_at=NOW)
    return run


@pytest.fixture
def park(any_database: Database) -> Database:
    """Three turbines, each measured once."""
    with any_database.write() as connection:
        policies.ensure_first(connection, now=NOW)
        for key in range(1, PARK + 1):
            connection.execute(
                insert(turbines).values(id=key, turbine_id=str(key), source="mesure", created_at=NOW)
            )
            row = {
                "id": key,
                "turbine": key,
                "measured_on": date(2024, 1, 1),
                "values": {"vibration": key / 2},
            }
            connection.execute(insert(measurements).values(**row, identity=str(key) * 64, source="mesure"))
    return any_database


def test_second_living_candidate_of_a_task__is_refused_by_the_database(park: Database) -> None:
    with park.write() as connection:
        first = choose(connection)
        choose(connection, task="regression")
    with pytest.raises(IntegrityError), park.write() as connection:
        choose(connection, version=3)
    with park.write() as connection:
        shadow.end(connection, first, by="b", reason="fini", now=NOW)
        second = choose(connection, version=3)
        shadow.end(connection, first, by="c", reason="encore", now=NOW + timedelta(days=1))
        assert shadow.get(connection, first).ended_by == "b", "an end is told once"
        assert [row.id for row in shadow.ended(connection, 5)] == [first]
        assert shadow.living(connection)["classification"].id == second


def test_readings__are_those_of_the_run_and_silent_turbines_have_none(park: Database) -> None:
    with park.write() as connection:
        run = publish(connection, date(2024, 1, 1))
        assert [tuple(row) for row in shadow.readings_of(connection, run)] == [
            (1, "1", {"vibration": 0.5}),
            (2, "2", {"vibration": 1.0}),
        ]


def test_scores__stored_twice_replace_and_a_success_forgets_the_failure(park: Database) -> None:
    with park.write() as connection:
        candidate, run = choose(connection), publish(connection, date(2024, 1, 1))
        shadow.fail(connection, candidate, run=run, reason="illisible", now=NOW)
        assert shadow.get(connection, candidate).failure == "illisible"
        shadow.store(connection, candidate, run, [ShadowScore(1, 0.5, 0.6), ShadowScore(2, 0.1, 0.2)])
        shadow.store(connection, candidate, run, [ShadowScore(2, 0.3, 0.4)])
        assert shadow.pairs(connection, candidate, run) == [Pair(run, "2", 0.2, None, 0.4)]
        row = shadow.get(connection, candidate)
        assert (row.failure, row.failed_at, row.failed_run) == (None, None, None)


def test_runs_scored__published_living_and_the_last_of_each_day(park: Database) -> None:
    days = [date(2024, 1, 1) + timedelta(days=n) for n in range(4)]
    with park.write() as connection:
        candidate = choose(connection)
        other = choose(connection, task="regression")
        early, again = publish(connection, days[0]), publish(connection, days[0])
        later = publish(connection, days[1])
        hidden = publish(connection, days[2], published=False)
        archived = publish(connection, days[3], archived=True)
        unscored = publish(connection, days[3])
        for run in (early, again, later, hidden, archived):
            shadow.store(connection, candidate, run, [ShadowScore(1, 0.5, 0.5)])
        assert [run.id for run in shadow.runs_scored(connection, candidate, 10)] == [later, again]
        assert [run.id for run in shadow.runs_scored(connection, candidate, 1)] == [later]
        assert shadow.count_runs(connection, candidate) == 3
        assert shadow.run_scored(connection, candidate, early) is not None
        for run in (hidden, archived, unscored):
            assert shadow.run_scored(connection, candidate, run) is None
        assert shadow.count_runs(connection, other) == 0


def test_promotion__ends_only_that_very_version(park: Database) -> None:
    with park.write() as connection:
        candidate = choose(connection)
        shadow.end_promoted(connection, "classification", "m", 1, by="b", now=NOW)
        shadow.end_promoted(connection, "regression", "m", 2, by="b", now=NOW)
        assert shadow.get(connection, candidate).ended_at is None
        shadow.end_promoted(connection, "classification", "m", 2, by="b", now=NOW)
        row = shadow.get(connection, candidate)
        assert (row.ended_by, row.end_reason, row.ended_at) == ("b", shadow.PROMOTED, NOW)
