"""Starts: a ranking at once, the simulated year behind it by the worker, nothing long the second time."""

from __future__ import annotations

import argparse
from datetime import date, timedelta
from pathlib import Path

import pytest

from api.commands import prepare
from api.core import Core, build_core
from api.services.park.history import history as park_history
from api.services.park.view import ParkQuery
from api.settings import Environment
from api.storage.shared import jobs
from tests.support.client import settings_in
from tests.support.park.park_tools import measure

LAST = date(2024, 12, 30)


@pytest.fixture
def demo(tmp_path: Path) -> Core:
    """A bare installation."""
    core = build_core(settings_in(tmp_path).model_copy(update={"env": Environment.DEMO}))
    prepare.ensure_schema(core)
    return core


def start(core: Core) -> None:
    prepare._prepare(argparse.Namespace(json=False), core)


def waiting(core: Core) -> list[str]:
    with core.database.read() as connection:
        kinds = ("score", jobs.HISTORY)
        return [job.kind for kind in kinds for job in jobs.under_way(connection, kind)]


def test_first_start__two_weeks_at_once_and_the_year_by_the_worker(
    demo: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    start(demo)
    assert [day.as_of for day in demo.view.history(None, None)] == [
        LAST - timedelta(days=n) for n in range(13, -1, -1)
    ]
    assert waiting(demo) == [jobs.HISTORY]
    newest = demo.view.recent_runs(1)[0].run_id
    start(demo)
    assert demo.view.recent_runs(1)[0].run_id == newest, "the second start computes nothing"
    assert waiting(demo) == [jobs.HISTORY], "and asks for nothing twice"
    monkeypatch.setattr(park_history, "SLICE_S", 0.3)
    worker = demo.job_service()
    assert worker.take_and_carry_out()
    history = demo.view.history(None, None)
    assert len(history) > 14
    assert history[0].as_of == date(2024, 1, 1), "from the first measured day on"
    assert demo.view.park(ParkQuery()).as_of == LAST
    demo.close()


def test_start_after_real_rows__waits_for_the_models_of_that_park(demo: Core, tmp_path: Path) -> None:
    """Real measurements put the simulated ranking aside; the simulated park's models rank no other."""
    start(demo)
    measure(demo, tmp_path, 20, [LAST - timedelta(days=n) for n in range(30)])
    start(demo)
    worker = demo.job_service()
    while worker.step():
        pass
    park = demo.view.park(ParkQuery())
    assert park.run is None
    assert [notice.code for notice in park.notices] == ["modeles_simules"]
    assert (park.next_run_at, park.next_run) == (
        None,
        "Aucun calcul n’est prévu : le parc attend ses propres modèles.",
    )
    demo.close()
