"""Ingests a file of measurements: each row is stored, known, enriched, or rejected with its reason."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path

from api.domain.measurements.measurements import canonical_values
from api.domain.measurements.quick_rows import QuickReader
from api.domain.measurements.rows import CellProblem, judge_row
from api.domain.measurements.sensors import Sensor
from api.domain.shared.exceptions import CockpitError, UnclearFile
from api.schemas import french
from api.schemas.measurements import ImportReport
from api.schemas.vocabulary import AuditAction
from api.services.measurements.files.options import NATIVE, ImportOptions
from api.services.measurements.files.scan import Understood, understand
from api.services.measurements.files.table_file import Line
from api.services.measurements.source import Source, read_source, refuse_mixture
from api.services.measurements.store import Candidate, Job, store
from api.services.measurements.tally import ImportTally, import_facts, people_report, stored_report
from api.services.shared.audit import record
from api.storage.measurements import imports, ingestion
from api.storage.measurements.imports import ImportStatus
from api.storage.measurements.names import living_names
from api.storage.measurements.outcomes import Origin
from api.storage.shared import bulk
from api.storage.shared.database import Database

CHUNK_ROWS = 20_000
_AUDITED = ("sha256", "rows", "inserted", "enriched", "labels_corrected", "rejected")
Progress = Callable[[int, int], None]


def ingest_file(
    database: Database,
    path: Path,
    sensors: Mapping[str, Sensor],
    *,
    source: str,
    imported_by: str,
    now: datetime,
    progress: Progress | None = None,
    options: ImportOptions = NATIVE,
    chunk_rows: int = CHUNK_ROWS,
) -> ImportReport:
    """Store the new rows of a file of measurements, and report what became of each row.

    Rows are stored in chunks, one transaction each. Repeating a chunk changes nothing: to finish an import
    that was interrupted, start it again. The import is first recorded as under way, and completed with its
    report at the end.

    Args:
        database: at its newest schema.
        path: of a CSV (compressed or not), Excel or Parquet file.
        sensors: the catalogue, by column name.
        source: ``mesure`` or ``simulation``; the first real data archive the simulated park.
        imported_by: account or key that asked for it.
        now: the present instant; days after today in Europe/Paris are refused.
        progress: called after each chunk with the rows done and the approximate total, and at the end with
            two equal numbers.
        options: names, units and date format of the file, if they differ from the cockpit's.
        chunk_rows: rows per transaction.

    Returns:
        The report: ``rows = inserted + already_known + enriched + rejected``. It holds the first 20 problems;
        ``imports.report`` keeps up to 10,000.

    Raises:
        InvalidInput: the file as a whole cannot be taken, or its figures look like another unit's.
        Conflict: simulated rows while real turbines are in the park.
        DatabaseUnavailable: the database does not answer; what was stored stays valid.
    """
    started = time.perf_counter()
    known_source = read_source(source)
    with database.read() as connection:
        park = living_names(connection, Source.MESURE)
    understood = understand(path, sensors, options, park=park)
    if understood.doubts and not options.confirmed:
        raise UnclearFile(understood.doubts, confirmable=True)
    name = options.filename or path.name
    key, job = _begin(database, understood, name, known_source, imported_by, now)
    try:
        _take_in(database, understood, job, chunk_rows, progress)
    except BaseException:
        _interrupt(database, key)
        raise
    finished = now + timedelta(seconds=time.perf_counter() - started)
    facts = import_facts(job.tally, name, understood, job.origin, finished)
    report = people_report(key, facts)
    with database.write() as connection:
        status = ImportStatus.REFUSE if report.nothing_taken else ImportStatus.TERMINE
        imports.finish(connection, key, stored_report(facts), finished, status)
        if known_source == "mesure":
            details = {name: facts[name] for name in _AUDITED} | {"confirmed": options.confirmed}
            action = AuditAction.IMPORT_TERMINE
            record(database, connection, action, "import", key, by=imported_by, details=details)
    if progress is not None:
        progress(job.tally.rows, job.tally.rows)
    return report


def _begin(
    database: Database, understood: Understood, name: str, source: Source, imported_by: str, now: datetime
) -> tuple[int, Job]:
    """Record the import as under way; return its key and what it needs."""
    with database.write() as connection:
        database.lock(connection, ingestion.LOCK)
        refuse_mixture(connection, source)
        seen = imports.was_finished(connection, understood.file.sha256)
        before = ingestion.last_measurement(connection)
        key = imports.start(
            connection,
            {
                "filename": name[:255],
                "sha256": understood.file.sha256,
                "source": source,
                "imported_by": imported_by,
                "started_at": now,
            },
        )
    job = Job(source, Origin(source, key, now, imported_by), before, seen, len(understood.columns.sensors))
    if understood.days is not None:
        job.basis = understood.days.basis
    return key, job


def _take_in(
    database: Database, understood: Understood, job: Job, chunk_rows: int, progress: Progress | None
) -> None:
    """Judge and store the file's rows, chunk by chunk."""
    file, tally = understood.file, job.tally
    tally.add_column_problems(understood.as_written.columns, file.header_line)
    for remark in understood.remarks:
        tally.problems.add(file.header_line, CellProblem("", None, remark))
    for line, problem in understood.days.remarks if understood.days else ():
        tally.problems.add(line, problem)
    judge = _Judge(understood, job.origin.at, tally)
    silent = {sensor.name: sensor for sensor in understood.columns.silent}
    for lines in _chunks(file.lines(), chunk_rows):
        candidates = judge.candidates(lines, job)
        for candidate in candidates if silent else ():
            silent = {name: sensor for name, sensor in silent.items() if name not in candidate.row.values}
        if candidates:
            with database.write() as connection:
                bulk.prepare(connection)
                database.lock(connection, ingestion.LOCK)
                store(connection, candidates, job)
        if progress is not None:
            progress(tally.rows, max(tally.rows, file.approximate_rows))
    tally.add_silent(list(silent.values()), file.header_line)
    tally.add_withdrawn(file.header_line)
    if not tally.rows:
        empty_file = CellProblem("", None, "le fichier n’a que son en-tête : aucune mesure.")
        tally.problems.add(file.header_line, empty_file)


