"""``prepare``: make an installation ready to serve; changes nothing where nothing is missing."""

from __future__ import annotations

import argparse
import json
from datetime import timedelta

from api.commands.console import say
from api.commands.data import import_measurements
from api.commands.score import recompute
from api.core import Core
from api.domain.shared.exceptions import CockpitError
from api.schemas import french
from api.services.measurements.source import is_simulated
from api.services.shared.audit import INSTALLATION
from api.services.turbines.register import import_turbines
from api.settings import ROOT, Environment
from api.storage import migrate
from api.storage import policy as policies
from api.storage.measurements import imports, measurements
from api.storage.models import activations
from api.storage.shared import published

SAMPLE = ROOT / "data" / "energiTech_maintenance_sample.csv"
TURBINES = ROOT / "data" / "turbines.csv"
REFERENCE = (("risque-panne-7j", 1), ("delai-avant-panne", 1))
BY = INSTALLATION
FOLDERS = ("inbox", "tmp")  # for files that people drop; for the uploads of the containers
FIRST_HISTORY = timedelta(days=13)  # days scored before the service starts; the worker scores the rest


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command."""
    prepare = commands.add_parser("prepare", help="prépare la base, les comptes, les données et les modèles")
    prepare.add_argument("--json", action="store_true", help="termine par une ligne JSON avec les comptes")
    prepare.set_defaults(run=_prepare)


def _prepare(arguments: argparse.Namespace, core: Core) -> int:
    for name in FOLDERS:
        (core.settings.home / name).mkdir(parents=True, exist_ok=True)
    accounts = _accounts(core)
    if core.settings.env.is_demonstration:
        _demonstration(core)
    if arguments.json:
        print(json.dumps({"accounts": accounts}, ensure_ascii=False), flush=True)
    return 0


def ensure_schema(core: Core) -> None:
    """Bring the database to the newest schema, and add the first policy.

    Raises:
        DatabaseUnavailable: a newer version of the cockpit has migrated it.
    """
    if migrate.current(core.database) == migrate.head():
        return
    say("Base de données : mise à jour du schéma…")
    migrate.upgrade(core.database)
    with core.database.write() as connection:
        policies.ensure_first(connection, now=core.settings.now())


def _accounts(core: Core) -> list[dict[str, str | None]]:
    demo_accounts = core.demo_accounts
    if core.settings.env is Environment.PRODUCTION:
        demo_accounts.refuse()
        return []
    if core.settings.env is Environment.PREPROD:
        return []
    return [
        {"username": account.username, "role": account.role, "password": account.password}
        for account in demo_accounts.ensure()
    ]


def _demonstration(core: Core) -> None:
    """Add the simulated park, the reference models and a first ranking, each where there is none."""
    with core.database.read() as connection:
        # Only a finished import counts, so that the next start completes an interrupted first one.
        imported = imports.any_finished(connection)
        serving = activations.active(connection)
    if not imported:
        say("Échantillon simulé : lecture…")
        import_turbines(core.database, TURBINES, source="simulation", now=core.settings.now())
        import_measurements(core, SAMPLE, source="simulation", by=BY)
    for name, version in REFERENCE:
        task = core.store.manifest(name, version).task
        if task not in serving:
            core.model_service.activate(name, version, by=BY, reason="Modèle de référence")
    _rankings(core, first_start=not imported)


def _rankings(core: Core, *, first_start: bool) -> None:
    """Publish a first ranking where there is none, and leave the simulated year behind it to the worker."""
    with core.database.read() as connection:
        published_run = published.published_run(connection)
        first = measurements.first_measured_day(connection)
        last = measurements.last_measured_day(connection, until=french.paris_day(core.settings.now()))
        simulated = is_simulated(connection)
        awaits_models = core.calendar.awaits_models(connection)
    if first is None or last is None:
        return
    try:
        if published_run is None and first_start:
            recompute(core, max(first, last - FIRST_HISTORY), last, by=BY)
        elif published_run is None and not awaits_models:
            core.runner.request(last, kind="manuel", by=BY)
        if simulated:
            core.history.ask(first, last, by=BY)
    except CockpitError as error:
        # The service starts all the same, and every page says why there is no ranking.
        say(f"Premier calcul impossible : {error.detail}")
