"""Replays: each day as it would have been seen on it, once, from where a stop left them, and fast."""

from __future__ import annotations

import csv
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from api.commands.prepare import SAMPLE, TURBINES
from api.commands.score import recompute, run_now
from api.core import Core
from api.domain.shared.exceptions import Conflict, InvalidInput
from api.services.measurements.ingest import ingest_file
from api.services.park.history import history as park_history
from api.services.park.view import ParkQuery
from api.services.turbines.register import import_turbines
from api.settings import Environment
from api.storage.shared import jobs
from tests.conftest import ROOT
from tests.support.park.park_tools import Clock, half_published, measure, new_park, run_days, shown_run
from tests.support.words import plain

LAST = date(2024, 12, 30)
NOON = datetime(2024, 12, 31, 11, tzinfo=UTC)
ALL = ParkQuery(limit=10_000)
_CONTENT = """
    SELECT r.as_of, s.rank, t.turbine_id, s.measurement, s.probability, s.days_left, s.days_low, s.days_high,
           s.level, s.risk_score, s.data_status, s.main_driver, s.planned_visit_on, s.warnings, s.queues,
           c.kind, c.from_level, c.to_level, c.cause, c.event, c.event_from, c.told_level
    FROM scores s JOIN runs r ON r.id = s.run JOIN turbines t ON t.id = s.turbine
    LEFT JOIN park_changes c ON c.run = s.run AND c.turbine = s.turbine
    WHERE r.id IN (SELECT max(id) FROM runs WHERE published_at IS NOT NULL GROUP BY as_of)
      AND r.as_of BETWEEN :first AND :last
    ORDER BY r.as_of, s.rank
"""


def simulated(home: Path, until: date | None = None) -> Core:
    """The simulated park, with what was known of it by the end of a day."""
    home.mkdir(exist_ok=True)
    core = new_park(home)
    now = core.settings.now()
    import_turbines(core.database, TURBINES, source="simulation", now=now)
    file = SAMPLE
    if until is not None:
        file = home / "sample.csv"
        with SAMPLE.open(encoding="utf-8", newline="") as whole, file.open("w", encoding="utf-8") as part:
            rows = csv.DictReader(whole)
            kept = csv.DictWriter(part, rows.fieldnames or [], lineterminator="\n")
            kept.writeheader()
            kept.writerows(row for row in rows if row["date_measure"] <= until.isoformat())
    catalogue = core.sensors()
    ingest_file(core.database, file, catalogue, source="simulation", imported_by="essai", now=now)
    return core


def content(core: Core, first: date, last: date = LAST, without: frozenset[str] = frozenset()) -> list[Any]:
    """Everything that a reader may see of these days."""
    with core.database.read() as connection:
        rows = connection.execute(text(_CONTENT), {"first": first.isoformat(), "last": last.isoformat()})
        return [tuple(v for k, v in row._mapping.items() if k not in without) for row in rows]


@pytest.fixture(scope="module")
def recomputed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Core]:
    """Twenty days of the simulated park, read at once."""
    core = simulated(tmp_path_factory.mktemp("recomputed"))
    assert recompute(core, LAST - timedelta(days=19), LAST) == 0
    yield core
    core.close()


def test_recomputed_days__are_those_that_one_run_a_day_publishes(recomputed: Core, tmp_path: Path) -> None:
    """The measurements of many days are read at once; a run reads its own."""
    days = run_days(LAST, 20)
    core = simulated(tmp_path / "one-by-one")
    for day in days:
        assert run_now(core, day, kind="manuel", by="essai").error is None
    expected = content(core, days[0])
    assert len(expected) == 20 * 50
    assert content(recomputed, days[0]) == expected
    core.close()


def test_recomputed_day__is_what_a_park_that_ends_on_it_shows(recomputed: Core, tmp_path: Path) -> None:
    """Nothing later than the day is used: neither measurements nor labels nor visits planned since."""
    day = LAST - timedelta(days=12)
    core = simulated(tmp_path / "short", until=day)
    assert run_now(core, day, kind="manuel", by="essai").error is None
    # Changes need the day before, which this park has not scored.
    changes = frozenset({"kind", "from_level", "to_level", "cause", "event", "event_from", "told_level"})
    assert content(core, day, day, changes) == content(recomputed, day, day, changes)
    core.close()


def test_days_that_stand__are_skipped_and_counted(
    recomputed: Core, capsys: pytest.CaptureFixture[str]
) -> None:
    newest = recomputed.view.recent_runs(1)[0].run_id
    assert recompute(recomputed, LAST - timedelta(days=4), LAST) == 0
    assert "0 calculé, 5 gardés" in plain(capsys.readouterr().err)
    assert recomputed.view.recent_runs(1)[0].run_id == newest
    assert recompute(recomputed, LAST, LAST, again=True) == 0
    assert recomputed.view.recent_runs(1)[0].run_id == newest + 1
    assert shown_run(recomputed.database) == newest + 1


