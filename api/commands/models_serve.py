"""``models activate``, ``rollback``, ``retire`` and ``sign``: which version serves, and may serve."""

from __future__ import annotations

import argparse
import getpass

from api.core import Core
from api.domain.shared.exceptions import InvalidInput

TASKS = {"classification": "panne sous 7 jours", "regression": "jours avant panne"}


def register(models: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare both actions."""
    activate = models.add_parser("activate", help="met une version en service")
    activate.add_argument("name", metavar="NOM", help="nom du modèle (« models list »)")
    activate.add_argument("version", type=int, metavar="VERSION", help="version à mettre en service")
    activate.add_argument(
        "--reason",
        default="Activation en ligne de commande",
        metavar="MOTIF",
        help="pourquoi ; gardé dans l’historique",
    )
    activate.add_argument("--admit", metavar="MOTIF", help="l’admettre sans passer le contrôle de qualité")
    activate.set_defaults(run=_activate)

    rollback = models.add_parser("rollback", help="revient à ce qui servait avant")
    rollback.add_argument("name", metavar="NOM", help="modèle en service dont la tâche est rendue")
    rollback.add_argument(
        "--reason",
        default="Retour arrière en ligne de commande",
        metavar="MOTIF",
        help="pourquoi ; gardé dans l’historique",
    )
    rollback.set_defaults(run=_rollback)

    retire = models.add_parser("retire", help="retire une version ; les scores passés gardent la leur")
    retire.add_argument("name", metavar="NOM", help="nom du modèle (« models list »)")
    retire.add_argument("version", type=int, metavar="VERSION", help="version à retirer")
    retire.add_argument("--reason", required=True, metavar="MOTIF", help="pourquoi ; gardé avec la version")
    retire.set_defaults(run=_retire)

    sign = models.add_parser("sign", help="signe une version importée avant que le dépôt ait une clé")
    sign.add_argument("name", metavar="NOM", help="nom du modèle (« models list »)")
    sign.add_argument("version", type=int, metavar="VERSION", help="version à signer")
    sign.set_defaults(run=_sign)


def _activate(arguments: argparse.Namespace, core: Core) -> int:
    return serve(core, arguments.name, arguments.version, arguments.reason, arguments.admit)


def serve(core: Core, name: str, version: int, reason: str, admit: str | None) -> int:
    """Put a version into service, and print that it serves.

    Args:
        core: the services.
        name: of the model.
        version: to activate.
        reason: stored in the history.
        admit: why the version is admitted without passing the quality gate; None: it must pass.
    """
    if not (reason if admit is None else admit).strip():
        raise InvalidInput.single("--reason" if admit is None else "--admit", "un motif est attendu.")
    summary = core.model_service.activate(
        name, version, by=person(), reason=admit or reason, admit=admit is not None
    )
    print(f"{summary.name} version {summary.version} est en service ({TASKS[summary.task]}).")
    return 0


def _rollback(arguments: argparse.Namespace, core: Core) -> int:
    if not arguments.reason.strip():
        raise InvalidInput.single("--reason", "un motif est attendu.")
    summary = core.model_service.rollback(arguments.name, by=person(), reason=arguments.reason)
    print(f"Retour à {summary.name} version {summary.version} ({TASKS[summary.task]}).")
    return 0


def _retire(arguments: argparse.Namespace, core: Core) -> int:
    if not arguments.reason.strip():
        raise InvalidInput.single("--reason", "un motif est attendu.")
    core.model_service.retire(arguments.name, arguments.version, by=person(), reason=arguments.reason)
    print(f"{arguments.name} version {arguments.version} est retiré : personne ne peut plus l’activer.")
    return 0


def _sign(arguments: argparse.Namespace, core: Core) -> int:
    core.model_service.sign(arguments.name, arguments.version, by=person())
    print(f"{arguments.name} version {arguments.version} est signé.")
    return 0


def person() -> str:
    """Return who runs the command: the operating system's account."""
    return f"{getpass.getuser()} (ligne de commande)"