class _Judge:
    """Judges the lines of one file; plain lines take a quicker path."""

    def __init__(self, understood: Understood, now: datetime, tally: ImportTally) -> None:
        self._columns, self._notation = understood.columns, understood.notation
        self._today, self._tally = french.paris_day(now), tally
        self._quick = QuickReader(understood.columns, self._today, understood.notation)

    def candidates(self, lines: Iterable[Line], job: Job) -> list[Candidate]:
        """Return the rows that may be stored, each with its identity; report the problems of the others."""
        accepted: list[Candidate] = []
        read, identities = self._quick.read, job.identities
        for line in lines:
            self._tally.rows += 1
            quick = read(line.cells) if line.defect is None else None
            if quick is not None:
                row, values = quick
                accepted.append(Candidate(line.number, row, values, *identities.next(row, values)))
            elif (candidate := self._slowly(line, job)) is not None:
                accepted.append(candidate)
            else:
                self._tally.rejected += 1
        return accepted

    def _slowly(self, line: Line, job: Job) -> Candidate | None:
        if line.defect is not None:
            self._tally.problems.add(line.number, CellProblem("", None, line.defect))
            return None
        self._tally.count_empty(line.cells, self._columns)
        verdict = judge_row(line.cells, self._columns, self._today, self._notation)
        row, accepted, problems = verdict
        self._tally.refused_values += verdict.refused_values
        for problem in problems:
            self._tally.problems.add(line.number, problem)
        if row is None:
            return None
        values = canonical_values(row.values)
        # A row rejected for its labels still counts among equal rows: the corrected file finds the same rows.
        identity, twin = job.identities.next(row, values)
        return Candidate(line.number, row, values, identity, twin) if accepted else None


def _interrupt(database: Database, key: int) -> None:
    """Record that the import was interrupted; if the database does not answer, it stays under way."""
    try:
        with database.write() as connection:
            imports.interrupt(connection, key)
    except CockpitError:
        return


def _chunks(lines: Iterable[Line], size: int) -> Iterator[list[Line]]:
    source = iter(lines)
    while chunk := list(islice(source, size)):
        yield chunk