def test_filling_the_past_later__tells_the_same_as_in_order(recomputed: Core, tmp_path: Path) -> None:
    """The newest days first, the older ones by the worker: changes and memory of events come out alike."""
    core = simulated(tmp_path / "backwards")
    days = run_days(LAST, 20)
    recompute(core, days[-5], LAST)
    assert content(core, days[-5]) != content(recomputed, days[-5]), "the first day had nothing before it"
    core.history.ask(days[0], LAST, by="essai")
    worker = core.job_service()
    while worker.take_and_carry_out():
        pass
    assert content(core, days[0]) == content(recomputed, days[0])
    assert core.history.ask(days[0], LAST, by="essai") is None, "nothing is left to do"
    core.close()


@pytest.mark.long
def test_year_of_fifty_turbines__in_thirty_seconds_of_work(tmp_path: Path) -> None:
    core = simulated(tmp_path / "year")
    # Of the processor: what else the machine does meanwhile is not counted.
    began = time.process_time()
    assert recompute(core, LAST - timedelta(days=364), LAST) == 0
    took = time.process_time() - began
    assert len(core.view.history(None, None)) == 365
    core.close()
    assert took <= 30


def test_recomputation_killed__keeps_whole_days_and_goes_on_from_there(tmp_path: Path) -> None:
    core = simulated(tmp_path / "killed")
    days = run_days(LAST, 20)
    code = (
        "import sys; from pathlib import Path; from datetime import date;"
        "from api.core import build_core; from tests.support.client import settings_in;"
        "from api.commands.score import recompute;"
        "recompute(build_core(settings_in(Path(sys.argv[1]))), *map(date.fromisoformat, sys.argv[2:]))"
    )
    command = [sys.executable, "-c", code, str(core.settings.home), days[0].isoformat(), LAST.isoformat()]
    child = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)
    while len(core.view.history(None, None)) < 5:
        assert child.poll() is None
        time.sleep(0.01)
    child.kill()
    child.wait()
    there = len(core.view.history(None, None))
    assert 5 <= there < 20
    assert half_published(core.database) == 0
    with core.database.read() as connection:
        whole = "SELECT r.id FROM runs r JOIN scores s ON s.run = r.id GROUP BY r.id HAVING count(*) = 50"
        assert len(connection.execute(text(whole)).all()) == there
        assert connection.scalar(text("SELECT count(*) FROM runs")) == there
    done = core.history.recompute(days[0], LAST, by="essai")
    assert (done.scored, done.kept, done.left) == (20 - there, there, 0)
    core.close()


def test_worker__takes_everything_else_before_a_long_history(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(park_history, "SLICE_S", 0.1)
    core = simulated(tmp_path / "busy")
    recompute(core, LAST, LAST)
    job = core.history.ask(LAST - timedelta(days=20), LAST, by="essai")
    worker = core.job_service()
    assert worker.take_and_carry_out()
    with core.database.read() as connection:
        row = jobs.get(connection, job or 0)
        assert row is not None
        assert (row.status, row.attempts) == ("en_attente", 0)
        assert 0 < row.done < row.total
    run_id = core.runner.request(LAST, kind="manuel", by="essai")
    assert worker.take_and_carry_out()
    assert core.view.run(run_id).status == "termine", "it was asked for last and done first"
    while worker.take_and_carry_out():
        pass
    assert len(core.view.history(None, None)) == 21
    assert shown_run(core.database) == run_id
    core.close()


def test_history_of_a_replaced_park__is_given_up(tmp_path: Path) -> None:
    core = simulated(tmp_path / "replaced")
    recompute(core, LAST, LAST)
    core.history.ask(LAST - timedelta(days=10), LAST, by="essai")
    measure(core, tmp_path, 3, [LAST - timedelta(days=8)])
    assert core.job_service().take_and_carry_out()
    assert core.view.history(None, None) == []
    assert not core.job_service().take_and_carry_out()
    core.close()


def test_days_missed_by_a_stop__the_due_day_first_then_the_others(tmp_path: Path) -> None:
    clock = Clock(NOON)
    core = new_park(tmp_path, now=clock, env=Environment.PREPROD)
    measure(core, tmp_path, 5, run_days(LAST + timedelta(days=12), 20))
    worker = core.job_service()
    while worker.step():
        pass
    clock.now += timedelta(days=10)
    assert worker.step()
    today = core.view.park(ALL)
    assert today.run is not None
    assert today.run.kind == "planifie"
    assert today.as_of == clock.now.date()
    while worker.step():
        pass
    history = core.view.history(None, None)
    assert [day.as_of for day in history] == run_days(clock.now.date(), 11)
    kinds = {run.as_of: run.kind for run in core.view.recent_runs(50)}
    assert set(kinds.values()) == {"planifie", "reprise"}
    assert [day for day, kind in sorted(kinds.items()) if kind == "planifie"] == [NOON.date(), today.as_of]
    shown = core.view.park(ALL)
    assert shown.run == today.run
    assert shown.changes is not None
    assert shown.changes.previous_as_of == today.as_of - timedelta(days=1), "told from the day before"
    core.close()


def test_period__refused_where_it_makes_no_sense(recomputed: Core) -> None:
    with pytest.raises(InvalidInput, match="précède"):
        recompute(recomputed, LAST, LAST - timedelta(days=1))
    with pytest.raises(InvalidInput, match="à venir"):
        recompute(recomputed, LAST, date.today() + timedelta(days=3))  # noqa: DTZ011
    with pytest.raises(Conflict, match="Aucune mesure"):
        recompute(recomputed, date(2020, 1, 1), date(2020, 1, 5))
