"""One turbine: its place in the ranking, its drivers, measurements and past scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row

from api.domain.measurements.measurements import canonical_turbine_id, natural_key
from api.domain.measurements.series import successive_rows_are_independent
from api.domain.models.drivers import Driver
from api.domain.park.scored import RankedTurbine
from api.domain.shared.exceptions import ModelUnavailable, NotFound
from api.inference.serving.store import ModelStore
from api.schemas.common import Notice
from api.schemas.park import (
    DayBasis,
    MeasurementRow,
    ParkItem,
    ScorePoint,
    SpokenModel,
    Turbine,
    TurbineDetail,
)
from api.services.models.active_models import ActiveModels, ActiveModelsSource
from api.services.models.explaining import drivers
from api.services.models.feature_info import feature_infos
from api.services.models.measurement_model import Reading
from api.services.park.contract import park_item, score_fields
from api.services.park.situations import SituationSource
from api.services.park.turbine.story import LOOKED_BACK, ParkRanges, power_link, usual_ranges
from api.storage import interventions
from api.storage import policy as policies
from api.storage.measurements import measurements
from api.storage.measurements.measurements import LivingTurbine, TurbineMeasurement
from api.storage.park import scores
from api.storage.park.ranking import place_of
from api.storage.shared import published
from api.storage.shared.database import Database

RECENT = 30


@dataclass(frozen=True)
class TurbineViewService:
    """Reads the data of the turbine pages."""

    database: Database
    models: ActiveModelsSource
    store: ModelStore
    situations: SituationSource
    park_ranges: ParkRanges = field(default_factory=ParkRanges)

    def turbines(self) -> list[Turbine]:
        """List the living park, in natural order."""
        with self.database.read() as connection:
            rows = measurements.living_turbines(connection)
        listed = [_turbine(row) for row in rows]
        return sorted(listed, key=lambda turbine: natural_key(turbine.turbine_id))

    def detail(self, turbine_id: str) -> TurbineDetail:
        """Return the content of a turbine's page.

        Raises:
            NotFound: the park has no such turbine.
        """
        models = self.models.current()
        with self.database.read() as connection:
            turbine = self._row(connection, turbine_id)
            run = published.published_run(connection)
            place = None if run is None else place_of(connection, run.id, turbine.id)
            values = _scored_values(connection, place)
            policy = None if run is None else policies.version(connection, run.policy_version)
            latest = measurements.turbine_measurements(connection, turbine.id, limit=LOOKED_BACK)
            today = run.as_of if run else turbine.last_measured_on
            visits = measurements.planned_visits_after(connection, turbine.id, today) if today else []
            work = interventions.living_of(connection, turbine.id)
            situation = None
            if run and policy and place:
                situation = self.situations.of(connection, run, policy).of(turbine.id)
            names = list(models.features)
            park = self.park_ranges.of(connection, run.id, run.as_of, names) if run else {}
        item = park_item(place, run.as_of, policy, situation, work) if place and run and policy else None
        base, explained, notices = self._why(models, item, values)
        return TurbineDetail(
            turbine=_turbine(turbine),
            current=item,
            as_of=run.as_of if run else None,
            drivers=explained,
            base_probability=base,
            threshold=run.threshold if run else None,
            models=self._spoken(run, item),
            policy_version=run.policy_version if run else None,
            last_measurements=[_measurement(row) for row in latest[:RECENT]],
            features=feature_infos(models),
            planned_visits=visits,
            usual=usual_ranges(latest, park, models.features),
            power_link=power_link(latest, models.features),
            notices=[*notices, *_about_series(models, latest)],
        )

    def _why(
        self, models: ActiveModels, item: ParkItem | None, values: Mapping[str, float]
    ) -> tuple[float | None, list[Driver], list[Notice]]:
        """Return the drivers of the published probability, if its model still serves."""
        if item is None or item.failure_probability is None:
            return None, [], []
        if models.problems or models.classifier is None:
            sentence = "Facteurs indisponibles : " + " ".join(models.problems or ("aucun modèle actif.",))
            return None, [], [Notice(code="modele_indisponible", field=None, message=sentence)]
        reading = Reading(item.turbine_id, item.measured_on, values)
        base, [explained] = drivers([reading], models)
        total = None if base is None else base + sum(driver.contribution for driver in explained)
        if total is None or abs(total - item.failure_probability) <= _SAME_MODEL:
            return base, explained, []
        sentence = "Le modèle a changé depuis ce classement ; relancez un calcul pour voir ses facteurs."
        return None, [], [Notice(code="modele_change", field=None, message=sentence)]

    def _spoken(self, run: Row[Any] | None, item: ParkItem | None) -> list[SpokenModel]:
        """List the models that gave an output for this turbine."""
        if run is None or item is None:
            return []
        outputs = {"classification": item.failure_probability, "regression": item.time_to_failure_days}
        return [
            SpokenModel(**model, calibration=self._calibration(model["name"], model["version"]))
            for model in run.models
            if outputs[model["task"]] is not None
        ]

    def _calibration(self, name: str, version: int) -> str | None:
        try:
            return self.store.manifest(name, version).calibration.status
        except (NotFound, ModelUnavailable):  # the files of a model may be gone before its scores
            return None

    def measurements(
        self, turbine_id: str, limit: int, first: date | None, last: date | None
    ) -> list[MeasurementRow]:
        """Return the newest measurements between two days.

        Raises:
            NotFound: the park has no such turbine.
        """
        with self.database.read() as connection:
            turbine = self._row(connection, turbine_id)
            rows = measurements.turbine_measurements(
                connection, turbine.id, limit=limit, from_day=first, to_day=last
            )
        return [_measurement(row) for row in rows]

    def history(self, turbine_id: str, first: date | None, last: date | None) -> list[ScorePoint]:
        """Return the published scores, one a day, oldest first.

        Raises:
            NotFound: the park has no such turbine.
        """
        with self.database.read() as connection:
            turbine = self._row(connection, turbine_id)
            days = scores.history_of(connection, turbine.id, first, last)
        return [ScorePoint(as_of=as_of, **score_fields(score)) for as_of, score in days]

    def _row(self, connection: Connection, turbine_id: str) -> LivingTurbine:
        row = measurements.living_turbine(connection, canonical_turbine_id(turbine_id))
        if row is None:
            raise NotFound("Turbine", turbine_id, "Vérifiez l’identifiant dans la liste du parc.")
        return row


def _scored_values(connection: Connection, place: RankedTurbine | None) -> Mapping[str, float]:
    """Read the values of a score's measurement; empty without one."""
    key = None if place is None else place.score.measurement
    return {} if key is None else measurements.values_of(connection, [key])[key]


