"""Past imports: their list, the report of each, and its problems as a file."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from api.schemas.common import Page
from api.schemas.measurements import ImportReport, ImportSummary
from api.services.measurements.import_report import load_report, report_csv
from api.services.measurements.tally import SHOWN_PROBLEMS
from api.storage.measurements import import_log
from api.storage.measurements.import_log import StoredImport
from api.storage.shared.database import Database


@dataclass(frozen=True)
class ImportHistory:
    """Reads the log of imports."""

    database: Database

    def newest(self, limit: int, offset: int = 0) -> Page[ImportSummary]:
        """Return one page of imports, newest first, with the total."""
        with self.database.read() as connection:
            return newest_imports(connection, limit, offset)

    def report(self, import_id: int) -> ImportReport:
        """Return one import's report with its first 20 problems.

        Raises:
            NotFound: no such import, or one that has not ended.
        """
        whole = load_report(self.database, import_id)
        return whole.model_copy(update={"problems": whole.problems[:SHOWN_PROBLEMS]})

    def report_file(self, import_id: int) -> str:
        """Write all stored problems of one import as CSV for a French spreadsheet.

        Raises:
            NotFound: no such import, or one that has not ended.
        """
        return report_csv(load_report(self.database, import_id))


def newest_imports(connection: Connection, limit: int, offset: int = 0) -> Page[ImportSummary]:
    """Return one page of imports, newest first, with the total."""
    total, rows = import_log.newest(connection, limit, offset)
    return Page(total=total, items=[_summary(row) for row in rows])


def _summary(row: StoredImport) -> ImportSummary:
    fields = row._asdict()
    return ImportSummary(**{**(fields.pop("report") or {}), **fields, "import_id": row.id})
