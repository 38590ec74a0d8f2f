"""Stores a chunk of judged rows: new, known, or known with fewer sensors; with labels and visits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from sqlalchemy import Connection

from api.domain.measurements.measurements import text_identity
from api.domain.measurements.rows import DAYS_LEFT, FAILURE, CellProblem, MeasurementRow, labels_contradict
from api.schemas import french
from api.services.measurements.corrections import contradictions
from api.services.measurements.files.by_day import Basis
from api.services.measurements.source import Source, make_room
from api.services.measurements.tally import ImportTally
from api.storage.measurements import ingestion, outcomes, visits
from api.storage.measurements.basis import add_basis
from api.storage.measurements.ingestion import NewMeasurement, PoorerMeasurement
from api.storage.measurements.outcomes import Origin, Outcome
from api.storage.measurements.visits import PlannedVisit


class Candidate(NamedTuple):
    """A row that may be stored, its canonical values, its identity, and that of an equal earlier row."""

    line: int
    row: MeasurementRow
    values: str
    identity: str
    twin: str | None


class Identities:
    """Identities of a file's rows in file order; equal rows differ by their occurrence number.

    Keeps 8 bytes of hash per different row, about 70 MB for a million. Two different rows with one hash (a
    chance of 1 in 37 million for a million rows) would only be numbered as if they were equal.
    """

    def __init__(self) -> None:
        self._seen: set[int] = set()
        self._repeats: Counter[int] = Counter()

    def next(self, row: MeasurementRow, values: str) -> tuple[str, str | None]:
        """Return the row's identity, and that of the first equal row or None."""
        on, at = row.time
        day, instant = on.isoformat(), "" if at is None else at.isoformat()
        first = text_identity(row.turbine_id, day, instant, values, 0)
        key = int(first[:16], 16)
        if key not in self._seen:
            self._seen.add(key)
            return first, None
        self._repeats[key] += 1
        return text_identity(row.turbine_id, day, instant, values, self._repeats[key]), first


@dataclass(slots=True)
class Job:
    """The state of one import, from its first row to its last.

    Attributes:
        source: of the data.
        origin: of the labels.
        before: highest id of a measurement when the import began.
        seen: a file with the same content was imported completely before.
        sensor_count: how many sensors the file has columns for.
        last_own: highest id that this import stored.
        claimed: ids of stored rows with fewer sensors that already match a row of this file: no other row may
            enrich them.
        basis: what a day's values rest on, by turbine and day, where records were joined into days.
    """

    source: Source
    origin: Origin
    before: int
    seen: bool
    sensor_count: int
    last_own: int = 0
    claimed: set[int] = field(default_factory=set)
    identities: Identities = field(default_factory=Identities)
    tally: ImportTally = field(default_factory=ImportTally)
    basis: Basis = field(default_factory=dict)


def store(connection: Connection, candidates: Sequence[Candidate], job: Job) -> None:
    """Store one chunk, in the caller's transaction.

    Raises:
        Conflict: simulated rows while real turbines are in the park.
    """
    make_room(connection, job.source, job.origin.at)
    names = dict.fromkeys(candidate.row.turbine_id for candidate in candidates)
    turbines, created = ingestion.ensure_turbines(connection, names, job.source, job.origin.at)
    known = _known(connection, candidates, turbines, job)
    rest = [candidate for candidate in candidates if candidate.identity not in known]
    richer = _enriched(connection, rest, turbines, job)
    new = [candidate for candidate in rest if candidate.identity not in richer] if richer else rest
    ids = ingestion.add_measurements(
        connection, [_measurement(c, turbines) for c in new], job.source, job.origin.import_id or 0
    )
    job.last_own = max(job.last_own, *ids[-1:], 0)
    tally = job.tally
    add_basis(
        connection,
        [
            (key, basis)
            for c, key in (zip(new, ids, strict=True) if job.basis else ())
            if (basis := job.basis.get((c.row.turbine_id, c.row.measured_on))) is not None
        ],
    )
    tally.turbines_added += created
    tally.inserted += len(new)
    tally.already_known += len(known)
    tally.enriched += len(richer)
    labelled = [_outcome(c, key) for c, key in zip(new, ids, strict=True) if c.row.labelled]
    outcomes.add_outcomes(connection, labelled, job.origin)
    tally.labels_added += len(labelled)
    known.update(richer)
    _add_labels(connection, [c for c in candidates if c.row.labelled and c.identity in known], known, job)
    _report_twins(connection, candidates, turbines, job)
    _report_contradictions(connection, dict(zip(ids, new, strict=True)), turbines, job)
    planned = [_visit(c, turbines) for c in candidates if c.row.visit is not None]
    tally.planned_visits_added += visits.add_planned_visits(
        connection, planned, job.source, job.origin.import_id
    )


