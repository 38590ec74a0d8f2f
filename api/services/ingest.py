"""Take a file of measurements in: each row is stored, already known, or rejected with its reason."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Connection

from api.domain.measurement_rows import DAYS_LEFT, FAILURE, CellProblem, Columns, MeasurementRow, judge_row
from api.domain.measurements import row_identity
from api.domain.readings import PARIS
from api.domain.sensors import Sensor
from api.schemas.measurements import ImportReport
from api.services.csv_source import Line, open_csv
from api.services.ingest_tally import ImportTally, import_facts, people_report, stored_report
from api.services.park_source import Source, make_room, read_source
from api.storage import ingestion
from api.storage.database import Database
from api.storage.ingestion import IdRange, KnownMeasurement, NewMeasurement, Outcome, PlannedVisit

CHUNK_ROWS = 5_000
Progress = Callable[[int, int], None]


class _Candidate(NamedTuple):
    line: int
    row: MeasurementRow
    identity: str


class _Identities:
    """Identities of a file's rows in file order; equal rows differ by their occurrence.

    Keeps 16 bytes of hash per different row, about 100 MB for a million.
    """

    def __init__(self) -> None:
        self._seen: set[bytes] = set()
        self._repeats: Counter[bytes] = Counter()

    def next(self, row: MeasurementRow) -> str:
        first = row_identity(row.turbine_id, row.measured_on, row.measured_at, row.values, 0)
        key = bytes.fromhex(first[:32])
        if key not in self._seen:
            self._seen.add(key)
            return first
        self._repeats[key] += 1
        return row_identity(row.turbine_id, row.measured_on, row.measured_at, row.values, self._repeats[key])


@dataclass(frozen=True, slots=True)
class _Import:
    """What stays the same from the first row of an import to its last."""

    columns: Columns
    source: Source
    now: datetime
    today: date
    identities: _Identities
    tally: ImportTally


def ingest_file(
    database: Database,
    path: Path,
    sensors: Mapping[str, Sensor],
    *,
    source: str,
    imported_by: str,
    now: datetime,
    progress: Progress | None = None,
    chunk_rows: int = CHUNK_ROWS,
) -> ImportReport:
    """Store what a file of measurements brings that is new, and say what became of each row.

    The rows go in by chunks, each in its own transaction and each harmless when repeated: an import that was
    interrupted is finished by starting it again. The import is recorded with its report at the end.

    Args:
        database: at its newest schema.
        path: of a CSV file, UTF-8, comma-separated.
        sensors: the catalogue, by column name.
        source: ``mesure`` or ``simulation``; the first real data put the simulated park aside.
        imported_by: account or key that asked for it.
        now: the present instant; days after today in Europe/Paris are refused.
        progress: called after each chunk with the rows done and about how many there are, at the end with
            two equal figures.
        chunk_rows: rows per transaction.

    Returns:
        The report: ``rows = inserted + already_known + rejected``; ``labels_added`` counts the known rows
        that received a label. It holds the first 20 problems; ``imports.report`` keeps up to 10,000.

    Raises:
        InvalidInput: the file as a whole cannot be taken.
        Conflict: simulated rows while real turbines are in the park.
        DatabaseUnavailable: the database does not answer; what was stored stays valid.
    """
    started = time.perf_counter()
    known_source = read_source(source)
    file = open_csv(path)
    columns = Columns.of(file.header, sensors)
    tally = ImportTally()
    tally.tell_missing(columns.missing, file.header_line)
    job = _Import(columns, known_source, now, now.astimezone(PARIS).date(), _Identities(), tally)
    for lines in _chunks(file.lines(), chunk_rows):
        if candidates := _judge(lines, job):
            with database.write() as connection:
                database.lock(connection, ingestion.LOCK)
                _store(connection, candidates, job)
        if progress is not None:
            progress(tally.rows, max(tally.rows, file.approximate_rows))
    if not tally.rows:
        nothing = CellProblem("", None, "le fichier n’a que son en-tête : aucune mesure.")
        tally.problems.tell(file.header_line, nothing)
    finished = now + timedelta(seconds=time.perf_counter() - started)
    facts = import_facts(tally, file, columns, imported_by=imported_by, started_at=now, finished_at=finished)
    with database.write() as connection:
        database.lock(connection, ingestion.LOCK)
        recorded = {
            key: facts[key] for key in ("filename", "sha256", "imported_by", "started_at", "finished_at")
        }
        recorded |= {"source": known_source, "report": stored_report(facts, tally.problems.total)}
        import_id = ingestion.add_import(connection, recorded, tally.brought)
    if progress is not None:
        progress(tally.rows, tally.rows)
    return people_report(import_id, facts)


def _chunks(lines: Iterable[Line], size: int) -> Iterator[list[Line]]:
    source = iter(lines)
    while chunk := list(islice(source, size)):
        yield chunk


def _judge(lines: Iterable[Line], job: _Import) -> list[_Candidate]:
    """The rows that may be stored, each with its identity; what is wrong with the others is told."""
    candidates: list[_Candidate] = []
    tally = job.tally
    for line in lines:
        tally.rows += 1
        if line.defect is not None:
            tally.rejected += 1
            tally.problems.tell(line.number, CellProblem("", None, line.defect))
            continue
        row, accepted, problems = judge_row(line.cells, job.columns, job.today)
        for problem in problems:
            tally.problems.tell(line.number, problem)
        identity = None if row is None else job.identities.next(row)
        if accepted and row is not None and identity is not None:
            candidates.append(_Candidate(line.number, row, identity))
        else:
            tally.rejected += 1
    return candidates


def _store(connection: Connection, candidates: Sequence[_Candidate], job: _Import) -> None:
    """One chunk, in the caller's transaction."""
    make_room(connection, job.source, job.now)
    names = dict.fromkeys(candidate.row.turbine_id for candidate in candidates)
    turbines, created = ingestion.ensure_turbines(connection, names, job.source, job.now)
    keys = [(turbines[candidate.row.turbine_id], candidate.identity) for candidate in candidates]
    known = ingestion.known_measurements(connection, keys)
    new = [candidate for candidate in candidates if candidate.identity not in known]
    ids, span = ingestion.add_measurements(connection, [_measurement(c, turbines) for c in new], job.source)
    job.tally.turbines_added += created
    job.tally.inserted += len(new)
    job.tally.already_known += len(known)
    _sign(known.values(), span, job.tally)
    fresh = (_outcome(c, ids[c.identity]) for c in new if c.row.labelled)
    ingestion.add_outcomes(connection, fresh, job.source, job.now)
    returning = [
        (c.line, _outcome(c, known[c.identity].id))
        for c in candidates
        if c.identity in known and c.row.labelled
    ]
    _add_labels(connection, returning, job)
    visits = [visit for c in candidates if (visit := _planned_visit(c, turbines)) is not None]
    job.tally.planned_visits_added += ingestion.add_planned_visits(connection, visits, job.source)


