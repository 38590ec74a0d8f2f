"""Workers killed at random moments of a run: what people see is always one complete ranking."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from api.core import Core
from api.settings import Environment
from tests.conftest import ROOT
from tests.support.park.park_tools import (
    DAY,
    Clock,
    evaluated_day,
    half_published,
    measure,
    new_park,
    run_days,
    shown_run,
)

pytestmark = pytest.mark.usefixtures("both_databases_if_long")
SIX = datetime(2024, 7, 1, 5, tzinfo=UTC)  # seven in Paris


def start_worker(core: Core, now: datetime) -> subprocess.Popen[str]:
    """A worker process that takes its first look now."""
    command = [sys.executable, "-m", "tests.support.worker_child", str(core.settings.home)]
    child = subprocess.Popen([*command, now.isoformat()], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    assert child.stdout.readline() == "prêt\n"
    return child


def leases_run_out(core: Core) -> None:
    """Half a minute goes by: what a dead worker held is free again."""
    with core.database.write() as connection:
        connection.execute(text("UPDATE jobs SET leased_until = :past"), {"past": "2020-01-01 00:00:00"})


def begun(core: Core, child: subprocess.Popen[str]) -> None:
    """Wait until the worker carries its run out, or has done so in less than a look takes."""
    day = evaluated_day(core)
    while True:
        newest = core.view.recent_runs(1)[0]
        if newest.as_of == day and newest.status != "en_attente":
            return
        assert child.poll() is None


def one_killed_day(core: Core, clock: Clock, delay: float, *, asked: bool) -> str:
    """Kill the day's worker, have the next one make up for it; what the killed run had come to.

    Args:
        core: to look with.
        clock: whose day it is.
        delay: seconds before the kill.
        asked: counted from the start of the run, not from that of the worker.
    """
    before = shown_run(core.database)
    child = start_worker(core, clock.now)
    try:
        if asked:
            begun(core, child)
        time.sleep(delay)
    finally:
        child.kill()
        child.communicate()
    at_kill = shown_run(core.database)
    day = evaluated_day(core)
    mine = [run for run in core.view.recent_runs(5) if run.as_of == day and run.kind == "planifie"]
    state = mine[0].status if mine else "pas demandé"
    assert at_kill == (mine[0].run_id if state == "termine" else before)
    leases_run_out(core)
    worker = core.job_service()
    while worker.step():
        pass
    ended = [run for run in core.view.recent_runs(5) if run.as_of == day and run.kind == "planifie"]
    assert [run.status for run in ended][:1] == ["termine"], "the schedule caught up"
    assert {run.status for run in ended[1:]} <= {"interrompu"}
    assert len(ended) == (2 if state == "en_cours" else 1)
    assert shown_run(core.database) == ended[0].run_id
    assert half_published(core.database) == 0
    return state


def kill_days(tmp_path: Path, kills: int, park: int) -> list[str]:
    """Kill the worker on as many days, at moments spread over the length of a run."""
    clock = Clock(SIX)
    core = new_park(tmp_path, now=clock, env=Environment.PREPROD)
    measure(core, tmp_path, park, run_days(DAY, 1))
    assert core.job_service().step()
    clock.now += timedelta(days=1)
    began = time.monotonic()
    assert core.job_service().step()  # the first one loaded the models, too
    length = time.monotonic() - began
    draw = random.Random(5)
    states = []
    for number in range(kills):
        clock.now += timedelta(days=1)
        # One in five at any moment of the worker's life, the others between start and end of its run.
        states.append(one_killed_day(core, clock, draw.uniform(0, 0.7 * length), asked=number % 5 != 4))
    core.close()
    return states


def test_killed_at_two_moments__always_one_complete_ranking(tmp_path: Path) -> None:
    kill_days(tmp_path, 2, park=2_500)  # three chunks: a kill may fall between two of them


@pytest.mark.long
def test_killed_at_twenty_moments__always_one_complete_ranking(tmp_path: Path) -> None:
    states = kill_days(tmp_path, 20, park=10_000)
    print("killed runs were:", states)
    assert states.count("en_cours") >= 8, "kills fell into runs"
