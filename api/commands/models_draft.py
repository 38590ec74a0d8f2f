"""``models draft``: write a draft of a model's manifest, for a person to complete."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from api.commands.console import say, whole_file
from api.core import Core
from api.domain.shared.exceptions import InvalidInput
from api.inference.importing.draft import draft_manifest, draft_text
from api.inference.serving.catalogue import feature_of
from api.schemas import french
from api.services.models.labelled_rows import plain_rows


def register(models: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the action."""
    draft = models.add_parser("draft", help="rédige un brouillon de manifeste à compléter")
    draft.add_argument(
        "file", type=Path, metavar="FICHIER", help="modèle scikit-learn (pickle, joblib) ou ONNX"
    )
    draft.add_argument(
        "--task", choices=["classification", "regression"], help="ce qu’il prédit ; lu dans le fichier sinon"
    )
    draft.add_argument(
        "--labelled", type=Path, metavar="FICHIER", help="mesures étiquetées : types et étendues y sont lus"
    )
    draft.add_argument("--features", nargs="+", metavar="NOM", help="variables, dans l’ordre du modèle")
    draft.add_argument("--target", metavar="COLONNE", help="colonne de l’étiquette, si ce n’est pas la nôtre")
    draft.add_argument(
        "--out", "-o", type=Path, metavar="JSON", help="fichier à écrire ; la sortie standard sinon"
    )
    draft.set_defaults(run=_draft)


def _draft(arguments: argparse.Namespace, core: Core) -> int:
    out: Path | None = arguments.out
    if out is not None and out.exists():
        raise InvalidInput.single(
            "--out", f"{out.name} existe déjà et n’est pas écrasé : donnez un autre nom, ou effacez-le."
        )
    sensors = core.sensors()
    with plain_rows(arguments.labelled, sensors) as rows:
        draft = draft_manifest(
            arguments.file,
            task=arguments.task,
            labelled=rows.path,
            features=tuple(arguments.features) if arguments.features else None,
            target=arguments.target,
            declared=[feature_of(sensor) for sensor in sensors.values()],
        )
    text = draft_text(draft)
    if out is None:
        print(text, end="")
    else:
        with whole_file("--out", out) as file:
            file.write(text.encode())
    for line in _left_to_complete(draft):
        say(line)
    say(f"Puis : python cockpit.py models import {arguments.file.name} … --manifest {out or 'BROUILLON'}")
    return 0


def _left_to_complete(draft: dict[str, Any]) -> list[str]:
    """Return the lines that name the features to describe."""
    features = draft["features"]
    unnamed = [feature["name"] for feature in features if not feature["label"]]
    count = french.counted(len(features), "variable")
    if not unnamed:
        return [f"{count}, rien d’inconnu du catalogue : relisez, rien n’est obligatoire."]
    return [
        f"{count}, dont {french.number(len(unnamed))} à décrire (label, unit, physical_range, role) :",
        f"  {', '.join(unnamed)}",
    ]
