"""``score``: one run of the park, or one for each day of a period."""

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
from api.schemas.park import Run
from api.services.operations.jobs import JobService

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


def _score(arguments: argparse.Namespace, core: Core) -> int:
    if (arguments.first is None) != (arguments.last is None):
        raise InvalidInput.single("--from, --to", "donnez les deux bornes de la période.")
    if arguments.first is not None:
        return replay(core, arguments.first, arguments.last, again=arguments.again)
    run = run_now(core, arguments.as_of, kind="manuel", by=BY)
    print(told(run))
    if run.status == "annule":
        return INTERRUPTED
    return 0 if run.error is None else 1


def replay(core: Core, first: date, last: date, *, again: bool = False, by: str = BY) -> int:
    """One run per day, oldest first; nothing later than each day is used.

    Stopped at any moment, it goes on from there when it is asked for again.
    """
    try:
        done = core.history.replay(
            first, last, by=by, again=again, show=progress("Calcul de l’historique, jours")
        )
    except KeyboardInterrupt:
        say("\nInterrompu. Les jours calculés sont publiés ; la même commande reprend où elle s’est arrêtée.")
        return INTERRUPTED
    facts = [f"{done.scored} calculés"]
    if done.kept:
        facts.append(f"{done.kept} déjà publiés par les mêmes modèles et la même politique, gardés")
    if done.empty:
        facts.append(f"{done.empty} avant la première mesure, laissés")
    say(f"Historique du {first:%d/%m/%Y} au {last:%d/%m/%Y}, en jours : {', '.join(facts)}.")
    return 0


def run_now(core: Core, as_of: date | None, *, kind: str, by: str) -> Run:
    """Ask for a run and see it ended, by a living worker or by this process, whichever takes it first.

    Ctrl-C cancels it; the run ends by itself at its next look, and the published ranking stays.
    """
    run_id = core.runner.request(as_of, kind=kind, by=by)
    service = core.job_service()
    asked, ended = threading.Event(), threading.Event()
    threads = [
        threading.Thread(target=service.beat_until_stopped, name="beat", daemon=True),
        threading.Thread(target=_follow, args=(core, run_id, asked, ended), name="follow", daemon=True),
    ]
    for thread in threads:
        thread.start()
    try:
        with _interrupts(asked):
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


def _follow(core: Core, run_id: int, asked: threading.Event, ended: threading.Event) -> None:
    """Show how far a run is, and cancel it once that is asked for; a thread of its own, for either waits."""
    show, phase = progress("Calcul du parc"), None
    cancelled = False
    while not ended.wait(POLL_S):
        try:
            if asked.is_set() and not cancelled:
                say("\nAnnulation demandée ; le calcul s’arrête à sa prochaine étape.")
                core.runner.cancel(run_id, by=BY)
                cancelled = True
            run = core.view.run(run_id)
        except Conflict:
            return  # it has just ended
        except CockpitError:
            continue  # told by whoever carries the run out
        if run.status == "en_cours" and run.phase is not None and run.total:
            if run.phase != phase:
                phase = run.phase
                show = progress(f"Calcul du parc, {PHASES[phase]}")
            if run.done:
                show(run.done, run.total)


@contextmanager
def _interrupts(asked: threading.Event) -> Iterator[None]:
    """Within: the first Ctrl-C sets ``asked``, the next one ends the command as usual."""
    if threading.current_thread() is not threading.main_thread():
        yield  # signals reach the main thread only
        return
    usual = signal.getsignal(signal.SIGINT)

    def ask(_signal: int, _frame: FrameType | None) -> None:
        asked.set()
        signal.signal(signal.SIGINT, usual)

    signal.signal(signal.SIGINT, ask)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, usual)


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
