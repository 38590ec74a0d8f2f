"""``data``: ingest measurements, rebuild the simulated sample, and more in other modules."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from api.commands import corrections, export, feed, turbines
from api.commands.console import progress, say, whole_file
from api.core import Core
from api.domain.measurements import day_format
from api.domain.measurements.remedies import with_remedy
from api.domain.shared.exceptions import InvalidInput
from api.schemas import french
from api.schemas.measurements import ImportReport
from api.services.measurements.draft_map import draft_map, draft_text
from api.services.measurements.files.map_file import read_map
from api.services.measurements.files.options import NATIVE, ImportOptions
from api.services.measurements.import_report import load_report, report_csv
from api.services.measurements.ingest import ingest_file

NOTHING, PARTLY = 1, 3
"""Exit codes: no row was taken; some were not. 0: all are taken or known. 2 is argparse's own."""


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command."""
    data = commands.add_parser("data", help="mesures").add_subparsers(required=True, metavar="ACTION")
    bring = data.add_parser("import", help="importe un fichier de mesures")
    bring.add_argument(
        "file", type=Path, metavar="FICHIER", help="CSV (.csv, .csv.gz), Excel (.xlsx) ou Parquet"
    )
    bring.add_argument(
        "--map",
        type=Path,
        metavar="M",
        help="correspondance JSON ou TOML : noms et unités des colonnes du fichier",
    )
    bring.add_argument(
        "--date-format", metavar="F", help=f"format des dates du fichier : {', '.join(day_format.NAMES)}"
    )
    bring.add_argument("--report", type=Path, metavar="CSV", help="écrit le rapport complet dans ce fichier")
    bring.add_argument(
        "--yes", action="store_true", help="confirme des valeurs qui ressemblent à une autre unité"
    )
    bring.set_defaults(run=_import)
    draft = data.add_parser("draft-map", help="propose la correspondance d’un fichier, à relire")
    draft.add_argument("file", type=Path, metavar="FICHIER", help="export d’un autre système")
    draft.add_argument(
        "--out", "-o", type=Path, metavar="JSON", help="fichier à écrire ; la sortie standard sinon"
    )
    draft.set_defaults(run=_draft_map)
    for module in (feed, export, turbines, corrections):
        module.register(data)
    data.add_parser("generate", help="refait l’échantillon simulé").set_defaults(run=_generate)


def _import(arguments: argparse.Namespace, core: Core) -> int:
    options = ImportOptions(
        map=None if arguments.map is None else read_map(arguments.map),
        date_format=arguments.date_format,
        confirmed=arguments.yes,
    )
    try:
        report = import_measurements(
            core, arguments.file, source="mesure", by="ligne de commande", options=options
        )
    except InvalidInput as refusal:
        raise with_remedy(refusal) from refusal
    print(_report_text(report))
    if arguments.report is not None:
        _write_report(core, report.import_id, arguments.report)
    if report.nothing_taken:
        say("Aucune ligne n’a pu être prise : corrigez le fichier, puis reprenez l’import.")
    return exit_code(report)


def exit_code(report: ImportReport) -> int:
    """Return 0 where all was taken or known, 3 where rows or values were refused, 1 where all rows were."""
    if report.nothing_taken:
        return NOTHING
    return PARTLY if report.rejected or report.refused_values else 0


def _draft_map(arguments: argparse.Namespace, core: Core) -> int:
    out: Path | None = arguments.out
    if out is not None and out.exists():
        raise InvalidInput.single(
            "--out", f"{out.name} existe déjà et n’est pas écrasé : donnez un autre nom, ou effacez-le."
        )
    document = draft_map(arguments.file, core.sensors())
    text = draft_text(document)
    if out is None:
        print(text, end="")
    else:
        with whole_file("--out", out) as file:
            file.write(text.encode())
    for note in document["_note"]:
        say(f"- {note}")
    say(f"Puis : python cockpit.py data import {arguments.file.name} --map {out or 'CORRESPONDANCE.json'}")
    return 0


def _write_report(core: Core, import_id: int, path: Path) -> None:
    with whole_file("--report", path) as file:
        file.write(report_csv(load_report(core.database, import_id)).encode())
    say(f"Rapport complet : {path}")


def import_measurements(
    core: Core, file: Path, *, source: str, by: str, options: ImportOptions = NATIVE
) -> ImportReport:
    """Ingest one file with a progress line."""
    return ingest_file(
        core.database,
        file,
        core.sensors(),
        source=source,
        imported_by=by,
        now=core.settings.now(),
        progress=progress("Lignes lues"),
        options=options,
    )


def _report_text(report: ImportReport) -> str:
    """Return a report for a terminal: the counts, then the first 20 problems."""
    lines = [
        f"{report.filename} : {french.counted(report.rows, 'ligne')}, "
        f"{french.counted(report.inserted, 'nouvelle')}, "
        f"{french.number(report.already_known)} déjà {french.plural(report.already_known, 'connue')}, "
        f"{french.counted(report.enriched, 'enrichie')}, {french.counted(report.rejected, 'rejetée')} ; "
        f"étiquettes : {french.counted(report.labels_added, 'ajoutée')}, "
        f"{french.counted(report.labels_corrected, 'corrigée')}."
    ]
    if (form := report.format) is not None:
        visits = f"visites {form.planned_format}" if form.planned_format else None
        zone = f"fuseau {form.timezone}" if form.timezone else None
        dates = f"dates {form.date_format}"
        parts = (form.kind, form.encoding, f"décimales « {form.decimal} »", dates, visits, zone)
        lines.append(f"Lu comme : {', '.join(filter(None, parts))}.")
    if report.turbines_added:
        added = french.plural(report.turbines_added, "ajoutée")
        lines.append(f"{french.counted(report.turbines_added, 'turbine')} {added} au parc.")
    if report.empty_cells:
        counted = (f"{name} {french.number(count)}" for name, count in sorted(report.empty_cells.items()))
        lines.append(f"Cellules vides : {', '.join(counted)}.")
    lines += [f"Colonne inconnue, laissée de côté : {name}" for name in report.unknown_columns]
    for problem in report.problems:
        value = "" if problem.value is None else f" « {problem.value} »"
        column = f", {problem.column}" if problem.column else ""
        lines.append(f"  ligne {problem.line}{column}{value} : {problem.reason}")
    if (more := report.problems_total - len(report.problems)) > 0:
        lines.append(
            f"  … et {french.counted(more, 'autre')} : --report RAPPORT.csv donne tout (10 000 au plus)."
        )
    return "\n".join(lines)


def _generate(_arguments: argparse.Namespace, core: Core) -> int:
    say("Simulation du parc…")
    root = core.settings.reference_models.parent
    return subprocess.run([sys.executable, "-m", "data.generate"], cwd=root, check=False).returncode
