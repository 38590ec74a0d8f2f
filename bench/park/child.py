"""Runs of a park in a child process, so that its memory is the runs' alone.

``python -m bench.park.child`` prints its figures as one line of JSON.
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
    """Time and memory of the runs of a park.

    Args:
        run_s: duration of each whole run, from reading to publication [s].
        bare_s: duration of the models' calls alone, on the same rows in matrices [s].
        peak_mb: peak memory of the process [MB]; None where the system does not report it.
        changes: number of events of the last run.
    """

    run_s: list[float]
    bare_s: list[float]
    peak_mb: float | None
    changes: int


def measure(place: Place, *, repeats: int, first: bool) -> RunFigures:
    """Measure runs in a child process.

    Args:
        place: an installation with a park.
        repeats: number of runs of the last day.
        first: score the day before first, so that there are changes to find.

    Raises:
        Conflict: the child failed.
    """
    request = json.dumps({"home": str(place.home), "url": place.url, "repeats": repeats, "first": first})
    done = subprocess.run(
        [sys.executable, "-m", "bench.park.child"],
        cwd=ROOT,
        input=request,  # not an argument: the URL may hold a password
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    if done.returncode:
        raise Conflict("Le calcul mesuré a échoué : " + " ".join(done.stderr.splitlines()[-3:]))
    return RunFigures(**json.loads(done.stdout.splitlines()[-1]))


def runs_of(core: Core, *, repeats: int, first: bool) -> RunFigures:
    """Score the last day ``repeats`` times, then call the models alone as often."""
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
    """Publish a run of that day, as the worker does.

    Raises:
        Conflict: the run failed.
    """
    run_id = core.runner.request(day, kind="manuel", by=BY)
    core.runner.execute(run_id)
    run = core.view.run(run_id)
    if run.error is not None:
        raise Conflict(run.error)


def _changes(core: Core) -> int:
    """Count the events of the published run."""
    since = core.view.park(ParkQuery(limit=1)).changes
    return 0 if since is None else sum(since.events.values())


def _bare(core: Core, repeats: int) -> list[float]:
    with core.database.read() as connection:
        park = read_park(connection, LAST, auditing(catalogue_of(connection, core.store)))
    readings = [Reading(row.turbine_id, row.measured_on, row.values) for row in park.latest]
    matrices = [(served, matrix_of(served, readings)) for served in core.models.current().served]
    spent = []
    for _ in range(repeats):
        began = time.perf_counter()
        for served, matrix in matrices:
            served.model.raw(matrix)
        spent.append(time.perf_counter() - began)
    return spent


def main() -> None:
    """Read the request from standard input, measure, and print the figures."""
    request = json.load(sys.stdin)
    core = Place(Path(request["home"]), request["url"]).core()
    core.models.current().require()
    spare_the_collector()  # as the worker does
    try:
        print(json.dumps(asdict(runs_of(core, repeats=request["repeats"], first=request["first"]))))
    finally:
        core.close()


if __name__ == "__main__":
    main()
