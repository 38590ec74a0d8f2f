"""Every field of a scored turbine comes back from the database as it went in, on both databases."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, select
from sqlalchemy import insert as insert_into

from api.domain.models.drivers import Driver
from api.domain.park.scored import ScoredTurbine
from api.domain.plausibility.trust import Finding
from api.domain.policy.levels import TimeToFailure
from api.schemas.vocabulary import Queue
from api.storage.park import runs, scores
from api.storage.shared.database import Database
from api.storage.tables import measurements, turbines
from api.storage.tables import scores as table
from tests.support.park.scored import driver, scored

DAY = date(2024, 6, 1)
NOW = datetime(2024, 6, 2, 6, tzinfo=UTC)
# PostgreSQL's JSON takes no NUL.
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
# PostgreSQL's JSON gives a whole number back as an integer, which is exact up to some 1e15.
VALUES = st.floats(-1e6, 1e6)
DRIVERS = st.builds(
    Driver, TEXTS, TEXTS, st.none() | VALUES, TEXTS, contribution=VALUES, dtype=TEXTS, note=TEXTS
)
# Fields that are not here are drawn from their type alone, so that a new one is tested too.
DRAWN: dict[str, st.SearchStrategy[Any]] = {
    "probability": st.none() | NUMBERS,
    "risk_score": NUMBERS,
    "days": st.none() | st.builds(TimeToFailure, NUMBERS, st.none() | NUMBERS, st.none() | NUMBERS),
    "main_driver": st.none() | DRIVERS,
    "findings": st.lists(st.builds(Finding, TEXTS, st.none() | TEXTS, TEXTS), max_size=3).map(tuple),
    "queues": st.sets(st.sampled_from(Queue)).map(lambda some: tuple(q for q in Queue if q in some)),
}


def _measured(connection: Connection) -> tuple[int, int]:
    """Keys of a turbine and of a measurement of it."""
    turbine = {"turbine_id": "1", "source": "mesure", "created_at": NOW}
    values = {"measured_on": DAY, "values": {}, "source": "mesure", "identity": "1"}
    key = connection.execute(insert_into(turbines).values(turbine)).inserted_primary_key[0]
    row = insert_into(measurements).values(values | {"turbine": key})
    return key, connection.execute(row).inserted_primary_key[0]


def _new_run(connection: Connection) -> int:
    return runs.create(connection, kind="manuel", as_of=DAY, requested_by="essai", now=NOW)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_scores__come_back_field_by_field(any_database: Database, data: st.DataObject) -> None:
    with any_database.write() as connection, connection.begin_nested() as kept:
        turbine, measurement = _measured(connection)
        keys = {
            "rank": st.integers(1, 10_000),
            "turbine": st.just(turbine),
            "measurement": st.sampled_from([None, measurement]),
        }
        one = data.draw(st.builds(ScoredTurbine, **(DRAWN | keys)))
        run = _new_run(connection)
        scores.insert(connection, run, [one])
        (back,) = scores.of_run(connection, run)
        kept.rollback()
    assert back._asdict() == one._asdict()


def test_insert__reaches_every_column(any_database: Database) -> None:
    with any_database.write() as connection:
        turbine, measurement = _measured(connection)
        run = _new_run(connection)
        full = scored(
            turbine,
            measurement=measurement,
            measured_on=DAY,
            probability=0.25,
            days=TimeToFailure(9.0, 4.0, 20.0),
            main_driver=driver("vent"),
            planned_visit_on=DAY,
            findings=(Finding("a", None, "A."),),
            queues=(Queue.DESACCORD,),
        )
        scores.insert(connection, run, [full])
        (row,) = connection.execute(select(table)).mappings()
    assert {name for name, value in row.items() if value is None} == set()


def test_a_score_older_than_queues_and_findings__has_none(any_database: Database) -> None:
    with any_database.write() as connection:
        turbine, _ = _measured(connection)
        run = _new_run(connection)
        scores.insert(connection, run, [scored(turbine)])
        connection.execute(table.update().values(queues=None, warnings=None))
        assert scores.of_run(connection, run) == [scored(turbine)]
        assert scores.findings_of(connection, run) == {}
        assert scores.of_run(connection, run + 1) == []
