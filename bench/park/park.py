"""Parks of growing size and history: runs, queries, memory, the recomputation of a year."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from sqlalchemy import create_engine, make_url, text

from api.commands.prepare import SAMPLE
from api.core import Core
from api.schemas import french
from api.services.measurements.ingest import ingest_file
from api.storage.park import run_copies
from api.storage.shared import published
from bench.park import child, queries
from bench.park.data import BY, LAST, Place, activate_models, build
from bench.report import Line

SIZES = (50, 1_000, 10_000)
LARGE = 100_000
HISTORY = (0, 30, 365)
RUN_TIMES, RUN_PLUS_S = 3.0, 2.0
MOST_MB = 1_000.0
MOST_QUERY_MS = 50.0
MOST_GROWTH_MS = 5.0  # of p95 over a year of history: a tenth of a query's limit
REPLAY_TURBINES, REPLAY_DAYS, MOST_REPLAY_S = 50, 365, 30.0
Say = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    """The measurements to make.

    Args:
        sizes: number of turbines of each park whose runs and queries are measured.
        large: number of turbines of one more park, whose run alone is measured; 0 leaves it out.
        history: numbers of days with a published ranking before the last one, ascending.
        measured_days: daily measurements of each turbine; the plausibility rules read 61.
        rounds: repetitions of each query.
        repeats: number of runs of each park.
        replay_days: days of the simulated sample to recompute; 0 leaves this out.
        server: URL of a PostgreSQL server on which databases may be created; None for SQLite.
    """

    sizes: Sequence[int] = SIZES
    large: int = 0
    history: Sequence[int] = HISTORY
    measured_days: int = 61
    rounds: int = 60
    repeats: int = 3
    replay_days: int = REPLAY_DAYS
    server: str | None = None


def measure(plan: Plan, say: Say) -> dict[str, Any]:
    """Make all measurements of the plan, each park in a throwaway installation, and return the figures."""
    parks = [_park(plan, size, plan.history, say) for size in plan.sizes]
    if plan.large:
        parks.append(_park(plan, plan.large, (), say))
    recomputed = _recompute(plan, say) if plan.replay_days else None
    database = "sqlite" if plan.server is None else "postgresql"
    return {
        "database": database,
        "measured_days": plan.measured_days,
        "parks": parks,
        "replay": recomputed,
    }


def _park(plan: Plan, size: int, history: Sequence[int], say: Say) -> dict[str, Any]:
    with throwaway(plan.server) as place, contextlib.closing(place.core()) as core:
        say(f"Parc de {size} turbines : construction…")
        build(core, size, plan.measured_days)
        _settle(core)
        say(f"Parc de {size} turbines : calcul…")
        first = child.measure(place, repeats=plan.repeats, first=True)
        depths, laid = [], 0
        for days in history:
            if days > laid:
                say(f"Parc de {size} turbines : {french.days(days)} d’historique…")
                lay_history(core, range(laid, days))
                _settle(core)
                laid = days
            again = child.measure(place, repeats=1, first=False).run_s[0] if days else None
            latencies = queries.measure(core, place, rounds=plan.rounds)
            figures = {way: {n: asdict(p) for n, p in by.items()} for way, by in latencies.items()}
            depths.append({"days": days, "run_s": again, "queries": figures})
    return {"turbines": size, "run": asdict(first), "history": depths}


def _settle(core: Core) -> None:
    """Let PostgreSQL vacuum and analyse now, and not by itself during a measurement."""
    if not core.database.is_sqlite:
        with core.database.engine.connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("VACUUM ANALYZE"))


def lay_history(core: Core, ages: Iterable[int]) -> int:
    """Copy the published ranking to earlier days, from two days before the last one.

    Args:
        core: with a scored park.
        ages: 0 is two days before the last one, 1 is three days before, and so on.

    Returns:
        Number of scores added.
    """
    added = 0
    for age in ages:
        with core.database.write() as connection:  # one day each: no transaction grows with the history
            run = published.published_run(connection)
            if run is not None:
                day = LAST - timedelta(days=2 + age)
                added += run_copies.lay_down(connection, run.id, [day])
    return added


def _recompute(plan: Plan, say: Say) -> dict[str, float]:
    with throwaway(plan.server) as place, contextlib.closing(place.core()) as core:
        say(f"Reprise de {french.days(plan.replay_days)} de l’échantillon…")
        activate_models(core)
        return recompute_sample(core, LAST - timedelta(days=plan.replay_days - 1), LAST)


def recompute_sample(core: Core, first: date, last: date) -> dict[str, float]:
    """Ingest the sample, recompute its days, and return the seconds and the number of published days."""
    ingest_file(
        core.database,
        SAMPLE,
        core.sensors(),
        source="simulation",
        imported_by=BY,
        now=core.settings.now(),
    )
    began = time.perf_counter()
    done = core.history.recompute(first, last, by=BY)
    return {"seconds": time.perf_counter() - began, "days": done.scored}


@contextlib.contextmanager
def throwaway(server: str | None) -> Iterator[Place]:
    """Yield an empty installation and remove it afterwards; on PostgreSQL it has a database of its own."""
    home = Path(tempfile.mkdtemp(prefix="cockpit-bench-"))
    try:
        if server is None:
            yield Place(home)
            return
        name = f"cockpit_bench_{time.time_ns()}"
        _command(server, f"CREATE DATABASE {name}")
        try:
            url = make_url(server).set(database=name).render_as_string(hide_password=False)
            yield Place(home, url)
        finally:
            _command(server, f"DROP DATABASE {name} WITH (FORCE)")
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _command(server: str, sql: str) -> None:
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(sql))
    engine.dispose()


def lines(figures: dict[str, Any]) -> list[Line]:
    """Return the figures beside their targets."""
    table: list[Line] = []
    for park in figures["parks"]:
        table += _run_lines(park)
        table += _query_lines(park)
    if figures["replay"]:
        days, turbines = french.days(figures["replay"]["days"]), french.counted(REPLAY_TURBINES, "turbine")
        name = f"reprise de {days}, {turbines}"
        table.append(Line(name, figures["replay"]["seconds"], "s", MOST_REPLAY_S, 1))
    return table


def _run_lines(park: dict[str, Any]) -> list[Line]:
    name, run = f"{park['turbines']} turbines", park["run"]
    bare = median(run["bare_s"])
    most = RUN_TIMES * bare + RUN_PLUS_S
    table = [
        Line(f"{name}, modèles nus", bare, "s", decimals=3),
        Line(f"{name}, calcul entier", median(run["run_s"]), "s", None if _is_large(park) else most),
        Line(f"{name}, mémoire du calcul", run["peak_mb"], "Mo", MOST_MB, 0),
    ]
    table += [
        Line(f"{name}, calcul entier, {french.days(depth['days'])} d’historique", depth["run_s"], "s", most)
        for depth in park["history"]
        if depth["run_s"] is not None
    ]
    return table


def _is_large(park: dict[str, Any]) -> bool:
    """Tell whether this is the largest park, for which memory alone has a target."""
    return bool(park["turbines"] >= LARGE)


def _query_lines(park: dict[str, Any]) -> list[Line]:
    name, table = f"{park['turbines']} turbines", []
    ways = {"service": "service", "http": "HTTP"}
    for depth in park["history"]:
        for way, by in depth["queries"].items():
            for query, latency in by.items():
                what = f"{name}, {french.days(depth['days'])}, {query}, {ways[way]}, p95"
                table.append(Line(what, latency["p95_ms"], "ms", MOST_QUERY_MS, 1))
    for way, by in growth(park["history"]).items():
        for query, slope in by.items():
            what = f"{name}, {query}, {ways[way]}, p95 par an d’historique"
            table.append(Line(what, slope, "ms", MOST_GROWTH_MS, 1))
    return table


def growth(history: Sequence[dict[str, Any]]) -> dict[str, dict[str, float]]:
    """Return the milliseconds of p95 that a year of history adds: the slope of the least-squares line."""
    if len({depth["days"] for depth in history}) < 2:
        return {}
    days = [depth["days"] for depth in history]
    first = history[0]["queries"]
    return {
        way: {query: _slope(days, [row["queries"][way][query]["p95_ms"] for row in history]) for query in by}
        for way, by in first.items()
    }


def _slope(days: Sequence[float], values: Sequence[float]) -> float:
    return 365 * float(np.polyfit(days, values, 1)[0])
