"""Which run is told as the last one: days that are scored again long after hide nothing and raise nothing."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from api.commands.score import run_now
from api.core import Core, build_core
from api.schemas.park import Run
from api.schemas.supervision import Check
from api.services.park.view import ParkQuery
from api.storage.park import attempts, runs
from api.storage.shared.database import Database
from tests.support.client import settings_in
from tests.support.park.park_tools import DAY, measure, new_park, run_days

pytestmark = pytest.mark.usefixtures("both_databases_if_long")

NOW = datetime(2024, 7, 1, 10, tzinfo=UTC)
ENDS = ("publie", "echoue", "interrompu", "annule", "en_attente", "en_cours")


@pytest.fixture
def core(tmp_path: Path) -> Iterator[Core]:
    """Three days of measurements, the whole history scored as a replay, as at the first start."""
    made = new_park(tmp_path)
    days = run_days(DAY, 3)
    measure(made, tmp_path, 2, days)
    made.history.recompute(days[0], DAY, by="essai")
    yield made
    made.close()


def fail(core: Core, day: date, tmp_path: Path) -> Run:
    """A run of that day in a process that has lost its models."""
    other = build_core(settings_in(core.settings.home))
    object.__setattr__(other.store, "_reference_dir", tmp_path / "nowhere")
    try:
        run = run_now(other, day, kind="manuel", by="essai")
    finally:
        other.close()
    assert run.status == "echoue"
    return run


def told(core: Core) -> tuple[int | None, bool]:
    """Number of the attempt that the cockpit shows beside the ranking, and whether it alerts."""
    park = core.view.park(ParkQuery())
    alert = any(notice.code == "calcul_echoue" for notice in park.notices)
    return None if park.last_attempt is None else park.last_attempt.run_id, alert


def scorings(core: Core) -> Check:
    """The supervision's answer about the scorings."""
    return next(check for check in core.supervision.state().checks if "calculs de risque" in check.question)


def test_history_of_the_first_start__its_newest_day_is_the_last_run(core: Core) -> None:
    assert told(core) == (None, False)
    assert scorings(core).state == "ok"
    assert f"au {DAY:%d/%m/%Y}" in scorings(core).answer


def test_former_day_scored_again__is_not_the_last_run(core: Core) -> None:
    before = scorings(core)
    core.history.recompute(DAY - timedelta(days=1), DAY - timedelta(days=1), by="essai", again=True)
    assert core.view.recent_runs(1)[0].as_of == DAY - timedelta(days=1)
    assert told(core) == (None, False)
    assert scorings(core) == before


def test_former_day_that_failed__raises_no_alert(core: Core, tmp_path: Path) -> None:
    before = scorings(core)
    fail(core, DAY - timedelta(days=1), tmp_path)
    assert told(core) == (None, False)
    assert scorings(core) == before


def test_former_day_scored_again__does_not_hide_that_today_failed(core: Core, tmp_path: Path) -> None:
    bad = fail(core, DAY, tmp_path)
    core.history.recompute(DAY - timedelta(days=2), DAY - timedelta(days=1), by="essai", again=True)
    assert told(core) == (bad.run_id, True)
    assert scorings(core).state == "erreur"
    assert f"n° {bad.run_id}" in scorings(core).answer


def test_day_of_the_ranking_scored_again__ends_the_alert(core: Core, tmp_path: Path) -> None:
    fail(core, DAY, tmp_path)
    core.history.recompute(DAY, DAY, by="essai", again=True)
    assert told(core) == (None, False)
    assert scorings(core).state == "ok"


def test_failed_next_day__stands_until_that_day_is_scored(core: Core, tmp_path: Path) -> None:
    tomorrow = DAY + timedelta(days=1)
    bad = fail(core, tomorrow, tmp_path)
    core.history.recompute(DAY, DAY, by="essai", again=True)
    assert told(core) == (bad.run_id, True)
    assert run_now(core, tomorrow, kind="manuel", by="essai").error is None
    assert told(core) == (None, False)


def test_former_ranking__is_shown_beside_the_same_last_attempt(core: Core, tmp_path: Path) -> None:
    earlier = ParkQuery(as_of=DAY - timedelta(days=2))
    assert core.view.park(earlier).last_attempt is None
    bad = fail(core, DAY, tmp_path)
    attempt = core.view.park(earlier).last_attempt
    assert attempt is not None
    assert attempt.run_id == bad.run_id


@pytest.mark.parametrize("seed", range(20))
def test_rule__equals_a_plain_recount(any_database: Database, seed: int) -> None:
    draw = random.Random(seed)
    made: list[tuple[date, int, str]] = []
    shown: tuple[date, int] | None = None
    for _ in range(12):
        day, end = DAY - timedelta(days=draw.randrange(4)), draw.choice(ENDS)
        with any_database.write() as connection:
            number = runs.create(connection, kind="reprise", as_of=day, requested_by="essai", now=NOW)
            if end == "publie":
                runs.publish(connection, number, now=NOW, status="termine")
                shown = max((day, number), shown or (day, number))
            else:
                runs.change(connection, number, status=end)
        made.append((day, number, end))
        counted = [one for one in made if shown is None or one[0] >= shown[0]]
        ended = [one for one in counted if one[2] in {"publie", "echoue", "interrompu"}]
        with any_database.read() as connection:
            for kept, row in (
                (counted, attempts.last_attempt(connection)),
                (ended, attempts.last_attempt(connection, ended=True)),
            ):
                assert (None if row is None else row.id) == (max(kept)[1] if kept else None)
