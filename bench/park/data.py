"""Synthetic parks of any size: the simulated sample's own series, shifted and stretched a little."""

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
LAST = date(2024, 12, 30)  # of the sample; any day that has come would do
SOURCE = "simulation"
BY = "mesure de vitesse"
AT_ONCE = 50_000
Series = dict[str, list[dict[str, float]]]


@dataclass(frozen=True)
class Place:
    """Where a throwaway installation lives: its home, and its database where that is not SQLite in it."""

    home: Path
    url: str | None = None
    secret: str = "s" * 48

    def core(self) -> Core:
        """Return the installation's services; its database is brought to the newest schema."""
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
        """Return the same for another process."""
        told = {"COCKPIT_ENV": "demo", "COCKPIT_HOME": str(self.home), "COCKPIT_SECRET_KEY": self.secret}
        return told | ({"COCKPIT_DATABASE_URL": self.url} if self.url else {})


def build(core: Core, turbines: int, days: int) -> None:
    """Fill an empty installation: the reference models in force, and each turbine measured once a day.

    Args:
        core: of an empty, migrated database.
        turbines: how many.
        days: measured, the last one being :data:`LAST`.
    """
    activate_models(core)
    now = datetime.now(UTC)
    names = [str(number) for number in range(1, turbines + 1)]
    with core.database.write() as connection:
        core.database.lock(connection, ingestion.LOCK)
        keys, _ = ingestion.ensure_turbines(connection, names, SOURCE, now)
        facts = {"filename": "synthetique.csv", "sha256": "0" * 64, "source": SOURCE}
        number = imports.start(connection, facts | {"imported_by": BY, "started_at": now})
        held: list[NewMeasurement] = []
        for row in _rows([keys[name] for name in names], days):
            held.append(row)
            if len(held) == AT_ONCE:
                ingestion.add_measurements(connection, held, SOURCE, number)
                held = []
        ingestion.add_measurements(connection, held, SOURCE, number)


def activate_models(core: Core) -> None:
    """Put the reference models in force."""
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
            told = {name: round(v * stretch, 4) if v not in {0.0, 1.0} else v for name, v in values.items()}
            day = LAST - timedelta(days=days - 1 - offset)
            text = json.dumps(told, sort_keys=True, separators=(",", ":"))
            yield NewMeasurement(key, day, None, text, len(told), f"{key}-{day.isoformat()}")


def _sample() -> Series:
    """Return the sample's complete rows by turbine, oldest first."""
    found: Series = defaultdict(list)
    with SAMPLE.open(encoding="utf-8", newline="") as file:
        for row in sorted(csv.DictReader(file), key=lambda row: row[DATE]):
            if all(row[name] for name in SENSORS):
                found[row[TURBINE]].append({name: float(row[name]) for name in SENSORS})
    return found
