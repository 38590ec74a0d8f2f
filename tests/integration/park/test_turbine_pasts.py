"""One measurement asked about gets the findings of the park's audit, at the cost of a prediction."""

from __future__ import annotations

import gc
import threading
import time
import timeit
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from api.core import Core
from api.domain.plausibility.limits import Implausible
from api.domain.plausibility.trust import Finding
from api.schemas.french import PARIS
from api.services.measurements.ingest import ingest_file
from api.services.models.measurement_model import Reading
from api.services.park import pasts as turbine_pasts
from api.services.park.pasts import PastReader
from api.services.park.plausibility import audit_one, audit_park
from api.storage.measurements import measurements
from data.simulator import simulate_park
from tests.support.client import CSV, new_core

FRESH_DAYS = 7
HISTORY_DAYS = 90
NEW = "2024-12-31"


def _ingest(core: Core, frame: pd.DataFrame, path: Path) -> None:
    frame.to_csv(path, index=False)
    sensors = core.sensors()
    ingest_file(core.database, path, sensors, source="mesure", imported_by="essai", now=core.settings.now())


@pytest.fixture(scope="module")
def core(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Core]:
    """The simulated park's last three months, with its lying sensors."""
    home = tmp_path_factory.mktemp("pasts")
    made = new_core(home)
    frame = simulate_park().measurements
    days = pd.to_datetime(frame["date_measure"])
    _ingest(made, frame[days >= days.max() - timedelta(days=HISTORY_DAYS)], home / "parc.csv")
    yield made
    made.close()


@pytest.fixture
def reader(core: Core) -> Iterator[PastReader]:
    made = PastReader(core.database, core.store, core.settings.now)
    yield made
    made.close()


def _last_day(core: Core) -> date:
    with core.database.read() as connection:
        return measurements.last_measured_day(connection) or date.min


def _compared(core: Core, reader: PastReader, as_of: date) -> tuple[int, int]:
    """Rows compared, and findings on them, between the park's audit and one question per row."""
    sensors = core.sensors()
    with core.database.read() as connection:
        audit = audit_park(connection, as_of, sensors, fresh_days=FRESH_DAYS)
        latest = measurements.latest_values(connection, as_of)
    alone = {row.turbine for row in latest if sum(other.turbine == row.turbine for other in latest) == 1}
    rows = [row for row in latest if row.turbine in alone]  # of two on one day, one is the other's past
    readings = [
        Reading(row.turbine_id, row.measured_at or row.measured_on, {n: row.values.get(n) for n in sensors})
        for row in rows
    ]
    told = [list(audit.by_measurement.get(row.id, ())) for row in rows]
    assert [reader.findings_for(reading, sensors) for reading in readings] == told
    assert reader.findings_for_many(readings, sensors) == told
    return len(rows), sum(len(own) for own in told)


def _up_to(core: Core, as_of: date) -> PastReader:
    """A reader on that day: what is later cannot be seen."""
    noon = datetime(as_of.year, as_of.month, as_of.day, 12, tzinfo=PARIS)
    return PastReader(core.database, core.store, lambda: noon)


def test_one_question__has_the_findings_of_the_park_s_audit(core: Core) -> None:
    compared = found = 0
    for back in range(0, 60, 3):
        day = _last_day(core) - timedelta(days=back)
        reader = _up_to(core, day)
        rows, findings = _compared(core, reader, day)
        reader.close()
        compared, found = compared + rows, found + findings
    assert compared > 500
    assert found > 10, "the comparison must be about something"


@pytest.mark.client
def test_client_rows__one_question_has_the_findings_of_the_park_s_audit(
    client_files: Path, tmp_path: Path
) -> None:
    made = new_core(tmp_path)
    _ingest(made, pd.read_csv(client_files / CSV), tmp_path / "mesures.csv")
    with made.database.read() as connection:
        flagged = [date(2024, 9, 10), date(2024, 11, 13), date(2024, 11, 14), date(2024, 8, 17)]
        assert measurements.last_measured_day(connection) is not None
    compared = found = 0
    for day in flagged:
        reader = _up_to(made, day)
        rows, findings = _compared(made, reader, day)
        reader.close()
        compared, found = compared + rows, found + findings
    made.close()
    assert compared > 100
    assert found >= len(flagged)


