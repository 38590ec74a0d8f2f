"""The full report of an import, as a CSV file for a French spreadsheet."""

from __future__ import annotations

from api.domain.shared.exceptions import NotFound
from api.schemas import french
from api.schemas.csv_text import BOM, sheet_lines
from api.schemas.measurements import ImportReport
from api.storage.measurements import imports
from api.storage.shared.database import Database

_HEADER = ("Ligne", "Colonne", "Valeur reçue", "Motif")


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
    rows: list[tuple[object, ...]] = [_HEADER]
    for problem in report.problems:
        rows.append((problem.line, problem.column, problem.value or "", problem.reason))
    if (left := report.problems_total - len(report.problems)) > 0:
        rows.append(("", "", "", f"… et {french.counted(left, 'autre problème')}, sans détail."))
    return BOM + sheet_lines(rows)
