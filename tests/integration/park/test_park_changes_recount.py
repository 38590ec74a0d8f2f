"""Changes and queues of the simulated sample's replay, recounted in plain Python from what is shown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise

import pandas as pd
import pytest
from sqlalchemy import select

from api.commands.prepare import REFERENCE, SAMPLE, TURBINES
from api.commands.score import recompute
from api.core import Core
from api.schemas.park import ParkItem
from api.schemas.vocabulary import DataStatus, Queue
from api.services.measurements.ingest import ingest_file
from api.services.park.view import ParkQuery, ScoreFilter
from api.services.turbines.register import import_turbines
from api.storage.tables import park_changes, runs, turbines
from tests.support.client import new_core

LAST = date(2024, 12, 30)
DAYS = [LAST - timedelta(days=n) for n in range(24, -1, -1)]
ORDER = ["faible", "modere", "eleve", "critique"]
BOUNDS = [0.06 / 4, 0.06, 0.3]
LOST = {DataStatus.PERIME, DataStatus.NON_EVALUE}


@pytest.fixture(scope="module")
def core(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Core]:
    """The simulated park, replayed day by day."""
    made = new_core(tmp_path_factory.mktemp("recount"))
    now = made.settings.now()
    import_turbines(made.database, TURBINES, source="simulation", now=now)
    catalogue = made.sensors()
    ingest_file(made.database, SAMPLE, catalogue, source="simulation", imported_by="essai", now=now)
    for name, version in REFERENCE:
        made.model_service.activate(name, version, by="essai", reason="essai")
    assert recompute(made, DAYS[0], DAYS[-1]) == 0
    yield made
    made.close()


@pytest.fixture(scope="module")
def shown(core: Core) -> list[dict[str, ParkItem]]:
    """The ranking of each day, by turbine."""
    parks = (core.view.park(ParkQuery(limit=10_000, as_of=day)) for day in DAYS)
    return [{item.turbine_id: item for item in park.items} for park in parks]


@pytest.fixture(scope="module")
def sample() -> pd.DataFrame:
    return pd.read_csv(SAMPLE, dtype={"turbine_id": str})


def _plain_kind(was: ParkItem, now: ParkItem) -> str | None:
    if now.risk_level == "critique" != was.risk_level:
        return "entree_critique"
    if now.data_status in LOST and now.data_status != was.data_status:
        return now.data_status.value
    if was.data_status in LOST and now.data_status not in LOST:
        return "retour"
    if was.risk_level == "critique" != now.risk_level:
        return "sortie_critique"
    rise = ORDER.index(now.risk_level) - ORDER.index(was.risk_level)
    return None if rise == 0 else "hausse" if rise > 0 else "baisse"


def _alone(item: ParkItem, factor: float = 1.0, nearer: float = 0.0) -> int:
    """Severity that the models alone give; the reference regressor may raise a level."""
    assert item.failure_probability is not None
    severity = sum(item.failure_probability * factor >= bound for bound in BOUNDS)
    if item.time_to_failure_days is not None and item.time_to_failure_days - nearer <= 7:
        severity = max(severity, 2)
    if item.time_to_failure_interval is not None and item.time_to_failure_interval[0] - nearer <= 7:
        severity = max(severity, 1)
    return severity


def _recounted_events(history: list[ParkItem]) -> list[tuple[int, str, str]]:
    """Day number, kind and level told, one turbine through."""
    told, found = ORDER.index(history[0].risk_level), []
    if history[0].data_status not in LOST:
        told = _alone(history[0])
    for number, (was, now) in enumerate(pairwise(history), start=1):
        level = told
        if now.data_status not in LOST:
            plain = _alone(now)
            if plain > told or _alone(now, factor=2.0, nearer=3.0) < told:
                level = plain
        kind = None
        if level == 3 != told:
            kind = "entree_critique"
        elif now.data_status in LOST and now.data_status != was.data_status:
            kind = now.data_status.value
        elif was.data_status in LOST and now.data_status not in LOST:
            kind = "retour"
        elif told == 3 != level:
            kind = "sortie_critique"
        elif level != told:
            kind = "hausse" if level > told else "baisse"
        told = level
        if kind:
            found.append((number, kind, ORDER[level]))
    return found


def test_changes__of_every_turbine_and_day(shown: list[dict[str, ParkItem]]) -> None:
    seen: Counter[str] = Counter()
    for was, now in pairwise(shown):
        for turbine, item in now.items():
            expected = _plain_kind(was[turbine], item)
            assert (item.change.kind if item.change else None) == expected
            if item.change is not None:
                assert item.change.previous_level == was[turbine].risk_level
                assert item.change.sentence.endswith(".")
                seen[expected] += 1
    assert len(seen) >= 5, "the sample must exercise the rules"


def test_counts__per_level_are_differences_of_the_rankings(
    core: Core, shown: list[dict[str, ParkItem]]
) -> None:
    for number, (was, now) in enumerate(pairwise(shown), start=1):
        park = core.view.park(ParkQuery(as_of=DAYS[number]))
        assert park.changes is not None
        assert park.changes.previous_as_of == DAYS[number - 1]
        counted = [Counter(item.risk_level.value for item in day.values()) for day in (was, now)]
        for level, gap in park.changes.levels.model_dump().items():
            assert gap == counted[1][level] - counted[0][level]


def test_events__of_the_whole_replay(core: Core, shown: list[dict[str, ParkItem]]) -> None:
    expected = {
        (DAYS[number], turbine, kind, level)
        for turbine in shown[0]
        for number, kind, level in _recounted_events([day[turbine] for day in shown])
    }
    told = core.view.events(None, None, 10_000, 0)
    assert {(e.as_of, e.turbine_id, e.kind.value, e.risk_level.value) for e in told.items} == expected
    assert told.total == len(told.items) == len(expected)
    assert [e.as_of for e in told.items] == sorted((e.as_of for e in told.items), reverse=True)
    some = core.view.events(DAYS[5], DAYS[9], 10_000, 0)
    assert {e.as_of for e in some.items} <= set(DAYS[5:10])
    assert some.total == sum(DAYS[5] <= day <= DAYS[9] for day, *_ in expected)
    page = core.view.events(None, None, 7, 7)
    assert page.items == told.items[7:14]
    for number in range(1, len(DAYS)):
        changes = core.view.park(ParkQuery(as_of=DAYS[number])).changes
        assert changes is not None
        assert changes.events == Counter(kind for day, _, kind, _ in expected if day == DAYS[number])


def test_causes__carry_the_values_of_both_days(
    core: Core, shown: list[dict[str, ParkItem]], sample: pd.DataFrame
) -> None:
    """The figures of each named sensor stand in the file, on the days of the two measurements."""
    query = (
        select(runs.c.as_of, turbines.c.turbine_id, park_changes.c.cause)
        .join_from(park_changes, runs)
        .join(turbines, turbines.c.id == park_changes.c.turbine)
        .where(park_changes.c.cause.is_not(None))
    )
    with core.database.read() as connection:
        causes = [row for row in connection.execute(query) if row.cause["code"] == "capteur"]
    assert len(causes) > 50
    days = dict(iter(sample.groupby(["turbine_id", "date_measure"])))
    for as_of, turbine, cause in causes:
        at = DAYS.index(as_of)
        for item, figure in ((shown[at - 1][turbine], cause["before"]), (shown[at][turbine], cause["after"])):
            assert item.measured_on is not None
            values = days[turbine, item.measured_on.isoformat()][cause["feature"]]
            assert figure in set(values.astype(float))
        rising = (shown[at][turbine].failure_probability or 0) > (
            shown[at - 1][turbine].failure_probability or 0
        )
        moved_up = cause["after"] > cause["before"]
        if cause["feature"] in {"vibration_level", "maintenance_done"}:
            assert moved_up is rising  # both push the probability up in these models


def test_queues__of_every_turbine_and_day(
    core: Core, shown: list[dict[str, ParkItem]], sample: pd.DataFrame
) -> None:
    plans = sample.dropna(subset=["planned_intervention_date"])
    plans = plans.assign(
        known=pd.to_datetime(plans["date_measure"]).dt.date,
        on=pd.to_datetime(plans["planned_intervention_date"]).dt.date,
    )[["turbine_id", "known", "on"]]
    by_turbine = {
        name: list(rows[["known", "on"]].itertuples(index=False))
        for name, rows in plans.groupby("turbine_id")
    }
    seen: Counter[Queue] = Counter()
    for as_of, day in zip(DAYS, shown, strict=True):
        for turbine, item in day.items():
            assert item.measured_on is not None
            soonest = item.time_to_failure_interval[0] if item.time_to_failure_interval else None
            p, estimate = item.failure_probability, item.time_to_failure_days
            expected = set()
            stopped = any(w.code in {"arret_programme", "hors_service"} for w in item.warnings)
            if item.data_status is DataStatus.DOUTEUX or (item.data_status in LOST and not stopped):
                expected.add(Queue.A_VERIFIER)
            if p is not None and soonest is not None and p >= 0.06 and soonest > 7:
                expected.add(Queue.DESACCORD)
            if p is not None and estimate is not None and p < 0.015 and estimate <= 7:
                expected.add(Queue.DESACCORD)
            if any(
                known <= as_of and item.measured_on < on <= as_of for known, on in by_turbine.get(turbine, [])
            ):
                expected.add(Queue.INTERVENTION_DEPUIS)
            assert set(item.queues) == expected, (as_of, turbine)
            seen.update(expected)
        counts = core.view.park(ParkQuery(as_of=as_of)).queues.model_dump()
        for queue in Queue:
            assert counts[queue.value] == sum(queue in item.queues for item in day.values())
            kept = core.view.park(ParkQuery(ScoreFilter(queues=(queue,)), as_of=as_of, limit=10_000))
            assert [i.turbine_id for i in kept.items] == [t for t, i in day.items() if queue in i.queues]
    assert set(seen) == set(Queue)
