"""``score``: one run of the park, or one for each day of a period."""

from __future__ import annotations

import argparse
import threading
from datetime import date, timedelta

from api.commands.console import progress, say
from api.core import Core
from api.domain.exceptions import InvalidInput
from api.schemas.park import Run
from api.services.jobs import JobService

POLL_S = 0.1


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command."""
    score = commands.add_parser("score", help="calcule le risque du parc")
    score.add_argument("--as-of", type=date.fromisoformat, metavar="AAAA-MM-JJ", help="jour à évaluer")
    score.add_argument(
        "--from", dest="first", type=date.fromisoformat, metavar="AAAA-MM-JJ", help="premier jour"
    )
    score.add_argument(
        "--to", dest="last", type=date.fromisoformat, metavar="AAAA-MM-JJ", help="dernier jour"
    )
    score.set_defaults(run=_score)


def _score(arguments: argparse.Namespace, core: Core) -> int:
    if (arguments.first is None) != (arguments.last is None):
        raise InvalidInput.single("--from, --to", "donnez les deux bornes de la période.")
    if arguments.first is not None:
        return replay(core, arguments.first, arguments.last)
    run = run_now(core, arguments.as_of, kind="manuel", by="ligne de commande")
    print(told(run))
    return 0 if run.error is None else 1


def replay(core: Core, first: date, last: date) -> int:
    """One run per day, oldest first; nothing later than each day is used."""
    if last < first:
        raise InvalidInput.single("--to", "le dernier jour précède le premier.", last)
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    show = progress("Calcul de l’historique")
    for done, day in enumerate(days, start=1):
        run = run_now(core, day, kind="reprise", by="ligne de commande")
        if run.error is not None:
            say(told(run))
            return 1
        show(done, len(days))
    return 0


def run_now(core: Core, as_of: date | None, *, kind: str, by: str) -> Run:
    """Ask for a run and see it ended, by a living worker or by this process, whichever takes it first."""
    run_id = core.runner.request(as_of, kind=kind, by=by)
    service = core.job_service()
    beating = threading.Thread(target=service.beat_until_stopped, name="beat", daemon=True)
    beating.start()
    try:
        return _until_ended(core, service, run_id)
    finally:
        service.stopping.set()
        beating.join()


def _until_ended(core: Core, service: JobService, run_id: int) -> Run:
    while True:
        run = core.view.run(run_id)
        if run.finished_at is not None:
            return run
        if not service.take_and_carry_out():
            service.stopping.wait(POLL_S)


def told(run: Run) -> str:
    """A run in one line."""
    head = f"Calcul n° {run.run_id} au {run.as_of:%d/%m/%Y}"
    if run.error is not None:
        return f"{head} : {run.error}"
    return (
        f"{head} : {run.total} turbines en {run.duration_s:.2f} s, dont {run.failed} non évaluées.".replace(
            ".", ",", 1
        )
    )
