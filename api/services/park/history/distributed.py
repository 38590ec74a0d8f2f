"""Recomputes long histories on Dask distributed: many days at once, in other processes or machines.

The measurements are written once as Parquet files by month. A chain of small tasks carries the rows that the
plausibility rules look back on from month to month. Each other task scores some days with the functions of
the daily run. The days come back in order, to be published one by one.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from api.domain.park.scored import ScoredTurbine
from api.domain.shared.exceptions import CockpitError
from api.inference.serving.store import ModelStore
from api.schemas import french
from api.services.models.active_models import ActiveModels
from api.services.models.sensors import catalogue_of
from api.services.park.history.distributed_days import Asked, Plan, Version, carried, score_days
from api.services.park.history.partitions import no_rows, write_months
from api.services.park.plausibility import ParkAudit
from api.services.park.scoring_day import ParkDay
from api.storage import policy as policies
from api.storage.measurements import measurements
from api.storage.park import changes
from api.storage.shared.database import Database

LOCAL = "local"
SCORES_AT_ONCE = 50_000  # turbines times days of one task: its result is about 11 MB
CONNECT_S = 20
_ABSENT = (
    "COCKPIT_DASK_SCHEDULER est réglé mais Dask n’est pas installé : "
    "« python -m pip install --require-hashes -r requirements-dask.txt », ou videz ce réglage."
)
Task = tuple[Sequence[Asked], Any]
"""Days and the Dask future of their scores."""


class ScoredDay(NamedTuple):
    """A day ready to be published: its park, its scores, and when they arrived."""

    known: ParkDay
    rows: list[ScoredTurbine]
    started: datetime


@dataclass(frozen=True)
class DaysOnDask:
    """Scores many days on a Dask cluster.

    Args:
        database: of the park; workers never query it.
        store: knows the sensors.
        home: folder that every worker sees at the same path, with the models in ``stores``.
        stores: folders of the reference models and of the imported ones.
        scheduler: ``local`` for one process per core of this machine, or the address of a scheduler.
        now: the clock.
    """

    database: Database
    store: ModelStore
    home: Path
    stores: tuple[Path, Path]
    scheduler: str
    now: Callable[[], datetime]

    @contextmanager
    def scored(self, days: Sequence[date], models: ActiveModels) -> Iterator[Iterator[ScoredDay]]:
        """Yield the park and the scores of each day, in order.

        Args:
            days: ascending, none before the first measurement.
            models: in force.

        Raises:
            CockpitError: Dask is missing, no worker answers, or a worker fails.
        """
        plan = self.plan(models)
        with ExitStack() as stack:
            folder = Path(stack.enter_context(TemporaryDirectory(prefix="history-", dir=self.home)))
            months = dict(write_months(self.database, folder, list(plan.sensors), days[-1]))
            client = stack.enter_context(_cluster(self.scheduler))
            yield self._in_order(client, plan, months, days)

    def plan(self, models: ActiveModels) -> Plan:
        """Collect the present policy, park and models, which all days of a recomputation share."""
        with self.database.read() as connection:
            number, policy = policies.current(connection)
            park = tuple(measurements.living_turbines(connection))
            sensors = catalogue_of(connection, self.store)
        versions = tuple(
            Version(m.task, m.name, m.version, m.sha256, served.admitted_by, served.admitted_for)
            for served in models.served
            for m in (served.model.manifest,)
        )
        return Plan(self.stores, versions, number, policy, park, sensors)

    def _in_order(
        self, client: Any, plan: Plan, months: Mapping[date, Path], days: Sequence[date]
    ) -> Iterator[ScoredDay]:
        """Yield the days in order, with two tasks per worker under way at most, to bound memory."""
        most = 2 * max(1, len(client.nthreads()))
        under_way: deque[Task] = deque()
        for task in self._tasks(client, plan, months, days):
            under_way.append(task)
            if len(under_way) >= most:
                yield from self._ready(plan, under_way.popleft())
        while under_way:
            yield from self._ready(plan, under_way.popleft())

    def _ready(self, plan: Plan, task: Task) -> Iterator[ScoredDay]:
        for day, rows in zip(task[0], _scores_of(task), strict=True):
            number, policy = plan.policy_version, plan.policy
            known = ParkDay(day.as_of, number, policy, plan.park, (), ParkAudit(), day.visits, day.visited_on)
            yield ScoredDay(known, rows, self.now())

    def _tasks(
        self, client: Any, plan: Plan, months: Mapping[date, Path], days: Sequence[date]
    ) -> Iterator[Task]:
        everywhere = client.scatter(plan, broadcast=True)
        before = client.scatter(no_rows(len(plan.sensors)))
        at_once = max(1, SCORES_AT_ONCE // len(plan.park))
        wanted = {
            month: list(month_days) for month, month_days in groupby(days, key=lambda day: day.replace(day=1))
        }
        for month in sorted({*months, *wanted}):
            file, month_days = months.get(month), wanted.get(month, [])
            for start in range(0, len(month_days), at_once):
                asked = [self._asked(day) for day in month_days[start : start + at_once]]
                yield asked, client.submit(score_days, everywhere, before, file, asked, pure=False)
            if file is not None:
                before = client.submit(carried, before, file, _last_of(month), pure=False)

    def _asked(self, day: date) -> Asked:
        with self.database.read() as connection:
            return Asked(
                day,
                visits=measurements.next_planned_visits(connection, day),
                visited_on=changes.last_visits(connection, day),
            )


def _last_of(month: date) -> date:
    following = month.replace(year=month.year + month.month // 12, month=month.month % 12 + 1)
    return date.fromordinal(following.toordinal() - 1)


def _scores_of(task: Task) -> list[list[ScoredTurbine]]:
    """Return the scores of a task's days.

    Raises:
        CockpitError: a worker cannot read its file, or stopped.
    """
    from distributed import KilledWorker  # noqa: PLC0415 - an extra that few install

    asked, future = task
    try:
        return list(future.result())
    except FileNotFoundError as error:
        raise CockpitError(
            f"Un calculateur Dask ne trouve pas « {Path(str(error.filename)).name} » : COCKPIT_HOME doit "
            "être un dossier partagé, au même chemin sur toutes les machines."
        ) from error
    except KilledWorker as error:
        raise CockpitError(
            f"Un calculateur Dask s’est arrêté au {french.date(asked[0].as_of)}, sans doute faute de "
            "mémoire : donnez-lui-en davantage puis relancez ; les jours déjà publiés restent."
        ) from error


@contextmanager
def _cluster(scheduler: str) -> Iterator[Any]:
    """Open a client of the scheduler; a ``local`` cluster ends with the block.

    Raises:
        CockpitError: Dask is not installed, or no worker answers.
    """
    try:
        from distributed import Client, LocalCluster  # noqa: PLC0415
    except ImportError as error:
        raise CockpitError(_ABSENT) from error
    logging.getLogger("distributed").setLevel(logging.ERROR)  # else it logs each start and end of a process
    with ExitStack() as stack:
        try:
            place = scheduler
            if scheduler == LOCAL:
                place = stack.enter_context(LocalCluster(threads_per_worker=1, dashboard_address=None))
            client = stack.enter_context(Client(place, timeout=CONNECT_S, set_as_default=False))
            client.wait_for_workers(1, timeout=CONNECT_S)
        except (OSError, ValueError) as error:  # a timeout is an OSError; a wrong address, a ValueError
            raise CockpitError(
                f"Aucun calculateur Dask ne répond à COCKPIT_DASK_SCHEDULER={scheduler} ; vérifiez "
                "l’ordonnanceur, ses calculateurs et le réseau, ou videz ce réglage."
            ) from error
        yield client
