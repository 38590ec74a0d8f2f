"""Cancelling a run: at once while it waits, at its next look while it runs; the published ranking stays."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from api.commands.score import run_now
from api.core import Core
from api.domain.shared.exceptions import Conflict, NotFound
from api.schemas.park import Run
from api.services.park import run as park_run
from api.services.park import scoring_day as park_scoring
from api.storage.park import runs, scores
from api.storage.shared import jobs
from tests.support.park.park_tools import DAY, half_published, measure, new_park, shown_run

PARK = 600
pytestmark = pytest.mark.usefixtures("both_databases_if_long")


@pytest.fixture
def core(tmp_path: Path) -> Iterator[Core]:
    made = new_park(tmp_path)
    measure(made, tmp_path, PARK, [DAY])
    yield made
    made.close()


@pytest.fixture
def tells_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run takes many small steps and tells each of them, as one of a very large park does."""
    monkeypatch.setattr(park_run, "TELL_S", 0.0)
    monkeypatch.setattr(park_scoring, "AT_ONCE", 30)
    monkeypatch.setattr(scores, "CHUNK", 30)
    monkeypatch.setattr(park_run, "GIVE_WAY_S", 0.03)


def work(core: Core) -> threading.Thread:
    """A worker that does one job, in a thread of its own."""
    thread = threading.Thread(target=core.job_service().take_and_carry_out)
    thread.start()
    return thread


def watched(core: Core, run_id: int, until: str) -> list[Run]:
    """What GET answers, again and again, until that phase or the end."""
    seen: list[Run] = []
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        seen.append(core.view.run(run_id))
        if seen[-1].phase == until or seen[-1].finished_at is not None:
            return seen
    raise AssertionError("the run did not get there")


def test_waiting_run__is_cancelled_at_once_and_never_carried_out(core: Core) -> None:
    good = run_now(core, DAY, kind="manuel", by="essai")
    run_id = core.runner.request(DAY, kind="manuel", by="essai")
    core.runner.cancel(run_id, by="Ada")
    ended = core.view.run(run_id)
    assert (ended.status, ended.started_at) == ("annule", None)
    assert ended.finished_at is not None
    assert (ended.cancel_asked_by, ended.error) == ("Ada", park_run._CANCELLED)
    core.job_service().take_and_carry_out()
    assert core.view.run(run_id) == ended
    assert shown_run(core.database) == good.run_id
    assert not core.job_service().take_and_carry_out(), "its job is not left in the queue"


@pytest.mark.usefixtures("tells_all")
@pytest.mark.parametrize("phase", ["evaluation", "enregistrement"])
def test_run_under_way__stops_at_its_next_look_and_leaves_the_ranking(core: Core, phase: str) -> None:
    good = run_now(core, DAY, kind="manuel", by="essai")
    run_id = core.runner.request(DAY, kind="manuel", by="essai")
    worker = work(core)
    watched(core, run_id, phase)
    core.runner.cancel(run_id, by="Ada")
    worker.join(60)
    ended = core.view.run(run_id)
    assert ended.status == "annule"
    assert (ended.cancel_asked_by, ended.error) == ("Ada", park_run._CANCELLED)
    assert shown_run(core.database) == good.run_id
    assert half_published(core.database) == 0
    again = run_now(core, DAY, kind="manuel", by="essai")
    assert shown_run(core.database) == again.run_id


def test_ended_or_unknown_run__cannot_be_cancelled(core: Core) -> None:
    good = run_now(core, DAY, kind="manuel", by="essai")
    with pytest.raises(Conflict, match=f"n° {good.run_id} n’est plus en cours \\(terminé\\)"):
        core.runner.cancel(good.run_id, by="Ada")
    with pytest.raises(NotFound):
        core.runner.cancel(good.run_id + 1, by="Ada")
    waiting = core.runner.request(DAY, kind="manuel", by="essai")
    core.runner.cancel(waiting, by="Ada")
    with pytest.raises(Conflict, match="annulé"):
        core.runner.cancel(waiting, by="Ada")


@pytest.mark.usefixtures("tells_all")
def test_progress__grows_through_the_phases_while_the_run_computes(core: Core) -> None:
    run_id = core.runner.request(DAY, kind="manuel", by="essai")
    worker = work(core)
    seen = watched(core, run_id, "never")
    worker.join(60)
    order = list(dict.fromkeys(run.phase for run in seen if run.phase))
    names = ["lecture", "evaluation", "explication", "enregistrement", "publication"]
    assert order == [name for name in names if name in order]
    assert {"evaluation", "enregistrement"} <= set(order)
    assert {run.total for run in seen if run.phase == "evaluation"} == {PARK}
    for phase in ("evaluation", "enregistrement"):
        assert len({run.done for run in seen if run.phase == phase}) >= 5, "n of m is told as it grows"
    assert all(before.done <= after.done for before, after in pairwise(seen) if before.phase == after.phase)
    assert (seen[-1].done, seen[-1].total, seen[-1].phase) == (PARK, PARK, None)


@pytest.mark.usefixtures("tells_all")
def test_ctrl_c_on_the_command__cancels_the_run(core: Core, capsys: pytest.CaptureFixture[str]) -> None:
    good = run_now(core, DAY, kind="manuel", by="essai")

    def interrupt_when_begun() -> None:
        while True:
            newest = core.view.recent_runs(1)[0]
            if newest.run_id != good.run_id and newest.phase is not None:
                os.kill(os.getpid(), signal.SIGINT)
                return

    threading.Thread(target=interrupt_when_begun, daemon=True).start()
    usual = signal.getsignal(signal.SIGINT)
    ended = run_now(core, DAY, kind="manuel", by="essai")
    assert signal.getsignal(signal.SIGINT) is usual
    assert ended.status == "annule"
    assert "Annulation demandée" in capsys.readouterr().err
    assert shown_run(core.database) == good.run_id
    assert half_published(core.database) == 0


def test_cancelled_run_whose_worker_died__ends_as_cancelled(core: Core) -> None:
    run_id = core.runner.request(DAY, kind="manuel", by="essai")
    past = core.settings.now() - timedelta(hours=1)
    with core.database.write() as connection:
        jobs.take(connection, "dead-worker", past)
        runs.start(connection, run_id, past)
    core.runner.cancel(run_id, by="Ada")
    core.job_service().close_abandoned()
    assert core.view.run(run_id).status == "annule"


@pytest.mark.usefixtures("tells_all")
def test_worker_that_slept_past_its_lease__publishes_nothing(core: Core) -> None:
    """Another worker closed its run meanwhile and forgot the scores that it had stored."""
    good = run_now(core, DAY, kind="manuel", by="essai")
    run_id = core.runner.request(DAY, kind="manuel", by="essai")
    sleeper = work(core)
    watched(core, run_id, "evaluation")
    core.runner.interrupt(run_id)
    sleeper.join(60)
    assert core.view.run(run_id).status == "interrompu"
    assert shown_run(core.database) == good.run_id
    assert half_published(core.database) == 0


def test_worker_that_died_after_publishing__leaves_a_published_run(core: Core) -> None:
    """The job was not closed; closing it later must not take the ranking away."""
    good = run_now(core, DAY, kind="manuel", by="essai")
    core.runner.interrupt(good.run_id)
    assert core.view.run(good.run_id).status == good.status
    assert shown_run(core.database) == good.run_id
