"""``models``: import, list, activate, roll back."""

from __future__ import annotations

import argparse
import getpass
from pathlib import Path

from api.commands.console import columns, say
from api.core import Core
from api.domain.exceptions import InvalidInput
from api.inference.importer import ImportRequest, import_model


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command."""
    models = commands.add_parser("models", help="vie des modèles").add_subparsers(
        required=True, metavar="ACTION"
    )

    bring = models.add_parser("import", help="vérifie, mesure et range un modèle")
    bring.add_argument("file", type=Path, metavar="FICHIER", help="modèle scikit-learn (pickle ou joblib)")
    bring.add_argument(
        "--name", required=True, metavar="NOM", help="nom du modèle : lettres, chiffres, tirets"
    )
    bring.add_argument(
        "--task", required=True, choices=["classification", "regression"], help="ce qu’il prédit"
    )
    bring.add_argument("--labelled", type=Path, metavar="CSV", help="mesures étiquetées pour le mesurer")
    bring.add_argument(
        "--split",
        metavar="RÈGLE",
        help="lignes jamais vues : stratified:test_size=…,random_state=…,by=…, date:JOUR ou keys:FICHIER",
    )
    bring.add_argument(
        "--reported", type=Path, metavar="JSON", help="chiffres annoncés par le rapport fourni"
    )
    bring.add_argument("--positive", metavar="CLASSE", help="classe qui désigne la panne")
    bring.add_argument("--features", nargs="+", metavar="NOM", help="variables, dans l’ordre du modèle")
    bring.add_argument("--manifest", type=Path, metavar="JSON", help="brouillon de manifeste à reprendre")
    bring.add_argument("--activate", action="store_true", help="le mettre en service aussitôt")
    bring.add_argument("--admit", metavar="MOTIF", help="l’admettre même sans passer le contrôle de qualité")
    bring.set_defaults(run=_import)

    models.add_parser("list", help="versions rangées et en service").set_defaults(run=_list)

    activate = models.add_parser("activate", help="met une version en service")
    activate.add_argument("name", metavar="NOM")
    activate.add_argument("version", type=int, metavar="VERSION")
    activate.add_argument("--reason", default="Activation en ligne de commande", metavar="MOTIF")
    activate.add_argument("--admit", metavar="MOTIF", help="l’admettre sans passer le contrôle de qualité")
    activate.set_defaults(run=_activate)

    rollback = models.add_parser("rollback", help="revient à ce qui servait avant")
    rollback.add_argument("name", metavar="NOM")
    rollback.add_argument("--reason", default="Retour arrière en ligne de commande", metavar="MOTIF")
    rollback.set_defaults(run=_rollback)


def _import(arguments: argparse.Namespace, core: Core) -> int:
    say(f"Vérification et mesure de {arguments.file.name}…")
    result = import_model(
        ImportRequest(
            file=arguments.file,
            name=arguments.name,
            task=arguments.task,
            labelled=arguments.labelled,
            split=arguments.split,
            reported=arguments.reported,
            positive=arguments.positive,
            features=tuple(arguments.features) if arguments.features else None,
            manifest=arguments.manifest,
            imported_by=_person(),
        ),
        core.store,
        core.settings.now(),
    )
    manifest = result.manifest
    known = "" if result.created else " (déjà rangé, rien n’a changé)"
    print(f"{manifest.name} version {manifest.version}{known}")
    for reason in manifest.gate.reasons:
        print(f"  {reason}")
    if arguments.activate:
        return _serve(core, manifest.name, manifest.version, "Activation à l’import", arguments.admit)
    print(f"Pour le mettre en service : python cockpit.py models activate {manifest.name} {manifest.version}")
    return 0


def _list(_arguments: argparse.Namespace, core: Core) -> int:
    rows = [
        (
            "●" if s.active else " ",
            s.name,
            s.version,
            s.task,
            "oui" if s.admitted else "non",
            f"{s.created_at:%d/%m/%Y}",
            s.problem or "",
        )
        for s in core.model_service.all()
    ]
    print(columns(rows, ("en service", "nom", "version", "tâche", "admis", "importé le", "problème")))
    return 0


def _activate(arguments: argparse.Namespace, core: Core) -> int:
    return _serve(core, arguments.name, arguments.version, arguments.reason, arguments.admit)


def _serve(core: Core, name: str, version: int, reason: str, admit: str | None) -> int:
    summary = core.model_service.activate(
        name, version, by=_person(), reason=admit or reason, admit=admit is not None
    )
    print(f"{summary.name} version {summary.version} est en service ({summary.task}).")
    return 0


def _rollback(arguments: argparse.Namespace, core: Core) -> int:
    if not arguments.reason.strip():
        raise InvalidInput.single("--reason", "un motif est attendu.")
    summary = core.model_service.rollback(arguments.name, by=_person(), reason=arguments.reason)
    print(f"Retour à {summary.name} version {summary.version} ({summary.task}).")
    return 0


def _person() -> str:
    """Who runs the command: the operating system's account."""
    return f"{getpass.getuser()} (ligne de commande)"
