"""Previews an import: what it would do, without writing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import islice
from pathlib import Path

from sqlalchemy import Connection

from api.domain.measurements.columns import DATE, DAYS_LEFT, FAILURE, TURBINE
from api.domain.measurements.measurements import canonical_values, natural_key
from api.domain.measurements.readings import printable
from api.domain.measurements.rows import CellProblem, Columns, MeasurementRow, judge_row
from api.domain.measurements.sensors import Sensor
from api.schemas import french
from api.schemas.common import FieldProblem, Notice
from api.schemas.measurements import ImportPreview, PreviewColumn, PreviewRow
from api.services.measurements.corrections.contradictions import of_previewed_rows
from api.services.measurements.files.options import NATIVE, ImportOptions
from api.services.measurements.files.scan import Understood, understand
from api.services.measurements.files.table_file import Line
from api.services.measurements.source import Source, sets_simulation_aside
from api.services.measurements.store import Identities
from api.services.measurements.tally import EMPTY, SHOWN_PROBLEMS, ProblemList, consequence
from api.storage.measurements import ingestion
from api.storage.measurements.names import living_names
from api.storage.shared.database import Database

EXAMINED_ROWS = 2_000
SHOWN_ROWS = 20
SHOWN_TURBINES = 50
PATIENCE_S = 8.0  # a million rows take 1 s as CSV, minutes as a workbook
_SHOWN_CELLS = (TURBINE, DATE, FAILURE, DAYS_LEFT)  # not the technician: it could be a name


@dataclass(slots=True)
class _Examined:
    """The first rows, judged."""

    rows: int = 0
    rejected: int = 0
    repeated: int = 0
    first_rows: list[PreviewRow] = field(default_factory=list)
    accepted: list[tuple[str, str]] = field(default_factory=list)  # turbine, identity
    with_hour: list[tuple[int, MeasurementRow]] = field(default_factory=list)  # line, row
    problems: ProblemList = field(default_factory=ProblemList)


def preview_file(
    database: Database,
    path: Path,
    sensors: Mapping[str, Sensor],
    *,
    now: datetime,
    options: ImportOptions = NATIVE,
    patience_s: float = PATIENCE_S,
) -> ImportPreview:
    """Return what :func:`api.services.measurements.ingest.ingest_file` would do; nothing is written.

    Args:
        database: at its newest schema; read only.
        path: of the file.
        sensors: the catalogue, by column name.
        now: the present instant; days after today in Europe/Paris are refused.
        options: names, units and date format of the file.
        patience_s: seconds of reading after which the rows read so far decide the notation.

    Raises:
        InvalidInput: the file as a whole cannot be taken, with the remedy; a file that only needs
            ``options.confirmed`` does not raise: see ``doubts``.
        DatabaseUnavailable: the database does not answer.
    """
    with database.read() as connection:
        park = living_names(connection, Source.MESURE)
    understood = understand(path, sensors, options, patience_s=patience_s, park=park)
    examined = _examine(understood, french.paris_day(now))
    with database.read() as connection:
        aside = bool(examined.accepted) and sets_simulation_aside(connection, Source.MESURE)
        simulated = ingestion.count_living(connection, Source.SIMULATION) if aside else 0
        wanted = set() if aside else {name for name, _identity in examined.accepted}
        turbines = ingestion.turbine_keys(connection, wanted)
        known = _known(connection, examined, turbines)
        contradicting = of_previewed_rows(connection, examined.with_hour, turbines)
    for line, problem in contradicting:
        examined.problems.add(line, problem)
    whole = examined.rows < EXAMINED_ROWS
    total = examined.rows if whole else max(understood.file.approximate_rows, examined.rows)
    scale = total / examined.rows if examined.rows else 0.0
    accepted = examined.rows - examined.rejected
    unknown = sorted({name for name, _identity in examined.accepted} - set(turbines), key=natural_key)
    return ImportPreview(
        filename=printable(options.filename or path.name, 255),
        sha256=understood.file.sha256,
        format=understood.format,
        rows=total,
        examined=examined.rows,
        columns=_columns(understood),
        first_rows=examined.first_rows,
        problems=examined.problems.kept[:SHOWN_PROBLEMS],
        problems_total=examined.problems.total,
        rejected=examined.rejected,
        contradictions=len(contradicting),
        estimated_new=round((accepted - known) * scale),
        estimated_known=round(known * scale),
        new_turbines=unknown[:SHOWN_TURBINES],
        doubts=[FieldProblem(field=doubt.field, message=doubt.message) for doubt in understood.doubts],
        needs_confirmation=bool(understood.doubts) and not options.confirmed,
        notices=_notices(understood, simulated, examined.repeated),
    )


def _notices(understood: Understood, simulated: int, repeated: int) -> list[Notice]:
    return [
        *_simulation_notice(simulated),
        *_days_notice(understood),
        *_partial_notice(understood.scanned),
        *(Notice(code="a_verifier", field=None, message=text) for text in understood.remarks),
        *_repeated_notice(repeated),
    ]


def _simulation_notice(simulated: int) -> list[Notice]:
    if not simulated:
        return []
    text = (
        f"Premières mesures réelles : le parc simulé ({french.counted(simulated, 'turbine')}) sera mis de"
        " côté avec ses classements. Il reste dans la base et quitte l’écran."
    )
    return [Notice(code="parc_simule_mis_de_cote", field=None, message=text)]


def _days_notice(understood: Understood) -> list[Notice]:
    if understood.days is None:
        return []
    return [Notice(code="releves_reunis_par_jour", field=None, message=understood.days.summary)]


def _partial_notice(scanned: int | None) -> list[Notice]:
    if scanned is None:
        return []
    text = (
        f"Fichier très long : dates, nombres et unités sont jugés sur {french.counted(scanned, 'ligne')} en "
        "tête. L’import lira tout, et refusera le fichier avant d’écrire si la suite les contredit."
    )
    return [Notice(code="lecture_partielle", field=None, message=text)]


def _repeated_notice(repeated: int) -> list[Notice]:
    if not repeated:
        return []
    text = (
        f"{french.counted(repeated, 'ligne')} {french.plural(repeated, 'identique')} à une ligne plus haut"
        " (turbine, date et valeurs) : gardées comme des mesures de plus. Si l’export double ses lignes,"
        " corrigez-le avant."
    )
    return [Notice(code="lignes_identiques", field=None, message=text)]


def _examine(understood: Understood, today: date) -> _Examined:
    examined, identities = _Examined(), Identities()
    for number, problem in understood.days.remarks if understood.days else ():
        examined.problems.add(number, problem)
    for line in islice(understood.file.lines(), EXAMINED_ROWS):
        examined.rows += 1
        row, accepted, problems = _judged(line, understood, today)
        for problem in problems:
            examined.problems.add(line.number, problem)
        if accepted and row is not None:
            identity, twin = identities.next(row, canonical_values(row.values))
            examined.repeated += twin is not None
            examined.accepted.append((row.turbine_id, identity))
            if row.measured_at is not None:
                examined.with_hour.append((line.number, row))
        else:
            examined.rejected += 1
        if len(examined.first_rows) < SHOWN_ROWS:
            examined.first_rows.append(
                _taken(line, row) if accepted and row is not None else _rejected(line, understood, problems)
            )
    return examined


def _judged(
    line: Line, understood: Understood, today: date
) -> tuple[MeasurementRow | None, bool, Sequence[CellProblem]]:
    if line.defect is not None:
        return None, False, [CellProblem("", None, line.defect)]
    verdict = judge_row(line.cells, understood.columns, today, understood.notation)
    return verdict.row, verdict.accepted, verdict.problems


def _taken(line: Line, row: MeasurementRow) -> PreviewRow:
    return PreviewRow(
        line=line.number,
        accepted=True,
        turbine_id=row.turbine_id,
        measured_on=row.measured_on,
        measured_at=row.measured_at,
        values=row.values,
        failure_within_7d=row.failure_within_7d,
        time_to_failure_days=row.time_to_failure_days,
    )


def _rejected(line: Line, understood: Understood, problems: Sequence[CellProblem]) -> PreviewRow:
    """Return a row that would be rejected: its cells as read, and the reasons."""
    columns = understood.columns
    places = {name: columns.fixed[name] for name in _SHOWN_CELLS if name in columns.fixed}
    places |= {sensor.name: position for position, sensor in columns.sensors}
    return PreviewRow(
        line=line.number,
        accepted=False,
        cells={name: printable(line.cells[at]) for name, at in places.items()} if line.cells else {},
        reasons=[
            f"{problem.column} : {problem.reason}" if problem.column else problem.reason
            for problem in problems
        ],
    )


def _known(connection: Connection, examined: _Examined, turbines: Mapping[str, int]) -> int:
    keys = [(turbines[name], identity) for name, identity in examined.accepted if name in turbines]
    return len(ingestion.known_measurements(connection, keys))


def _columns(understood: Understood) -> list[PreviewColumn]:
    columns, header = understood.as_written.columns, understood.as_written.header
    answer = _recognised(columns, header)
    answer += [PreviewColumn(name=name, state="inconnue") for name in columns.unknown]
    answer += [
        PreviewColumn(
            name=sensor.name,
            state="absente",
            target=sensor.name,
            label=sensor.label,
            unit=sensor.unit,
            consequence=consequence(sensor, columns.close.get(sensor.name), state),
        )
        for sensor, state in (
            *((sensor, "absente") for sensor in columns.missing),
            *((sensor, EMPTY) for sensor in columns.silent),
        )
    ]
    return answer


def _recognised(columns: Columns, header: tuple[str, ...]) -> list[PreviewColumn]:
    fixed = {position: name for name, position in columns.fixed.items()}
    silent = {sensor.name for sensor in columns.silent}
    sensors = {position: sensor for position, sensor in columns.sensors if sensor.name not in silent}
    recognised = []
    for position in sorted({*fixed, *sensors}):
        sensor, how = sensors.get(position), columns.conversions.get(position)
        recognised.append(
            PreviewColumn(
                name=printable(header[position].strip()),
                state="reconnue",
                target=sensor.name if sensor else fixed[position],
                label=sensor.label if sensor else "",
                unit=sensor.unit if sensor else "",
                converted_from=how.source if how else None,
            )
        )
    return recognised
