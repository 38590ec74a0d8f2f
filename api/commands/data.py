"""``data``: ingest measurements, rebuild the simulated sample."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from api.commands.console import progress, say
from api.core import Core
from api.schemas.measurements import ImportReport
from api.services.ingest import ingest_file
from api.services.sensors import catalogue_of


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command."""
    data = commands.add_parser("data", help="mesures").add_subparsers(required=True, metavar="ACTION")
    bring = data.add_parser("import", help="ingère un fichier de mesures")
    bring.add_argument("file", type=Path, metavar="FICHIER", help="CSV au format d’EnergiTech")
    bring.set_defaults(run=_import)
    data.add_parser("generate", help="refait l’échantillon simulé").set_defaults(run=_generate)


def _import(arguments: argparse.Namespace, core: Core) -> int:
    report = import_measurements(core, arguments.file, source="mesure", by="ligne de commande")
    print(told(report))
    return 0


def import_measurements(core: Core, file: Path, *, source: str, by: str) -> ImportReport:
    """Ingest one file with a progress line."""
    return ingest_file(
        core.database,
        file,
        catalogue_of(core.store),
        source=source,
        imported_by=by,
        now=core.settings.now(),
        progress=progress("Lignes lues"),
    )


def told(report: ImportReport) -> str:
    """A report as a person reads it in a terminal."""
    lines = [
        f"{report.filename} : {report.rows} lignes, {report.inserted} nouvelles, "
        f"{report.already_known} déjà connues, {report.rejected} rejetées, "
        f"{report.labels_added} étiquettes ajoutées."
    ]
    if report.turbines_added:
        lines.append(f"{report.turbines_added} turbines ajoutées au parc.")
    lines += [f"Colonne inconnue, laissée de côté : {name}" for name in report.unknown_columns]
    lines += [f"Colonne absente : {name}" for name in report.missing_columns]
    for problem in report.problems:
        value = "" if problem.value is None else f" « {problem.value} »"
        lines.append(f"  ligne {problem.line}, {problem.column}{value} : {problem.reason}")
    return "\n".join(lines)


def _generate(_arguments: argparse.Namespace, core: Core) -> int:
    say("Simulation du parc…")
    root = core.settings.reference_models.parent
    return subprocess.run([sys.executable, "-m", "data.generate"], cwd=root, check=False).returncode
