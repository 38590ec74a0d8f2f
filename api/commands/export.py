"""``data export``: labelled rows, published scores, rows that a model has not seen."""

from __future__ import annotations

import argparse
import os
import sys
from datetime import date
from pathlib import Path

from api.commands.console import say, whole_file
from api.core import Core
from api.domain.shared.exceptions import InvalidInput
from api.schemas import french
from api.services.park.exports import Asked, Export, Format, What, write


def register(data: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the action under ``data``."""
    export = data.add_parser(
        "export", help="sort des lignes étiquetées, des scores ou des lignes jamais vues"
    )
    export.add_argument("--what", required=True, choices=[what.value for what in What], help="quoi")
    export.add_argument(
        "--format", default="csv", choices=[form.value for form in Format], help="csv, parquet"
    )
    export.add_argument(
        "-o", "--output", type=Path, metavar="FICHIER", help="par défaut la sortie standard (CSV)"
    )
    export.add_argument(
        "--model",
        nargs=2,
        metavar=("NOM", "VERSION"),
        help="pour « unseen » : la version",
    )
    export.add_argument(
        "--from", dest="first", type=date.fromisoformat, metavar="AAAA-MM-JJ", help="premier jour"
    )
    export.add_argument(
        "--to", dest="last", type=date.fromisoformat, metavar="AAAA-MM-JJ", help="dernier jour"
    )
    export.set_defaults(run=_export)


def _export(arguments: argparse.Namespace, core: Core) -> int:
    form = Format(arguments.format)
    if arguments.output is None and form is Format.PARQUET:
        raise InvalidInput.single("-o", "un fichier est attendu pour Parquet.")
    name, version = arguments.model or (None, None)
    if version is not None and not version.isdecimal():
        raise InvalidInput.single("--model", "la version est un nombre entier.", version)
    wanted_rows = Asked(
        What(arguments.what), arguments.first, arguments.last, name, None if version is None else int(version)
    )
    table = core.exports.export(wanted_rows)
    if arguments.output is None:
        rows = _write_out(table)
    else:
        with whole_file("-o", arguments.output) as file:
            rows = write(table, form, file)
    say(f"{french.counted(rows, 'ligne')} {french.plural(rows, 'écrite')}.")
    return 0


def _write_out(table: Export) -> int:
    """Write CSV on the standard output; a reader may stop early, as « head » does."""
    try:
        rows = write(table, Format.CSV, sys.stdout.buffer)
        sys.stdout.flush()
    except BrokenPipeError:
        # Python would raise again when it flushes at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return rows
