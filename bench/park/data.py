"""Synthetic parks of any size: the simulated sample's series, shifted and slightly stretched."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from pydantic import SecretStr

from api.commands.prepare import REFERENCE, SAMPLE, ensure_schema
from api.core import Core, build_core
from api.domain.measurements.rows import DATE, TURBINE
from api.settings import Environment, Settings
from api.storage.measurements import imports, ingestion
from api.storage.measurements.ingestion import NewMeasurement

SENSORS = ("wind_speed", "vibration_level", "temperature", "power_output", "maintenance_done")
LAST = date(2024, 12, 30)  # last measured day; any past day would do
SOURCE = "simulation"
BY = "mesure de vitesse"
AT_ONCE = 50_000
Series = dict[str, list[dict[str, float]]]


@dataclass(frozen=True)
class Place:
    """A throwaway installation: its home, and the URL of its database if that is not SQLite in the home."""

    home: Path
    url: str | None = None
    secret: str = "s" * 48

    def core(self) -> Core:
        """Return the installation's services, with its database at the newest schema."""
        url = SecretStr(self.url) if self.url else None
        core = build_core(
            Settings(
                _env_file=None,
                env=Environment.DEMO,
                home=self.home,
                secret_key=SecretStr(self.secret),
                database_url=url,
            )
        )
        ensure_schema(core)
        return core

    def environment(self) -> dict[str, str]:
        """Return the environment variables of another process of this installation."""
        variables = {"COCKPIT_ENV": "demo", "COCKPIT_HOME": str(self.home), "COCKPIT_SECRET_KEY": self.secret}
        return variables | ({"COCKPIT_DATABASE_URL": self.url} if self.url else {})


def build(core: Core, turbines: int, days: int) -> None:
    """Fill an empty installation: activate the reference models, and add one measurement per turbine and day.

    Args:
        core: with an empty, migrated database.
        turbines: number of turbines.
        days: number of days, of which the last is :data:`LAST`.
    """
    activate_models(core)
    now = datetime.now(UTC)
    names = [str(number) for number in range(1, turbines + 1)]
    with core.database.write() as connection:
        core.database.lock(connection, ingestion.LOCK)
        keys, _ = ingestion.ensure_turbines(connection, names, SOURCE, now)
        facts = {"filename": "synthetique.csv", "sha256": "0" * 64, "source": SOURCE}
        number = imports.start(connection, facts | {"imported_by": BY, "started_at": now})
        rows: list[NewMeasurement] = []
        for row in _rows([keys[name] for name in names], days):
            rows.append(row)
            if len(rows) == AT_ONCE:
                ingestion.add_measurements(connection, rows, SOURCE, number)
                rows = []
        ingestion.add_measurements(connection, rows, SOURCE, number)


def activate_models(core: Core) -> None:
    """Activate the reference models."""
    for name, version in REFERENCE:
        core.model_service.activate(name, version, by=BY, reason="mesure de vitesse")


def _rows(keys: list[int], days: int) -> Iterator[NewMeasurement]:
    """Yield rows: each turbine follows one of the sample's, shifted in time, with slightly other values."""
    series = list(_sample().values())
    for number, key in enumerate(keys):
        followed, turn = series[number % len(series)], number // len(series)
        start = (turn * 11) % max(1, len(followed) - days)
        stretch = 1 + 1e-5 * (turn % 1_000)
        for offset in range(days):
            values = followed[(start + offset) % len(followed)]
            sent = {name: round(v * stretch, 4) if v not in {0.0, 1.0} else v for name, v in values.items()}
            day = LAST - timedelta(days=days - 1 - offset)
            text = json.dumps(sent, sort_keys=True, separators=(",", ":"))
            yield NewMeasurement(key, day, None, text, len(sent), f"{key}-{day.isoformat()}")


def _sample() -> Series:
    """Return the sample's complete rows by turbine, oldest first."""
    by_turbine: Series = defaultdict(list)
    with SAMPLE.open(encoding="utf-8", newline="") as file:
        for row in sorted(csv.DictReader(file), key=lambda row: row[DATE]):
            if all(row[name] for name in SENSORS):
                by_turbine[row[TURBINE]].append({name: float(row[name]) for name in SENSORS})
    return by_turbine
