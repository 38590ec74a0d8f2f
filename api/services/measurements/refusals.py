"""Files of which nothing could be taken: kept in the list of imports, and told where people look."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection

from api.domain.measurements.readings import printable
from api.domain.shared.exceptions import FieldError
from api.schemas import french
from api.schemas.common import Notice
from api.schemas.measurements import ImportReport, RowProblem
from api.storage.measurements import import_log, imports
from api.storage.measurements.imports import ImportStatus
from api.storage.shared.database import Database

TOLD_FOR = timedelta(days=7)
_SHOWN = 3


def record_refusal(
    database: Database, filename: str, errors: Sequence[FieldError], *, by: str, now: datetime
) -> ImportReport:
    """Keep the refusal of a whole file, which nobody waits for; its errors concern no line, hence line 0."""
    problems = [RowProblem(line=0, column=e.field, value=e.value, reason=e.message) for e in errors]
    counts = dict.fromkeys(("import_id", "rows", "inserted", "already_known", "labels_added"), 0)
    counts |= dict.fromkeys(("rejected", "turbines_added", "planned_visits_added"), 0)
    report = ImportReport(
        **counts,
        filename=printable(filename, 255),
        sha256="",
        problems=problems,
        problems_total=len(problems),
        unknown_columns=[],
        missing_columns=[],
        started_at=now,
        finished_at=now,
        imported_by=by,
    )
    facts = {"filename": report.filename, "sha256": "", "source": "mesure", "imported_by": by}
    with database.write() as connection:
        key = imports.start(connection, {**facts, "started_at": now})
        stored = report.model_dump(mode="json", exclude={"import_id"})
        imports.finish(connection, key, stored, now, ImportStatus.REFUSE)
    return report.model_copy(update={"import_id": key})


def refusal_notices(connection: Connection, now: datetime) -> list[Notice]:
    """Say which files of the last seven days brought nothing, unless one of that name was taken since."""
    refused = import_log.refused_since(connection, now - TOLD_FOR)
    notices = [Notice(code="fichier_refuse", field=None, message=_sentence(row)) for row in refused[:_SHOWN]]
    if (more := len(refused) - _SHOWN) > 0:
        text = f"{french.counted(more, 'autre fichier refusé')} : voyez « Derniers imports »."
        notices.append(Notice(code="fichier_refuse", field=None, message=text))
    return notices


def _sentence(row: import_log.StoredImport) -> str:
    problems = (row.report or {}).get("problems") or []
    reason = f" Premier motif : {problems[0]['reason']}" if problems else ""
    return (
        f"Fichier « {row.filename} » du {french.date(row.started_at)} refusé (import n° {row.id}) : aucune"
        f" ligne n’a pu être prise.{reason}"
    )
