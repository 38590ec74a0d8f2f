"""Filters, orders and pages of a ranking, against a recount in Python on random parks, on both databases."""

from __future__ import annotations

import random
import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select

from api.domain.park.scored import ScoredTurbine
from api.domain.policy.levels import TimeToFailure
from api.schemas.vocabulary import ChangeKind, DataStatus, Queue, RiskLevel
from api.storage.park import changes, runs, scores
from api.storage.park.ranking import SORTS, ScoreFilter, page_of_scores
from api.storage.shared.database import Database
from api.storage.tables import interventions, turbines
from tests.support.park.scored import driver, scored
from tests.support.plans import plans_of

NOW = datetime(2024, 6, 2, 6, tzinfo=UTC)
DAY = date(2024, 6, 1)
SIZE = 60
FARMS = (None, "Écueil", "ecart", "Zénith", "Bugey")
DRIVERS = (None, ("vent", "Vitesse du vent"), ("vibration", "Niveau de vibration"), ("huile", "Échauffement"))
STATES = (None, None, "proposee", "planifiee", "en_cours", "terminee", "annulee")
Known = dict[str, Any]


def fill(database: Database, seed: int) -> tuple[int, list[Known]]:
    """A park where anything may be missing; what is known of each turbine, in the order of the ranks."""
    dice = random.Random(seed)
    names = [
        *(str(n) for n in range(1, 31)),
        *(f"E-{n}" for n in range(1, 21)),
        *(f"é{n}" for n in range(10)),
    ]
    dice.shuffle(names)
    known = [_one(dice, name, rank) for rank, name in enumerate(names, start=1)]
    with database.write() as connection:
        connection.execute(insert(turbines), [_machine(one) for one in known])
        keys = {row[0]: row[1] for row in connection.execute(select(turbines.c.turbine_id, turbines.c.id))}
        run = runs.create(connection, kind="manuel", as_of=DAY, requested_by="essai", now=NOW)
        scores.insert(connection, run, [_score(one, keys) for one in known])
        summary: dict[str, Any] = {"previous": None, "events": {}, "queues": {}, "interval": None}
        changes.save(connection, run, summary, [_change(one, keys) for one in known if one["change"]])
        connection.execute(insert(interventions), [_work(one, keys) for one in known if one["state"]])
    return run, known


def _one(dice: random.Random, name: str, rank: int) -> Known:
    days = dice.choice([None, float(dice.randrange(12))])
    low = None if days is None else dice.choice([None, float(dice.randrange(6))])
    return {
        "rank": rank,
        "turbine": name,
        "site": dice.choice([None, "Lyon", "Saint-Étienne"]),
        "farm": dice.choice(FARMS),
        "service": dice.choice(["en_service", "hors_service"]),
        "level": dice.choice(list(RiskLevel)),
        "quality": dice.choice(list(DataStatus)),
        "probability": dice.choice([None, dice.randrange(5) / 10]),
        "days": days,
        "low": low,
        "high": None if low is None else low + dice.randrange(4),
        "driver": dice.choice(DRIVERS),
        "measured": dice.choice([None, DAY - timedelta(days=dice.randrange(5))]),
        "visit": dice.choice([None, DAY + timedelta(days=dice.randrange(5))]),
        "queues": tuple(queue for queue in Queue if dice.random() < 0.3),
        "change": dice.choice([None, *ChangeKind]),
        "state": dice.choice(STATES),
        "planned": dice.choice([None, DAY + timedelta(days=dice.randrange(5))]),
        "assignee": dice.choice([None, "T-101", "T-102"]),
    }


def _machine(one: Known) -> Known:
    about = {"site": one["site"], "farm": one["farm"], "service_state": one["service"]}
    return {"turbine_id": one["turbine"], "source": "mesure", "created_at": NOW, **about}


