"""``models``: draft, import, evaluate, list, activate, roll back, try in shadow."""

from __future__ import annotations

import argparse

from api.commands import models_draft, models_evaluate, models_import, models_serve, shadow
from api.commands.console import columns
from api.core import Core
from api.schemas import french
from api.schemas.models import ModelSummary


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command."""
    models = commands.add_parser("models", help="vie des modèles").add_subparsers(
        required=True, metavar="ACTION"
    )
    models_import.register(models)
    models_draft.register(models)
    models_evaluate.register(models)
    models.add_parser("list", help="versions rangées et en service").set_defaults(run=_list)
    models_serve.register(models)
    shadow.register(models)


def _list(_arguments: argparse.Namespace, core: Core) -> int:
    summaries = core.model_service.all()
    if not summaries:
        print("Aucun modèle n’est rangé : « python cockpit.py models import » en ajoute un.")
        return 0
    header = ("", "modèle", "version", "répond à", "contrôle de qualité", "importé le", "état")
    print(columns([_line(summary) for summary in summaries], header))
    print("\n● en service. La fiche complète de chaque version est sur la page « Modèles ».")
    return 0


def _line(summary: ModelSummary) -> tuple[str, ...]:
    return (
        "●" if summary.active else " ",
        summary.name,
        str(summary.version),
        models_serve.TASKS[summary.task],
        _gate(summary),
        french.date(french.paris_day(summary.created_at)),
        "retirée" if summary.retired else summary.problem or "utilisable",
    )


def _gate(summary: ModelSummary) -> str:
    if summary.admission is not None:
        return f"non passé, admis : {summary.admission.reason}"
    return "passé" if summary.admitted else "non passé"
