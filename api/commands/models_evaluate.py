"""``models evaluate``: measure a stored version on labelled rows that it has not seen."""

from __future__ import annotations

import argparse
from pathlib import Path

from pydantic import TypeAdapter

from api.commands.console import say
from api.commands.models_evaluation_text import evaluation_text
from api.commands.models_import import SPLIT_HELP
from api.core import Core
from api.domain.shared.exceptions import NotFound
from api.inference.importing.evaluate import Evaluation, evaluate
from api.inference.importing.split_words import split_spec
from api.services.models.labelled_rows import plain_rows


def register(models: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the action."""
    command = models.add_parser(
        "evaluate",
        help="mesure une version sur des lignes jamais vues",
        description="Mesure une version rangée, sans la changer, sur des lignes qu’elle n’a pas vues.",
    )
    command.add_argument("name", metavar="NOM", help="nom du modèle (« models list »)")
    command.add_argument(
        "version", nargs="?", type=int, metavar="VERSION", help="celle en service sinon, ou la dernière"
    )
    command.add_argument("--labelled", required=True, type=Path, metavar="FICHIER", help="mesures étiquetées")
    command.add_argument(
        "--split",
        metavar="RÈGLE",
        help=f"{SPLIT_HELP} ; « all » : aucune ligne n’a servi à l’ajuster. Sinon, ce que le manifeste sait",
    )
    command.add_argument("--json", action="store_true", help="tous les chiffres en JSON")
    command.set_defaults(run=_evaluate)


def _evaluate(arguments: argparse.Namespace, core: Core) -> int:
    version = arguments.version or _version_of(core, arguments.name)
    say(f"Mesure de {arguments.name} version {version} sur {arguments.labelled.name}…")
    with plain_rows(arguments.labelled, core.sensors()) as rows:
        path, split = rows.path or arguments.labelled, split_spec(arguments.split)
        evaluation = evaluate(core.store, arguments.name, version, path, split, rows.sha256)
    if arguments.json:
        print(TypeAdapter(Evaluation).dump_json(evaluation, indent=2).decode())
    else:
        print(evaluation_text(evaluation))
    return 0


def _version_of(core: Core, name: str) -> int:
    """Return the model's version in service, else its newest.

    Raises:
        NotFound: no version has that name.
    """
    versions = [summary for summary in core.model_service.all() if summary.name == name]
    if not versions:
        raise NotFound("Modèle", name, "La liste est donnée par « models list ».")
    return max(versions, key=lambda summary: (summary.active, summary.version)).version
