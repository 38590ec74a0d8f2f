"""The composition root: the services that the API, the worker and the commands share."""

from __future__ import annotations

import os
import secrets
import socket
import threading
from dataclasses import dataclass
from functools import partial

from api.domain.measurements.sensors import SensorCatalogue
from api.inference.serving.store import ModelStore
from api.services.interventions.interventions import InterventionService
from api.services.interventions.photos import InterventionPhotos
from api.services.measurements.corrections.corrections import Corrections
from api.services.measurements.demo_feed import BY, DemoFeed
from api.services.measurements.import_history import ImportHistory
from api.services.measurements.inbox import Inbox
from api.services.measurements.intake import KIND, MeasurementIntake
from api.services.models.active_models import ActiveModelsSource
from api.services.models.comparison import ModelComparisonService
from api.services.models.imports import ModelImports
from api.services.models.in_force import in_force
from api.services.models.models import ModelService
from api.services.models.protocol.open_inference import OpenInferenceService
from api.services.models.sensors import current_catalogue
from api.services.operations.jobs import JobKind, JobService
from api.services.operations.supervision import SupervisionService
from api.services.park.calendar import ParkCalendar
from api.services.park.coverage import CoverageService
from api.services.park.exports import ExportService
from api.services.park.history.distributed import DaysOnDask
from api.services.park.history.history import ParkHistory
from api.services.park.history.renewal import Renewal
from api.services.park.history.upkeep import HistoryUpkeep
from api.services.park.pasts import PastReader
from api.services.park.policy_preview import PolicyPreviewService
from api.services.park.prediction.prediction import PredictionService
from api.services.park.prediction.replay import ReplayService
from api.services.park.proposals import InterventionProposals
from api.services.park.run import ParkRunService
from api.services.park.shadow.report import ShadowReportService
from api.services.park.shadow.shadow import ShadowService
from api.services.park.situations import SituationSource
from api.services.park.turbine.story import TurbineStoryService
from api.services.park.turbine.view import TurbineViewService
from api.services.park.view import ParkViewService
from api.services.people.accounts import AccountService
from api.services.people.demo_accounts import DemoAccounts
from api.services.people.keys import KeyService
from api.services.people.names import PeopleService
from api.services.people.passwords import hasher_for
from api.services.plan.week_plan import WeekPlanService
from api.services.policy.in_force import PolicySource
from api.services.policy.versions import PolicyService
from api.services.quality.realised import RealisedService
from api.services.shared.audit import AuditService
from api.services.shared.once import Once
from api.services.shared.uploads import Uploads
from api.services.turbines.admin import TurbineAdmin
from api.services.turbines.known import KnownTurbines
from api.settings import Settings
from api.storage.shared.database import Database
from api.storage.shared.jobs import HISTORY, MODEL_IMPORT


@dataclass(frozen=True)
class Shared:
    """What several services rest on."""

    settings: Settings
    database: Database
    store: ModelStore
    sensors: SensorCatalogue
    models: ActiveModelsSource
    policy: PolicySource
    pasts: PastReader
    accounts: AccountService
    audit: AuditService
    once: Once
    calendar: ParkCalendar
    shadow: ShadowService
    view: ParkViewService
    interventions: InterventionService


@dataclass(frozen=True)
class Core(Shared):
    """Every service on one database and one model store."""

    policies: PolicyService
    policy_preview: PolicyPreviewService
    demo_accounts: DemoAccounts
    keys: KeyService
    people: PeopleService
    prediction: PredictionService
    runner: ParkRunService
    history: ParkHistory
    turbines: TurbineViewService
    turbine_story: TurbineStoryService
    model_service: ModelService
    supervision: SupervisionService
    open_inference: OpenInferenceService
    replay: ReplayService
    intake: MeasurementIntake
    imports: ImportHistory
    corrections: Corrections
    coverage: CoverageService
    exports: ExportService
    realised: RealisedService
    turbine_admin: TurbineAdmin
    shadow_report: ShadowReportService
    model_comparison: ModelComparisonService
    model_imports: ModelImports
    intervention_proposals: InterventionProposals
    intervention_photos: InterventionPhotos
    week_plan: WeekPlanService

    def job_service(self) -> JobService:
        """Return the worker's service on this core, under a new worker name."""
        settings, stopping = self.settings, threading.Event()
        worker = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        inbox = Inbox(self.database, self.sensors, settings.home, settings.now, worker, stopping.wait)
        return JobService(
            database=self.database,
            runner=self.runner,
            now=settings.now,
            worker=worker,
            run_hour=settings.run_hour,
            repeatable={
                KIND: JobKind(self.intake.carry_out, self.intake.forget, "refuse"),
                MODEL_IMPORT: JobKind(self.model_imports.carry_out, self.model_imports.forget),
                HISTORY: JobKind(self.history.carry_out, lambda _job: None),
            },
            inbox=inbox,
            feed=self.demo_feed(worker).feed_today if settings.feeds_demonstration else None,
            missed=self.history.ask_missed,
            upkeep=self.upkeep().look,
            stopping=stopping,
        )

    def upkeep(self) -> HistoryUpkeep:
        """Return what gives the park its past."""
        return HistoryUpkeep(self.database, self.models, self.runner, self.history, self.settings.now)

    def demo_feed(self, worker: str = BY) -> DemoFeed:
        """Return the feed that adds the simulated park's next days."""
        return DemoFeed(self.database, self.sensors, self.settings.env, self.settings.now, worker)

    def close(self) -> None:
        """Wait for a reading of past measurements under way, then close the database's connections."""
        self.pasts.close()
        self.database.close()


