"""What can go wrong during a run: each leaves a clear state and sentence, and the last good ranking."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import event

from api.commands.score import run_now
from api.core import Core
from api.domain.shared.exceptions import CockpitError, DatabaseUnavailable
from api.schemas.vocabulary import DataStatus
from api.services.park import run as park_run
from api.services.park.scoring_day import score_park
from api.services.park.view import ParkQuery
from api.settings import Environment
from api.storage.park import runs
from api.storage.shared import database as database_module
from api.storage.shared import jobs
from tests.support.client import settings_in
from tests.support.measurements.ingest_tools import SHORT, ingest, write_csv
from tests.support.park.park_tools import (
    CALM,
    DAY,
    Clock,
    clocked,
    half_published,
    measure,
    new_park,
    shown_run,
)

NEXT = DAY + timedelta(days=1)
NOON = datetime(2024, 7, 1, 10, tzinfo=UTC)
PARK = 1_500  # two chunks: a fault strikes after scores were stored, too


@pytest.fixture
def clock() -> Clock:
    return Clock(NOON)


@pytest.fixture
def core(tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Core]:
    """A real park that was scored yesterday and measured again today; locked databases are told soon."""
    monkeypatch.setattr(database_module, "BUSY_TIMEOUT_MS", 200)
    made = new_park(tmp_path, now=clock, env=Environment.PREPROD)
    measure(made, tmp_path, PARK, [DAY])
    assert run_now(made, DAY, kind="manuel", by="essai").status == "termine"
    measure(made, tmp_path, PARK, [NEXT], seed=2)
    yield made
    made.close()


@contextmanager
def locked(core: Core) -> Iterator[None]:
    """Another program writes for a long time."""
    with closing(sqlite3.connect(core.settings.home / "cockpit.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


@contextmanager
def _pragma(core: Core, during: str) -> Iterator[None]:
    """Have every connection set so, those that stand included."""
    engine = core.database.engine

    def prepare(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute(during)

    event.listen(engine, "connect", prepare)
    engine.dispose()
    try:
        yield
    finally:
        event.remove(engine, "connect", prepare)
        engine.dispose()


def read_only(core: Core) -> AbstractContextManager[None]:
    """The disk was mounted again without the right to write."""
    return _pragma(core, "PRAGMA query_only=ON")


def full(core: Core) -> AbstractContextManager[None]:
    """No page more than the database has (SQLite says so as it does of a full disk)."""
    with closing(sqlite3.connect(core.settings.home / "cockpit.db")) as plain:
        pages = plain.execute("PRAGMA page_count").fetchone()[0]
    return _pragma(core, f"PRAGMA max_page_count={pages + 8}")


@contextmanager
def struck_after_scoring(core: Core, fault: Callable[[Core], AbstractContextManager[None]]) -> Iterator[None]:
    """The fault begins when the run has read all and stored nothing yet, and lasts."""
    usual = score_park
    held: list[AbstractContextManager[None]] = []

    def strike(*arguments: object) -> object:
        rows = usual(*arguments)  # type: ignore[arg-type]
        held.append(fault(core))
        held[0].__enter__()
        return rows

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(park_run, "score_park", strike)
        yield
    for one in held:
        one.__exit__(None, None, None)


def last_good(core: Core) -> int | None:
    """The ranking that people see, read as they read it."""
    park = core.view.park(ParkQuery(limit=10_000))
    assert park.run is not None
    assert len(park.items) == PARK
    return park.run.run_id


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [(locked, "occupée"), (read_only, "lecture seule")],
    ids=["locked", "read-only"],
)
def test_database_away_during_a_run__old_ranking_stands_then_the_schedule_makes_up_for_it(
    core: Core, fault: Callable[[Core], AbstractContextManager[None]], sentence: str
) -> None:
    good = shown_run(core.database)
    worker = core.job_service()
    worker.plan_daily_run()
    with struck_after_scoring(core, fault):
        with pytest.raises(DatabaseUnavailable, match=sentence):
            while worker.take_and_carry_out():
                pass
        assert last_good(core) == good, "still readable during the fault"
        with pytest.raises(DatabaseUnavailable, match=sentence):
            core.runner.request(NEXT, kind="manuel", by="essai")

    assert worker.step(), "the same worker goes on by itself"

    ended = core.view.recent_runs(2)
    assert [run.status for run in ended] == ["termine", "interrompu"]
    assert "La base ne répondait plus" in str(ended[1].error)
    assert shown_run(core.database) == ended[0].run_id
    assert ended[0].as_of == NEXT
    assert half_published(core.database) == 0


def test_disk_full__run_failed_with_its_reason_and_tried_again(core: Core, clock: Clock) -> None:
    """There is room left for the few bytes of its end, not for the ranking."""
    good = shown_run(core.database)
    worker = core.job_service()
    worker.plan_daily_run()
    with struck_after_scoring(core, full):
        assert worker.take_and_carry_out()
        failed = core.view.recent_runs(1)[0]
        assert failed.status == "echoue"
        assert failed.error == "Le disque est plein ; libérez de la place puis réessayez."
        assert last_good(core) == good
    assert half_published(core.database) == 0
    assert not worker.step(), "not at once"
    clock.now += timedelta(minutes=10)
    assert worker.step()
    assert core.view.recent_runs(1)[0].status == "termine"
    assert shown_run(core.database) != good


def test_model_missing__run_failed_and_the_old_ranking_is_told_with_its_age(
    core: Core, clock: Clock, tmp_path: Path
) -> None:
    good = shown_run(core.database)
    clock.now = NOON + timedelta(days=3)
    other = clocked(settings_in(core.settings.home).model_copy(update={"env": Environment.PREPROD}), clock)
    object.__setattr__(other.store, "_reference_dir", tmp_path / "nowhere")
    bad = run_now(other, None, kind="manuel", by="essai")
    other.close()
    assert bad.status == "echoue"
    assert "risque-panne-7j" in str(bad.error)
    park = core.view.park(ParkQuery(limit=10_000))
    assert park.run is not None
    assert park.run.run_id == good
    assert park.stale
    told = {notice.code: notice.message for notice in park.notices}
    assert "il a 4\u00a0jours" in told["classement_perime"]
    assert "n’a pas abouti" in told["calcul_echoue"]


def test_clock_going_back__scores_its_day_and_keeps_the_later_ranking(core: Core, clock: Clock) -> None:
    later = run_now(core, None, kind="manuel", by="essai")
    assert later.as_of == NEXT
    clock.now = NOON - timedelta(days=1)
    earlier = run_now(core, None, kind="manuel", by="essai")
    assert (earlier.status, earlier.as_of) == ("termine", DAY)
    assert (earlier.duration_s or 0.0) >= 0
    assert shown_run(core.database) == later.run_id
    notices = {notice.code: notice.message for notice in core.view.park(ParkQuery()).notices}
    assert "en retard" in notices["horloge_en_retard"]
    # Of two runs of that day, the one asked for last stands, whatever the clock said of either.
    shown = core.view.park(ParkQuery(as_of=DAY)).run
    assert shown is not None
    assert shown.run_id == earlier.run_id


def test_clock_going_back_during_a_run__no_negative_duration(core: Core, clock: Clock) -> None:
    usual = score_park

    def score(*arguments: object) -> object:
        clock.now -= timedelta(minutes=40)
        return usual(*arguments)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(park_run, "score_park", score)
        assert run_now(core, NEXT, kind="manuel", by="essai").duration_s == 0.0


def test_measurement_from_the_future__is_not_used_and_does_not_hold_the_schedule_up(
    tmp_path: Path, clock: Clock
) -> None:
    """Two years ahead: a sensor whose clock is wrong. In demo, « today » is the last measured day."""
    for env in (Environment.TEST, Environment.PREPROD):
        home = tmp_path / env.value
        home.mkdir()
        core = new_park(home, now=clock, env=env)
        rows = [("1", DAY, *CALM), ("2", DAY, *CALM), ("2", DAY + timedelta(days=730), *CALM)]
        ingest(core.database, write_csv(home / "a.csv", SHORT, rows), now=clock.now + timedelta(days=800))
        worker = core.job_service()
        assert worker.step()
        shown = core.view.park(ParkQuery())
        assert shown.run is not None
        assert shown.run.kind == "planifie"
        assert shown.as_of == (DAY if env is Environment.TEST else NEXT)
        assert {item.measured_on for item in shown.items} == {DAY}
        core.close()


def test_day_without_data__fails_before_the_first_measurement_and_is_stale_after_the_last(
    core: Core, clock: Clock
) -> None:
    good = shown_run(core.database)
    before = run_now(core, DAY - timedelta(days=1), kind="manuel", by="essai")
    assert before.status == "echoue"
    assert "29/06/2024" in str(before.error)
    assert "mesure" in str(before.error)
    assert shown_run(core.database) == good
    clock.now = NOON + timedelta(days=60)
    after = run_now(core, None, kind="manuel", by="essai")
    assert (after.status, after.stale, after.total) == ("termine", PARK, PARK)
    assert {item.data_status for item in core.view.park(ParkQuery()).items} == {DataStatus.PERIME}


def test_runs_asked_for_at_once__are_one(core: Core) -> None:
    """By people, and by two workers that find the day due at the same instant."""
    asked: list[int] = []
    together = threading.Barrier(8)

    def ask(by_hand: bool) -> None:
        together.wait()
        try:
            if by_hand:
                asked.append(core.runner.request(NEXT, kind="manuel", by="essai"))
            else:
                core.job_service().plan_daily_run()
        except CockpitError as error:
            asked.append(-1)
            raise AssertionError(error.detail) from error

    for by_hand in (True, False):
        threads = [threading.Thread(target=ask, args=(by_hand,)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(set(asked)) == 1
    assert [run.kind for run in core.view.recent_runs(10)] == ["planifie", "manuel", "manuel"]


def test_lease_from_before_the_clock_went_back__does_not_keep_a_dead_run_alive(core: Core) -> None:
    run_id = core.runner.request(NEXT, kind="manuel", by="essai")
    ahead = datetime.now(UTC) + timedelta(hours=3)
    with core.database.write() as connection:
        jobs.take(connection, "dead-worker", ahead)
        runs.start(connection, run_id, ahead)
    core.job_service().close_abandoned()
    assert core.view.run(run_id).status == "interrompu"
