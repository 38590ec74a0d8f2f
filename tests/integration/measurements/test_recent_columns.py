"""What the plausibility rules look back on, read as columns: against a plain reading, on both databases."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Connection, insert, select, update

from api.domain.plausibility.table import day_number
from api.storage.measurements import ingestion, measurements
from api.storage.shared.bulk import insert_columns
from api.storage.shared.database import Database
from api.storage.tables import measurements as table
from api.storage.tables import publication, runs, scores, turbines
from api.storage.turbines import recent

NOW = datetime(2024, 12, 30, 9, tzinfo=UTC)
LAST = date(2024, 12, 30)
SENSORS = ("temperature", "wind_speed")
DEPTH = 3


def _measure(connection: Connection, turbine: int, day: date, at: datetime | None, **values: float) -> None:
    number = connection.scalar(select(table.c.id).order_by(table.c.id.desc()).limit(1)) or 0
    connection.execute(
        insert(table).values(
            turbine=turbine,
            measured_on=day,
            measured_at=at,
            values=values,
            value_count=len(values),
            identity=str(number + 1),
            source="mesure",
        )
    )


@pytest.fixture
def park(any_database: Database) -> Iterator[tuple[Database, dict[str, int]]]:
    """Instants out of order, several on one day, missing values, a stopped and an archived turbine."""
    with any_database.write() as connection:
        keys, _ = ingestion.ensure_turbines(connection, ["1", "2", "3", "9"], "mesure", NOW)
        for back in range(6):
            _measure(connection, keys["1"], LAST - timedelta(days=back), None, wind_speed=0.1 + back)
            _measure(connection, keys["9"], LAST + timedelta(days=back), None, wind_speed=1.0)
        for hour in (22, 5, 23, 5):  # 23 h UTC in winter is the next day in Paris: measured_on decides
            at = datetime(2024, 12, 28, hour, 7, 8, 900_000, tzinfo=UTC)
            _measure(connection, keys["2"], date(2024, 12, 28), at, wind_speed=float(hour), temperature=1e-7)
        _measure(connection, keys["2"], date(2024, 12, 20), None, temperature=-3.0, other=4.0)
        connection.execute(
            update(turbines)
            .where(turbines.c.id == keys["2"])
            .values(rated_power_kw=1234.567, service_state="arret_programme")
        )
        connection.execute(update(turbines).where(turbines.c.id == keys["9"]).values(archived_at=NOW))
    yield any_database, keys


def _plainly(connection: Connection, as_of: date, depth: int) -> list[tuple[Any, ...]]:
    """The same by Python alone: every row, sorted and cut turbine by turbine."""
    query = select(table, turbines.c.rated_power_kw, turbines.c.service_state).join(turbines)
    rows = [row._mapping for row in connection.execute(query.where(turbines.c.archived_at.is_(None)))]
    found = []
    for turbine in sorted({row["turbine"] for row in rows}):
        own = [row for row in rows if row["turbine"] == turbine and row["measured_on"] <= as_of]
        days = sorted((row["measured_on"] for row in own), reverse=True)
        own = [row for row in own if row["measured_on"] >= days[:depth][-1]]
        own.sort(key=lambda row: (day_number(row["measured_on"], row["measured_at"]), row["id"]))
        for row in own:
            day = day_number(row["measured_on"], row["measured_at"])
            rated = row["rated_power_kw"] or float("nan")
            values = [row["values"].get(name, float("nan")) for name in SENSORS]
            found.append((row["id"], turbine, day, rated, row["service_state"] == "en_service", *values))
    return found


@pytest.mark.parametrize("as_of", [LAST, date(2024, 12, 28), date(2024, 12, 27)])
@pytest.mark.parametrize("depth", [1, DEPTH, 61])
def test_columns__are_the_last_rows_of_each_living_turbine(
    park: tuple[Database, dict[str, int]], as_of: date, depth: int
) -> None:
    with park[0].read() as connection:
        read = recent.recent_columns(connection, as_of, depth, SENSORS)
        plain = _plainly(connection, as_of, depth)
    rows = np.arange(len(read.ids))
    machine = (read.rated_kw[rows], read.in_service[rows])
    columns = (read.ids, read.turbine, read.day, *machine, *read.values.values())
    assert len(plain) > 0
    for ours, theirs in zip(columns, zip(*plain, strict=True), strict=True):
        np.testing.assert_array_equal(ours, np.array(theirs))


@pytest.mark.parametrize("sensors", [(), ("wind_speed",), ("unheard_of",)])
def test_columns__of_few_sensors(park: tuple[Database, dict[str, int]], sensors: tuple[str, ...]) -> None:
    with park[0].read() as connection:
        read = recent.recent_columns(connection, LAST, 2, sensors)
        whole = recent.recent_columns(connection, LAST, 2, SENSORS)
    assert tuple(read.values) == sensors
    np.testing.assert_array_equal(read.ids, whole.ids)
    for name, column in read.values.items():
        assert len(column) == len(read.ids)
        np.testing.assert_array_equal(column, whole.values.get(name, np.full(len(column), np.nan)))


def test_columns__of_an_empty_park__are_empty(any_database: Database) -> None:
    with any_database.read() as connection:
        read = recent.recent_columns(connection, LAST, DEPTH, SENSORS)
    assert [len(column) for column in (read.ids, read.day, *read.values.values())] == [0, 0, 0, 0]


def test_last_measured_day__of_living_turbines_only(park: tuple[Database, dict[str, int]]) -> None:
    """The archived turbine was measured later than all the others."""
    database, _ = park
    with database.write() as connection:
        assert measurements.last_measured_day(connection) == LAST
        assert measurements.last_measured_day(connection, until=date(2024, 12, 26)) == date(2024, 12, 26)
        assert measurements.last_measured_day(connection, until=date(2024, 12, 24)) == date(2024, 12, 20)
        assert measurements.last_measured_day(connection, until=date(2024, 12, 1)) is None
        connection.execute(update(turbines).values(archived_at=NOW))
        assert measurements.last_measured_day(connection) is None


def test_columns__come_back_as_they_went_in(park: tuple[Database, dict[str, int]]) -> None:
    database, keys = park
    row = {
        "rank": 1,
        "turbine": keys["1"],
        "measured_on": LAST,
        "probability": 0.1 + 0.2,
        "level": "faible",
        "risk_score": 1e-17,
        "data_status": "ok",
        "main_driver": {"label": "Température d’huile"},
        "warnings": None,
    }
    other = row | {"rank": 2, "turbine": keys["2"], "measured_on": None, "main_driver": None, "warnings": []}
    with database.write() as connection:
        made = insert(runs).values(
            kind="manuel", as_of=LAST, status="en_cours", requested_by="x", created_at=NOW, models=[]
        )
        run = connection.execute(made).inserted_primary_key[0]
        columns = {name: [row[name], other[name]] for name in row}
        insert_columns(connection, scores, {"run": [run, run], **columns})
        insert_columns(connection, publication, {"run": []})
        stored = connection.execute(select(scores).order_by(scores.c.rank)).mappings().all()
        nulls = connection.execute(select(scores.c.rank).where(scores.c.warnings.is_(None))).scalars().all()
    assert [{name: one[name] for name in row} for one in stored] == [row, other]
    assert nulls == [1]
    assert json.loads(json.dumps(stored[0]["main_driver"])) == row["main_driver"]
