"""Replays on Dask: files hold what the database holds, published days are those of a local replay."""

from __future__ import annotations

import importlib.util
import sys
from calendar import monthrange
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import select

from api.core import Core, build_core
from api.domain.shared.exceptions import CockpitError
from api.services.measurements.ingest import ingest_file
from api.services.models.active_models import ActiveModels
from api.services.park.history import distributed
from api.services.park.history.distributed import LOCAL, DaysOnDask
from api.services.park.history.distributed_days import Asked, Plan, carried, score_days
from api.services.park.history.partitions import no_rows, read_month, write_months
from api.services.park.history.past_days import DEPTH
from api.services.park.scoring_day import auditing, read_park, score_park
from api.storage.measurements import measurements
from api.storage.park import changes
from api.storage.tables import park_changes, run_summaries, runs, scores
from api.storage.turbines import recent
from tests.support.client import settings_in
from tests.support.park.shadow_tools import sample_core

HEADER = "turbine_id,date_measure,wind_speed,vibration_level,temperature,power_output,maintenance_done,"
VISITS = "technician_id,planned_intervention_date"
FIRST, LAST = date(2024, 11, 26), date(2024, 12, 6)
SINCE = "2024-10-20"
NEEDS_DASK = pytest.mark.skipif(
    importlib.util.find_spec("distributed") is None,
    reason="Dask is an extra; .venv/bin/python -m pip install --require-hashes -r requirements-dask.txt",
)


def _odd_machines() -> Iterator[str]:
    """Silent, late, stuck, half blind, and measured several times a day; one visit is planned."""
    for n in range(60):
        day = date(2024, 10, 10) + timedelta(days=n)
        if n < 20:
            yield f"900,{day},12.0,2.5,44.0,715.0,0,,"
        if day > FIRST + timedelta(days=3):
            yield f"901,{day},12.{n},6.5,75.0,840.0,1,,"
        yield f"902,{day},12.{n},2.5,44.{n},715.0,0,,"
        yield f"903,{day},1{n % 9}.0,,4{n % 7}.0,7{n}.0,0,7,2024-12-{n % 20 + 5:02}"
        yield f"904,{day}T06:00:00+01:00,1{n % 7}.5,{2 + n / 20},4{n % 9}.0,70{n % 10}.0,0,,"
        yield f"904,{day}T18:00:00+01:00,1{n % 5}.5,{3 + n / 30},5{n % 9}.0,71{n % 10}.0,1,,"


@pytest.fixture(scope="module")
def core(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Core]:
    """The sample's last weeks and some odd machines, never scored."""
    made = sample_core(tmp_path_factory.mktemp("replay"), SINCE)
    file = made.settings.home / "autres.csv"
    file.write_text("\n".join([HEADER + VISITS, *_odd_machines()]) + "\n", encoding="utf-8")
    now = datetime.now(UTC)
    ingest_file(made.database, file, made.sensors(), source="mesure", imported_by="essai", now=now)
    yield made
    made.close()


def _days() -> list[date]:
    return [FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1)]


def _plan(core: Core) -> tuple[Plan, ActiveModels]:
    settings, models = core.settings, core.models.current()
    stores = (settings.reference_models, settings.imported_models)
    made = DaysOnDask(core.database, core.store, settings.home, stores, LOCAL, settings.now)
    return made.plan(models), models


def test_months__hold_what_the_database_holds(core: Core, tmp_path: Path) -> None:
    plan, _ = _plan(core)
    sensors, park = list(plan.sensors), {one.id: one for one in plan.park}
    months = write_months(core.database, tmp_path, sensors, LAST)
    assert [month for month, _ in months] == [date(2024, 10, 1), date(2024, 11, 1), date(2024, 12, 1)]
    rows = no_rows(len(sensors))
    for _, file in months:
        rows = rows.joined(read_month(file))
    for as_of, depth in ((LAST, DEPTH), (FIRST, 3), (date(2024, 10, 12), 1)):
        ours = rows.recent(as_of, depth).columns(park, sensors)
        with core.database.read() as connection:
            theirs = recent.recent_columns(connection, as_of, depth, sensors)
            latest = measurements.latest_values(connection, as_of)
        assert len(ours.ids) > 0
        np.testing.assert_equal(_by_key(ours), _by_key(theirs))
        assert rows.latest(as_of, sensors, park) == latest


def _by_key(rows: recent.RecentColumns) -> dict[str, Any]:
    """Every column in the order of the measurements' keys."""
    order = np.argsort(rows.ids)
    plain = rows._asdict() | rows.values
    return {name: column[order] for name, column in plain.items() if name != "values"}


