"""The services of an API process: the shared core, and those that only HTTP needs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import anyio

from api.core import Core, build_core
from api.observability.group_commit import GroupCommitter
from api.observability.metrics import Metrics
from api.observability.park_metrics import ParkCollector
from api.schemas.predictions import Prediction
from api.services.operations.calls import CallLogService
from api.services.operations.readiness import Readiness
from api.services.park.prediction.gathering import Gathering
from api.services.park.prediction.prediction import Asked
from api.services.people.authentication import Authentication
from api.services.people.own_account import OwnAccount
from api.services.people.tokens import AccessTokens
from api.settings import Settings
from api.storage.shared.database import Database

SIGN_INS_AT_ONCE = 2  # bcrypt fills a core for a quarter of a second: more would slow the whole API


@dataclass(frozen=True)
class Services:
    """All services of the edge; ``sign_in_gate`` bounds how many passwords are checked at once."""

    settings: Settings
    database: Database
    core: Core
    authentication: Authentication
    own_account: OwnAccount
    calls: CallLogService
    readiness: Readiness
    metrics: Metrics
    committer: GroupCommitter
    sign_in_gate: anyio.CapacityLimiter
    gathering: Gathering[Asked, Prediction]


def build_services(settings: Settings) -> Services:
    """Wire the services of an API process, without reading the database or the model store."""
    core = build_core(settings)
    database, metrics = core.database, Metrics()
    metrics.register(ParkCollector(database, settings.now, lambda: core.models.altered))
    authentication = Authentication(
        database, AccessTokens(settings.secret_key.get_secret_value()), core.accounts.hasher
    )
    committer = GroupCommitter(database, metrics)
    return Services(
        settings=settings,
        database=database,
        core=core,
        authentication=authentication,
        own_account=OwnAccount(authentication, core.accounts),
        calls=CallLogService(database),
        readiness=Readiness(database, [lambda: core.models.current().require()]),
        metrics=metrics,
        committer=committer,
        gathering=Gathering(partial(core.prediction.many, explain=False), committer),
        sign_in_gate=anyio.CapacityLimiter(SIGN_INS_AT_ONCE),
    )
