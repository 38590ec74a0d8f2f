"""The active models: loaded once, replaced as a set when an activation changes them."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass, field
from functools import cached_property

from pydantic import BaseModel

from api.domain.measurements.sensors import Sensor
from api.domain.plausibility.trust import KnownRange
from api.domain.shared.exceptions import CockpitError, ModelUnavailable, NotFound
from api.inference.serving.loaded import LoadedModel
from api.inference.serving.manifest import FeatureSpec
from api.inference.serving.store import ModelStore
from api.schemas.common import version_words
from api.schemas.predictions import ModelUse
from api.services.models.in_force import InForce, in_force
from api.services.models.intact import note_change, problem_of, require_activated
from api.services.models.measurement_model import build_measurement_model
from api.services.models.sensors import sensor_of
from api.storage.models import activations
from api.storage.shared.database import Database

REFRESH_S = 1.0
CHECK_S = 20.0  # a version that is altered or put back is noticed within a minute
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ServedModel:
    """A loaded version; who admitted it and why, if it did not pass the quality gate."""

    model: LoadedModel
    admitted_by: str | None
    admitted_for: str | None = None

    @property
    def label(self) -> str:
        """Name and version, with the reason of an admission against the quality gate."""
        manifest = self.model.manifest
        return version_words(manifest.name, manifest.version, self.admitted_for if self.admitted_by else None)

    @property
    def may_raise(self) -> bool:
        """Whether its estimate may raise a level of risk."""
        return self.model.manifest.gate.may_raise

    def use(self, raw_output: float) -> ModelUse:
        """Describe this model and its raw output for an answer."""
        m = self.model.manifest
        return ModelUse(m.name, m.version, m.task, m.sha256, raw_output, m.calibration.status)

    @cached_property
    def labels(self) -> dict[str, str]:
        """French label of each feature that it reads."""
        return {spec.name: spec.label for spec in self.model.manifest.features}


@dataclass(frozen=True)
class ActiveModels:
    """A consistent set of models; a request keeps the set with which it began."""

    revision: int
    classifier: ServedModel | None = None
    regressor: ServedModel | None = None
    problems: tuple[str, ...] = field(default=())
    borrowed: bool = False  # see :class:`api.services.models.in_force.InForce`

    def require(self) -> ServedModel:
        """Return the classifier, without which no prediction is possible.

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
        """Every feature that a model reads, the classifier's first."""
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
        """The ranges of the features in training, if the manifests give them."""
        return {
            name: KnownRange(spec.label, spec.unit, *spec.training_range)
            for name, spec in self.features.items()
            if spec.training_range is not None and spec.dtype != "binary"
        }

    @cached_property
    def sensors(self) -> dict[str, Sensor]:
        """The sensors behind these features, for the plausibility rules."""
        return {name: sensor_of(spec) for name, spec in self.features.items()}

    @cached_property
    def measurement_model(self) -> type[BaseModel]:
        """The pydantic model of a measurement that these models read."""
        return build_measurement_model(self.features, self.required)


class ActiveModelsSource:
    """Gives the active set; checks in the database at most once a second whether it changed."""

    def __init__(self, database: Database, store: ModelStore) -> None:
        self._database, self._store = database, store
        self._lock = threading.Lock()
        self._models: ActiveModels | None = None
        self._key: tuple[int, frozenset[str], bool] | None = None
        self._checked_at = 0.0
        self._altered: dict[str, str] | None = None  # None before the first look

    @property
    def altered(self) -> int:
        """How many active versions were not what was activated at the last look."""
        return len(self._altered or {})

    def watch(self, stopping: threading.Event) -> None:
        """Look at the files of what serves until ``stopping`` is set."""
        while not stopping.is_set():
            try:
                self.look()
            except CockpitError as error:
                log.warning("active models not looked at", extra={"reason": error.detail})
            stopping.wait(CHECK_S)

    def look(self) -> None:
        """Compare the files of what serves with its activation; refuse it, or serve it again.

        Raises:
            DatabaseUnavailable: nobody knows what was activated.
        """
        with self._database.read() as connection:
            revision, serving = activations.revision(connection), in_force(connection, self._store)
        rows = serving.rows
        problems = {task: problem_of(self._store, row) for task, row in rows.items()}
        altered = {task: problem for task, problem in problems.items() if problem is not None}
        with self._lock:
            present, before, self._altered = self._models, self._altered, altered
            if present is not None and present.problems != tuple(altered.values()):
                self._models = self._load(revision, serving)
        for task, row in rows.items():
            if before is None or (task in altered) != (task in before):
                self._tell(row, altered.get(task), is_first=before is None)

    def _tell(self, row: activations.AnyRow, problem: str | None, *, is_first: bool) -> None:
        which = {"model": row.name, "version": row.version}
        if problem is not None:
            log.error("active model altered", extra={**which, "reason": problem})
        elif not is_first:
            log.warning("active model is back", extra=which)
        note_change(self._database, row, problem is not None)

    def current(self) -> ActiveModels:
        """Return the active set; a check less than a second old is not repeated."""
        models = self._models
        if models is not None and time.monotonic() - self._checked_at < REFRESH_S:
            return models
        if models is None:
            with self._lock:
                return self._refreshed()
        # While one caller loads the next set, the others keep the present one.
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
            serving = in_force(connection, self._store)
        key = revision, frozenset(serving.rows), serving.borrowed
        if models is None or key != self._key:  # loading takes long: no connection is held meanwhile
            models = self._models = self._load(revision, serving)
            self._key = key
        self._checked_at = time.monotonic()
        return models

    def _load(self, revision: int, serving: InForce) -> ActiveModels:
        served: dict[str, ServedModel] = {}
        problems = []
        for task, row in serving.rows.items():
            try:
                served[task] = ServedModel(self._ready(row), row.admitted_by, row.reason)
            except (ModelUnavailable, NotFound) as error:
                problems.append(error.detail)
        classifier, regressor = served.get("classification"), served.get("regression")
        return ActiveModels(revision, classifier, regressor, tuple(problems), serving.borrowed)

    def _ready(self, row: activations.AnyRow) -> LoadedModel:
        """Return the version, warmed up to explain; the loaded one if it serves already.

        Raises:
            ModelUnavailable: it is not what was activated.
            NotFound: it is gone.
        """
        require_activated(self._store, row)
        for served in self._models.served if self._models is not None else ():
            known = served.model.manifest
            if (known.name, known.version, known.sha256) == (row.name, row.version, row.sha256):
                return served.model
        model = self._store.load(row.name, row.version)
        model.warm()
        return model