def test_worker__scores_each_day_as_the_daily_run_does(core: Core, tmp_path: Path) -> None:
    """Through files and through the database, whatever month the past comes from."""
    plan, models = _plan(core)
    months = dict(write_months(core.database, tmp_path, list(plan.sensors), LAST))
    before = no_rows(len(plan.sensors))
    found: dict[date, Any] = {}
    for month, file in sorted(months.items()):
        days = [day for day in _days() if day.replace(day=1) == month]
        asked = [Asked(day, *_visits(core, day)) for day in days]
        found |= dict(zip(days, score_days(plan, before, file, asked), strict=True))
        before = carried(before, file, month.replace(day=monthrange(month.year, month.month)[1]))
    for day in _days():
        with core.database.read() as connection:
            known = read_park(connection, day, auditing(plan.sensors))
        assert found[day] == score_park(known, models, lambda *_: None), day
    statuses = {row.data_status for rows in found.values() for row in rows}
    assert len(statuses) >= 3  # the odd machines are told as such
    assert any(row.queues for rows in found.values() for row in rows)


def _visits(core: Core, day: date) -> tuple[dict[int, date], dict[int, date]]:
    with core.database.read() as connection:
        return measurements.next_planned_visits(connection, day), changes.last_visits(connection, day)


def test_dask_absent__says_the_one_command_that_installs_it(
    core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    other = build_core(core.settings.model_copy(update={"dask_scheduler": LOCAL}))
    with pytest.raises(CockpitError, match=r"requirements-dask\.txt"):
        other.history.recompute(FIRST, LAST, by="essai")
    other.close()
    assert not list(core.settings.home.glob("history-*"))


def _twin(core: Core, home: Path, **changed: Any) -> Core:
    """The same installation, elsewhere."""
    with core.database.engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql(f"VACUUM INTO '{home / 'cockpit.db'}'")
        connection.exec_driver_sql("BEGIN")
    return build_core(settings_in(home).model_copy(update=changed))


def _published(core: Core) -> dict[str, list[tuple[Any, ...]]]:
    """All that a replay published, runs named by their day."""
    names = ("as_of", "kind", "status", "done", "total", "failed", "stale", "counts", "models", "threshold")
    with core.database.read() as connection:
        days = {row.id: row.as_of for row in connection.execute(select(runs.c.id, runs.c.as_of))}
        found = {
            "runs": [
                (*(row._mapping[name] for name in names), row.policy_version, row.error)
                for row in connection.execute(select(runs).order_by(runs.c.as_of))
            ]
        }
        for table in (scores, park_changes, run_summaries):
            columns = [c for c in table.c if c.name not in {"run", "previous"}]
            found[table.name] = sorted(
                ((days[row[0]], *row[1:]) for row in connection.execute(select(table.c.run, *columns))),
                key=repr,
            )
        summaries = connection.execute(select(run_summaries.c.run, run_summaries.c.previous))
        found["compared"] = sorted((days[run], days.get(previous or 0)) for run, previous in summaries)
    return found


@NEEDS_DASK
def test_local_cluster_of_two_processes__publishes_what_a_local_replay_does(
    core: Core, tmp_path: Path
) -> None:
    from distributed import LocalCluster

    for name in ("here", "dask"):
        (tmp_path / name).mkdir()
    here = _twin(core, tmp_path / "here")
    here.history.recompute(FIRST, LAST, by="essai")
    expected = _published(here)
    here.close()
    with LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster:
        address = cluster.scheduler_address
        far = _twin(core, tmp_path / "dask", dask_scheduler=address)
        seen: list[tuple[int, int]] = []
        # Part of it first: what is left is then asked for as after a stop.
        assert far.history.recompute(FIRST, FIRST + timedelta(days=2), by="essai").scored == 3
        done = far.history.recompute(FIRST, LAST, by="essai", show=lambda *told: seen.append(told))
        assert (done.scored, done.kept) == (len(_days()) - 3, 3)
        assert seen == [(n + 1, done.scored) for n in range(done.scored)]
        found = _published(far)
        far.close()
    assert len(found["scores"]) == len(_days()) * len(_plan(core)[0].park)
    assert len(found["park_changes"]) > 0
    for name, rows in expected.items():
        assert found[name] == rows, name


@NEEDS_DASK
@pytest.mark.parametrize("scheduler", ["tcp://127.0.0.1:9", "nulle part"])
def test_no_scheduler__is_told_with_the_setting(
    core: Core, scheduler: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(distributed, "CONNECT_S", 1)
    other = build_core(core.settings.model_copy(update={"dask_scheduler": scheduler}))
    with pytest.raises(CockpitError, match="COCKPIT_DASK_SCHEDULER"):
        other.history.recompute(FIRST, LAST, by="essai")
    other.close()
