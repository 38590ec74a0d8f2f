"""What an import would do, without writing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import islice
from pathlib import Path

from sqlalchemy import Connection

from api.domain.measurement_rows import CellProblem, Columns, MeasurementRow, judge_row
from api.domain.measurements import canonical_values, natural_key
from api.domain.readings import PARIS, shown
from api.domain.sensors import Sensor
from api.schemas.common import FieldProblem
from api.schemas.measurements import ImportPreview, PreviewColumn, PreviewRow
from api.services.file_scan import Understood, understand
from api.services.import_options import NATIVE, ImportOptions
from api.services.ingest_store import Identities
from api.services.ingest_tally import SHOWN_PROBLEMS, ProblemList, consequence
from api.services.table_file import Line
from api.storage import ingestion
from api.storage.database import Database

EXAMINED_ROWS = 2_000
SHOWN_ROWS = 20
SHOWN_TURBINES = 50


@dataclass(slots=True)
class _Examined:
    """The first rows as judged."""

    rows: int = 0
    rejected: int = 0
    shown: list[PreviewRow] = field(default_factory=list)
    accepted: list[tuple[str, str]] = field(default_factory=list)  # turbine, identity
    problems: ProblemList = field(default_factory=ProblemList)


def preview_file(
    database: Database,
    path: Path,
    sensors: Mapping[str, Sensor],
    *,
    now: datetime,
    options: ImportOptions = NATIVE,
) -> ImportPreview:
    """What :func:`api.services.ingest.ingest_file` would do with this file; nothing is written.

    Args:
        database: at its newest schema; read only.
        path: of the file.
        sensors: the catalogue, by column name.
        now: the present instant; days after today in Europe/Paris are refused.
        options: names, units and date format of the file.

    Raises:
        InvalidInput: the file as a whole cannot be taken, with the remedy; what would need
            ``options.confirmed`` does not raise, it stands in ``doubts``.
        DatabaseUnavailable: the database does not answer.
    """
    understood = understand(path, sensors, options)
    examined = _examine(understood, now.astimezone(PARIS).date())
    with database.read() as connection:
        turbines = ingestion.turbine_keys(connection, {name for name, _identity in examined.accepted})
        known = _known(connection, examined, turbines)
    whole = examined.rows < EXAMINED_ROWS
    total = examined.rows if whole else max(understood.file.approximate_rows, examined.rows)
    scale = total / examined.rows if examined.rows else 0.0
    accepted = examined.rows - examined.rejected
    unknown = sorted({name for name, _identity in examined.accepted} - set(turbines), key=natural_key)
    return ImportPreview(
        filename=shown(options.filename or path.name, 255),
        sha256=understood.file.sha256,
        format=understood.format,
        rows=total,
        examined=examined.rows,
        columns=_columns(understood),
        first_rows=examined.shown,
        problems=examined.problems.kept[:SHOWN_PROBLEMS],
        problems_total=examined.problems.total,
        rejected=examined.rejected,
        estimated_new=round((accepted - known) * scale),
        estimated_known=round(known * scale),
        new_turbines=unknown[:SHOWN_TURBINES],
        doubts=[FieldProblem(field=doubt.field, message=doubt.message) for doubt in understood.doubts],
        needs_confirmation=bool(understood.doubts) and not options.confirmed,
    )


def _examine(understood: Understood, today: date) -> _Examined:
    examined, identities = _Examined(), Identities()
    for line in islice(understood.file.lines(), EXAMINED_ROWS):
        examined.rows += 1
        row, accepted = _judged(line, understood, today, examined.problems)
        if accepted and row is not None:
            identity, _twin = identities.next(row, canonical_values(row.values))
            examined.accepted.append((row.turbine_id, identity))
        else:
            examined.rejected += 1
        if len(examined.shown) < SHOWN_ROWS:
            examined.shown.append(_shown(line, row, accepted))
    return examined


def _judged(
    line: Line, understood: Understood, today: date, problems: ProblemList
) -> tuple[MeasurementRow | None, bool]:
    if line.defect is not None:
        problems.tell(line.number, CellProblem("", None, line.defect))
        return None, False
    verdict = judge_row(line.cells, understood.columns, today, understood.notation)
    for problem in verdict.problems:
        problems.tell(line.number, problem)
    return verdict.row, verdict.accepted


def _shown(line: Line, row: MeasurementRow | None, accepted: bool) -> PreviewRow:
    if row is None:
        return PreviewRow(line=line.number, accepted=False)
    return PreviewRow(
        line=line.number,
        accepted=accepted,
        turbine_id=row.turbine_id,
        measured_on=row.measured_on,
        measured_at=row.measured_at,
        values=row.values,
        failure_within_7d=row.failure_within_7d,
        time_to_failure_days=row.time_to_failure_days,
    )


def _known(connection: Connection, examined: _Examined, turbines: Mapping[str, int]) -> int:
    keys = [(turbines[name], identity) for name, identity in examined.accepted if name in turbines]
    return len(ingestion.known_measurements(connection, keys))


def _columns(understood: Understood) -> list[PreviewColumn]:
    columns, header = understood.columns, understood.file.header
    told = _recognised(columns, header)
    told += [PreviewColumn(name=name, state="inconnue") for name in columns.unknown]
    told += [
        PreviewColumn(
            name=sensor.name,
            state="absente",
            target=sensor.name,
            label=sensor.label,
            unit=sensor.unit,
            consequence=consequence(sensor),
        )
        for sensor in columns.missing
    ]
    return told


def _recognised(columns: Columns, header: tuple[str, ...]) -> list[PreviewColumn]:
    fixed = {position: name for name, position in columns.fixed.items()}
    sensors = dict(columns.sensors)
    found = []
    for position in sorted({*fixed, *sensors}):
        sensor, how = sensors.get(position), columns.conversions.get(position)
        found.append(
            PreviewColumn(
                name=shown(header[position].strip()),
                state="reconnue",
                target=sensor.name if sensor else fixed[position],
                label=sensor.label if sensor else "",
                unit=sensor.unit if sensor else "",
                converted_from=how.source if how else None,
            )
        )
    return found