_SAME_MODEL = 1e-6
_NOISE = (
    "Dans ces données, les mesures successives de cette turbine sont indépendantes les unes des autres : "
    "ses courbes montrent du bruit, pas une usure."
)


def _about_series(models: ActiveModels, newest_first: Sequence[TurbineMeasurement]) -> list[Notice]:
    """Warn beside the curves if successive measurements are independent."""
    rows = newest_first[::-1]
    names = [name for name, spec in models.features.items() if spec.dtype != "binary"]
    if not successive_rows_are_independent({n: [row.values.get(n) for row in rows] for n in names}):
        return []
    return [Notice(code="mesures_independantes", field=None, message=_NOISE)]


def _turbine(row: LivingTurbine) -> Turbine:
    return Turbine(
        turbine_id=row.turbine_id,
        site=row.site,
        farm=row.farm,
        rated_power_kw=row.rated_power_kw,
        commissioned_on=row.commissioned_on,
        service_state=row.service_state,
        last_measured_on=row.last_measured_on,
        changed_at=row.changed_at,
        changed_by=row.changed_by,
        version=row.version,
    )


def _measurement(row: TurbineMeasurement) -> MeasurementRow:
    return MeasurementRow(
        measured_on=row.measured_on,
        measured_at=row.measured_at,
        values=dict(row.values),
        failure_within_7d=row.failure_within_7d,
        time_to_failure_days=row.time_to_failure_days,
        basis=None if row.basis is None else DayBasis(**row.basis),
    )
