"""``data turbines``: read the register of turbines from a file."""

from __future__ import annotations

import argparse
from pathlib import Path

from api.core import Core
from api.schemas import french
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
    report = import_turbines(core.database, arguments.file, source="mesure", now=core.settings.now())
    print(_report_text(arguments.file.name, report))
    return 0


def _report_text(filename: str, report: RegisterReport) -> str:
    """Return a report as text for a terminal."""
    lines = [
        f"{filename} : {french.counted(report.rows, 'ligne')}, "
        f"{french.counted(report.created, 'turbine ajoutée')}, {french.counted(report.updated, 'modifiée')}, "
        f"{french.counted(report.unchanged, 'inchangée')}, {french.counted(report.rejected, 'rejetée')}."
    ]
    lines += [f"Colonne inconnue, laissée de côté : {name}" for name in report.unknown_columns]
    for problem in report.problems.kept[:_SHOWN]:
        value = "" if problem.value is None else f" « {problem.value} »"
        lines.append(f"  ligne {problem.line}, {problem.column}{value} : {problem.reason}")
    return "\n".join(lines)