def _known(
    connection: Connection, candidates: Sequence[Candidate], turbines: Mapping[str, int], job: Job
) -> dict[str, int]:
    """Return the ids of the rows that are stored already, by identity."""
    if not job.before and ingestion.last_measurement(connection) == job.last_own:
        return {}  # only this import has stored rows, and its identities all differ
    keys = [(turbines[candidate.row.turbine_id], candidate.identity) for candidate in candidates]
    stored = ingestion.known_measurements(connection, keys)
    job.claimed.update(row.id for row in stored.values() if row.value_count < job.sensor_count)
    job.tally.withdrawn.update(row.withdrawal for row in stored.values() if row.withdrawal is not None)
    return {identity: row.id for identity, row in stored.items()}


def _enriched(
    connection: Connection, candidates: Sequence[Candidate], turbines: Mapping[str, int], job: Job
) -> dict[str, int]:
    """Add sensors to stored rows that lacked them; return their ids by identity.

    A row enriches a stored one if turbine and time are the same, every stored value is equal, and it has
    more values.
    """
    if not job.before or not candidates:
        return {}
    days = list({(turbines[c.row.turbine_id], c.row.measured_on.isoformat()) for c in candidates})
    poorer: dict[tuple[object, ...], list[PoorerMeasurement]] = {}
    for stored in ingestion.poorer_measurements(connection, days, below=job.sensor_count, until=job.before):
        if stored.id not in job.claimed:
            poorer.setdefault((stored.turbine, stored.measured_on, stored.measured_at), []).append(stored)
    enriched: list[tuple[int, NewMeasurement]] = []
    for candidate in candidates if poorer else ():
        row = candidate.row
        pool = poorer.get((turbines[row.turbine_id], row.measured_on, row.measured_at), [])
        match = next((stored for stored in pool if stored.values.items() < row.values.items()), None)
        if match is not None:
            pool.remove(match)
            job.claimed.add(match.id)
            enriched.append((match.id, _measurement(candidate, turbines)))
    ingestion.enrich_measurements(connection, enriched, job.origin.import_id or 0)
    return {row.identity: key for key, row in enriched}


def _add_labels(
    connection: Connection, candidates: Sequence[Candidate], known: Mapping[str, int], job: Job
) -> None:
    """Store labels of known measurements: add new ones; replace different ones, whose old version is kept."""
    stored = outcomes.known_outcomes(connection, [known[c.identity] for c in candidates])
    added: list[Outcome] = []
    completed: list[Outcome] = []
    corrected: list[Outcome] = []
    for candidate in candidates:
        sent = _outcome(candidate, known[candidate.identity])
        old = stored.get(sent.measurement)
        if old is None:
            added.append(sent)
            continue
        changes = _changes(old, sent)
        whole = _overlaid(old, sent)
        if whole == old:
            continue
        if changes and job.seen:  # this file was imported before: the stored label is newer
            _report(candidate, changes, _SEEN, job)
            continue
        if labels_contradict(whole.failure_within_7d, whole.time_to_failure_days):
            _report(candidate, changes or [(FAILURE, "", "")], _INCOMPLETE, job)
            continue
        (corrected if changes else completed).append(whole)
        _report(candidate, changes, _CORRECTED, job)
    outcomes.add_outcomes(connection, added, job.origin)
    outcomes.replace_outcomes(connection, [*completed, *corrected], job.origin)
    job.tally.labels_added += len(added) + len(completed)
    job.tally.labels_corrected += len(corrected)