def _score(one: Known, keys: dict[str, int]) -> ScoredTurbine:
    return scored(
        keys[one["turbine"]],
        rank=one["rank"],
        level=one["level"],
        data_status=one["quality"],
        probability=one["probability"],
        days=None if one["days"] is None else TimeToFailure(one["days"], one["low"], one["high"]),
        main_driver=one["driver"] and driver(*one["driver"]),
        measured_on=one["measured"],
        planned_visit_on=one["visit"],
        queues=one["queues"],
    )


def _change(one: Known, keys: dict[str, int]) -> Known:
    return {
        "turbine": keys[one["turbine"]],
        "kind": one["change"].value,
        "from_level": "faible",
        "to_level": one["level"].value,
        "cause": {"code": "probabilite"},
        "event": None,
        "event_from": None,
        "told_level": None,
    }


def _work(one: Known, keys: dict[str, int]) -> Known:
    return {
        "turbine": keys[one["turbine"]],
        "state": one["state"],
        "origin": "alerte",
        "priority": "haute",
        "assignee": one["assignee"],
        "skills": [],
        "planned_on": one["planned"],
        "checklist": [],
        "created_at": NOW,
        "created_by": "essai",
    }


def plain(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFD", text.lower()) if not unicodedata.combining(c))


def natural(name: str) -> list[tuple[bool, int, str]]:
    return [(not p.isdigit(), int(p) if p.isdigit() else 0, p.lower()) for p in re.findall(r"\d+|\D+", name)]


def living(one: Known) -> bool:
    return one["state"] in {"proposee", "planifiee", "en_cours"}


KEYS: dict[str, Callable[[Known], Any]] = {
    "rank": lambda one: one["rank"],
    "turbine": lambda one: natural(one["turbine"]),
    "level": lambda one: ["critique", "eleve", "modere", "faible"].index(one["level"]),
    "probability": lambda one: one["probability"],
    "days": lambda one: one["days"],
    "interval": lambda one: None if one["low"] is None else (one["low"], one["high"]),
    "driver": lambda one: one["driver"] and plain(one["driver"][1]),
    "cost": lambda one: one["probability"],
    "change": lambda one: None if one["change"] is None else list(ChangeKind).index(one["change"]),
    "age": lambda one: one["measured"] and (DAY - one["measured"]).days,
    "due": lambda one: (one["planned"] if living(one) else None) or one["visit"],
    "situation": lambda one: one["rank"],  # without the situations, which the caller gives
    "quality": lambda one: ["ok", "douteux", "perime", "non_evalue"].index(one["quality"]),
    "farm": lambda one: one["farm"] and plain(one["farm"]),
}


def in_order(known: list[Known], sort: str) -> list[int]:
    """Ranks by brute force; an intervention without somebody comes after those of the same state."""
    name, falling = sort.removeprefix("-"), sort.startswith("-")
    if name == "intervention":
        states = ["proposee", "planifiee", "en_cours"]
        work = [one for one in known if living(one)]
        found: list[Known] = []
        for state in reversed(states) if falling else states:
            alike = [one for one in work if one["state"] == state]
            named = [one for one in alike if one["assignee"]]
            found += sorted(named, key=lambda one: str(one["assignee"]), reverse=falling)
            found += [one for one in alike if not one["assignee"]]
        return [one["rank"] for one in found + [one for one in known if not living(one)]]
    key = KEYS[name]
    sure = sorted((one for one in known if key(one) is not None), key=key, reverse=falling)
    return [one["rank"] for one in sure + [one for one in known if key(one) is None]]


def test_recount__covers_every_order() -> None:
    assert {*KEYS, "intervention"} == set(SORTS)


@pytest.mark.parametrize("seed", [1, 2])
def test_orders__each_both_ways_and_page_by_page(any_database: Database, seed: int) -> None:
    run, known = fill(any_database, seed)
    with any_database.read() as connection:
        for sort in [*SORTS, *(f"-{name}" for name in SORTS)]:
            pages = [
                page_of_scores(connection, run, sort=sort, limit=25, offset=start)
                for start in (0, 25, 50, 75)
            ]
            assert {total for total, _ in pages} == {SIZE}
            assert [one.score.rank for _, page in pages for one in page] == in_order(known, sort), sort


FILTERS: list[tuple[ScoreFilter, Callable[[Known], bool]]] = [
    (
        ScoreFilter(levels=(RiskLevel.ELEVE, RiskLevel.FAIBLE)),
        lambda one: one["level"] in {"eleve", "faible"},
    ),
    (ScoreFilter(data_status=(DataStatus.PERIME,)), lambda one: one["quality"] == "perime"),
    (
        ScoreFilter(max_days=4.0),
        lambda one: (soon := one["days"] if one["low"] is None else one["low"]) is not None and soon <= 4,
    ),
    (
        ScoreFilter(queues=(Queue.A_VERIFIER, Queue.DESACCORD)),
        lambda one: bool({Queue.A_VERIFIER, Queue.DESACCORD} & set(one["queues"])),
    ),
    (ScoreFilter(driver="huile"), lambda one: one["driver"] is not None and one["driver"][0] == "huile"),
    (ScoreFilter(site="Saint-Étienne"), lambda one: one["site"] == "Saint-Étienne"),
    (ScoreFilter(farm="Écueil"), lambda one: one["farm"] == "Écueil"),
    (ScoreFilter(service_state="hors_service"), lambda one: one["service"] == "hors_service"),
    (
        ScoreFilter(text="ETIENNE  élevé"),
        lambda one: one["site"] == "Saint-Étienne" and one["level"] == "eleve",
    ),
    (ScoreFilter(text="echauffement"), lambda one: one["driver"] is not None and one["driver"][0] == "huile"),
    (ScoreFilter(text="turbine e-1"), lambda one: "e-1" in one["turbine"].lower()),
    (ScoreFilter(text="%"), lambda one: False),
    (ScoreFilter(text="  "), lambda one: True),
]


@pytest.mark.parametrize("sort", ["rank", "-days", "turbine", "-driver", "due"])
def test_filters__keep_what_is_asked_in_the_same_order(any_database: Database, sort: str) -> None:
    run, known = fill(any_database, 3)
    with any_database.read() as connection:
        for keep, wanted in FILTERS:
            kept = [one for one in known if wanted(one)]
            total, page = page_of_scores(connection, run, keep, sort=sort, limit=10, offset=2)
            assert total == len(kept), keep
            assert [one.score.rank for one in page] == in_order(kept, sort)[2:12], keep


def test_past_ranking__is_not_sorted_by_the_interventions_of_today(any_database: Database) -> None:
    run, known = fill(any_database, 4)
    visits = [{**one, "state": None} for one in known]
    with any_database.read() as connection:
        _, due = page_of_scores(connection, run, sort="-due", past=True)
        _, work = page_of_scores(connection, run, sort="intervention", past=True)
    assert [one.score.rank for one in due] == in_order(visits, "-due")
    assert [one.score.rank for one in work] == list(range(1, SIZE + 1))


def test_without_a_limit__everything(any_database: Database) -> None:
    run, known = fill(any_database, 5)
    with any_database.read() as connection:
        total, page = page_of_scores(connection, run, ScoreFilter(text="turbine"), sort="-turbine")
    assert total == SIZE
    assert [one.score.rank for one in page] == in_order(known, "-turbine")


def test_pages__their_rows_are_found_by_rank__and_nothing_is_walked_through(database: Database) -> None:
    run, _ = fill(database, 6)
    with plans_of(database) as plans, database.read() as connection:
        for sort in SORTS:
            page_of_scores(connection, run, ScoreFilter(levels=(RiskLevel.FAIBLE,)), sort=sort, limit=5)
            by_rank = [step for step in plans[-1] if step.startswith("SEARCH scores")]
            assert by_rank, plans[-1]
            assert all("(run=? AND rank=?)" in step for step in by_rank), by_rank
    assert len(plans) >= 2 * len(SORTS)
    assert not [step for plan in plans for step in plan if step.startswith("SCAN")]
