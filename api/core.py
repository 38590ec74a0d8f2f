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
from api.services.measurements.demo_feed import BY, DemoFeed
from api.services.measurements.import_history import ImportHistory
from api.services.measurements.inbox import Inbox
from api.services.measurements.intake import KIND, MeasurementIntake
from api.services.models.active_models import ActiveModelsSource
from api.services.models.comparison import ModelComparisonService
from api.services.models.imports import ModelImports
from api.services.models.models import ModelService
from api.services.models.open_inference import OpenInferenceService
from api.services.models.sensors import catalogue_of
from api.services.operations.jobs import JobKind, JobService
from api.services.operations.supervision import SupervisionService
from api.services.park.calendar import ParkCalendar
from api.services.park.coverage import CoverageService
from api.services.park.exports import ExportService
from api.services.park.history.distributed import DaysOnDask
from api.services.park.history.history import ParkHistory
from api.services.park.pasts import PastReader
from api.services.park.policy_preview import PolicyPreviewService
from api.services.park.prediction.prediction import PredictionService
from api.services.park.prediction.replay import ReplayService
from api.services.park.proposals import InterventionProposals
from api.services.park.run import ParkRunService
from api.services.park.shadow.report import ShadowReportService
from api.services.park.shadow.shadow import ShadowService
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
class Core:
    """Every service on one database and one model store."""

    settings: Settings
    database: Database
    store: ModelStore
    sensors: SensorCatalogue
    models: ActiveModelsSource
    policy: PolicySource
    policies: PolicyService
    policy_preview: PolicyPreviewService
    accounts: AccountService
    demo_accounts: DemoAccounts
    keys: KeyService
    audit: AuditService
    people: PeopleService
    pasts: PastReader
    prediction: PredictionService
    calendar: ParkCalendar
    runner: ParkRunService
    history: ParkHistory
    view: ParkViewService
    turbines: TurbineViewService
    turbine_story: TurbineStoryService
    model_service: ModelService
    supervision: SupervisionService
    open_inference: OpenInferenceService
    replay: ReplayService
    once: Once
    intake: MeasurementIntake
    imports: ImportHistory
    coverage: CoverageService
    exports: ExportService
    realised: RealisedService
    turbine_admin: TurbineAdmin
    shadow: ShadowService
    shadow_report: ShadowReportService
    model_comparison: ModelComparisonService
    model_imports: ModelImports
    interventions: InterventionService
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
                KIND: JobKind(self.intake.carry_out, self.intake.forget),
                MODEL_IMPORT: JobKind(self.model_imports.carry_out, self.model_imports.forget),
                HISTORY: JobKind(self.history.carry_out, lambda _job: None),
            },
            inbox=inbox,
            feed=self.demo_feed(worker).feed_today if settings.demo_feed else None,
            missed=self.history.ask_missed,
            stopping=stopping,
        )

    def demo_feed(self, worker: str = BY) -> DemoFeed:
        """Return the feed that adds the simulated park's next days."""
        return DemoFeed(self.database, self.sensors, self.settings.env, self.settings.now, worker)

    def close(self) -> None:
        """Wait for a reading of past measurements under way, then close the database's connections."""
        self.pasts.close()
        self.database.close()


def build_core(settings: Settings) -> Core:
    """Wire the services, without reading the database or the store."""
    database = Database.at(settings.url)
    store = ModelStore(settings.reference_models, settings.imported_models)
    sensors = partial(catalogue_of, store)
    models = ActiveModelsSource(database, store)
    policy = PolicySource(database)
    pasts = PastReader(database, store, settings.now)
    shadow = ShadowService(database, store, settings.now)
    accounts = AccountService(database, hasher_for(settings.env))
    audit, uploads, once = AuditService(database), Uploads(settings.home), Once(database)
    calendar = ParkCalendar(settings.now, settings.env, settings.run_hour, settings.demo_feed)
    runner = ParkRunService(database, models, store, calendar, shadow)
    view = ParkViewService(database, calendar, settings.now)
    interventions = InterventionService(database, settings.now, calendar.day)
    proposals = InterventionProposals(database, calendar.day)
    return Core(
        settings=settings,
        database=database,
        store=store,
        sensors=sensors,
        models=models,
        policy=policy,
        policies=PolicyService(database, settings.now),
        policy_preview=PolicyPreviewService(database, store),
        accounts=accounts,
        demo_accounts=DemoAccounts(accounts, settings),
        keys=KeyService(database),
        audit=audit,
        people=PeopleService(database),
        pasts=pasts,
        prediction=PredictionService(models, policy, pasts, KnownTurbines(database), settings.now),
        calendar=calendar,
        runner=runner,
        history=ParkHistory(
            database, models, store, settings.now, shadow, _days_on_dask(settings, database, store)
        ),
        view=view,
        turbines=TurbineViewService(database, models, store),
        turbine_story=TurbineStoryService(database),
        model_service=ModelService(database, store, settings.now),
        supervision=SupervisionService(settings, database, models, view, calendar, settings.now),
        open_inference=OpenInferenceService(models, store),
        replay=ReplayService(database, store),
        once=once,
        intake=MeasurementIntake(database, sensors, uploads, once, settings.now),
        imports=ImportHistory(database),
        coverage=CoverageService(settings, database, models, calendar),
        exports=ExportService(database, store),
        realised=RealisedService(database, store, interventions),
        turbine_admin=TurbineAdmin(database, settings.now),
        shadow=shadow,
        shadow_report=ShadowReportService(database),
        model_comparison=ModelComparisonService(database, store),
        model_imports=ModelImports(database, store, audit, uploads, settings.now),
        interventions=interventions,
        intervention_proposals=proposals,
        intervention_photos=InterventionPhotos(database, settings.now),
        week_plan=WeekPlanService(database, interventions, settings.now, calendar.day),
    )


def _days_on_dask(settings: Settings, database: Database, store: ModelStore) -> DaysOnDask | None:
    if settings.dask_scheduler is None:
        return None
    stores = (settings.reference_models, settings.imported_models)
    return DaysOnDask(database, store, settings.home, stores, settings.dask_scheduler, settings.now)
