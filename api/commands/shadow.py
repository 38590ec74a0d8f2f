"""``models shadow``: let a version score every run without publishing its scores."""

from __future__ import annotations

import argparse

from api.commands.console import say
from api.commands.models_serve import person
from api.core import Core
from api.domain.shared.exceptions import InvalidInput
from api.schemas import french
from api.schemas.candidates import Candidate

_MINIMUM = 3  # characters of a reason


def register(models: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the action among those of ``models``."""
    action = models.add_parser("shadow", help="met une version en observation, sans qu’elle soit montrée")
    action.add_argument("name", nargs="?", metavar="NOM")
    action.add_argument("version", nargs="?", type=int, metavar="VERSION")
    action.add_argument("--reason", default="", metavar="MOTIF", help="pourquoi ; conservé")
    action.add_argument("--stop", action="store_true", help="retire le candidat (de --task s’il y en a deux)")
    action.add_argument(
        "--task", choices=["classification", "regression"], help="tâche du candidat à retirer"
    )
    action.set_defaults(run=_shadow)


def _shadow(arguments: argparse.Namespace, core: Core) -> int:
    if arguments.stop:
        return _stop(arguments, core)
    if arguments.name is None or arguments.version is None:
        return _list(core)
    reason = arguments.reason.strip()
    if len(reason) < _MINIMUM:
        raise InvalidInput.single("--reason", "un motif est attendu : pourquoi essayer cette version ?")
    task = core.store.manifest(arguments.name, arguments.version).task
    candidate = core.shadow.choose(task, arguments.name, arguments.version, by=person(), reason=reason)
    print(f"{candidate.name} version {candidate.version} est en observation ({candidate.task}).")
    if candidate.failure:
        say(f"Elle n’a pas su noter le classement publié : {candidate.failure}")
        return 1
    return 0


def _stop(arguments: argparse.Namespace, core: Core) -> int:
    candidates = [c for c in _living(core) if arguments.task in {None, c.task}]
    if len(candidates) > 1:
        raise InvalidInput.single("--task", "deux candidats sont en observation : dites de quelle tâche.")
    if not candidates:
        raise InvalidInput.single("--stop", "aucun candidat n’est en observation.")
    reason = arguments.reason.strip() or "Retrait en ligne de commande"
    ended = core.shadow.withdraw(candidates[0].task, by=person(), reason=reason)
    print(f"{ended.name} version {ended.version} n’est plus en observation ({ended.task}).")
    return 0


def _list(core: Core) -> int:
    for candidate in _living(core):
        print(
            f"{candidate.name} version {candidate.version} ({candidate.task}) depuis le "
            f"{french.date(french.paris_day(candidate.since))}, "
            f"{french.counted(candidate.runs_scored, 'calcul noté')} : {candidate.reason}"
        )
    if not _living(core):
        print("Aucun candidat : python cockpit.py models shadow NOM VERSION --reason MOTIF")
    return 0


def _living(core: Core) -> list[Candidate]:
    return [candidate for candidate in core.shadow.candidates() if candidate.ended_at is None]