def _calm(core: Core, turbine_id: str = "1") -> dict[str, float | None]:
    """The medians of a turbine's stored values: nothing in them is unusual."""
    with core.database.read() as connection:
        turbine = measurements.living_turbine(connection, turbine_id)
        assert turbine is not None
        rows = measurements.turbine_measurements(connection, turbine.id, limit=40)
    running = [row.values for row in rows if row.values["power_output"] > 100]
    return {name: float(np.median([values[name] for values in running])) for name in running[0]}


def codes(found: list[Finding]) -> list[tuple[str, str | None]]:
    return [(finding.code, finding.field) for finding in found]


def test_history_rules__speak_on_one_question(core: Core, reader: PastReader) -> None:
    sensors, calm = core.sensors(), _calm(core)
    day = date.fromisoformat(NEW)

    def asked(**changes: float) -> list[tuple[str, str | None]]:
        reading = Reading("1", day, {**calm, **changes})
        assert audit_one(reading, sensors) == [], "the rules on one row alone do not see this"
        return codes(reader.findings_for(reading, sensors))

    vibration, heat, power = calm["vibration_level"], calm["temperature"], calm["power_output"]
    assert vibration and heat and power
    assert asked() == []
    assert asked(vibration_level=8 * vibration) == [(Implausible.JUMP, "vibration_level")]
    assert asked(temperature=heat + 80) == [(Implausible.TEMPERATURE, "temperature")]
    assert asked(power_output=power / 8) == [(Implausible.OFF_CURVE, "power_output")]


def test_a_stored_measurement__is_not_compared_with_itself(core: Core, tmp_path: Path) -> None:
    """Two equal readings are stored; the third of three equal ones is the first that proves anything."""
    calm = _calm(core, "2")
    row = {**calm, "turbine_id": 900, "failure_within_7d": None, "time_to_failure_days": None}
    days = [f"2024-12-{n:02d}" for n in range(1, 30)]
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        [{**row, "date_measure": day, "temperature": round(40 + rng.normal(), 3)} for day in days]
    )
    frame.loc[frame.index[-2:], "temperature"] = 41.234
    frame["vibration_level"] = np.round(3 + 0.1 * rng.normal(size=len(frame)), 3)
    frame["wind_speed"] = np.round(10 + rng.normal(size=len(frame)), 3)
    frame["power_output"] = np.round(frame["wind_speed"] * 60, 3)
    _ingest(core, frame, tmp_path / "neuf.csv")
    reader = PastReader(core.database, core.store, core.settings.now)
    sensors = core.sensors()
    last = {name: float(frame[name].iloc[-1]) for name in sensors}

    stored = Reading("900", date.fromisoformat(days[-1]), last)
    third = Reading("900", date.fromisoformat(days[-1]) + timedelta(days=1), last)
    assert Implausible.STUCK not in {f.code for f in reader.findings_for(stored, sensors)}
    assert (Implausible.STUCK, "temperature") in codes(reader.findings_for(third, sensors))
    reader.close()


def test_an_unknown_turbine__is_told_only_what_physics_contradicts(core: Core, reader: PastReader) -> None:
    sensors, calm = core.sensors(), _calm(core)
    calm["vibration_level"] = 500.0
    stranger = Reading("inconnue", date.fromisoformat(NEW), calm)
    assert reader.findings_for(stranger, sensors) == []
    broken = Reading("inconnue", date.fromisoformat(NEW), {**calm, "wind_speed": 0.0})
    assert codes(reader.findings_for(broken, sensors)) == [(Implausible.POWER_WITHOUT_WIND, "wind_speed")]
    assert reader.findings_for_many([stranger, broken], sensors) == [[], reader.findings_for(broken, sensors)]


