"""``score``: one run of the park, or one for each day of a period; ``history``: its last year."""

from __future__ import annotations

import argparse
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from types import FrameType

from api.commands.console import progress, say
from api.core import Core
from api.domain.shared.exceptions import CockpitError, Conflict, InvalidInput
from api.schemas import french
from api.schemas.park import Run
from api.services.models.in_force import BORROWED
from api.services.operations.jobs import JobService
from api.storage.shared import jobs

POLL_S = 0.1
INTERRUPTED = 130
BY = "ligne de commande"
PHASES = {
    "lecture": "lecture des mesures",
    "evaluation": "évaluation",
    "explication": "explication",
    "enregistrement": "enregistrement",
    "publication": "publication",
}


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
    score.add_argument(
        "--again", action="store_true", help="avec --from et --to : refait aussi les jours déjà publiés"
    )
    score.set_defaults(run=_score)
    history = commands.add_parser("history", help="calcule l’année passée du parc par les modèles en service")
    history.set_defaults(run=_history)


def _score(arguments: argparse.Namespace, core: Core) -> int:
    if (arguments.first is None) != (arguments.last is None):
        raise InvalidInput.single("--from, --to", "donnez les deux bornes de la période.")
    if arguments.first is not None:
        return recompute(core, arguments.first, arguments.last, again=arguments.again)
    run = run_now(core, arguments.as_of, kind="manuel", by=BY)
    print(_run_text(run))
    if run.status == "annule":
        return INTERRUPTED
    return 0 if run.error is None else 1


def _history(_arguments: argparse.Namespace, core: Core) -> int:
    """Score the last measured day, then the year before it; do nothing twice."""
    models = core.models.current()
    models.require()
    if models.borrowed:
        raise Conflict(
            f"{BORROWED} Importez et activez d’abord ceux du parc (« models import … --activate »)."
        )
    upkeep = core.upkeep()
    with core.database.read() as connection:
        period = upkeep.period(connection)
        day = upkeep.unscored_day(connection, models)
    if period is None:
        raise Conflict("Le parc n’a aucune mesure : importez-en d’abord (« data import FICHIER »).")
    if day is not None:
        run = run_now(core, day, kind="manuel", by=BY)
        if run.error is not None or run.status == "annule":
            print(_run_text(run))
            return INTERRUPTED if run.status == "annule" else 1
    try:
        failure = _follow_history(core, core.history.ask(*period, by=BY))
    except KeyboardInterrupt:
        say("\nInterrompu. La même commande, ou le calculateur, reprend où le calcul s’est arrêté.")
        return INTERRUPTED
    if failure is not None:
        raise CockpitError(failure)
    days = len(core.view.history(*period))
    named = " et ".join(served.label for served in models.served)
    first, last = map(french.date, period)
    print(f"Historique du {first} au {last} : {french.days(days)}. Modèles en service : {named}.")
    return 0


def _follow_history(core: Core, job_id: int | None) -> str | None:
    """Carry a history job out, with a living worker if there is one; return why it failed."""
    if job_id is None:
        return None
    service, show = core.job_service(), progress("Calcul de l’historique, jours")
    beating = threading.Thread(target=service.beat_until_stopped, name="beat", daemon=True)
    beating.start()
    try:
        while True:
            with core.database.read() as connection:
                job = jobs.get(connection, job_id)
            if job is None or job.finished_at is not None:
                return None if job is None else job.error
            if job.total:
                show(job.done, job.total)
            if not service.take_and_carry_out():
                service.stopping.wait(POLL_S)
    finally:
        service.stopping.set()
        beating.join()


def recompute(core: Core, first: date, last: date, *, again: bool = False, by: str = BY) -> int:
    """Publish one run per day, oldest first, from the measurements up to that day; return the exit code.

    It may be stopped at any moment: the next call goes on from there.
    """
    try:
        done = core.history.recompute(
            first, last, by=by, again=again, show=progress("Calcul de l’historique, jours")
        )
    except KeyboardInterrupt:
        say("\nInterrompu. Les jours calculés sont publiés ; la même commande reprend où elle s’est arrêtée.")
        return INTERRUPTED
    facts = [french.counted(done.scored, "calculé")]
    if done.kept:
        facts.append(
            f"{french.counted(done.kept, 'gardé')}, car déjà là avec les mêmes modèles et la même politique"
        )
    if done.empty:
        facts.append(f"{french.counted(done.empty, 'laissé')}, avant la première mesure")
    say(f"Historique du {french.date(first)} au {french.date(last)}, en jours : {', '.join(facts)}.")
    return 0


def run_now(core: Core, as_of: date | None, *, kind: str, by: str) -> Run:
    """Request a run and wait for its end; a living worker or this process carries it out.

    Ctrl-C cancels it: the run stops at its next step, and the published ranking stays.
    """
    run_id = core.runner.request(as_of, kind=kind, by=by)
    service = core.job_service()
    cancelling, ended = threading.Event(), threading.Event()
    threads = [
        threading.Thread(target=service.beat_until_stopped, name="beat", daemon=True),
        threading.Thread(target=_follow, args=(core, run_id, cancelling, ended), name="follow", daemon=True),
    ]
    for thread in threads:
        thread.start()
    try:
        with _interrupts(cancelling):
            return _until_ended(core, service, run_id)
    finally:
        service.stopping.set()
        ended.set()
        for thread in threads:
            thread.join()


def _until_ended(core: Core, service: JobService, run_id: int) -> Run:
    while True:
        run = core.view.run(run_id)
        if run.finished_at is not None:
            return run
        if not service.take_and_carry_out():
            service.stopping.wait(POLL_S)


def _follow(core: Core, run_id: int, cancelling: threading.Event, ended: threading.Event) -> None:
    """Show the progress of a run, and cancel it once ``cancelling`` is set; runs in its own thread."""
    show, phase = progress("Calcul du parc"), None
    cancelled = False
    while not ended.wait(POLL_S):
        try:
            if cancelling.is_set() and not cancelled:
                say("\nAnnulation demandée ; le calcul s’arrête à sa prochaine étape.")
                core.runner.cancel(run_id, by=BY)
                cancelled = True
            run = core.view.run(run_id)
        except Conflict:
            return  # the run has just ended
        except CockpitError:
            continue  # the thread or the worker that carries the run out reports it
        if run.status == "en_cours" and run.phase is not None and run.total:
            if run.phase != phase:
                phase = run.phase
                show = progress(f"Calcul du parc, {PHASES[phase]}")
            if run.done:
                show(run.done, run.total)


@contextmanager
def _interrupts(cancelling: threading.Event) -> Iterator[None]:
    """Let the first Ctrl-C of the block set ``cancelling``; the next one ends the command as usual."""
    if threading.current_thread() is not threading.main_thread():
        yield  # signals reach the main thread only
        return
    usual = signal.getsignal(signal.SIGINT)

    def ask(_signal: int, _frame: FrameType | None) -> None:
        cancelling.set()
        signal.signal(signal.SIGINT, usual)

    signal.signal(signal.SIGINT, ask)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, usual)


def _run_text(run: Run) -> str:
    """Return a run in one line."""
    head = f"Calcul n° {run.run_id} au {french.date(run.as_of)}"
    if run.error is not None:
        return f"{head} : {run.error}"
    return (
        f"{head} : {french.counted(run.total, 'turbine')} en {french.quantity(run.duration_s, 's')}, "
        f"dont {french.number(run.failed)} non {french.plural(run.failed, 'évaluée')}."
    )
