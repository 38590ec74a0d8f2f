"""``models import``: check, measure and store a model."""

from __future__ import annotations

import argparse
from pathlib import Path

from api.commands.console import say
from api.commands.models_serve import person, serve
from api.core import Core
from api.inference.importing.importer import ImportRequest, import_model
from api.inference.importing.split_words import split_spec
from api.schemas.vocabulary import AuditAction
from api.services.models.labelled_rows import plain_rows

SPLIT_HELP = (
    "lignes jamais vues : stratified:test_size=…,random_state=…,by=…, date:JOUR[,gap=N], keys:FICHIER, ou "
    "seulement un jour (2024-10-01) ou un fichier de clés"
)


def register(models: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the action."""
    command = models.add_parser("import", help="vérifie, mesure et range un modèle")
    command.add_argument(
        "file", type=Path, metavar="FICHIER", help="modèle scikit-learn (pickle, joblib) ou ONNX"
    )
    command.add_argument(
        "--name", required=True, metavar="NOM", help="nom du modèle : lettres, chiffres, tirets"
    )
    command.add_argument(
        "--task", required=True, choices=["classification", "regression"], help="ce qu’il prédit"
    )
    _register_evidence(command)
    command.add_argument("--positive", metavar="CLASSE", help="classe qui désigne la panne")
    command.add_argument("--features", nargs="+", metavar="NOM", help="variables, dans l’ordre du modèle")
    command.add_argument(
        "--manifest", type=Path, metavar="JSON", help="brouillon de manifeste complété (« models draft »)"
    )
    command.add_argument("--activate", action="store_true", help="le mettre en service aussitôt")
    command.add_argument(
        "--admit", metavar="MOTIF", help="l’admettre même sans passer le contrôle de qualité"
    )
    command.set_defaults(run=_import)


def _register_evidence(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--labelled", type=Path, metavar="FICHIER", help="mesures étiquetées pour le mesurer"
    )
    command.add_argument("--split", metavar="RÈGLE", help=SPLIT_HELP)
    command.add_argument(
        "--reported", type=Path, metavar="JSON", help="chiffres annoncés par le rapport fourni"
    )
    command.add_argument(
        "--golden",
        type=Path,
        metavar="JSON",
        help="sorties enregistrées là où il a été ajusté, s’il vient d’une autre version de scikit-learn",
    )


def _import(arguments: argparse.Namespace, core: Core) -> int:
    say(f"Vérification et mesure de {arguments.file.name}…")
    with plain_rows(arguments.labelled, core.sensors()) as rows:
        given = {"labelled": rows.path, "labelled_sha256": rows.sha256}
        request = _request(arguments).model_copy(update=given)
        result = import_model(request, core.store, core.settings.now(), agree=core.model_imports.agree)
    manifest = result.manifest
    note = "" if result.created else " (déjà rangé, rien n’a changé)"
    print(f"{manifest.name} version {manifest.version}{note}")
    for reason in manifest.gate.reasons:
        print(f"  {reason}")
    if result.created:
        version = f"{manifest.name}:{manifest.version}"
        details = {"task": manifest.task, "sha256": manifest.sha256}
        core.audit.note(AuditAction.MODELE_IMPORTE, "modele", version, by=person(), details=details)
    if arguments.activate:
        return serve(core, manifest.name, manifest.version, "Activation à l’import", arguments.admit)
    print(f"Pour le mettre en service : python cockpit.py models activate {manifest.name} {manifest.version}")
    return 0


def _request(arguments: argparse.Namespace) -> ImportRequest:
    return ImportRequest(
        file=arguments.file,
        name=arguments.name,
        task=arguments.task,
        labelled=arguments.labelled,
        split=split_spec(arguments.split),
        reported=arguments.reported,
        positive=arguments.positive,
        features=tuple(arguments.features) if arguments.features else None,
        manifest=arguments.manifest,
        golden=arguments.golden,
        imported_by=person(),
    )
