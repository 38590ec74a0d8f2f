"""The dashboard's calls about measurements: what the park sent, files that bring more, corrections."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from api.schemas.common import Items, Page
from api.schemas.corrections import ChosenRow, Contradiction, CorrectionEffect, Withdrawal
from api.schemas.measurements import Coverage, ImportJob, ImportPreview, ImportReport, ImportSummary, MapDraft
from ui.client.measure_file import UPLOAD_S, MeasureFile
from ui.client.transport import Transport

ACCEPTED = 202
Act = Mapping[str, Any]


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

    def draft_map(self, file: MeasureFile) -> MapDraft:
        """Read the mapping that the API proposes for a file; nothing is written.

        Raises:
            ApiError: 422 where the file cannot be read.
        """
        return self.transport.ask("POST", "/measurements/draft-map", MapDraft, **_upload(file))

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


@dataclass(frozen=True)
class CorrectionCalls:
    """One typed method per call; an act is one field of :class:`api.schemas.corrections.CorrectionAct`."""

    transport: Transport

    def contradictions(self, limit: int) -> Page[Contradiction]:
        """Read the contradictions that wait for a choice."""
        return self.transport.get("/measurements/contradictions", Page[Contradiction], {"limit": limit})

    def rows(self, turbine_id: str, day: date) -> list[ChosenRow]:
        """Read all rows of a turbine's day."""
        query = {"turbine_id": turbine_id, "day": day.isoformat()}
        return self.transport.get("/measurements/rows", Items[ChosenRow], query).items

    def acts(self, limit: int) -> Page[Withdrawal]:
        """Read the last acts, newest first."""
        return self.transport.get("/measurements/withdrawals", Page[Withdrawal], {"limit": limit})

    def preview(self, act: Act) -> CorrectionEffect:
        """Read what an act would take out; nothing is written.

        Raises:
            ApiError: 404 and 409 with the reason.
        """
        path = "/measurements/withdrawals/preview"
        return self.transport.ask("POST", path, CorrectionEffect, json=dict(act))

    def carry_out(self, act: Act, reason: str) -> Withdrawal:
        """Do an act.

        Raises:
            ApiError: 404 and 409 with the reason.
        """
        body = {**act, "reason": reason}
        return self.transport.write("POST", "/measurements/withdrawals", Withdrawal, body)

    def restore(self, withdrawal_id: int, reason: str) -> Withdrawal:
        """Let the rows of an act stand again.

        Raises:
            ApiError: 409 for an undone import.
        """
        path = f"/measurements/withdrawals/{withdrawal_id}/restore"
        return self.transport.write("POST", path, Withdrawal, {"reason": reason})


def _upload(file: MeasureFile, **headers: str) -> dict[str, Any]:
    form = file.form()
    return {"data": form, "headers": {**form.headers, **headers}, "read_s": UPLOAD_S}
