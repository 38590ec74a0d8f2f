"""``data turbines``: the register of the park from a file."""

from __future__ import annotations

import argparse
from pathlib import Path

from api.core import Core
from api.services.turbines.register import RegisterReport, import_turbines

_SHOWN = 20


def register(data: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the action under ``data``."""
    turbines = data.add_parser(
        "turbines", help="décrit les turbines : site, parc, puissance, état de service"
    )
    turbines.add_argument(
        "file", type=Path, metavar="FICHIER", help="CSV avec turbine_id et ce qui est connu"
    )
    turbines.set_defaults(run=_turbines)


def _turbines(arguments: argparse.Namespace, core: Core) -> int:
    now = core.settings.now()
    print(told(arguments.file.name, import_turbines(core.database, arguments.file, source="mesure", now=now)))
    return 0


def told(filename: str, report: RegisterReport) -> str:
    """A report as a person reads it in a terminal."""
    lines = [
        f"{filename} : {report.rows} lignes, {report.created} turbines ajoutées, {report.updated} modifiées, "
        f"{report.unchanged} inchangées, {report.rejected} rejetées."
    ]
    lines += [f"Colonne inconnue, laissée de côté : {name}" for name in report.unknown_columns]
    for problem in report.problems.kept[:_SHOWN]:
        value = "" if problem.value is None else f" « {problem.value} »"
        lines.append(f"  ligne {problem.line}, {problem.column}{value} : {problem.reason}")
    return "\n".join(lines)
