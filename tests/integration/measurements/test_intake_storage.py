"""Leases, idempotency keys, coverage and export queries, on both databases."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, select

from api.domain.measurements.rhythm import WINDOW_ROWS
from api.services.measurements.import_history import ImportHistory
from api.storage.measurements import exports
from api.storage.measurements.measurements import latest_values
from api.storage.park import runs, scores
from api.storage.park.ranking import ScoreFilter, page_of_scores
from api.storage.shared import jobs, leases, request_keys
from api.storage.shared.database import Database
from api.storage.shared.request_keys import ABANDONED, KEPT, Key
from api.storage.tables import turbines
from api.storage.turbines import coverage
from tests.support.measurements.ingest_tools import NOW, SHORT, VALUES, changed, ingest, write_csv
from tests.support.park.scored import scored
from tests.support.plans import plans_of

ROW = ("5", "2024-08-14", "12.26", "3.57", "49.6", "557.2", "0")
LENGTH = timedelta(seconds=30)


def _keys(connection: Connection) -> dict[str, int]:
    return {
        row.turbine_id: row.id for row in connection.execute(select(turbines.c.turbine_id, turbines.c.id))
    }


def test_lease__is_one_holder_s_until_it_ends(any_database: Database) -> None:
    with any_database.write() as connection:
        assert leases.take(connection, "inbox", "un", NOW, LENGTH)
        assert leases.take(connection, "inbox", "un", NOW, LENGTH)
        assert not leases.take(connection, "inbox", "deux", NOW + LENGTH, LENGTH)
        assert leases.take(connection, "feed", "deux", NOW, LENGTH)
        leases.prolong(connection, "un", NOW + LENGTH, LENGTH)
        assert not leases.take(connection, "inbox", "deux", NOW + 2 * LENGTH, LENGTH)
        late = NOW + 2 * LENGTH + timedelta(seconds=1)
        assert leases.take(connection, "inbox", "deux", late, LENGTH)
        leases.prolong(connection, "un", late, LENGTH)  # it lost it, and keeps nothing
        leases.release(connection, "inbox", "un")
        assert not leases.take(connection, "inbox", "trois", late, LENGTH)
        leases.release(connection, "inbox", "deux")
        assert leases.take(connection, "inbox", "trois", late, LENGTH)


def test_lease__of_many_at_once__one_gets_it(any_database: Database) -> None:
    got: list[str] = []
    gate = threading.Barrier(6)

    def take(name: str) -> None:
        gate.wait()
        with any_database.write() as connection:
            if leases.take(connection, "inbox", name, NOW, LENGTH):
                got.append(name)

    threads = [threading.Thread(target=take, args=(str(n),)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 1


def test_heartbeat__keeps_the_worker_s_leases(any_database: Database) -> None:
    with any_database.write() as connection:
        assert leases.take(connection, "inbox", "un", NOW, jobs.LEASE)
        jobs.beat(connection, "un", NOW + jobs.LEASE)
        assert not leases.take(connection, "inbox", "deux", NOW + 2 * jobs.LEASE, LENGTH)


def test_key__first_claim_works_later_ones_read(any_database: Database) -> None:
    key, other = Key("cle:1", "a"), Key("cle:2", "a")
    with any_database.write() as connection:
        assert request_keys.claim(connection, key, "x", NOW) is None
        assert request_keys.claim(connection, other, "y", NOW) is None
        held = request_keys.claim(connection, key, "z", NOW)
        assert held is not None
        assert (held.sha256, held.answer, held.job) == ("x", None, None)
        request_keys.settle(connection, key, answer={"rows": 1})
        held = request_keys.claim(connection, key, "x", NOW + KEPT)
        assert held is not None
        assert held.answer == {"rows": 1}
        assert request_keys.claim(connection, key, "z", NOW + KEPT + timedelta(seconds=1)) is None


def test_key__of_a_process_that_died__is_given_again_for_the_same_body(any_database: Database) -> None:
    key, late = Key("cle:1", "a"), NOW + ABANDONED + timedelta(seconds=1)
    with any_database.write() as connection:
        request_keys.claim(connection, key, "x", NOW)
        assert request_keys.claim(connection, key, "x", NOW + ABANDONED) is not None
        assert request_keys.claim(connection, key, "autre", late) is not None
        assert request_keys.claim(connection, key, "x", late) is None
        assert request_keys.claim(connection, key, "x", late) is not None  # now it is under way again


def test_key__freed__serves_another_body(any_database: Database) -> None:
    key = Key("cle:1", "a")
    with any_database.write() as connection:
        request_keys.claim(connection, key, "x", NOW)
        request_keys.forget(connection, key)
        assert request_keys.claim(connection, key, "y", NOW) is None


def test_requeue__leaves_a_job_that_another_worker_took(any_database: Database) -> None:
    with any_database.write() as connection:
        job = jobs.add(connection, kind="import", payload={}, by="x", now=NOW)
        jobs.take(connection, "vivant", NOW)
        jobs.requeue(connection, job, "mort")
        assert jobs.get(connection, job).status == "en_cours"
        jobs.requeue(connection, job, "vivant")
        assert jobs.get(connection, job).status == "en_attente"


def test_coverage__counts_living_turbines_only(any_database: Database, tmp_path: Path) -> None:
    rows = [changed(ROW, turbine_id="1", date_measure=f"2024-08-{day:02}") for day in (1, 2, 2, 9)]
    rows.append(changed(ROW, turbine_id="2", date_measure="2024-08-02"))
    ingest(any_database, write_csv(tmp_path / "a.csv", SHORT, rows))
    with any_database.write() as connection:
        keys = _keys(connection)
        now = datetime.now(UTC)
        connection.execute(turbines.update().where(turbines.c.turbine_id == "2").values(archived_at=now))
        days = (date(2024, 8, 2), date(2024, 8, 8))
        found = coverage.sent_days(connection, *days, until=days[-1], rows=WINDOW_ROWS)
    assert list(found) == [keys["1"]]
    assert found[keys["1"]].period.split(",") == ["2024-08-02", "2024-08-02"]
    assert sorted(found[keys["1"]].lately.split(",")) == ["2024-08-01", "2024-08-02", "2024-08-02"]


def test_last_days__are_those_of_each_turbine_s_last_rows(any_database: Database, tmp_path: Path) -> None:
    start = date(2024, 1, 1)
    days = [start + timedelta(days=n) for n in range(WINDOW_ROWS + 10)]
    rows = [changed(ROW, turbine_id="1", date_measure=str(day)) for day in days]
    rows += [changed(ROW, turbine_id="2", date_measure="2020-01-01")]
    ingest(any_database, write_csv(tmp_path / "a.csv", SHORT, rows))
    with any_database.read() as connection:
        keys = _keys(connection)
        found = coverage.sent_days(connection, days[-1], days[-1], until=days[-3], rows=WINDOW_ROWS)
    assert sorted(found[keys["1"]].lately.split(",")) == [str(day) for day in days[-3 - WINDOW_ROWS + 1 : -2]]
    assert (found[keys["2"]].period, found[keys["2"]].lately) == ("", "2020-01-01")


def test_lacking__names_the_turbines_whose_last_day_never_gives_a_sensor(
    any_database: Database, tmp_path: Path
) -> None:
    rows = [
        changed(ROW, turbine_id="1"),
        changed(ROW, turbine_id="2", date_measure="2024-08-13"),
        changed(ROW, turbine_id="2", wind_speed=""),
        changed(ROW, turbine_id="3", wind_speed="", date_measure="2024-08-13"),  # its last day does
        changed(ROW, turbine_id="3", wind_speed=""),
        changed(ROW, turbine_id="3"),
        changed(ROW, turbine_id="4", wind_speed="", power_output=""),
        changed(ROW, turbine_id="5", wind_speed=""),
        changed(ROW, turbine_id="6", wind_speed="", date_measure="2024-08-20"),  # after the day asked
    ]
    ingest(any_database, write_csv(tmp_path / "a.csv", SHORT, rows))
    with any_database.write() as connection:
        stopped = turbines.c.turbine_id == "5"
        connection.execute(turbines.update().where(stopped).values(service_state="arret_programme"))
        found = coverage.lacking(connection, date(2024, 8, 15), ["wind_speed", "power_output", "temperature"])
        assert coverage.lacking(connection, date(2024, 8, 15), []) == {}
    assert {name: sorted(ids) for name, ids in found.items()} == {
        "wind_speed": ["2", "4"],
        "power_output": ["4"],
    }


def test_sensor_names__are_all_that_is_stored(any_database: Database, tmp_path: Path) -> None:
    with any_database.read() as connection:
        assert exports.sensor_names(connection) == []
    ingest(any_database, write_csv(tmp_path / "a.csv", SHORT, [ROW, changed(ROW, wind_speed="")]))
    with any_database.read() as connection:
        assert exports.sensor_names(connection) == sorted(VALUES)
    assert [len(page) for page in exports.measured(any_database, living=True)] == [2]
    assert list(exports.measured(any_database, living=False)) == []


def test_turbine_filter__text_is_no_pattern(any_database: Database, tmp_path: Path) -> None:
    rows = [changed(ROW, turbine_id=name) for name in ("E-1", "E_1", "e%2", "Échassier")]
    ingest(any_database, write_csv(tmp_path / "a.csv", SHORT, rows))
    with any_database.write() as connection:
        run = runs.create(connection, kind="manuel", as_of=date(2024, 8, 14), requested_by="x", now=NOW)
        pks = connection.scalars(select(turbines.c.id)).all()
        scores.insert(connection, run, [scored(pk, rank=n) for n, pk in enumerate(pks, start=1)])
        for text, found in (
            ("_", {"E_1"}),
            ("%", {"e%2"}),
            ("e-", {"E-1"}),
            ("ECHASS", {"Échassier"}),
            ("x", set()),
        ):
            total, page = page_of_scores(connection, run, ScoreFilter(text=text))
            assert {row.turbine_id for row in page} == found
            assert total == len(found)


def test_import_history__shows_one_that_never_ended(any_database: Database, tmp_path: Path) -> None:
    ingest(any_database, write_csv(tmp_path / "a.csv", SHORT, [ROW]))
    with any_database.write() as connection:
        connection.exec_driver_sql(
            "UPDATE imports SET status = 'en_cours', report = NULL, finished_at = NULL"
        )
    told = ImportHistory(any_database).newest(5)
    assert told.total == 1
    [item] = told.items
    assert (item.status, item.finished_at, item.rows) == ("en_cours", None, 0)


def test_reads_of_the_last_days__never_walk_the_whole_history(database: Database) -> None:
    """On SQLite without statistics, as every installation begins: from each turbine to its own rows."""
    with plans_of(database) as plans, database.read() as connection:
        day = date(2024, 8, 14)
        latest_values(connection, day)
        coverage.lacking(connection, day, ["wind_speed"])
        coverage.sent_days(connection, day, day, until=day, rows=WINDOW_ROWS)
    assert len(plans) >= 3
    for plan in plans[-3:]:
        assert plan[0].startswith("SCAN turbines"), plan
        walks = [step for step in plan[1:] if "measurements" in step]
        assert walks, plan
        assert all("(turbine=? AND measured_on" in step for step in walks), plan
