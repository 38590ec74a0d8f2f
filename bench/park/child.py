"""Runs of one park in a process of their own, so that its memory is theirs.

``python -m bench.park.child`` prints what it measured as one line of JSON.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path

from api.collector import spare_the_collector
from api.core import Core
from api.domain.shared.exceptions import Conflict
from api.services.models.measurement_model import Reading
from api.services.models.outputs import matrix_of
from api.services.models.sensors import catalogue_of
from api.services.park.scoring_day import auditing, read_park
from api.services.park.view import ParkQuery
from api.settings import ROOT
from bench.park.data import BY, LAST, Place
from bench.processes import resident_mb


@dataclass(frozen=True)
class RunFigures:
    """What runs of one park cost.

    Args:
        run_s: whole runs: read, scored, explained at the top, ranked, stored, changes told, published [s].
        bare_s: the models alone on the same rows, already in matrices [s].
        peak_mb: most memory that the process held during the runs; None where the system does not say [MB].
        changes: events that the last run tells.
    """

    run_s: list[float]
    bare_s: list[float]
    peak_mb: float | None
    changes: int


def measure(place: Place, *, repeats: int, first: bool) -> RunFigures:
    """Return the same in a child process.

    Args:
        place: an installation with a park.
        repeats: runs of the last day.
        first: whether the day before is to be scored first, so that there is something to compare with.

    Raises:
        Conflict: the child failed.
    """
    asked = json.dumps({"home": str(place.home), "url": place.url, "repeats": repeats, "first": first})
    done = subprocess.run(
        [sys.executable, "-m", "bench.park.child"],
        cwd=ROOT,
        input=asked,  # not an argument: the URL may hold a password
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    if done.returncode:
        raise Conflict("Le calcul mesuré a échoué : " + " ".join(done.stderr.splitlines()[-3:]))
    return RunFigures(**json.loads(done.stdout.splitlines()[-1]))


def runs_of(core: Core, *, repeats: int, first: bool) -> RunFigures:
    """Score the last day ``repeats`` times, then the models alone as often."""
    if first:
        score(core, LAST - timedelta(days=1))
    spent, changed = [], 0
    for _ in range(repeats):
        began = time.perf_counter()
        score(core, LAST)
        spent.append(time.perf_counter() - began)
        changed = _changes(core)
    peak = resident_mb("self", "VmHWM")
    return RunFigures(spent, _bare(core, repeats), peak, changed)


def score(core: Core, day: date) -> None:
    """Return one published run of that day, as the worker makes it.

    Raises:
        Conflict: it failed.
    """
    run_id = core.runner.request(day, kind="manuel", by=BY)
    core.runner.execute(run_id)
    run = core.view.run(run_id)
    if run.error is not None:
        raise Conflict(run.error)


def _changes(core: Core) -> int:
    """Events that the published run tells."""
    since = core.view.park(ParkQuery(limit=1)).changes
    return 0 if since is None else sum(since.events.values())


def _bare(core: Core, repeats: int) -> list[float]:
    with core.database.read() as connection:
        known = read_park(connection, LAST, auditing(catalogue_of(core.store)))
    readings = [Reading(row.turbine_id, row.measured_on, row.values) for row in known.latest]
    matrices = [(served, matrix_of(served, readings)) for served in core.models.current().served]
    spent = []
    for _ in range(repeats):
        began = time.perf_counter()
        for served, matrix in matrices:
            served.model.raw(matrix)
        spent.append(time.perf_counter() - began)
    return spent


def main() -> None:
    """Read what to measure from standard input, and print it."""
    asked = json.load(sys.stdin)
    core = Place(Path(asked["home"]), asked["url"]).core()
    core.models.current().require()
    spare_the_collector()  # as the worker does
    try:
        print(json.dumps(asdict(runs_of(core, repeats=asked["repeats"], first=asked["first"]))))
    finally:
        core.close()


if __name__ == "__main__":
    main()
