"""Tools of the tests of ingestion: a catalogue, small files, the content of a database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
from sqlalchemy import select

from api.domain.measurements.sensors import Sensor
from api.schemas.measurements import ImportReport
from api.services.measurements.files.options import ImportOptions
from api.services.measurements.ingest import ingest_file
from api.storage.shared.database import Database
from api.storage.tables import imports, measurements, outcomes, planned_visits, turbines
from data.simulator import START, simulate

NOW = datetime(2025, 6, 1, 10, 0, tzinfo=UTC)
SENSORS = {
    sensor.name: sensor
    for sensor in (
        Sensor("wind_speed", "Vent", "m/s", "float", (0, 75), ("a",)),
        Sensor("vibration_level", "Vibration", "", "float", (0, 100), ("a", "b")),
        Sensor("temperature", "Température", "°C", "float", (-60, 200), ("a", "b")),
        Sensor("power_output", "Puissance", "kW", "float", (-200, 20_000), ("a",)),
        Sensor("maintenance_done", "Intervention récente", "", "binary", (0, 1), ("a", "b")),
    )
}
VALUES = tuple(SENSORS)
LABELS = ("failure_within_7d", "time_to_failure_days")
VISITS = ("technician_id", "planned_intervention_date")
SHORT = ("turbine_id", "date_measure", *VALUES)
FULL = (*SHORT, *LABELS, *VISITS)

READING = ("12.26", "3.57", "49.6", "557.2", "0")
ROW = ("5", "2024-08-14", *READING)
LABELLED = (*ROW, "0", "33.2", "139", "2024-09-02")


def write_csv(path: Path, header: Sequence[str], rows: Sequence[Sequence[object]]) -> Path:
    """Write a plain CSV, with the cells unchanged, and return its path."""
    lines = [",".join(header), *(",".join(map(str, row)) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def ingest(database: Database, path: Path, **options: Any) -> ImportReport:
    """Import a file as real measurements; ``options`` replace these settings."""
    settings: dict[str, Any] = {
        "source": "mesure",
        "imported_by": "essai",
        "now": NOW,
        # The small files have invented figures: the tests of doubtful units do without this confirmation.
        "options": ImportOptions(confirmed=True),
        **options,
    }
    return ingest_file(database, path, settings.pop("sensors", SENSORS), **settings)


def content(database: Database) -> dict[str, list[Any]]:
    """Return everything ingested into the living park, without database ids."""
    m, o, t, v = measurements.c, outcomes.c, turbines.c, planned_visits.c
    rows = (
        select(
            t.turbine_id,
            m.measured_on,
            m.measured_at,
            m["values"],
            m.identity,
            m.source,
            o.failure_within_7d,
            o.time_to_failure_days,
        )
        .join_from(measurements, turbines)
        .join(outcomes, isouter=True)
        .where(t.archived_at.is_(None))
    )
    visits = (
        select(t.turbine_id, v.planned_on, v.known_on, v.technician)
        .join_from(planned_visits, turbines)
        .where(t.archived_at.is_(None))
    )
    with database.read() as connection:
        return {
            "measurements": sorted((tuple(row) for row in connection.execute(rows)), key=lambda row: row[4]),
            "visits": sorted((tuple(row) for row in connection.execute(visits)), key=str),
            "turbines": sorted(
                connection.scalars(select(t.turbine_id).where(t.archived_at.is_(None))), key=str
            ),
        }


def statuses(database: Database) -> list[str]:
    """Return the status of each import, oldest first."""
    with database.read() as connection:
        return list(connection.scalars(select(imports.c.status).order_by(imports.c.id)))


def stored_import(database: Database, import_id: int) -> Any:
    """Return the row of ``imports``."""
    with database.read() as connection:
        return connection.execute(select(imports).where(imports.c.id == import_id)).one()


def counts(report: ImportReport) -> tuple[int, int, int, int]:
    assert report.rows == report.inserted + report.already_known + report.enriched + report.rejected
    return report.inserted, report.already_known, report.labels_added, report.rejected


def changed(row: tuple[str, ...], **cells: str) -> tuple[str, ...]:
    return tuple(cells.get(name, cell) for name, cell in zip(FULL, row, strict=False))


def next_day(after: date) -> pd.DataFrame:
    """Return the simulated measurements of the day that follows ``after``, without labels."""
    day = after + timedelta(days=1)
    sample = simulate(days=(day - START).days + 1)
    rows = sample[sample["date_measure"] == day.isoformat()]
    return rows.drop(columns=list(LABELS)).reset_index(drop=True)
