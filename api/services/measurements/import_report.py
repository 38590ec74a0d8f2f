"""The full report of an import, as a CSV file for a French spreadsheet."""

from __future__ import annotations

import csv
import io
import re

from api.domain.shared.exceptions import NotFound
from api.schemas import french
from api.schemas.measurements import ImportReport
from api.storage.measurements import imports
from api.storage.shared.database import Database

_HEADER = ("Ligne", "Colonne", "Valeur reçue", "Motif")
_FORMULA = re.compile(r"[=+\-@\t\r]")
_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)?", re.ASCII)
_BOM = "\ufeff"


def load_report(database: Database, import_id: int) -> ImportReport:
    """Read an import's report with all its stored problems, 10,000 at most.

    Raises:
        NotFound: no such import, or one that has not ended.
        DatabaseUnavailable: the database does not answer.
    """
    with database.read() as connection:
        stored = imports.report_of(connection, import_id)
    if stored is None:
        raise NotFound("Rapport d’import", import_id, "L’import n’existe pas ou n’est pas terminé.")
    return ImportReport(**{**stored, "import_id": import_id})


def report_csv(report: ImportReport) -> str:
    """Write the problems of a report as CSV: semicolons, a byte order mark, one line per problem, CRLF.

    An apostrophe precedes a cell that a spreadsheet would run as a formula. If some problems were not
    stored, the last line gives their number.
    """
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(_HEADER)
    for problem in report.problems:
        writer.writerow((problem.line, *map(inert, (problem.column, problem.value or "", problem.reason))))
    if (left := report.problems_total - len(report.problems)) > 0:
        writer.writerow(("", "", "", f"… et {french.counted(left, 'autre problème')}, sans détail."))
    return _BOM + text.getvalue()


def inert(cell: str) -> str:
    """Put an apostrophe before a text that a spreadsheet would run as a formula; a number stays a number."""
    return f"'{cell}" if _FORMULA.match(cell) and not _NUMBER.fullmatch(cell) else cell