def test_a_day_before_the_park_s_figures__is_not_judged_by_what_came_later(
    core: Core, reader: PastReader
) -> None:
    sensors, calm = core.sensors(), _calm(core)
    calm["vibration_level"] = 500.0
    old = Reading("1", _last_day(core) - timedelta(days=FRESH_DAYS + 1), calm)
    assert reader.findings_for(old, sensors) == []
    recent = Reading("1", _last_day(core) - timedelta(days=FRESH_DAYS), calm)
    assert codes(reader.findings_for(recent, sensors)) == [(Implausible.JUMP, "vibration_level")]
    assert reader.findings_for_many([old, recent], sensors) == [[], reader.findings_for(recent, sensors)]


def test_new_measurements__are_remembered(
    core: Core, reader: PastReader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turbine_pasts, "CHECK_S", 0.0)
    sensors, calm = core.sensors(), _calm(core)
    calm["vibration_level"] = 500.0
    reading = Reading("901", date.fromisoformat(NEW), calm)
    assert reader.findings_for(reading, sensors) == [], "not of the park yet"
    with core.database.read() as connection:
        turbine = measurements.living_turbine(connection, "1")
        assert turbine is not None
        rows = measurements.turbine_measurements(connection, turbine.id, limit=40)
    frame = pd.DataFrame([{**row.values, "turbine_id": 901, "date_measure": row.measured_on} for row in rows])
    _ingest(core, frame.assign(failure_within_7d=None, time_to_failure_days=None), tmp_path / "nouvelle.csv")
    _until(lambda: codes(reader.findings_for(reading, sensors)) == [(Implausible.JUMP, "vibration_level")])


def _until(reached: Callable[[], bool], seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < end, "not reached in time"
        time.sleep(0.02)


def test_a_database_that_does_not_answer__fails_no_question(tmp_path: Path) -> None:
    made = new_core(tmp_path)
    sensors = made.sensors()
    made.close()
    (tmp_path / "cockpit.db").unlink()
    for left in ("cockpit.db-wal", "cockpit.db-shm"):
        (tmp_path / left).unlink(missing_ok=True)
    reader = PastReader(made.database, made.store, made.settings.now)
    reading = Reading("1", date.fromisoformat(NEW), {"wind_speed": 0.0, "power_output": 500.0})
    assert codes(reader.findings_for(reading, sensors)) == [(Implausible.POWER_WITHOUT_WIND, "wind_speed")]
    reader.close()
    made.close()


def test_an_empty_park__has_nothing_to_say(tmp_path: Path) -> None:
    made = new_core(tmp_path)
    reader = PastReader(made.database, made.store, made.settings.now)
    reading = Reading("1", date.fromisoformat(NEW), {"wind_speed": 10.0, "power_output": 500.0})
    assert reader.findings_for(reading, made.sensors()) == []
    assert reader.findings_for_many([], made.sensors()) == []
    reader.close()
    made.close()


def test_many_threads__hear_the_same(core: Core, reader: PastReader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turbine_pasts, "CHECK_S", 0.0)
    monkeypatch.setattr(turbine_pasts, "AGAIN_S", 0.0)
    monkeypatch.setattr(turbine_pasts, "RENEW_S", 0.0)
    sensors, calm = core.sensors(), _calm(core)
    asked = [
        Reading(str(n % 50 + 1), date.fromisoformat(NEW), {**calm, "vibration_level": 500.0})
        for n in range(300)
    ]
    expected = [reader.findings_for(reading, sensors) for reading in asked]
    assert all(expected)
    answers: list[list[list[Finding]]] = []

    def ask() -> None:
        answers.append([reader.findings_for(reading, sensors) for reading in asked])

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [expected] * 8


def test_cost__of_a_calm_row(core: Core, reader: PastReader) -> None:
    """Microseconds, with room for a loaded machine: 15 are aimed at for each."""
    sensors, calm = core.sensors(), _calm(core)
    reading = Reading("1", date.fromisoformat(NEW), calm)
    assert reader.findings_for(reading, sensors) == audit_one(reading, sensors) == []
    gc.collect()
    for judge in (reader.findings_for, audit_one):
        assert min(timeit.repeat(partial(judge, reading, sensors), number=200, repeat=20)) / 200 < 45e-6
    many = [reading] * 10_000
    assert min(timeit.repeat(lambda: reader.findings_for_many(many, sensors), number=1, repeat=3)) < 0.3
