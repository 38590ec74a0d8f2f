"""The park's measurements measure what they say; how long it takes is not asserted here."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from api.core import Core
from api.schemas.vocabulary import RiskLevel
from api.services.park.view import ParkQuery
from api.storage.measurements import measurements
from bench.park import child, park, queries
from bench.park.data import LAST, Place, activate_models, build

TURBINES, DAYS = 120, 8


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    place = Place(tmp_path_factory.mktemp("bench"))
    with contextlib.closing(place.core()) as core:
        build(core, TURBINES, DAYS)
    return place


@pytest.fixture
def core(place: Place) -> Iterator[Core]:
    with contextlib.closing(place.core()) as core:
        yield core


def test_build__each_turbine_once_a_day_and_no_two_alike(core: Core) -> None:
    with core.database.read() as connection:
        latest = measurements.latest_values(connection, LAST)
        before = measurements.latest_values(connection, LAST - timedelta(days=DAYS - 1))
        none = measurements.latest_values(connection, LAST - timedelta(days=DAYS))

    assert [len(latest), len(before), len(none)] == [TURBINES, TURBINES, 0]
    assert {row.measured_on for row in latest} == {LAST}
    assert len({tuple(sorted(row.values.items())) for row in latest}) == TURBINES


def test_measure__runs_in_a_child_and_tells_what_the_cockpit_shows(place: Place, core: Core) -> None:
    figures = child.measure(place, repeats=2, first=True)

    shown = core.view.park(ParkQuery(limit=1))
    assert (shown.total, shown.as_of) == (TURBINES, LAST)
    assert [len(figures.run_s), len(figures.bare_s)] == [2, 2]
    assert min(figures.run_s) > min(figures.bare_s) > 0
    assert shown.changes is not None
    assert figures.changes == sum(shown.changes.events.values())


def test_history__earlier_days_show_the_same_ranking_and_the_last_one_stays(core: Core) -> None:
    child.score(core, LAST)
    shown = core.view.park(ParkQuery(limit=TURBINES))

    added = park.lay_history(core, range(3))

    earlier = core.view.park(ParkQuery(limit=TURBINES, as_of=LAST - timedelta(days=4)))
    after = core.view.park(ParkQuery(limit=TURBINES))
    assert added == 3 * TURBINES
    assert after.run is not None
    assert shown.run is not None
    assert after.run.run_id == shown.run.run_id
    assert [i.turbine_id for i in earlier.items] == [i.turbine_id for i in shown.items]
    assert Counter(i.risk_level for i in earlier.items) == Counter(i.risk_level for i in shown.items)


def test_queries__asked_both_ways_as_often_as_wanted(place: Place, core: Core) -> None:
    child.score(core, LAST)

    found = queries.measure(core, place, rounds=2)

    assert set(found) == {"service", "http"}
    for by in found.values():
        assert set(by) == set(queries.QUERIES)
        assert all(0 < latency.p50_ms <= latency.p95_ms for latency in by.values())


def test_path__says_what_the_query_says() -> None:
    address = urlsplit(queries.path_of(queries.QUERIES["filtrée"]))

    told = parse_qs(address.query)
    assert address.path == "/api/v1/park"
    assert told["risk_level"] == [RiskLevel.CRITIQUE.value, RiskLevel.ELEVE.value]
    assert [told["max_days"], told["text"]] == [["60.0"], ["7"]]


def test_replay__publishes_each_day(tmp_path: Path) -> None:
    with contextlib.closing(Place(tmp_path).core()) as core:
        activate_models(core)

        figures = park.recompute_sample(core, LAST - timedelta(days=2), LAST)

        assert figures["days"] == 3
        assert len(core.view.history(None, None)) == 3
