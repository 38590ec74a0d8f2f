"""The counts and problems of one import, from its first row to its report."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from api.domain.measurement_rows import CellProblem, Columns
from api.domain.readings import shown
from api.domain.sensors import Sensor
from api.schemas.measurements import ImportReport, RowProblem
from api.services.csv_source import CsvSource
from api.storage.ingestion import IdRange

SHOWN_PROBLEMS = 20
KEPT_PROBLEMS = 10_000


@dataclass(slots=True)
class ProblemList:
    """Problems in the order of the file: all are counted, the first 10,000 kept."""

    total: int = 0
    kept: list[RowProblem] = field(default_factory=list)

    def tell(self, line: int, problem: CellProblem) -> None:
        """Add one."""
        self.total += 1
        if len(self.kept) < KEPT_PROBLEMS:
            column, value, reason = problem
            self.kept.append(RowProblem(line=line, column=column, value=value, reason=reason))


@dataclass(slots=True)
class ImportTally:
    """What has become of the rows so far; ``brought`` are the ids of those that this import signs."""

    rows: int = 0
    inserted: int = 0
    already_known: int = 0
    labels_added: int = 0
    rejected: int = 0
    turbines_added: int = 0
    planned_visits_added: int = 0
    problems: ProblemList = field(default_factory=ProblemList)
    brought: list[IdRange] = field(default_factory=list)

    def tell_missing(self, sensors: Iterable[Sensor], line: int) -> None:
        """Name the sensors that the file lacks, and what will not work without them."""
        for sensor in sensors:
            who = (
                f"les modèles qui la lisent ({', '.join(sensor.used_by)})"
                if sensor.used_by
                else "un modèle qui la lit"
            )
            verb = "ne pourront" if sensor.used_by else "ne pourra"
            reason = f"colonne absente ({sensor.label}) : {who} {verb} pas évaluer ces mesures."
            self.problems.tell(line, CellProblem(sensor.name, None, reason))

    def bring(self, span: IdRange) -> None:
        """Remember ids; those of consecutive rows follow each other and make one range."""
        if self.brought and self.brought[-1].last + 1 == span.first:
            span = IdRange(self.brought.pop().first, span.last)
        self.brought.append(span)


def import_facts(
    tally: ImportTally,
    file: CsvSource,
    columns: Columns,
    *,
    imported_by: str,
    started_at: datetime,
    finished_at: datetime,
) -> dict[str, Any]:
    """Everything that the report tells, but the import's id, with all the problems kept."""
    return {
        "filename": shown(file.path.name, 255),
        "sha256": file.sha256,
        "rows": tally.rows,
        "inserted": tally.inserted,
        "already_known": tally.already_known,
        "labels_added": tally.labels_added,
        "rejected": tally.rejected,
        "turbines_added": tally.turbines_added,
        "planned_visits_added": tally.planned_visits_added,
        "problems": tally.problems.kept,
        "unknown_columns": list(columns.unknown),
        "missing_columns": [sensor.name for sensor in columns.missing],
        "started_at": started_at,
        "finished_at": finished_at,
        "imported_by": imported_by,
    }


def people_report(import_id: int, facts: dict[str, Any]) -> ImportReport:
    """The report with its first 20 problems."""
    return ImportReport(**{**facts, "import_id": import_id, "problems": facts["problems"][:SHOWN_PROBLEMS]})


def stored_report(facts: dict[str, Any], problems_total: int) -> dict[str, Any]:
    """The report as JSON for ``imports.report``: as many problems as are kept, and how many there were."""
    report = ImportReport(**facts, import_id=0).model_dump(mode="json", exclude={"import_id"})
    return {**report, "problems_total": problems_total, "problems_kept": len(facts["problems"])}
