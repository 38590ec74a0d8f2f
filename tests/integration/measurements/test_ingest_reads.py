"""What scoring and pages read back: recounted from the rows that went in."""

from __future__ import annotations

import random
from datetime import date, timedelta
from pathlib import Path

import pytest

from api.storage.measurements import measurements
from api.storage.shared.database import Database
from tests.support.measurements.ingest_tools import FULL, SHORT, ingest, write_csv
from tests.support.plans import plans_of

FIRST = date(2024, 1, 1)


def day(offset: int) -> date:
    return FIRST + timedelta(days=offset)


def reading(turbine: int, on: date, wind: float) -> tuple[str, ...]:
    return (str(turbine), on.isoformat(), str(wind), "1", "20", "300", "0")


@pytest.fixture
def park(any_database: Database, tmp_path: Path) -> tuple[Database, list[tuple[int, date, float]]]:
    """Twelve turbines measured at random over 40 days, at times twice a day; a simulated park behind."""
    draw = random.Random(7)
    rows = [(draw.randrange(12), day(draw.randrange(40)), draw.randrange(60) / 2) for _ in range(300)]
    simulated = [reading(turbine, day(60), 5) for turbine in range(15)]
    ingest(any_database, write_csv(tmp_path / "sim.csv", SHORT, simulated), source="simulation")
    ingest(any_database, write_csv(tmp_path / "real.csv", SHORT, [reading(*row) for row in rows]))
    return any_database, rows


@pytest.mark.parametrize("offset", [0, 3, 20, 39, 100])
def test_latest_values__all_rows_of_each_turbines_last_day(
    park: tuple[Database, list[tuple[int, date, float]]], offset: int
) -> None:
    database, rows = park
    seen = [row for row in rows if row[1] <= day(offset)]
    last = {turbine: max(on for name, on, _ in seen if name == turbine) for turbine, _, _ in seen}
    wanted = sorted((str(t), on, wind) for t, on, wind in seen if on == last[t])
    with database.read() as connection:
        found = measurements.latest_values(connection, day(offset))
    assert sorted((row.turbine_id, row.measured_on, row.values["wind_speed"]) for row in found) == wanted
    assert {row.measured_at for row in found} <= {None}


def test_turbine_measurements__newest_first_between_days(
    park: tuple[Database, list[tuple[int, date, float]]],
) -> None:
    database, rows = park
    with database.read() as connection:
        turbine = measurements.living_turbine(connection, "4")
        assert turbine is not None
        found = measurements.turbine_measurements(
            connection, turbine.id, limit=1000, from_day=day(10), to_day=day(30)
        )
        first = measurements.turbine_measurements(connection, turbine.id, limit=3)
        every = measurements.turbine_measurements(connection, turbine.id, limit=1000)
    wanted = [(on, wind) for name, on, wind in rows if name == 4]
    assert sorted((row.measured_on, row.values["wind_speed"]) for row in every) == sorted(wanted)
    assert [row.measured_on for row in every] == sorted((on for on, _ in wanted), reverse=True)
    assert found == [row for row in every if day(10) <= row.measured_on <= day(30)]
    assert first == every[:3]


def test_turbine_measurements__instants_of_one_day_newest_first_with_labels(
    any_database: Database, tmp_path: Path
) -> None:
    def row(time: str, failure: str, left: str) -> tuple[str, ...]:
        return ("5", time, "1", "1", "1", "1", "0", failure, left, "", "")

    rows = [
        row("2024-08-14", "", ""),
        row("2024-08-14T10:00Z", "1", "2.5"),
        row("2024-08-14T09:00Z", "", "9"),
    ]
    ingest(any_database, write_csv(tmp_path / "a.csv", FULL, rows))
    with any_database.read() as connection:
        turbine = measurements.living_turbine(connection, "5")
        assert turbine is not None
        found = measurements.turbine_measurements(connection, turbine.id, limit=10)
    assert [
        (r.measured_at and r.measured_at.hour, r.failure_within_7d, r.time_to_failure_days) for r in found
    ] == [
        (10, True, 2.5),
        (9, None, 9.0),
        (None, None, None),
    ]


def test_living_turbines__and_last_days(park: tuple[Database, list[tuple[int, date, float]]]) -> None:
    database, rows = park
    with database.read() as connection:
        living = measurements.living_turbines(connection)
        keys = measurements.living_turbine_keys(connection)
        last = measurements.last_measured_day(connection)
        assert measurements.living_turbine(connection, "14") is None  # of the archived park only
    wanted = {str(name): max(on for other, on, _ in rows if other == name) for name, _, _ in rows}
    assert {row.turbine_id: row.last_measured_on for row in living} == wanted
    assert {row.source for row in living} == {"mesure"}
    assert keys == {row.turbine_id: row.id for row in living}
    assert last == max(wanted.values())


def test_last_measured_day__empty_base__none(any_database: Database) -> None:
    with any_database.read() as connection:
        assert measurements.last_measured_day(connection) is None
        assert measurements.latest_values(connection, day(0)) == []
        assert measurements.next_planned_visits(connection, day(0)) == {}


def test_next_planned_visits__earliest_after_the_day_and_known_by_then(
    any_database: Database, tmp_path: Path
) -> None:
    draw = random.Random(3)
    plans = [(draw.randrange(5), known := draw.randrange(40), known + draw.randrange(30)) for _ in range(120)]
    rows = [
        (
            str(t),
            day(known).isoformat(),
            str(n / 2),
            "1",
            "1",
            "1",
            "0",
            "",
            "",
            "7",
            day(planned).isoformat(),
        )
        for n, (t, known, planned) in enumerate(plans)
    ]
    ingest(any_database, write_csv(tmp_path / "a.csv", FULL, rows))
    with any_database.read() as connection:
        names = {row.id: row.turbine_id for row in measurements.living_turbines(connection)}
        for offset in range(-1, 75):
            ahead = [(str(t), day(p)) for t, known, p in plans if known <= offset < p]
            wanted = {t: min(on for name, on in ahead if name == t) for t, _ in ahead}
            found = measurements.next_planned_visits(connection, day(offset))
            assert {names[key]: on for key, on in found.items()} == wanted
            for key, name in names.items():
                listed = measurements.planned_visits_after(connection, key, day(offset))
                assert listed == sorted({on for other, on in ahead if other == name})


def test_reads_of_the_park__use_the_index_whatever_the_history(database: Database, tmp_path: Path) -> None:
    ingest(database, write_csv(tmp_path / "a.csv", SHORT, [reading(1, day(0), 5), reading(2, day(1), 6)]))
    with plans_of(database) as plans:
        with database.read() as connection:
            measurements.latest_values(connection, day(9))
            measurements.last_measured_day(connection)
            measurements.living_turbines(connection)
            measurements.next_planned_visits(connection, day(0))
        ingest(
            database,
            write_csv(tmp_path / "b.csv", FULL, [(*reading(1, day(3), 5), "0", "3", "7", "2024-02-02")]),
        )
    steps = [step for plan in plans for step in plan]
    assert len(steps) > 8
    scans = [step for step in steps if "SCAN" in step]
    assert not [step for step in scans if any(name in step for name in ("measurements", "other", "visits"))]
    assert any("SEARCH measurements" in step for step in steps)