def _sign(known: Iterable[KnownMeasurement], span: IdRange | None, tally: ImportTally) -> None:
    """Note which measurements are this import's: its new ones, and those that an interrupted one left."""
    for stored in known:
        if stored.import_id is None:
            tally.bring(IdRange(stored.id, stored.id))
    if span is not None:
        tally.bring(span)


def _add_labels(connection: Connection, returning: Sequence[tuple[int, Outcome]], job: _Import) -> None:
    """Labels of measurements already known: new ones are added, contradictory ones told and left out."""
    stored = ingestion.known_outcomes(connection, [told.measurement for _line, told in returning])
    added, completed = [], []
    for line, told in returning:
        old = stored.get(told.measurement)
        if old is None:
            added.append(told)
        elif contradictions := _contradictions(old, told):
            for problem in contradictions:
                job.tally.problems.tell(line, problem)
        elif (whole := _completed(old, told)) != old:
            completed.append(whole)
    ingestion.add_outcomes(connection, added, job.source, job.now)
    ingestion.complete_outcomes(connection, completed, job.source, job.now)
    job.tally.labels_added += len(added) + len(completed)


def _contradictions(old: Outcome, told: Outcome) -> list[CellProblem]:
    pairs = (
        (FAILURE, old.failure_within_7d, told.failure_within_7d),
        (DAYS_LEFT, old.time_to_failure_days, told.time_to_failure_days),
    )
    return [
        CellProblem(
            column,
            f"{float(new):g}",
            f"contredit l’étiquette déjà enregistrée ({_comma(before)}), qui est gardée ; rien n’est changé.",
        )
        for column, before, new in pairs
        if before is not None and new is not None and before != new
    ]


def _comma(value: float) -> str:
    return f"{float(value):g}".replace(".", ",")


def _completed(old: Outcome, told: Outcome) -> Outcome:
    return Outcome(
        old.measurement,
        told.failure_within_7d if old.failure_within_7d is None else old.failure_within_7d,
        told.time_to_failure_days if old.time_to_failure_days is None else old.time_to_failure_days,
    )


def _measurement(candidate: _Candidate, turbines: Mapping[str, int]) -> NewMeasurement:
    row = candidate.row
    return NewMeasurement(
        turbines[row.turbine_id], row.measured_on, row.measured_at, row.values, candidate.identity
    )


def _outcome(candidate: _Candidate, measurement: int) -> Outcome:
    row = candidate.row
    return Outcome(measurement, row.failure_within_7d, row.time_to_failure_days)


def _planned_visit(candidate: _Candidate, turbines: Mapping[str, int]) -> PlannedVisit | None:
    visit, row = candidate.row.visit, candidate.row
    if visit is None:
        return None
    return PlannedVisit(turbines[row.turbine_id], visit.planned_on, row.measured_on, visit.technician)
