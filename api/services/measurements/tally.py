"""The counts and problems of one import, up to its report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from api.domain.measurements.readings import is_missing, printable
from api.domain.measurements.rows import CellProblem, Columns
from api.domain.measurements.sensors import Sensor
from api.schemas import french
from api.schemas.measurements import ImportReport, RowProblem
from api.services.measurements.files.scan import Understood
from api.storage.measurements.outcomes import Origin

EMPTY = "entièrement vide"
SHOWN_PROBLEMS = 20
KEPT_PROBLEMS = 10_000


@dataclass(slots=True)
class ProblemList:
    """Problems in the order of the file: all are counted, the first 10,000 are kept."""

    total: int = 0
    kept: list[RowProblem] = field(default_factory=list)

    def add(self, line: int, problem: CellProblem) -> None:
        """Count a problem, and keep it if there is room."""
        self.total += 1
        if len(self.kept) < KEPT_PROBLEMS:
            column, value, reason = problem
            self.kept.append(RowProblem(line=line, column=column, value=value, reason=reason))


@dataclass(slots=True)
class ImportTally:
    """What became of the rows so far; ``withdrawn`` counts those that a person took out, by act."""

    rows: int = 0
    inserted: int = 0
    already_known: int = 0
    enriched: int = 0
    labels_added: int = 0
    labels_corrected: int = 0
    rejected: int = 0
    turbines_added: int = 0
    planned_visits_added: int = 0
    contradictions: int = 0
    refused_values: int = 0
    silent: list[Sensor] = field(default_factory=list)
    withdrawn: Counter[int] = field(default_factory=Counter)
    empty_cells: Counter[str] = field(default_factory=Counter)
    problems: ProblemList = field(default_factory=ProblemList)

    def add_silent(self, sensors: list[Sensor], line: int) -> None:
        """Report sensors whose column is there and wholly empty, as if it were not."""
        if not self.rows:
            return
        self.silent = sensors
        for sensor in sensors:
            self.problems.add(line, CellProblem(sensor.name, None, consequence(sensor, state=EMPTY)))

    def add_withdrawn(self, line: int) -> None:
        """Say which rows stay out because a person took them out."""
        for act, count in sorted(self.withdrawn.items()):
            reason = (
                f"{french.counted(count, 'ligne retirée')} par une personne (retrait n° {act}), et que ce"
                " fichier redonne : rien n’est changé. Pour les reprendre, rétablissez ce retrait."
            )
            self.problems.add(line, CellProblem("", None, reason))

    def add_column_problems(self, columns: Columns, line: int) -> None:
        """Report missing sensors with their consequence, unused mappings and converted columns."""
        for sensor in columns.missing:
            close = columns.close.get(sensor.name)
            self.problems.add(line, CellProblem(sensor.name, None, consequence(sensor, close)))
        for name in columns.unused:
            reason = "colonne nommée dans la correspondance, absente du fichier."
            self.problems.add(line, CellProblem(printable(name), None, reason))
        names = {position: sensor.name for position, sensor in columns.sensors}
        for position, how in columns.conversions.items():
            reason = f"valeurs converties de {how.source} en {how.unit} (en-tête ou correspondance)."
            self.problems.add(line, CellProblem(names[position], None, reason))

    def count_empty(self, cells: Sequence[str], columns: Columns) -> None:
        """Count the sensors' cells of a row that are empty."""
        for position, sensor in columns.sensors:
            if is_missing(cells[position]):
                self.empty_cells[sensor.name] += 1


def consequence(sensor: Sensor, close: str | None = None, state: str = "absente") -> str:
    """Say in French what will not work without a sensor, and which unknown column is probably meant.

    Args:
        sensor: that is missing.
        close: name of the unknown column.
        state: of the sensor's column.
    """
    hint = f" Est-ce « {printable(close)} » ? Renommez-la, ou reliez-la." if close else ""
    if not sensor.used_by:
        who = "un modèle qui la lit ne pourra pas"
        return f"colonne {state} ({sensor.label}) : {who} évaluer ces mesures.{hint}"
    who = f"les modèles qui la lisent ({', '.join(sensor.used_by)})"
    return f"colonne {state} ({sensor.label}) : {who} ne pourront pas évaluer ces mesures.{hint}"


def import_facts(
    tally: ImportTally, name: str, understood: Understood, origin: Origin, finished_at: datetime
) -> dict[str, Any]:
    """Return the fields of the report, without the import's id and with all kept problems."""
    columns = understood.as_written.columns
    return {
        "filename": printable(name, 255),
        "sha256": understood.file.sha256,
        "rows": tally.rows,
        "inserted": tally.inserted,
        "already_known": tally.already_known,
        "enriched": tally.enriched,
        "labels_added": tally.labels_added,
        "labels_corrected": tally.labels_corrected,
        "rejected": tally.rejected,
        "turbines_added": tally.turbines_added,
        "planned_visits_added": tally.planned_visits_added,
        "contradictions": tally.contradictions,
        "empty_cells": dict(tally.empty_cells),
        "refused_values": tally.refused_values,
        "problems": tally.problems.kept,
        "problems_total": tally.problems.total,
        "unknown_columns": list(columns.unknown),
        "missing_columns": [sensor.name for sensor in (*columns.missing, *tally.silent)],
        "started_at": origin.at,
        "finished_at": finished_at,
        "imported_by": origin.by,
        "format": understood.format,
    }


def people_report(import_id: int, facts: dict[str, Any]) -> ImportReport:
    """Build the report with its first 20 problems."""
    return ImportReport(**{**facts, "import_id": import_id, "problems": facts["problems"][:SHOWN_PROBLEMS]})


def stored_report(facts: dict[str, Any]) -> dict[str, Any]:
    """Build the JSON of ``imports.report``: all kept problems, and their number."""
    report = ImportReport(**facts, import_id=0).model_dump(mode="json", exclude={"import_id"})
    return {**report, "problems_kept": len(facts["problems"])}
