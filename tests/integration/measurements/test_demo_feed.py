"""The simulated park goes on, and tells no label before it is certain."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import func, select

from api.core import Core, build_core
from api.domain.shared.exceptions import Conflict
from api.services.measurements.demo_feed import BY, days_known
from api.settings import Environment
from api.storage.measurements.measurements import last_measured_day
from api.storage.tables import imports, measurements, outcomes
from data.simulator import DAYS, HORIZON_TENTHS, START, simulate_park
from tests.support.client import new_core
from tests.support.measurements.ingest_tools import NOW, ROW, SHORT, ingest, next_day, write_csv

pytestmark = pytest.mark.usefixtures("both_databases_if_long")

END = START + timedelta(days=DAYS - 1)
AHEAD = 40


@pytest.fixture(scope="module")
def truth() -> pd.DataFrame:
    """Every failure that the simulation knows of: turbine and instant in days since START."""
    failures = simulate_park(days=DAYS + AHEAD).failures
    days = (pd.to_datetime(failures["failed_on"]) - pd.Timestamp(START)).dt.days
    return failures.assign(instant=days + failures["tenths"] / 10)[["turbine_id", "instant"]]


@pytest.fixture
def core(tmp_path: Path) -> Iterator[Core]:
    """A park that holds the last day of the published sample."""
    made = new_core(tmp_path)
    rows = next_day(END - timedelta(days=1))
    assert set(rows["date_measure"]) == {END.isoformat()}
    rows.to_csv(tmp_path / "dernier.csv", index=False)
    ingest(made.database, tmp_path / "dernier.csv", source="simulation", imported_by="installation")
    yield made
    made.close()


def _at(core: Core, moment: datetime) -> Core:
    return build_core(core.settings.model_copy(update={"clock": moment, "demo_feed": True, "run_hour": 6}))


def test_days_known__labels_follow_from_the_failures_that_have_happened(truth: pd.DataFrame) -> None:
    """Worked out again from the instants of the failures alone, those after the last day hidden."""
    end = END + timedelta(days=AHEAD)
    lived = (end - START).days + 1
    rows = days_known(END, end)
    past = {t: sorted(g["instant"]) for t, g in truth[truth["instant"] <= lived].groupby("turbine_id")}
    assert len(rows) > 1_000
    row: Any
    for row in rows.itertuples():
        day = (date.fromisoformat(row.date_measure) - START).days
        left = next((i - day for i in past.get(row.turbine_id, []) if i >= day), None)
        if left is not None:
            told = min(left, HORIZON_TENTHS / 10)
            assert row.time_to_failure_days == pytest.approx(told)
            assert row.failure_within_7d == (left < 7)
        else:
            assert pd.isna(row.time_to_failure_days)
            assert (row.failure_within_7d == 0) if lived - day >= 7 else pd.isna(row.failure_within_7d)
    assert rows["failure_within_7d"].notna().any()
    assert rows["time_to_failure_days"].notna().any()


def test_feed__adds_the_simulation_s_own_next_days(core: Core) -> None:
    days, report = core.demo_feed().feed(2)
    assert days == [END + timedelta(days=1), END + timedelta(days=2)]
    expected = len(next_day(END)) + len(next_day(END + timedelta(days=1)))
    assert report.inserted == expected
    assert report.rejected == 0
    with core.database.read() as connection:
        assert last_measured_day(connection) == days[-1]
        sources = set(connection.scalars(select(measurements.c.source).distinct()))
    assert sources == {"simulation"}


def test_feed__labels_arrive_later_and_rows_stay_as_they_were(core: Core) -> None:
    core.demo_feed().feed(1)
    with core.database.read() as connection:
        before = connection.scalar(select(func.count()).select_from(outcomes))
    _, report = core.demo_feed().feed(8)
    assert report.labels_added > 0
    with core.database.read() as connection:
        labelled = connection.scalar(
            select(func.count())
            .select_from(outcomes.join(measurements))
            .where(
                measurements.c.measured_on == END + timedelta(days=1),
                outcomes.c.failure_within_7d.is_not(None),
            )
        )
        fed = connection.scalar(
            select(func.count())
            .select_from(measurements)
            .where(measurements.c.measured_on == END + timedelta(days=1))
        )
    assert fed == labelled == len(next_day(END))  # eight days on, each row knows of its seven
    assert before is not None


def test_feed__goes_no_further_than_today(core: Core) -> None:
    eve = _at(core, datetime(END.year, END.month, END.day, 23, tzinfo=UTC) + timedelta(hours=2))
    assert len(eve.demo_feed().feed(1)[0]) == 1
    with pytest.raises(Conflict, match="aujourd’hui"):
        eve.demo_feed().feed(1)


def test_feed__only_a_simulated_park_in_demonstration(core: Core, tmp_path: Path) -> None:
    serious = build_core(core.settings.model_copy(update={"env": Environment.PREPROD}))
    with pytest.raises(Conflict, match="démonstration"):
        serious.demo_feed().feed(1)
    ingest(core.database, write_csv(tmp_path / "a.csv", SHORT, [ROW]))
    with pytest.raises(Conflict, match="échantillon simulé"):
        core.demo_feed().feed(1)


def test_worker__feeds_one_day_a_real_day_however_many_workers(core: Core) -> None:
    morning = datetime(2025, 6, 2, 7, tzinfo=UTC)

    def fed() -> int:
        with core.database.read() as connection:
            query = select(func.count()).select_from(imports).where(imports.c.imported_by == BY)
            return connection.scalar(query) or 0

    _at(core, NOW).job_service().plan_daily_run()
    assert fed() == 0, "not on the day of the installation"
    early = _at(core, morning.replace(hour=3)).job_service()
    early.plan_daily_run()
    assert fed() == 0
    workers = [_at(core, morning).job_service() for _ in range(2)]
    for worker in (*workers, *workers):
        worker.plan_daily_run()
    assert fed() == 1
    _at(core, morning + timedelta(days=1)).job_service().plan_daily_run()
    assert fed() == 2
    with core.database.read() as connection:
        assert last_measured_day(connection) == END + timedelta(days=2)
