"""Cores for the tests: empty ones, and one with EnergiTech's own models and measurements."""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from pydantic import SecretStr

from api.commands.score import run_now
from api.core import Core, build_core
from api.inference.importing.importer import ImportRequest, import_model
from api.services.measurements.ingest import ingest_file
from api.settings import Environment, Settings
from api.storage import migrate
from api.storage import policy as policies
from api.storage.shared.database import Database

CSV = "energiTech_maintenance_sample.csv"
PICKLES = {"classification": "model_classification.pkl", "regression": "model_regression.pkl"}
FEATURES = ["wind_speed", "vibration_level", "temperature", "power_output", "maintenance_done"]
SPLIT = "stratified:test_size=0.3,random_state=42,by=failure_within_7d"
REPORTS = Path(__file__).resolve().parent.parent.parent / "docs" / "rapport-energitech"
AS_OF = date(2024, 12, 30)
DATABASE_FILE = "database_url"


def settings_in(home: Path) -> Settings:
    """Return test settings with this home, independent of the caller's environment.

    The database is SQLite in the home, or the one whose URL is in the home's file ``DATABASE_FILE``.
    """
    url_file = home / DATABASE_FILE
    url = SecretStr(url_file.read_text(encoding="utf-8")) if url_file.is_file() else None
    secret = SecretStr("k" * 48)
    return Settings(_env_file=None, env=Environment.TEST, home=home, secret_key=secret, database_url=url)


def new_core(home: Path) -> Core:
    """Return a core with an empty, migrated database and the default policy."""
    return with_schema(build_core(settings_in(home)))


def with_schema(core: Core) -> Core:
    """Give the core's database its schema and the default policy, and return the core."""
    file = core.settings.home / "cockpit.db"
    if core.settings.url.startswith("sqlite") and not file.exists():
        file.write_bytes(_migrated())
    else:
        migrate.upgrade(core.database)
    with core.database.write() as connection:
        policies.ensure_first(connection, now=core.settings.now())
    return core


@cache
def _migrated() -> bytes:
    """Return an empty SQLite file at the newest schema: to copy it takes a fiftieth of migrating."""
    with TemporaryDirectory(prefix="cockpit-db-") as folder:
        file = Path(folder) / "cockpit.db"
        database = Database.at(f"sqlite:///{file}")
        migrate.upgrade(database)
        database.close()
        return file.read_bytes()


def demonstration_core(home: Path, measured: str) -> Core:
    """Return a core with the reference models in service and the measurements of the CSV ``measured``."""
    core = new_core(home)
    for summary in core.model_service.all():
        core.model_service.activate(summary.name, summary.version, by="essai", reason="essai")
    file = core.settings.home / "mesures.csv"
    file.write_text(measured, encoding="utf-8")
    now = core.settings.now()
    ingest_file(core.database, file, core.sensors(), source="mesure", imported_by="essai", now=now)
    return core


def bring_client_in(core: Core, files: Path) -> None:
    """Import and activate EnergiTech's models, ingest its measurements, and score the last day."""
    for task, pickle in PICKLES.items():
        request = ImportRequest(
            file=files / pickle,
            name=task,
            task=task,
            labelled=files / CSV,
            split=SPLIT,
            reported=REPORTS / f"model_{task}.json",
            imported_by="essai",
        )
        manifest = import_model(request, core.store, core.settings.now()).manifest
        core.model_service.activate(manifest.name, manifest.version, by="essai", reason="essai")
    ingest_file(
        core.database,
        files / CSV,
        core.sensors(),
        source="mesure",
        imported_by="essai",
        now=core.settings.now(),
    )
    run_now(core, AS_OF, kind="manuel", by="essai")
