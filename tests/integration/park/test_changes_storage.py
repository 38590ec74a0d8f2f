"""The SQL of changes and queues, on both databases."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import Connection, insert, select

from api.domain.policy.levels import TimeToFailure
from api.schemas.vocabulary import Queue, RiskLevel
from api.storage.measurements import ingestion
from api.storage.park import changes, runs, scores
from api.storage.park.ranking import ScoreFilter, page_of_scores
from api.storage.shared.database import Database
from api.storage.tables import planned_visits, turbines
from tests.support.park.scored import driver, scored

DAY = date(2024, 6, 1)
NOW = datetime(2024, 6, 2, 6, tzinfo=UTC)
QUEUES = [(), (Queue.A_VERIFIER,), (Queue.DESACCORD, Queue.INTERVENTION_DEPUIS), tuple(Queue)]


def _turbines(connection: Connection) -> list[int]:
    connection.execute(
        insert(turbines),
        [{"turbine_id": str(n), "source": "mesure", "created_at": NOW} for n in range(len(QUEUES))],
    )
    return list(connection.scalars(select(turbines.c.id).order_by(turbines.c.id)))


def _published(connection: Connection, keys: Iterable[int], on: date, told: dict[int, str | None]) -> int:
    run_id = runs.create(connection, kind="manuel", as_of=on, requested_by="essai", now=NOW)
    rows = [
        scored(
            key,
            rank=rank,
            level=RiskLevel.MODERE,
            days=TimeToFailure(10.0 + rank, 2.0 + rank if rank > 1 else None),
            main_driver=driver("vent" if rank % 2 else "vibration"),
            queues=QUEUES[rank - 1],
        )
        for rank, key in enumerate(keys, start=1)
    ]
    scores.insert(connection, run_id, rows)
    found = [
        {
            "turbine": key,
            "kind": "baisse",
            "from_level": "eleve",
            "to_level": "modere",
            "cause": {"code": "probabilite"},
            "event": None if level else "baisse",
            "event_from": None if level else "eleve",
            "told_level": level,
        }
        for key, level in told.items()
    ]
    summary = {"previous": None, "events": {"baisse": 1}, "queues": {}, "interval": None}
    changes.save(connection, run_id, summary, found)
    runs.publish(connection, run_id, now=NOW, status="termine", counts={"modere": 4})
    return run_id


def test_queues__any_of_those_asked_for(any_database: Database) -> None:
    with any_database.write() as connection:
        run_id = _published(connection, _turbines(connection), DAY, {})
        for asked in QUEUES[1:]:
            _, page = page_of_scores(connection, run_id, ScoreFilter(queues=asked))
            expected = [rank for rank, queues in enumerate(QUEUES, start=1) if set(asked) & set(queues)]
            assert [one.score.rank for one in page] == expected
            assert [one.score.queues for one in page] == [QUEUES[r - 1] for r in expected]


def test_page__filters_by_driver_and_by_the_start_of_the_interval(any_database: Database) -> None:
    with any_database.write() as connection:
        run_id = _published(connection, _turbines(connection), DAY, {})
        total, page = page_of_scores(
            connection, run_id, ScoreFilter(driver="vibration"), sort="-days", limit=1
        )
        assert (total, [one.score.rank for one in page]) == (2, [4])
        # The first has no interval: its estimate, 11 days, counts.
        total, page = page_of_scores(connection, run_id, ScoreFilter(max_days=5.0), sort="days", limit=10)
        assert (total, [one.score.rank for one in page]) == (2, [2, 3])


def test_former_scores__the_level_told_is_the_score_s_own_unless_kept(any_database: Database) -> None:
    with any_database.write() as connection:
        keys = _turbines(connection)
        run_id = _published(connection, keys, DAY, {keys[0]: "eleve", keys[1]: None})
        former = changes.former_scores(connection, run_id)
        assert [former[key].told_level for key in keys] == ["eleve", "modere", "modere", "modere"]
        changes.save(connection, run_id, {"events": {}, "queues": {}}, [])
        assert changes.former_scores(connection, run_id)[keys[0]].told_level == "modere"


def test_events__last_published_run_of_each_day(any_database: Database) -> None:
    with any_database.write() as connection:
        keys = _turbines(connection)
        _published(connection, keys, DAY, {keys[0]: None})
        again = _published(connection, keys, DAY, {keys[1]: None, keys[2]: "eleve"})
        later = _published(connection, keys, DAY + timedelta(days=1), {keys[3]: None})
        total, rows = changes.events(connection, None, None, limit=10, offset=0)
        assert (total, [(row.run, row.turbine_id) for row in rows]) == (2, [(later, "3"), (again, "1")])
        total, rows = changes.events(connection, DAY, DAY, limit=10, offset=0)
        assert (total, rows[0].event_from, rows[0].event_to) == (1, "eleve", "modere")
        before = changes.run_before(connection, DAY + timedelta(days=1))
        assert before is not None
        assert before.id == again
        assert changes.run_before(connection, DAY) is None
        ingestion.archive_park(connection, "mesure", NOW)
        assert changes.run_before(connection, DAY + timedelta(days=9)) is None
        assert changes.events(connection, None, None, limit=10, offset=0) == (0, [])


def test_last_visits__known_and_come(any_database: Database) -> None:
    with any_database.write() as connection:
        keys = _turbines(connection)
        plans = [(0, 3, 0), (0, 5, 0), (0, 9, 0), (1, 2, 6), (2, 5, 5)]
        rows = [
            {
                "turbine": keys[t],
                "planned_on": DAY + timedelta(on),
                "known_on": DAY + timedelta(known),
                "source": "mesure",
            }
            for t, on, known in plans
        ]
        connection.execute(insert(planned_visits), rows)
        found = changes.last_visits(connection, DAY + timedelta(days=5))
        assert found == {keys[0]: DAY + timedelta(5), keys[2]: DAY + timedelta(5)}
