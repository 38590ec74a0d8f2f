"""The dashboard's calls about measurements: what the park sent, and files that bring more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from api.schemas.common import Page
from api.schemas.measurements import Coverage, ImportJob, ImportPreview, ImportReport, ImportSummary
from ui.client.measure_file import UPLOAD_S, MeasureFile
from ui.client.transport import Transport

ACCEPTED = 202


@dataclass(frozen=True)
class MeasurementCalls:
    """One typed method per call."""

    transport: Transport

    def coverage(self, first: date | None = None) -> Coverage:
        """Read what the park sent, from ``first`` to the day evaluated; 30 days by default."""
        return self.transport.get("/measurements/coverage", Coverage, {"from": first and first.isoformat()})

    def preview(self, file: MeasureFile) -> ImportPreview:
        """Read what importing ``file`` would do; nothing is written.

        Raises:
            ApiError: 422 when the file as a whole is refused.
        """
        return self.transport.ask("POST", "/measurements/preview", ImportPreview, **_upload(file))

    def import_file(self, file: MeasureFile, key: str) -> ImportReport | ImportJob:
        """Import ``file``; return its report, or the job to follow where the import is long.

        Args:
            file: what to import.
            key: made once per file, so that asking again does not import again.

        Raises:
            ApiError: 422 when the file as a whole is refused.
        """
        answer = self.transport.call("POST", "/measurements", **_upload(file, **{"Idempotency-Key": key}))
        if answer.status_code == ACCEPTED:
            return self.transport.read(answer, ImportJob)
        return self.transport.read(answer, ImportReport)

    def import_job(self, job_id: int) -> ImportJob:
        """Read the progress of a long import."""
        return self.transport.get(f"/measurements/jobs/{job_id}", ImportJob)

    def imports(self, limit: int) -> Page[ImportSummary]:
        """Read the last imports, newest first."""
        return self.transport.get("/measurements/imports", Page[ImportSummary], {"limit": limit})

    def import_report(self, import_id: int) -> ImportReport:
        """Read the report of one import."""
        return self.transport.get(f"/measurements/imports/{import_id}", ImportReport)

    def import_problems(self, import_id: int) -> bytes:
        """Read all the problems of one file, as CSV for a French spreadsheet."""
        return self.transport.call("GET", f"/measurements/imports/{import_id}/report.csv").content


def _upload(file: MeasureFile, **headers: str) -> dict[str, Any]:
    form = file.form()
    return {"data": form, "headers": {**form.headers, **headers}, "read_s": UPLOAD_S}