def build_core(settings: Settings) -> Core:
    """Wire the services, without reading the database or the store."""
    shared = _share(settings)
    database, store, models, calendar = shared.database, shared.store, shared.models, shared.calendar
    now, uploads = settings.now, Uploads(settings.home)
    dask = _days_on_dask(settings, database, store)
    runner = ParkRunService(database, models, store, calendar, shared.shadow)
    return Core(
        **vars(shared),
        policies=PolicyService(database, now),
        policy_preview=PolicyPreviewService(database, store),
        demo_accounts=DemoAccounts(shared.accounts, settings),
        keys=KeyService(database),
        people=PeopleService(database),
        prediction=PredictionService(models, shared.policy, shared.pasts, KnownTurbines(database), now),
        runner=runner,
        history=ParkHistory(database, models, store, now, shared.shadow, dask),
        turbines=TurbineViewService(database, models, store, shared.view.situations),
        turbine_story=TurbineStoryService(database),
        model_service=ModelService(database, store, now),
        supervision=SupervisionService(settings, database, models, shared.view, calendar, now),
        open_inference=OpenInferenceService(models, store),
        replay=ReplayService(database, store),
        intake=MeasurementIntake(database, shared.sensors, uploads, shared.once, now),
        imports=ImportHistory(database),
        corrections=Corrections(database, now, Renewal(runner, now), shared.sensors),
        coverage=CoverageService(settings, database, models, calendar),
        exports=ExportService(database, store),
        realised=RealisedService(database, store, shared.interventions),
        turbine_admin=TurbineAdmin(database, now),
        shadow_report=ShadowReportService(database),
        model_comparison=ModelComparisonService(database, store),
        model_imports=ModelImports(database, store, shared.audit, uploads, now),
        intervention_proposals=InterventionProposals(database, shared.view.situations),
        intervention_photos=InterventionPhotos(database, now),
        week_plan=WeekPlanService(database, shared.interventions, now, shared.view.situations),
    )


def _share(settings: Settings) -> Shared:
    database, now = Database.at(settings.url), settings.now
    store = ModelStore(settings.reference_models, settings.imported_models, settings.store_signing_key)
    calendar = ParkCalendar(
        now,
        settings.env,
        settings.run_hour,
        fed=settings.feeds_demonstration,
        awaits_models=lambda connection: in_force(connection, store).borrowed,
    )
    return Shared(
        settings=settings,
        database=database,
        store=store,
        sensors=partial(current_catalogue, database, store),
        models=ActiveModelsSource(database, store),
        policy=PolicySource(database),
        pasts=PastReader(database, store, now),
        accounts=AccountService(database, hasher_for(settings.env)),
        audit=AuditService(database),
        once=Once(database),
        calendar=calendar,
        shadow=ShadowService(database, store, now),
        view=ParkViewService(database, store, calendar, SituationSource(calendar.day), now),
        interventions=InterventionService(database, now, calendar.day),
    )


def _days_on_dask(settings: Settings, database: Database, store: ModelStore) -> DaysOnDask | None:
    if settings.dask_scheduler is None:
        return None
    stores = (settings.reference_models, settings.imported_models)
    return DaysOnDask(database, store, settings.home, stores, settings.dask_scheduler, settings.now)
