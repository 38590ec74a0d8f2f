"""Hand-made answers about measurements for the tests of the dashboard's pure modules."""

from __future__ import annotations

from typing import Any

from api.schemas.measurements import (
    Coverage,
    FileFormat,
    ImportJob,
    ImportPreview,
    ImportReport,
    ImportSummary,
    TurbineCoverage,
)
from api.schemas.vocabulary import Freshness

FORMAT = {
    "kind": "csv",
    "encoding": "windows-1252",
    "separator": ";",
    "decimal": ",",
    "date_format": "JJ/MM/AAAA",
    "header_line": 1,
}


def file_format(**changes: Any) -> FileFormat:
    """Return the format of a file saved by a French spreadsheet."""
    return FileFormat.model_validate(FORMAT | changes)


def preview(**changes: Any) -> ImportPreview:
    """Return the preview of a good file of forty rows."""
    defaults = {
        "filename": "bon.csv",
        "sha256": "a" * 64,
        "format": FORMAT,
        "rows": 40,
        "examined": 40,
        "columns": [],
        "first_rows": [],
        "problems": [],
        "problems_total": 0,
        "rejected": 0,
        "estimated_new": 40,
        "estimated_known": 0,
        "new_turbines": [],
        "doubts": [],
        "needs_confirmation": False,
    }
    return ImportPreview.model_validate(defaults | changes)


def report(**changes: Any) -> ImportReport:
    """Return the report of those forty rows, four of them wrong."""
    defaults = {
        "import_id": 3,
        "filename": "bon.csv",
        "sha256": "a" * 64,
        "rows": 40,
        "inserted": 30,
        "already_known": 6,
        "labels_added": 0,
        "rejected": 4,
        "turbines_added": 0,
        "planned_visits_added": 0,
        "problems": [],
        "problems_total": 0,
        "unknown_columns": [],
        "missing_columns": [],
        "started_at": "2025-01-06T05:00:00Z",
        "finished_at": "2025-01-06T05:00:02.5Z",
        "imported_by": "compte:3",
    }
    return ImportReport.model_validate(defaults | changes)


def job(**changes: Any) -> ImportJob:
    """Return the job of a long import under way."""
    defaults = {
        "job_id": 9,
        "filename": "grand.csv",
        "status": "en_cours",
        "done": 5000,
        "total": 20000,
        "requested_by": "compte:3",
        "created_at": "2025-01-06T05:00:00Z",
        "finished_at": None,
        "import_id": None,
        "report": None,
        "error": None,
    }
    return ImportJob.model_validate(defaults | changes)


def summary(**changes: Any) -> ImportSummary:
    """Return the summary of a past import."""
    defaults = {
        "import_id": 3,
        "filename": "bon.csv",
        "source": "mesure",
        "status": "termine",
        "rows": 20000,
        "inserted": 19996,
        "rejected": 4,
        "imported_by": "compte:3",
        "started_at": "2025-01-06T05:00:00Z",
        "finished_at": "2025-01-06T05:00:02Z",
    }
    return ImportSummary.model_validate(defaults | changes)


def turbine(turbine_id: str, **changes: Any) -> TurbineCoverage:
    """Return the coverage of a turbine over three days."""
    defaults = {
        "turbine_id": turbine_id,
        "site": None,
        "farm": None,
        "service_state": "en_service",
        "last_measured_on": "2024-12-30",
        "age_days": 0,
        "usual_gap_days": 2.0,
        "freshness": "a_jour",
        "counts": [1, 0, 3],
        "findings": [],
    }
    late = Freshness(changes.get("freshness", "a_jour")).overdue
    return TurbineCoverage.model_validate({**defaults, "late": late, **changes})


def coverage(*turbines: TurbineCoverage, **changes: Any) -> Coverage:
    """Return the coverage of these turbines over three days."""
    defaults = {
        "first": "2024-12-28",
        "last": "2024-12-30",
        "as_of": "2024-12-30",
        "max_age_days": 7,
        "measured_per_day": [sum(t.counts[n] > 0 for t in turbines) for n in range(3)],
        "late": sum(t.late for t in turbines),
        "turbines": [t.model_dump() for t in turbines],
        "findings": [],
        "imports": [],
        "missing": [],
        "next_run_at": "2024-12-31T05:00:00Z",
        "next_run": "Prochain calcul le 31/12/2024 à 06:00.",
        "run_as_of": "2024-12-30",
    }
    return Coverage.model_validate(defaults | changes)
