"""Ingestion: what became of a file."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from api.schemas.common import Answer


class RowProblem(Answer):
    """One rejected row, or one told remark."""

    line: int = Field(description="Ligne du fichier, l’en-tête étant la ligne 1")
    column: str
    value: str | None
    reason: str


class ImportReport(Answer):
    """What one file brought: ``rows = inserted + already_known + rejected``.

    ``labels_added`` counts known rows that received a label; remarks on rows that were kept stand among the
    problems too.
    """

    import_id: int
    filename: str
    sha256: str
    rows: int
    inserted: int
    already_known: int
    labels_added: int
    rejected: int
    turbines_added: int
    planned_visits_added: int
    problems: list[RowProblem] = Field(description="Les 20 premières ; toutes dans le rapport complet")
    unknown_columns: list[str]
    missing_columns: list[str]
    started_at: datetime
    finished_at: datetime
    imported_by: str