_CORRECTED = "corrige l’étiquette enregistrée ({before}), gardée dans l’historique."
_INCOMPLETE = "contredit l’autre étiquette enregistrée de cette mesure ; donnez les deux. Rien n’est changé."
_SEEN = (
    "l’étiquette enregistrée ({before}) est plus récente que ce fichier, déjà importé en entier ; rien n’est"
    " changé."
)
_TWIN = (
    "étiquette contradictoire : la même mesure figure plus haut dans le fichier avec {before} ; les deux"
    " lignes sont gardées telles quelles."
)


def _report(candidate: Candidate, changes: Sequence[tuple[str, str, str]], reason: str, job: Job) -> None:
    for column, before, after in changes:
        job.tally.problems.add(
            candidate.line, CellProblem(column, after or None, reason.format(before=before))
        )


def _changes(old: Outcome, sent: Outcome) -> list[tuple[str, str, str]]:
    """Return column, old and new label, as French text, for each label that differs."""
    pairs = (
        (FAILURE, old.failure_within_7d, sent.failure_within_7d),
        (DAYS_LEFT, old.time_to_failure_days, sent.time_to_failure_days),
    )
    return [
        (column, french.exact(before), french.exact(after))
        for column, before, after in pairs
        if before is not None and after is not None and before != after
    ]


def _overlaid(old: Outcome, sent: Outcome) -> Outcome:
    """Return the sent labels, completed by the stored ones."""
    return Outcome(
        old.measurement,
        old.failure_within_7d if sent.failure_within_7d is None else sent.failure_within_7d,
        old.time_to_failure_days if sent.time_to_failure_days is None else sent.time_to_failure_days,
    )


def _report_twins(
    connection: Connection, candidates: Sequence[Candidate], turbines: Mapping[str, int], job: Job
) -> None:
    """Report equal rows of this file whose labels differ."""
    twins = [(turbines[c.row.turbine_id], c.twin, c) for c in candidates if c.twin and c.row.labelled]
    if not twins:
        return
    firsts = ingestion.known_measurements(connection, [(turbine, twin) for turbine, twin, _c in twins])
    stored = outcomes.known_outcomes(connection, [row.id for row in firsts.values()])
    for _turbine, twin, candidate in twins:
        first = stored.get(firsts[twin].id) if twin in firsts else None
        if first is not None:
            _report(candidate, _changes(first, _outcome(candidate, 0)), _TWIN, job)


def _report_contradictions(
    connection: Connection, stored: Mapping[int, Candidate], turbines: Mapping[str, int], job: Job
) -> None:
    """Report the rows just stored that contradict another one of their turbine and instant."""
    days = {
        (turbines[c.row.turbine_id], c.row.measured_on.isoformat())
        for c in stored.values()
        if c.row.measured_at is not None
    }
    lines = {key: candidate.line for key, candidate in stored.items()} if days else {}
    problems = contradictions.of_new_rows(connection, lines, list(days), job.origin.import_id)
    job.tally.contradictions += len(problems)
    for line, problem in problems:
        job.tally.problems.add(line, problem)


def _measurement(candidate: Candidate, turbines: Mapping[str, int]) -> NewMeasurement:
    row = candidate.row
    return NewMeasurement(
        turbines[row.turbine_id],
        row.time.on,
        row.time.at,
        candidate.values,
        len(row.values),
        candidate.identity,
    )


def _outcome(candidate: Candidate, measurement: int) -> Outcome:
    row = candidate.row
    return Outcome(measurement, row.failure_within_7d, row.time_to_failure_days)


def _visit(candidate: Candidate, turbines: Mapping[str, int]) -> PlannedVisit:
    visit, row = candidate.row.visit, candidate.row
    assert visit is not None  # noqa: S101 - only rows with a visit come here
    return PlannedVisit(turbines[row.turbine_id], visit.planned_on, row.measured_on, visit.technician)
