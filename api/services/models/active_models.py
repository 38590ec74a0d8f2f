"""The models that serve now: loaded once, swapped whole when an activation changes them."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from functools import cached_property

from pydantic import BaseModel

from api.domain.measurements.sensors import Sensor
from api.domain.plausibility.trust import KnownRange
from api.domain.shared.exceptions import ModelUnavailable, NotFound
from api.inference.serving.loaded import LoadedModel
from api.inference.serving.manifest import FeatureSpec
from api.inference.serving.store import ModelStore
from api.schemas.predictions import ModelUse
from api.services.models.measurement_model import build_measurement_model
from api.services.models.sensors import sensor_of
from api.storage.models import activations
from api.storage.shared.database import Database

REFRESH_S = 1.0


@dataclass(frozen=True)
class ServedModel:
    """A loaded version and who admitted it where it did not pass the quality gate."""

    model: LoadedModel
    admitted_by: str | None

    @property
    def may_raise(self) -> bool:
        """Whether its estimate may raise a level of risk."""
        return self.model.manifest.gate.may_raise

    def said(self, raw_output: float) -> ModelUse:
        """What an answer tells of this model."""
        m = self.model.manifest
        return ModelUse(m.name, m.version, m.task, m.sha256, raw_output, m.calibration.status)

    @cached_property
    def labels(self) -> dict[str, str]:
        """French label of each feature that it reads."""
        return {spec.name: spec.label for spec in self.model.manifest.features}


@dataclass(frozen=True)
class ActiveModels:
    """One consistent set of models; a request keeps the one it began with."""

    revision: int
    classifier: ServedModel | None = None
    regressor: ServedModel | None = None
    problems: tuple[str, ...] = field(default=())

    def require(self) -> ServedModel:
        """The classifier, without which nothing can be said.

        Raises:
            ModelUnavailable: none is active, or an active model cannot be loaded.
        """
        if self.problems:
            raise ModelUnavailable(" ".join(self.problems))
        if self.classifier is None:
            raise ModelUnavailable(
                "Aucun modèle de classification n’est actif : importez puis activez-en un "
                "(« python cockpit.py models activate NOM VERSION »)."
            )
        return self.classifier

    @cached_property
    def served(self) -> list[ServedModel]:
        """The models in service, the classifier first."""
        return [served for served in (self.classifier, self.regressor) if served is not None]

    @cached_property
    def features(self) -> dict[str, FeatureSpec]:
        """Every feature that some model reads, the classifier's first."""
        specs: dict[str, FeatureSpec] = {}
        for served in self.served:
            for spec in served.model.manifest.features:
                specs.setdefault(spec.name, spec)
        return specs

    @cached_property
    def required(self) -> frozenset[str]:
        """Features without which no prediction is possible."""
        if self.classifier is None:
            return frozenset()
        return frozenset(spec.name for spec in self.classifier.model.manifest.features)

    @cached_property
    def known_ranges(self) -> dict[str, KnownRange]:
        """What the models saw in training, where their manifests say."""
        return {
            name: KnownRange(spec.label, spec.unit, *spec.training_range)
            for name, spec in self.features.items()
            if spec.training_range is not None and spec.dtype != "binary"
        }

    @cached_property
    def sensors(self) -> dict[str, Sensor]:
        """The sensors behind these features, as the plausibility rules want them."""
        return {name: sensor_of(spec) for name, spec in self.features.items()}

    @cached_property
    def measurement_model(self) -> type[BaseModel]:
        """The shape of a measurement, as these models declare it."""
        return build_measurement_model(self.features, self.required)


class ActiveModelsSource:
    """Gives the set in force; asks the database at most once a second whether it changed."""

    def __init__(self, database: Database, store: ModelStore) -> None:
        self._database, self._store = database, store
        self._lock = threading.Lock()
        self._models: ActiveModels | None = None
        self._checked_at = 0.0

    def current(self) -> ActiveModels:
        """The set in force; costs one comparison when it was checked less than a second ago."""
        models = self._models
        if models is not None and time.monotonic() - self._checked_at < REFRESH_S:
            return models
        if models is None:
            with self._lock:
                return self._refreshed()
        # While one caller brings the next set in, the others go on with the one that they know.
        if not self._lock.acquire(blocking=False):
            return models
        try:
            return self._refreshed()
        finally:
            self._lock.release()

    def _refreshed(self) -> ActiveModels:
        models = self._models
        if models is not None and time.monotonic() - self._checked_at < REFRESH_S:
            return models
        with self._database.read() as connection:
            revision = activations.revision(connection)
            changed = models is None or models.revision != revision
            rows = activations.active(connection) if changed else {}
        if models is None or changed:  # loading takes long: no connection is held meanwhile
            models = self._models = self._load(revision, rows)
        self._checked_at = time.monotonic()
        return models

    def _load(self, revision: int, rows: dict[str, activations.AnyRow]) -> ActiveModels:
        served: dict[str, ServedModel] = {}
        problems = []
        for task, row in rows.items():
            try:
                served[task] = ServedModel(self._ready(row), row.admitted_by)
            except (ModelUnavailable, NotFound) as error:
                problems.append(error.detail)
        return ActiveModels(revision, served.get("classification"), served.get("regression"), tuple(problems))

    def _ready(self, row: activations.AnyRow) -> LoadedModel:
        """The version, able to explain from its first answer on; as it is where it serves already."""
        for served in self._models.served if self._models is not None else ():
            known = served.model.manifest
            if (known.name, known.version, known.sha256) == (row.name, row.version, row.sha256):
                return served.model
        model = self._store.load(row.name, row.version)
        model.warm()
        return model
